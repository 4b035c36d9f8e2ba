//! Whether any of a few bytes is there: all that there is to know of most chunks.
//!
//! This is what reads a chunk from memory for the first time, so it asks for what lies ahead, and looks at four blocks
//! before it decides.

use super::ask_ahead;
use super::machine::{Job, Machine, on_best};
use super::padded;

/// Blocks that are looked at before a branch.
const GROUP: usize = 4;

/// Returns whether any of the bytes is one of the needles.
pub(crate) fn has_any<const N: usize>(needles: [u8; N], bytes: &[u8]) -> bool {
    on_best(Any { needles, bytes })
}

/// The search of [`has_any`].
pub(super) struct Any<'b, const N: usize> {
    pub(super) needles: [u8; N],
    pub(super) bytes: &'b [u8],
}

impl<const N: usize> Job for Any<'_, N> {
    type Output = bool;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> bool {
        let patterns = self.needles.map(|byte| machine.pattern(byte));
        let (blocks, rest) = self.bytes.as_chunks();
        let (groups, others) = blocks.as_chunks::<GROUP>();
        for group in groups {
            group.iter().for_each(ask_ahead);
            if group.iter().fold(0, |found, block| found | machine.mask(patterns, block)) != 0 {
                return true;
            }
        }
        if others.iter().any(|block| machine.mask(patterns, block) != 0) {
            return true;
        }
        !rest.is_empty() && {
            let (block, real) = padded(rest);
            machine.mask(patterns, &block) & real != 0
        }
    }
}
