use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use chili::{Config, Scope, ThreadPool};

use crate::{Library, PIECE, common, scaled, task};

/// Forks by halves; a half runs on another thread only where a heartbeat has passed.
pub struct Chili(ThreadPool);

impl Chili {
    pub fn start() -> Self {
        Self(ThreadPool::with_config(Config { thread_count: NonZero::new(2), ..Config::default() }))
    }
}

impl Library for Chili {
    fn name(&self) -> String {
        "chili".into()
    }

    fn two(&mut self) {
        self.0.scope().join(|_| _ = black_box(0), |_| _ = black_box(1));
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        sum(&mut self.0.scope(), values)
    }

    fn tasks(&mut self, bytes: &[AtomicU8]) -> bool {
        tasks(&mut self.0.scope(), bytes);
        true
    }

    fn scale(&mut self, values: &mut [f32]) -> bool {
        scale(&mut self.0.scope(), values);
        true
    }
}

fn sum(scope: &mut Scope<'_>, values: &[f32]) -> f32 {
    if values.len() <= PIECE {
        return common::sum(values);
    }
    let (a, b) = values.split_at(values.len() / 2);
    let (a, b) = scope.join(|scope| sum(scope, a), |scope| sum(scope, b));
    a + b
}

fn tasks(scope: &mut Scope<'_>, bytes: &[AtomicU8]) {
    if let [byte] = bytes {
        return task(byte);
    }
    let (a, b) = bytes.split_at(bytes.len() / 2);
    scope.join(|scope| tasks(scope, a), |scope| tasks(scope, b));
}

fn scale(scope: &mut Scope<'_>, values: &mut [f32]) {
    if values.len() <= PIECE {
        return values.iter_mut().for_each(|value| *value = scaled(*value));
    }
    let (a, b) = values.split_at_mut(values.len() / 2);
    scope.join(|scope| scale(scope, a), |scope| scale(scope, b));
}
