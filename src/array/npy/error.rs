//! Why bytes are not the header of an array that can be used in place.

use std::fmt;

/// Says what is wrong with an `.npy` header, or what about a sound one is not supported.
///
/// # Examples
///
/// ```
/// use ringmill::array::{NpyError, NpyHeader};
/// assert!(matches!(NpyHeader::parse(b"a,b,c\n1,2,3\n"), Err(NpyError::NotNpy)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NpyError {
    /// The first six bytes are not those of an `.npy` file.
    NotNpy,
    /// A version of the format that is not 1.0, 2.0 or 3.0.
    Version {
        /// The major version.
        major: u8,
        /// The minor version.
        minor: u8,
    },
    /// The file ends before the header does.
    HeaderCutShort {
        /// How many bytes the header takes.
        needed_bytes: u64,
        /// How many there are.
        found_bytes: u64,
    },
    /// The header's text is not what the format asks for.
    Malformed {
        /// What was expected.
        expected: &'static str,
        /// Where in the file it was expected.
        at_byte: usize,
    },
    /// The elements are Python objects, which have no meaning outside Python.
    Objects,
    /// The elements are records of several fields.
    Structured,
    /// The elements are in big-endian order.
    BigEndian {
        /// The type as the header has it.
        descr: String,
    },
    /// The elements are of a type that is no [`Element`](crate::memory::Element).
    UnsupportedType {
        /// The type as the header has it.
        descr: String,
    },
    /// The shape has more elements than a process can address.
    TooManyElements,
    /// The file ends before the elements do.
    DataCutShort {
        /// How many bytes header and elements take.
        needed_bytes: u64,
        /// How many there are.
        found_bytes: u64,
    },
    /// The elements begin at a byte that is no multiple of their size, so they cannot be used where they lie.
    Misaligned {
        /// Where they begin.
        at_byte: usize,
        /// Their size.
        element_bytes: usize,
    },
}

impl fmt::Display for NpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNpy => write!(f, "not an .npy file: it does not begin with \\x93NUMPY"),
            Self::Version { major, minor } => write!(f, "version {major}.{minor} of the format is not known"),
            Self::HeaderCutShort { needed_bytes, found_bytes } => {
                write!(f, "the header takes {needed_bytes} bytes, the file has {found_bytes}")
            }
            Self::Malformed { expected, at_byte } => {
                write!(f, "malformed header: expected {expected} at byte {at_byte}")
            }
            Self::Objects => write!(f, "the elements are Python objects, which only Python can read"),
            Self::Structured => write!(f, "the elements are records of several fields, not numbers"),
            Self::BigEndian { descr } => {
                write!(f, "the elements are big-endian ({descr}); save them with .astype('<{}')", tail(descr))
            }
            Self::UnsupportedType { descr } => {
                write!(
                    f,
                    "elements of type {descr:?} are not supported: floats of 32 and 64 bits and integers are"
                )
            }
            Self::TooManyElements => write!(f, "the shape has more elements than can be addressed"),
            Self::DataCutShort { needed_bytes, found_bytes } => {
                write!(f, "header and elements take {needed_bytes} bytes, the file has {found_bytes}")
            }
            Self::Misaligned { at_byte, element_bytes } => write!(
                f,
                "the elements begin at byte {at_byte}, not a multiple of their {element_bytes} bytes; load a copy"
            ),
        }
    }
}

fn tail(descr: &str) -> &str {
    descr.strip_prefix('>').unwrap_or(descr)
}

impl std::error::Error for NpyError {}
