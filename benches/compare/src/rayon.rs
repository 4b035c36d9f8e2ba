use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use rayon::prelude::*;

use crate::{Library, PIECE, common, scaled, task};

pub struct Rayon;

impl Rayon {
    pub fn start() -> Self {
        rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("it is built once");
        Self
    }
}

impl Library for Rayon {
    fn name(&self) -> String {
        "rayon".into()
    }

    fn two(&mut self) {
        (0..2).into_par_iter().for_each(|k| _ = black_box(k));
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        values.par_chunks(PIECE).map(common::sum).sum()
    }

    fn tasks(&mut self, bytes: &[AtomicU8]) -> bool {
        (0..bytes.len()).into_par_iter().for_each(|k| task(&bytes[k]));
        true
    }

    fn scale(&mut self, values: &mut [f32]) -> bool {
        values.par_iter_mut().for_each(|value| *value = scaled(*value));
        true
    }
}
