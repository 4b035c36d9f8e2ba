//! Numbers taken in one at a time, and partial results joined: the arithmetic behind every verb.
//!
//! Each accumulator is joined in a shape that depends on the data alone, so the same file gives the same bits
//! however many workers read it.

mod extremes;
mod moments;
mod sum;

pub(crate) use extremes::Extremes;
pub(crate) use moments::Moments;
pub(crate) use sum::Sum;
