//! The oracle: one byte at a time. The vector code is held to it in tests.

use super::machine::BLOCK;
use crate::csv::dialect::{Dialect, State, is_line_end};

/// Returns the positions of the needles, `base` added.
pub(super) fn all<const N: usize>(needles: [u8; N], bytes: &[u8], base: usize) -> Vec<usize> {
    (0..bytes.len()).filter(|&at| needles.contains(&bytes[at])).map(|at| base + at).collect()
}

/// Returns the positions of the delimiters and line ends outside quotes.
pub(super) fn outside_quotes(dialect: &Dialect, bytes: &[u8]) -> Vec<usize> {
    let mut state = State::RecordStart;
    let mut marks = Vec::new();
    for (at, &byte) in bytes.iter().enumerate() {
        if state != State::Quoted && (byte == dialect.delimiter || is_line_end(byte)) {
            marks.push(at);
        }
        state = dialect.step(state, byte);
    }
    marks
}

/// Returns whether the block at `at` has a quote that is a letter.
pub(super) fn is_odd(dialect: &Dialect, bytes: &[u8], at: usize) -> bool {
    let mut state = bytes[..at].iter().fold(State::RecordStart, |state, &byte| dialect.step(state, byte));
    bytes[at..].iter().take(BLOCK).any(|&byte| {
        let letter = state == State::Unquoted && Some(byte) == dialect.quote;
        state = dialect.step(state, byte);
        letter
    })
}
