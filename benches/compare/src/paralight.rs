use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use paralight::prelude::*;

use crate::{Library, common, piece, pieces, scaled, task};

pub struct Paralight {
    pool: ThreadPool,
    pinned: bool,
}

impl Paralight {
    pub fn pinned(pinned: bool) -> Self {
        let pool = ThreadPoolBuilder {
            num_threads: ThreadCount::try_from(2).expect("2 is not 0"),
            // What its documentation recommends for items of equal work, and the faster one in every row here.
            range_strategy: RangeStrategy::Fixed,
            cpu_pinning: if pinned { CpuPinningPolicy::IfSupported } else { CpuPinningPolicy::No },
        }
        .build();
        Self { pool, pinned }
    }
}

impl Library for Paralight {
    fn name(&self) -> String {
        if self.pinned { "paralight, pinned".into() } else { "paralight".into() }
    }

    fn two(&mut self) {
        (0..2_usize).into_par_iter().with_thread_pool(&mut self.pool).for_each(|k| _ = black_box(k));
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        (0..pieces(values))
            .into_par_iter()
            .with_thread_pool(&mut self.pool)
            .map(|k| common::sum(piece(values, k)))
            .sum()
    }

    fn tasks(&mut self, bytes: &[AtomicU8]) -> bool {
        (0..bytes.len()).into_par_iter().with_thread_pool(&mut self.pool).for_each(|k| task(&bytes[k]));
        true
    }

    fn scale(&mut self, values: &mut [f32]) -> bool {
        values.par_iter_mut().with_thread_pool(&mut self.pool).for_each(|value| *value = scaled(*value));
        true
    }
}
