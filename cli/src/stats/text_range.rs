//! The least and the greatest of the texts seen, by their bytes.

/// The least and the greatest of the texts seen.
#[derive(Debug, Default)]
pub(crate) struct TextRange {
    bounds: Option<(Bound, Bound)>,
}

#[derive(Clone, Debug)]
struct Bound {
    /// Orders as the first eight bytes do; most texts are told apart by it alone.
    rank: u64,
    text: Box<[u8]>,
}

impl TextRange {
    #[inline]
    pub(crate) fn add(&mut self, text: &[u8]) {
        let rank = rank(text);
        if let Some((least, greatest)) = &mut self.bounds {
            if rank > least.rank && rank < greatest.rank {
                return;
            }
            if (rank, text) < (least.rank, &*least.text) {
                *least = Bound { rank, text: text.into() };
            }
            if (rank, text) > (greatest.rank, &*greatest.text) {
                *greatest = Bound { rank, text: text.into() };
            }
        } else {
            let bound = Bound { rank, text: text.into() };
            self.bounds = Some((bound.clone(), bound));
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if let Some((least, greatest)) = other.bounds {
            for bound in [least, greatest] {
                self.add(&bound.text);
            }
        }
    }

    pub(crate) fn bounds(&self) -> Option<(&[u8], &[u8])> {
        self.bounds.as_ref().map(|(least, greatest)| (&*least.text, &*greatest.text))
    }
}

/// A number that orders texts as their first eight bytes do. A shorter one is put together of two words or three bytes
/// that overlap, rather than byte by byte.
#[inline]
fn rank(text: &[u8]) -> u64 {
    let len = text.len();
    if let Some(start) = text.first_chunk() {
        return u64::from_be_bytes(*start);
    }
    if let (Some(start), Some(end)) = (text.first_chunk(), text.last_chunk()) {
        let (start, end) = (u32::from_be_bytes(*start), u32::from_be_bytes(*end));
        return u64::from(start) << 32 | u64::from(end) << (64 - 8 * len);
    }
    let byte = |at: usize| u64::from(text[at]) << (56 - 8 * at);
    if len == 0 { 0 } else { byte(0) | byte(len / 2) | byte(len - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_order_as_the_first_eight_bytes_do() {
        let bytes = [7, 0, 255, 3, 0, 9, 128, 1, 200];
        for len in 0..=bytes.len() {
            let mut start = [0; 8];
            let kept = len.min(8);
            start[..kept].copy_from_slice(&bytes[..kept]);
            assert_eq!(rank(&bytes[..len]), u64::from_be_bytes(start), "{len} bytes");
        }
    }

    #[test]
    fn the_bounds_are_those_of_the_sorted_list() {
        let texts =
            ["m", "beginning two", "beginning one", "zebra crossing", "zebra crossings", "q", "", "é"];
        for cut in 0..texts.len() {
            let (mut left, mut right) = (TextRange::default(), TextRange::default());
            for (index, text) in texts.iter().enumerate() {
                let part = if index < cut { &mut left } else { &mut right };
                part.add(text.as_bytes());
            }
            left.merge(right);
            assert_eq!(left.bounds(), Some(("".as_bytes(), "é".as_bytes())));
        }
        let mut some = TextRange::default();
        for text in ["beginning two", "beginning one"] {
            some.add(text.as_bytes());
        }
        assert_eq!(some.bounds(), Some((&b"beginning one"[..], &b"beginning two"[..])));
    }
}
