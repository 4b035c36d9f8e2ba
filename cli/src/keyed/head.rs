//! The first sixteen bytes of a key, and its length.

/// The first sixteen bytes of a key, and its length; most keys are no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The first eight bytes, the first of them lowest, zeros behind a shorter key.
    pub(super) first: u64,
    /// The next eight, likewise.
    pub(super) second: u64,
    pub(super) len: usize,
}

const BYTES: usize = 16;

impl Head {
    pub(crate) fn of(key: &[u8]) -> Self {
        let mut bytes = [0; BYTES];
        let kept = key.len().min(BYTES);
        bytes[..kept].copy_from_slice(&key[..kept]);
        Self::from_bytes(&bytes, key.len())
    }

    /// The head of a key that usually lies in `text`: then it is loaded with what follows it, which is masked away,
    /// and no branch depends on the key's length.
    #[inline]
    pub(crate) fn within(text: &[u8], key: &[u8]) -> Self {
        let at = key.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        match text.get(at..).and_then(<[u8]>::first_chunk) {
            Some(bytes) => Self::from_bytes(bytes, key.len()),
            None => Self::of(key),
        }
    }

    #[inline]
    fn from_bytes(bytes: &[u8; BYTES], len: usize) -> Self {
        let bytes = u128::from_le_bytes(*bytes);
        let (first, second) = (bytes as u64, (bytes >> 64) as u64);
        Self { first: first & low_bytes(len), second: second & low_bytes(len.saturating_sub(8)), len }
    }

    /// Whether two keys with this head are the same key.
    #[inline]
    pub(crate) fn is_whole(self) -> bool {
        self.len <= BYTES
    }

    /// A number that orders keys as their first eight bytes do.
    #[inline]
    pub(crate) fn rank(self) -> u64 {
        self.first.swap_bytes()
    }
}

/// A mask of the low `count` bytes of a word, of all if there are no more.
#[inline]
fn low_bytes(count: usize) -> u64 {
    if count < 8 { !(u64::MAX << (8 * count)) } else { u64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_up_to_sixteen_is_whole() {
        let bytes: Vec<u8> = (1..=40).collect();
        for len in 0..=16 {
            let key = &bytes[3..3 + len];
            let head = Head::of(key);
            assert!(head.is_whole());
            for at in 0..len {
                let mut other = key.to_vec();
                other[at] ^= 0x80;
                assert_ne!(Head::of(&other), head, "byte {at} of {len}");
            }
        }
        assert!(!Head::of(&bytes[..17]).is_whole());
    }

    #[test]
    fn it_does_not_matter_where_a_key_lies() {
        let text: Vec<u8> = (1..=40).collect();
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let key = &text[start..end];
                assert_eq!(Head::within(&text, key), Head::of(key), "{start}..{end}");
                let elsewhere = key.to_vec();
                assert_eq!(Head::within(&text, &elsewhere), Head::of(key), "{start}..{end}, elsewhere");
            }
        }
        assert_eq!(Head::within(&[], b"key"), Head::of(b"key"));
    }

    #[test]
    fn a_zero_byte_is_not_an_absent_one() {
        assert_ne!(Head::of(b"a"), Head::of(b"a\0"));
        assert_ne!(Head::of(b""), Head::of(b"\0"));
    }

    #[test]
    fn ranks_order_as_bytes_do() {
        let keys: [&[u8]; 8] = [b"", b"\x01", b"a", b"ab", b"abcdefg", b"abcdefgh", b"b", b"\xff"];
        assert!(keys.is_sorted_by_key(|key| Head::of(key).rank()));
    }
}
