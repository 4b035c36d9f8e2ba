//! The least and the greatest of the texts seen, by their bytes.

use std::borrow::Cow;

use crate::keyed::Head;

/// The least and the greatest of the texts seen.
#[derive(Debug, Default)]
pub(crate) struct TextRange<'f> {
    bounds: Option<(Bound<'f>, Bound<'f>)>,
}

#[derive(Clone, Debug)]
struct Bound<'f> {
    /// Orders as the first eight bytes do; most texts are told apart by it alone.
    rank: u64,
    text: Cow<'f, [u8]>,
}

impl<'f> TextRange<'f> {
    #[expect(clippy::ptr_arg, reason = "what is kept is the slice of the file")]
    #[inline]
    pub(crate) fn add(&mut self, head: Head, text: &Cow<'f, [u8]>) {
        let rank = head.rank();
        if let Some((least, greatest)) = &mut self.bounds {
            if rank > least.rank && rank < greatest.rank {
                return;
            }
            if (rank, &**text) < (least.rank, &*least.text) {
                *least = Bound { rank, text: text.clone() };
            }
            if (rank, &**text) > (greatest.rank, &*greatest.text) {
                *greatest = Bound { rank, text: text.clone() };
            }
        } else {
            let bound = Bound { rank, text: text.clone() };
            self.bounds = Some((bound.clone(), bound));
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if let Some((least, greatest)) = other.bounds {
            for bound in [least, greatest] {
                self.add(Head::of(&bound.text), &bound.text);
            }
        }
    }

    pub(crate) fn bounds(&self) -> Option<(&[u8], &[u8])> {
        self.bounds.as_ref().map(|(least, greatest)| (&*least.text, &*greatest.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_sorted_list() {
        let texts =
            ["m", "beginning two", "beginning one", "zebra crossing", "zebra crossings", "q", "", "é"];
        for cut in 0..texts.len() {
            let (mut left, mut right) = (TextRange::default(), TextRange::default());
            for (index, text) in texts.iter().enumerate() {
                let part = if index < cut { &mut left } else { &mut right };
                part.add(Head::of(text.as_bytes()), &Cow::Borrowed(text.as_bytes()));
            }
            left.merge(right);
            assert_eq!(left.bounds(), Some(("".as_bytes(), "é".as_bytes())));
        }
        let mut some = TextRange::default();
        for text in ["beginning two", "beginning one"] {
            some.add(Head::of(text.as_bytes()), &Cow::Borrowed(text.as_bytes()));
        }
        assert_eq!(some.bounds(), Some((&b"beginning one"[..], &b"beginning two"[..])));
    }
}
