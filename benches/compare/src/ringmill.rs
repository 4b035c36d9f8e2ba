use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use ringmill::Pool;
use ringmill::pool::Pinning;

use crate::{Library, common, scaled, task};

/// Why no loop here fails.
const OURS: &str = "the pool was built in this process";

pub struct Ringmill {
    pool: Pool,
    pinning: Pinning,
}

impl Ringmill {
    pub fn pinned(pinned: bool) -> Self {
        let pinning = if pinned { Pinning::IfSupported } else { Pinning::Off };
        let pool = Pool::builder().workers(2).pinning(pinning).build().expect("threads start");
        Self { pool, pinning }
    }
}

impl Library for Ringmill {
    fn name(&self) -> String {
        match self.pinning {
            Pinning::Off => "ringmill, unpinned".into(),
            _ => "ringmill".into(),
        }
    }

    fn two(&mut self) {
        self.pool.for_each_range(0..2, 1, |range| _ = black_box(range)).expect(OURS);
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        self.pool.map_reduce(&values[..], common::sum, |a, b| a + b).expect(OURS)
    }

    fn tasks(&mut self, bytes: &[AtomicU8]) -> bool {
        self.pool.for_each_chunk(bytes, |chunk| chunk.iter().for_each(task)).expect(OURS);
        true
    }

    fn scale(&mut self, values: &mut [f32]) -> bool {
        self.pool
            .for_each_chunk(values, |chunk| {
                for value in chunk {
                    *value = scaled(*value);
                }
            })
            .expect(OURS);
        true
    }
}
