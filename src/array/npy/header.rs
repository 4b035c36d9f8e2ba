//! A whole header, from the bytes of a file.

use super::NpyError;
use super::text::{self, Descr};
use crate::array::Order;
use crate::memory::{ElementType, layout};

/// What the header of an `.npy` file says about the elements behind it.
///
/// # Examples
///
/// ```
/// use ringmill::array::{NpyHeader, Order, SharedArray};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("prices.npy");
/// SharedArray::<f64>::create_npy(&path, &[3, 4])?.publish()?;
/// let header = NpyHeader::open(&path)?;
/// assert_eq!(header.element_type().name(), "f64");
/// assert_eq!(header.shape(), [3, 4]);
/// assert_eq!(header.order(), Order::C);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader {
    element_type: ElementType,
    order: Order,
    shape: Vec<usize>,
    len: usize,
    data_offset: usize,
}

/// A hundred times what numpy reads; more is a lie that would have to be held in memory.
const MOST_TEXT_BYTES: usize = 1 << 20;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

impl NpyHeader {
    /// Reads the header at the beginning of `bytes`, which may go on behind it.
    ///
    /// # Errors
    ///
    /// What is wrong with the header, or that its elements are of a type that no array here holds. Whether the
    /// elements are all there is not asked; see [`data_end`](Self::data_end).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::{NpyError, NpyHeader};
    /// let header = NpyHeader::parse(b"\x93NUMPY\x01\x00\x3c\x00{'descr': '<i4', 'fortran_order': False, 'shape': (7,), }   \n")?;
    /// assert_eq!(header.len(), 7);
    /// # Ok::<(), NpyError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, NpyError> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(NpyError::NotNpy);
        }
        let short = |needed: usize| NpyError::HeaderCutShort {
            needed_bytes: needed as u64,
            found_bytes: bytes.len() as u64,
        };
        let (text_at, text_len) = match *bytes {
            [_, _, _, _, _, _, 1, 0, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
            [_, _, _, _, _, _, 2 | 3, 0, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
            [_, _, _, _, _, _, 1..=3, 0, ..] | [_, _, _, _, _, _] | [_, _, _, _, _, _, _] => {
                return Err(short(12));
            }
            [_, _, _, _, _, _, major, minor, ..] => return Err(NpyError::Version { major, minor }),
            _ => return Err(NpyError::NotNpy),
        };
        if text_len > MOST_TEXT_BYTES {
            return Err(NpyError::Malformed { expected: "a header of at most a mebibyte", at_byte: 8 });
        }
        let data_offset = text_at + text_len;
        let text = bytes.get(text_at..data_offset).ok_or_else(|| short(data_offset))?;
        let text = text::parse(text, text_at)?;
        let element_type = element_type(text.descr)?;
        let order = if text.fortran_order { Order::Fortran } else { Order::C };
        let len = layout::shape_len(&text.shape).ok_or(NpyError::TooManyElements)?;
        let data_bytes = len.checked_mul(element_type.size_bytes()).ok_or(NpyError::TooManyElements)?;
        data_bytes.checked_add(data_offset).ok_or(NpyError::TooManyElements)?;
        Ok(Self { element_type, order, shape: text.shape, len, data_offset })
    }

    /// Returns the type of the elements.
    pub fn element_type(&self) -> ElementType {
        self.element_type
    }

    /// Returns the order in which the elements of several dimensions follow each other.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Returns the shape; no dimension at all means a single element.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the number of elements.
    #[allow(clippy::len_without_is_empty, reason = "a header is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns the byte of the file at which the elements begin.
    pub fn data_offset(&self) -> usize {
        self.data_offset
    }

    /// Returns the byte of the file at which the elements end.
    pub fn data_end(&self) -> usize {
        self.data_offset + self.len * self.element_type.size_bytes()
    }

    /// Says whether a file of `file_bytes` bytes has all the elements. What lies behind them is not looked at.
    pub(crate) fn fits(&self, file_bytes: u64) -> Result<(), NpyError> {
        if self.data_end() as u64 > file_bytes {
            return Err(NpyError::DataCutShort {
                needed_bytes: self.data_end() as u64,
                found_bytes: file_bytes,
            });
        }
        Ok(())
    }
}

fn element_type(descr: Descr) -> Result<ElementType, NpyError> {
    let name = match descr {
        Descr::Name(name) => name,
        Descr::Fields => return Err(NpyError::Structured),
    };
    if let Some(element_type) = ElementType::from_npy(&name) {
        return Ok(element_type);
    }
    let little = name.strip_prefix('>').map(|rest| format!("<{rest}"));
    Err(match little.as_deref().and_then(ElementType::from_npy) {
        Some(_) => NpyError::BigEndian { descr: name },
        None if name.ends_with('O') => NpyError::Objects,
        None => NpyError::UnsupportedType { descr: name },
    })
}

#[cfg(test)]
mod tests {
    use super::super::header_bytes;
    use super::*;
    use proptest::prelude::*;

    fn with_text(version: u8, text: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((text.len() as u16).to_le_bytes()),
            _ => bytes.extend((text.len() as u32).to_le_bytes()),
        }
        bytes.extend(text.as_bytes());
        bytes
    }

    fn with_descr(descr: &str) -> Result<NpyHeader, NpyError> {
        NpyHeader::parse(&with_text(
            1,
            &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}\n"),
        ))
    }

    #[test]
    fn every_version_reads_the_same() {
        let text = "{'descr': '<u2', 'fortran_order': True, 'shape': (3, 4), }\n";
        for (version, data_offset) in [(1, 10 + text.len()), (2, 12 + text.len()), (3, 12 + text.len())] {
            let header = NpyHeader::parse(&with_text(version, text)).unwrap();
            assert_eq!(header.element_type(), ElementType::U16);
            assert_eq!((header.shape(), header.len()), (&[3, 4][..], 12));
            assert_eq!((header.order(), header.data_offset()), (Order::Fortran, data_offset));
            assert_eq!(header.data_end(), data_offset + 24);
        }
    }

    #[test]
    fn other_types_are_told_apart() {
        assert_eq!(with_descr("'|O'"), Err(NpyError::Objects));
        assert_eq!(with_descr("'>f8'"), Err(NpyError::BigEndian { descr: ">f8".into() }));
        assert_eq!(with_descr("[('x', '<f8'), ('y', '<f8')]"), Err(NpyError::Structured));
        for descr in ["<c16", "|b1", "<f2", "<U8", "|S3", "|V4", "<M8[ns]", ">c8", ""] {
            let quoted = format!("'{descr}'");
            assert_eq!(with_descr(&quoted), Err(NpyError::UnsupportedType { descr: descr.into() }));
        }
        assert_eq!(with_descr("'<u1'").unwrap().element_type(), ElementType::U8);
    }

    #[test]
    fn a_header_that_ends_early_says_so() {
        let whole = with_text(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n");
        for len in 0..whole.len() {
            match NpyHeader::parse(&whole[..len]) {
                Err(NpyError::NotNpy) => assert!(len < MAGIC.len()),
                Err(NpyError::HeaderCutShort { needed_bytes, found_bytes }) => {
                    assert!(needed_bytes > found_bytes && found_bytes == len as u64);
                }
                other => panic!("{len}: {other:?}"),
            }
        }
        let version = NpyHeader::parse(&[&MAGIC[..], &[4, 0, 0, 0, 0, 0]].concat());
        assert_eq!(version, Err(NpyError::Version { major: 4, minor: 0 }));
    }

    #[test]
    fn a_shape_that_overflows_is_refused() {
        for shape in ["(4294967296, 4294967296)", "(18446744073709551615, 1)", "(2305843009213693952,)"] {
            let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
            assert_eq!(NpyHeader::parse(&with_text(1, &text)), Err(NpyError::TooManyElements));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            which in 0..ElementType::ALL.len(),
            shape in proptest::collection::vec(0usize..1000, 0..6),
        ) {
            let element_type = ElementType::ALL[which];
            let bytes = header_bytes(element_type, &shape);
            prop_assert!(bytes.len().is_multiple_of(64));
            let header = NpyHeader::parse(&bytes).unwrap();
            prop_assert_eq!(header.element_type(), element_type);
            prop_assert_eq!(header.shape(), &shape[..]);
            prop_assert_eq!(header.data_offset(), bytes.len());
            prop_assert_eq!(header.order(), Order::C);
        }

        #[test]
        fn no_bytes_make_it_panic(version in 1u8..4, bytes: Vec<u8>) {
            let _ = NpyHeader::parse(&bytes);
            let _ = NpyHeader::parse(&[&MAGIC[..], &[version, 0], &bytes].concat());
        }
    }
}
