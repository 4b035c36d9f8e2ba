//! The oracle: one byte at a time. The vector code is held to it in tests.

use super::count::{Tally, Walked};
use super::dense::Found;
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

/// Returns what a window holds, and the places behind the delimiters and line ends outside quotes.
pub(super) fn dense(dialect: &Dialect, window: &[u8]) -> (Found, Vec<u32>) {
    let marks = outside_quotes(dialect, window);
    let outside = |at: usize, byte| marks.contains(&at) && window[at] == byte;
    let count = |byte| marks.iter().filter(|&&at| window[at] == byte).count();
    let paired = (0..window.len()).all(|at| {
        let behind_return = at > 0 && outside(at - 1, b'\r');
        behind_return == outside(at, b'\n')
    });
    let found =
        Found { marks: marks.len(), lines: count(b'\n') + count(b'\r'), returns: count(b'\r'), paired };
    (found, marks.iter().map(|&at| at as u32 + 1).collect())
}

/// Counts the records that start in a run that is entered where one may start, or inside quotes.
pub(super) fn count(dialect: &Dialect, bytes: &[u8]) -> Tally {
    let walk = |mut state| {
        let mut records = 0;
        for &byte in bytes {
            let next = dialect.step(state, byte);
            records += u64::from(state == State::RecordStart && next != State::RecordStart);
            state = next;
        }
        Walked { records, inside: state == State::Quoted }
    };
    Tally { from_outside: walk(State::RecordStart), from_inside: walk(State::Quoted) }
}

/// Sets each bit to the parity of the bits up to it.
pub(super) fn parities(bits: u64) -> u64 {
    let parity = |bit: u32| u64::from((bits << (63 - bit)).count_ones() % 2) << bit;
    (0..64).map(parity).sum()
}

/// Returns the numbers of the set bits, `base` added.
pub(super) fn numbers(bits: u64, base: u32) -> Vec<u32> {
    (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| base.wrapping_add(bit)).collect()
}
