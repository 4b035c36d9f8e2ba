use std::hint::black_box;
use std::sync::{Arc, mpsc};

use threadpool::ThreadPool;

use crate::common::raw::fork_join::half;
use crate::{Library, common};

/// Takes jobs that own what they use: two halves of shared data, and no ranges.
pub struct Threads(ThreadPool);

impl Threads {
    pub fn start() -> Self {
        Self(ThreadPool::new(2))
    }
}

impl Library for Threads {
    fn name(&self) -> String {
        "threadpool".into()
    }

    fn two(&mut self) {
        for k in 0..2 {
            self.0.execute(move || _ = black_box(k));
        }
        self.0.join();
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        let (answers, sums) = mpsc::channel();
        for k in 0..2 {
            let (answers, values) = (answers.clone(), Arc::clone(values));
            self.0.execute(move || answers.send(common::sum(half(&values, k))).expect("the caller waits"));
        }
        drop(answers);
        sums.iter().sum()
    }
}
