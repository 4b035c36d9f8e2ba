//! Any bytes: a header is read or refused, and what is read is what is written there.
//!
//! Shared by the property test and the fuzz target.

use ringmill::array::{NpyHeader, Order};

/// Reads the bytes as the beginning of an `.npy` file and checks what comes of it.
pub(crate) fn check(bytes: &[u8]) {
    match NpyHeader::parse(bytes) {
        Ok(header) => check_header(&header, bytes),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 1000, "{message}");
        }
    }
}

fn check_header(header: &NpyHeader, bytes: &[u8]) {
    let offset = header.data_offset();
    assert!(bytes.starts_with(b"\x93NUMPY") && offset <= bytes.len());
    let elements: u128 = header.shape().iter().map(|&dimension| dimension as u128).product();
    assert_eq!(header.len() as u128, elements, "the shape says how many elements there are");
    let data_bytes = elements * header.element_type().size_bytes() as u128;
    assert_eq!(header.data_end() as u128, offset as u128 + data_bytes);
    // Nothing behind the header matters, and nothing of it may be missing.
    assert_eq!(NpyHeader::parse(&bytes[..offset]).as_ref(), Ok(header));
    assert!(NpyHeader::parse(&bytes[..offset - 1]).is_err());
    // Written anew, it says the same.
    let again = NpyHeader::parse(&written(header)).expect("what numpy would write is read");
    assert_eq!(
        (again.element_type(), again.order(), again.shape()),
        (header.element_type(), header.order(), header.shape())
    );
}

/// Writes a header as version 2 of the format has it, in the plainest way.
fn written(header: &NpyHeader) -> Vec<u8> {
    let fortran_order = if header.order() == Order::Fortran { "True" } else { "False" };
    let dimensions: String = header.shape().iter().map(|dimension| format!("{dimension},")).collect();
    let text = format!(
        "{{'descr': '{}', 'fortran_order': {fortran_order}, 'shape': ({dimensions})}}\n",
        header.element_type().npy(),
    );
    let len = u32::try_from(text.len()).expect("the header it was read from was shorter");
    [&b"\x93NUMPY\x02\x00"[..], &len.to_le_bytes(), text.as_bytes()].concat()
}
