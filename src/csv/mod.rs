//! CSV files, parsed where they are mapped.

mod chunks;
mod column;
mod cursor;
mod dialect;
mod error;
mod field;
mod file;
mod fold;
mod groups;
mod number;
mod options;
mod place;
mod record;
mod records;
mod scan;
mod split;
mod transition;
mod watch;

pub use column::{Column, ColumnError};
pub use dialect::DialectError;
pub use error::{CsvError, RecordError, RecordProblem, UserError};
pub use field::Field;
pub use file::CsvFile;
pub use groups::Groups;
pub use options::{CsvOptions, UnclosedQuote};
pub use place::Place;
pub use record::Record;
pub use records::Records;
pub use watch::ScanWatch;
