//! The hash of shapes and headers: FNV-1a with 64 bits. Pure, and fixed for ever: it is in files.
//!
//! It takes a byte by an exclusive or and a multiplication by an odd number. Each of these steps can be undone, so two texts
//! that differ in one byte never have the same hash. Against those who look for two texts with one hash it is no help.
//! Source: draft-eastlake-fnv, "The FNV Non-Cryptographic Hash Algorithm".

use std::fmt;

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Returns the hash of a text that goes on with these bytes.
fn go_on(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// Returns the hash of the bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    go_on(BASIS, bytes)
}

/// Returns the hash of a value's text, which is not kept.
pub(crate) fn hash_text(value: &impl fmt::Display) -> u64 {
    use fmt::Write as _;

    struct Hash(u64);
    impl fmt::Write for Hash {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = go_on(self.0, text.as_bytes());
            Ok(())
        }
    }
    let mut hash = Hash(BASIS);
    // Writing into a number cannot fail, nor do our texts.
    let _ = write!(hash, "{value}");
    hash.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_values() {
        for (text, expected) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(hash(text.as_bytes()), expected);
            assert_eq!(hash_text(&text), expected);
        }
    }
}
