//! What can be wrong with a group-by itself.

use std::fmt;

/// Reports a group-by that cannot be made or that outgrew its bound.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "name,n\na,1\n")?;
/// use ringmill::csv::{CsvError, CsvFile, GroupError};
///
/// let file = CsvFile::open(&path)?;
/// let Err(CsvError::Group(error)) = file.group_by(["name"]).quantiles("n", &[95.0]).build() else { panic!() };
/// assert!(matches!(*error, GroupError::Share { share: 95.0 }));
/// assert_eq!(error.to_string(), "a quantile is a share from 0 to 1, not 95");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GroupError {
    /// A quantile was asked for that is not between 0 and 1.
    Share {
        /// What was asked for.
        share: f64,
    },
    /// The groups take more memory than [`memory_limit`](super::GroupBuilder::memory_limit) allows.
    Memory {
        /// The bound, in bytes.
        limit: u64,
        /// How many groups there were when it was passed.
        groups: u64,
    },
    /// The keys take more than the 16 GiB that a table has room for.
    Keys,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { share } => write!(f, "a quantile is a share from 0 to 1, not {share}"),
            Self::Memory { limit, groups } => {
                write!(f, "{groups} groups take more than the {limit} bytes of memory that they may")
            }
            Self::Keys => {
                f.write_str("the keys of all groups take more than the 16 GiB that there is room for")
            }
        }
    }
}

impl std::error::Error for GroupError {}
