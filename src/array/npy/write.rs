//! Writes a header, byte for byte as numpy does.

use crate::memory::ElementType;

/// Elements begin at a multiple of this, so a mapping of the file has them on a cache line.
const ALIGN: usize = 64;

/// numpy leaves room for the first dimension to grow to any number, so that it can append to a file in place.
const ROOM_FOR_DIGITS: usize = 21;

/// Returns the header of an array in C order.
pub(crate) fn header_bytes(element_type: ElementType, shape: &[usize]) -> Vec<u8> {
    let mut text = format!("{{'descr': '{}', 'fortran_order': False, 'shape': (", element_type.npy());
    for (index, dimension) in shape.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        text.push_str(&format!("{separator}{dimension}"));
    }
    text.push_str(if shape.len() == 1 { ",), }" } else { "), }" });
    let room = shape.first().map_or(0, |first| ROOM_FOR_DIGITS.saturating_sub(first.to_string().len()));
    text.extend(std::iter::repeat_n(' ', room));
    // Only a shape of thousands of dimensions would not fit version 1.
    let (version, prefix) = if text.len() + ALIGN < usize::from(u16::MAX) { (1, 10) } else { (2, 12) };
    let padding = ALIGN - (prefix + text.len() + 1) % ALIGN;
    text.extend(std::iter::repeat_n(' ', padding));
    text.push('\n');

    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(element_type: ElementType, shape: &[usize]) -> String {
        let bytes = header_bytes(element_type, shape);
        assert_eq!(bytes[..8], *b"\x93NUMPY\x01\x00");
        assert_eq!(usize::from(u16::from_le_bytes([bytes[8], bytes[9]])), bytes.len() - 10);
        String::from_utf8(bytes[10..].to_vec()).unwrap()
    }

    // What numpy 2 writes for the same arrays.
    #[test]
    fn headers_are_numpys() {
        let padded = |text: &str, len: usize| format!("{text:<width$}\n", width = len - 11);
        let scalar = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }";
        assert_eq!(text(ElementType::F64, &[]), padded(scalar, 128));
        let line = "{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }";
        assert_eq!(text(ElementType::U8, &[5]), padded(line, 128));
        let table = "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }";
        assert_eq!(text(ElementType::I32, &[3, 4]), padded(table, 128));
    }
}
