//! Heads of keys and their hashes.
//!
//! Keys in files are short, and they lie in a file, where sixteen bytes can be loaded whatever the key's length: masked to
//! that length they are its *head*. A head is hashed by three multiplications and compared in two words.
//!
//! The hash is seeded anew for each run, so that no file can be written to make its keys collide. After each multiplication
//! the upper half is laid over the lower one: a product carries differences upwards only.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Bytes of a key that are compared as words.
pub(super) const HEAD: usize = 16;

/// The masks of heads of 0 to 16 bytes.
const MASKS: [[u64; 2]; HEAD + 1] = {
    let mut masks = [[0; 2]; HEAD + 1];
    let mut bytes = 1;
    while bytes <= HEAD {
        masks[bytes] = masks[bytes - 1];
        masks[bytes][(bytes - 1) / 8] |= 0xff << (8 * ((bytes - 1) % 8));
        bytes += 1;
    }
    masks
};

/// Cuts the sixteen bytes that lie where a key does down to the key.
#[inline(always)]
pub(super) fn cut(window: &[u8; HEAD], len: usize) -> [u64; 2] {
    let (halves, _) = window.as_chunks::<8>();
    let mask = &MASKS[len.min(HEAD)];
    [u64::from_le_bytes(halves[0]) & mask[0], u64::from_le_bytes(halves[1]) & mask[1]]
}

/// Returns the head of a key of which no more is at hand than itself.
pub(super) fn head(key: &[u8]) -> [u64; 2] {
    let mut bytes = [0; HEAD];
    let len = key.len().min(HEAD);
    bytes[..len].copy_from_slice(&key[..len]);
    cut(&bytes, HEAD)
}

/// How keys are hashed in one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashing {
    pub(super) offsets: [u64; 2],
    pub(super) factors: [u64; 3],
}

impl Hashing {
    /// Draws a way to hash.
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        let draw = |number: u64| {
            let mut hasher = random.build_hasher();
            hasher.write_u64(number);
            hasher.finish()
        };
        Self { offsets: [draw(0), draw(1)], factors: [2, 3, 4].map(|number| draw(number) | 1) }
    }

    /// A way to hash that is the same in every run.
    pub(super) fn fixed() -> Self {
        // The first bits of the square roots of 2, 3, 5, 7 and 11, behind the point; factors are odd.
        Self {
            offsets: [0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b],
            factors: [0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1, 0x510e_527f_ade6_82d1],
        }
    }

    /// Hashes a head, which is all of a key of up to sixteen bytes.
    #[inline(always)]
    pub(super) fn of_head(&self, head: [u64; 2]) -> u64 {
        let hash = (head[0] ^ self.offsets[0]).wrapping_mul(self.factors[0]);
        let hash = (hash ^ hash >> 32 ^ head[1] ^ self.offsets[1]).wrapping_mul(self.factors[1]);
        let hash = (hash ^ hash >> 32).wrapping_mul(self.factors[2]);
        // Once more: what only the last bytes of a head differ in has reached but half of the bits, and those by one factor.
        let hash = (hash ^ hash >> 32).wrapping_mul(self.factors[0]);
        hash ^ hash >> 32
    }

    /// Hashes a key of any length.
    pub(super) fn of_key(&self, key: &[u8]) -> u64 {
        let mut hash = self.of_head(head(key));
        if let Some(rest) = key.get(HEAD..) {
            for part in rest.chunks(8) {
                let mut word = [0; 8];
                word[..part.len()].copy_from_slice(part);
                // The two halves of a product, one on the other: both factors tell in every bit.
                let product = u128::from(u64::from_le_bytes(word) ^ hash ^ self.offsets[0])
                    * u128::from(self.factors[1]);
                hash = product as u64 ^ (product >> 64) as u64;
            }
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn a_head_that_was_cut_is_the_keys_own(key in proptest::collection::vec(any::<u8>(), 0..30), behind: [u8; 16]) {
            let bytes = [&key[..], &behind].concat();
            prop_assert_eq!(cut(bytes.first_chunk().unwrap(), key.len()), head(&key));
        }
    }

    /// Every pair of bytes, at any two places of a head: their hashes differ as those of chance would.
    #[test]
    fn keys_that_differ_in_two_bytes_spread() {
        for (left, right) in [(0, 1), (0, 8), (7, 15), (3, 12), (14, 15), (6, 7)] {
            let hashing = Hashing::new();
            let hashes = (0..=u16::MAX).map(|pair| {
                let mut key = [b'0'; 16];
                [key[left], key[right]] = pair.to_le_bytes();
                hashing.of_key(&key)
            });
            let hashes: Vec<u64> = hashes.collect();
            for shift in [0, 16, 32, 48] {
                let seen: HashSet<u16> = hashes.iter().map(|hash| (hash >> shift) as u16).collect();
                // By chance 1 - 1/e of all; 41427 of 65536.
                assert!(seen.len() > 36_000, "bytes {left} and {right}, bits from {shift}: {}", seen.len());
            }
        }
    }

    #[test]
    fn what_lies_behind_a_head_tells() {
        let hashing = Hashing::new();
        let hashes: HashSet<u64> = (0..1000).map(|n| hashing.of_key(format!("{n:040}").as_bytes())).collect();
        assert_eq!(hashes.len(), 1000);
    }
}
