//! The libraries that ringmill is held against, each asked for the same work in the way its documentation shows.
//!
//! All have two workers. ringmill and paralight pin theirs if told to and have a row for either; the others do not.

#[path = "../../common/mod.rs"]
pub mod common;

pub mod answers;
pub mod buffers;
pub mod numbers;
pub mod tasks;

mod chili;
mod orx;
mod paralight;
mod rayon;
mod ringmill;
mod threadpool;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Pieces of a sum have this many elements in libraries that are told: 16 KiB.
const PIECE: usize = 4096;

/// What each library is asked to do. Where it has no such thing, it says false and its row is left out.
pub trait Library {
    /// The name in the tables.
    fn name(&self) -> String;

    /// Runs two pieces that do nothing.
    fn two(&mut self);

    /// Adds up, each piece by `common::sum`.
    fn sum(&mut self, values: &Arc<[f32]>) -> f32;

    /// Runs `task` for every index, as one parallel range.
    fn tasks(&mut self, _bytes: &[AtomicU8]) -> bool {
        false
    }

    /// Runs `scaled` for every element, in place.
    fn scale(&mut self, _values: &mut [f32]) -> bool {
        false
    }
}

/// Returns ringmill and then its rivals, each with two workers that it starts now.
pub fn libraries() -> Vec<Box<dyn Library>> {
    use crate::paralight::Paralight;
    use crate::ringmill::Ringmill;
    vec![
        Box::new(Ringmill::pinned(true)),
        Box::new(Ringmill::pinned(false)),
        Box::new(rayon::Rayon::start()),
        Box::new(Paralight::pinned(true)),
        Box::new(Paralight::pinned(false)),
        Box::new(orx::Orx),
        Box::new(chili::Chili::start()),
        Box::new(threadpool::Threads::start()),
    ]
}

/// The tiny task: a byte is stored.
#[inline(always)]
pub fn task(byte: &AtomicU8) {
    byte.store(1, Relaxed);
}

/// The in-place work on one element.
#[inline(always)]
pub fn scaled(value: f32) -> f32 {
    let (a, b) = common::data::SCALE;
    value * a + b
}

/// The k-th piece of a slice.
fn piece(values: &[f32], k: usize) -> &[f32] {
    let start = k * PIECE;
    &values[start..values.len().min(start + PIECE)]
}

fn pieces(values: &[f32]) -> usize {
    values.len().div_ceil(PIECE)
}
