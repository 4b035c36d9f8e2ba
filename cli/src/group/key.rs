//! The key of a group: one field, or several packed into one.

/// Packs a record's key fields, each behind its length, so that `a,bc` and `ab,c` differ.
#[derive(Debug, Default)]
pub(super) struct PackedKey(Vec<u8>);

const LENGTH_BYTES: usize = size_of::<u32>();

impl PackedKey {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends a field; one longer than 4 GiB would be cut.
    pub(super) fn push(&mut self, field: &[u8]) {
        let len = u32::try_from(field.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&len.to_le_bytes());
        self.0.extend_from_slice(&field[..len as usize]);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The fields of a key of so many columns.
pub(super) fn fields(key: &[u8], columns: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = key;
    (0..columns).map(move |_| {
        let (field, tail) = match rest.split_first_chunk::<LENGTH_BYTES>() {
            Some((len, tail)) if columns > 1 => tail.split_at(u32::from_le_bytes(*len) as usize),
            _ => (rest, &[][..]),
        };
        rest = tail;
        field
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let mut key = PackedKey::default();
        for parts in [[&b"a"[..], b"bc"], [b"ab", b"c"], [b"", b""], [b"\0\0\0\0", b"\x01"]] {
            key.clear();
            parts.iter().for_each(|part| key.push(part));
            assert!(fields(key.bytes(), 2).eq(parts));
        }
        assert!(fields(b"whole", 1).eq([b"whole"]));
    }
}
