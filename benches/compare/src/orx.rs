use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use orx_parallel::{IntoParIter, IterIntoParIter, Par};

use crate::{Library, PIECE, common, piece, pieces, scaled, task};

/// Its pool is its own, of the process.
pub struct Orx;

impl Library for Orx {
    fn name(&self) -> String {
        "orx-parallel".into()
    }

    fn two(&mut self) {
        (0..2_usize).into_par().num_threads(2).for_each(|k| _ = black_box(k));
    }

    fn sum(&mut self, values: &Arc<[f32]>) -> f32 {
        (0..pieces(values)).into_par().num_threads(2).map(|k| common::sum(piece(values, k))).sum()
    }

    fn tasks(&mut self, bytes: &[AtomicU8]) -> bool {
        (0..bytes.len()).into_par().num_threads(2).for_each(|k| task(&bytes[k]));
        true
    }

    fn scale(&mut self, values: &mut [f32]) -> bool {
        // It has parallel iterators over vectors that change, and over any iterator, but none over such a slice.
        values
            .chunks_mut(PIECE)
            .iter_into_par()
            .num_threads(2)
            .for_each(|piece| piece.iter_mut().for_each(|value| *value = scaled(*value)));
        true
    }
}
