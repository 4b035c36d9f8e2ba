//! How elements are cut into numbered pieces. Pure arithmetic.

use std::ops::Range;

/// At most so many pieces: a count may be doubled, or rounded up to a power of two, and still fits 32 bits.
const MOST_PIECES: usize = 1 << 31;

/// Elements cut into pieces of one length, the last one shorter, few enough to be numbered by 32 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    elements: usize,
    piece: usize,
    pieces: u32,
}

impl Cut {
    /// Cuts `elements` into pieces of `piece`, which is not 0, or of that times the power of two that it takes.
    pub(crate) fn new(elements: usize, mut piece: usize) -> Self {
        while elements.div_ceil(piece) > MOST_PIECES {
            piece = piece.saturating_mul(2);
        }
        Self { elements, piece, pieces: elements.div_ceil(piece) as u32 }
    }

    pub(crate) fn pieces(&self) -> u32 {
        self.pieces
    }

    /// Returns the elements of some pieces; none beyond the last.
    pub(crate) fn elements(&self, pieces: Range<u32>) -> Range<usize> {
        let edge = |piece: u32| (piece as usize).saturating_mul(self.piece).min(self.elements);
        edge(pieces.start)..edge(pieces.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_cover_the_elements_in_order(elements in 0_usize..5000, piece in 1_usize..700) {
            let cut = Cut::new(elements, piece);
            let mut end = 0;
            for k in 0..cut.pieces() {
                let range = cut.elements(k..k + 1);
                prop_assert_eq!(range.start, end);
                prop_assert!(!range.is_empty() && range.len() <= piece);
                end = range.end;
            }
            prop_assert_eq!(end, elements);
        }

        #[test]
        fn any_length_can_be_numbered(elements: usize, piece in 1_usize..) {
            let cut = Cut::new(elements, piece);
            prop_assert_eq!(cut.elements(0..cut.pieces()), 0..elements);
            prop_assert!(cut.pieces() as usize <= MOST_PIECES);
        }
    }
}
