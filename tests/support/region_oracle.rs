//! What holds of the header of a region, whatever the bytes: it is read or refused, and what is read is what it says.

use ringmill::memory::shared::{Header, HeaderError};

/// Reads the bytes as they are, and with all that would refuse them at once put right: beginning, version and sum.
pub(crate) fn check(bytes: &[u8]) {
    judge(bytes, bytes.len() as u64);
    let mut page = [0; 4096];
    let len = bytes.len().min(4096);
    page[..len].copy_from_slice(&bytes[..len]);
    page[..10].copy_from_slice(b"RINGMILL\x01\0");
    page[12..16].copy_from_slice(b"\x0d\x0c\x0b\x0a");
    let sum = page[..4088].iter().fold(14_695_981_039_346_656_037_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
    });
    page[4088..].copy_from_slice(&sum.to_le_bytes());
    let first_bytes = page[88..96].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    for file_bytes in [0, 4096, first_bytes, u64::MAX] {
        judge(&page, file_bytes);
    }
}

fn judge(bytes: &[u8], file_bytes: u64) {
    match Header::parse(bytes, file_bytes) {
        Ok(header) => {
            let known = bytes[10..12] == [0, 0];
            assert!(!known || header.to_bytes()[..] == bytes[..4096], "a byte was read as another");
            assert!(header.first_bytes() <= file_bytes && file_bytes <= header.most_bytes());
            assert!(header.most_bytes() <= isize::MAX as u64);
            let mut behind = 4096;
            for section in header.sections() {
                let range = section.range();
                assert!(behind <= range.start && range.start <= range.end, "sections overlap");
                assert!(range.start <= file_bytes && range.end <= header.most_bytes());
                behind = range.end;
            }
            let element_bytes = header.element_bytes() as u128;
            assert!(element_bytes > 0);
            if !header.dimensions().is_empty() && !header.dimensions().contains(&0) {
                let bytes = header.dimensions().iter().fold(element_bytes, |bytes, &n| bytes * u128::from(n));
                assert!(bytes <= u128::from(header.most_bytes()), "elements beyond the region");
            }
            assert!(header.queues().len() < 64 && header.participants() <= 1022);
        }
        Err(error) => {
            assert!(error != HeaderError::Foreign || !bytes.starts_with(b"RINGMILL"));
            assert!(!error.to_string().is_empty());
        }
    }
}
