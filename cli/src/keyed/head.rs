//! The first and last eight bytes of a key, and its length.

/// The first and last eight bytes of a key, and its length; a key of at most sixteen bytes is no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Head {
    first: u64,
    last: u64,
    len: usize,
}

impl Head {
    #[inline]
    pub(crate) fn of(key: &[u8]) -> Self {
        let len = key.len();
        let (first, last) = match (key.first_chunk(), key.last_chunk()) {
            (Some(&first), Some(&last)) => (u64::from_le_bytes(first), u64::from_le_bytes(last)),
            _ => (short(key), 0),
        };
        Self { first, last, len }
    }

    /// Whether two keys with this head are the same key.
    #[inline]
    pub(crate) fn is_whole(self) -> bool {
        self.len <= 16
    }

    /// A number that orders keys as their first eight bytes do.
    #[inline]
    pub(crate) fn rank(self) -> u64 {
        self.first.swap_bytes()
    }
}

/// Up to seven bytes as one little-endian word, in two loads that may overlap.
#[inline]
fn short(key: &[u8]) -> u64 {
    let len = key.len();
    match (key.first_chunk(), key.last_chunk()) {
        (Some(&low), Some(&high)) => {
            let (low, high) = (u32::from_le_bytes(low), u32::from_le_bytes(high));
            u64::from(low) | u64::from(high) << (8 * (len - 4))
        }
        _ => match *key {
            [] => 0,
            [a] => u64::from_le_bytes([a, 0, 0, 0, 0, 0, 0, 0]),
            [a, b] => u64::from_le_bytes([a, b, 0, 0, 0, 0, 0, 0]),
            [a, b, c, ..] => u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_up_to_sixteen_is_whole() {
        let bytes: Vec<u8> = (1..=20).collect();
        for len in 0..=16 {
            let key = &bytes[..len];
            let head = Head::of(key);
            assert!(head.is_whole());
            assert_eq!(head, Head::of(&key.to_vec()));
            for at in 0..len {
                let mut other = key.to_vec();
                other[at] ^= 0x80;
                assert_ne!(Head::of(&other), head, "byte {at} of {len}");
            }
        }
        assert!(!Head::of(&bytes[..17]).is_whole());
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
