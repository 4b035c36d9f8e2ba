//! CSV files, parsed where they are mapped, on every core.
//!
//! A [`CsvFile`] is a mapping, a dialect and a header. [`Pool::fold_records`](crate::pool::Pool::fold_records) runs a
//! closure over every record on all workers; [`CsvFile::records`] reads them in order on the calling thread. Fields
//! are slices of the file, numbers are parsed from there, and only a field whose quotes were doubled is copied when it
//! is asked for.
//!
//! What is read is what the [`csv`](https://docs.rs/csv) crate reads, for any bytes, any dialect, any chunk size and
//! any number of workers, also where a chunk begins inside quotes; nothing is guessed. Sums are the same to the bit on
//! any number of workers. It differs where that crate is lenient or slips: a quote that is never closed is an error
//! unless [asked for](UnclosedQuote), and a comment that ends the file without a line end is no record.
//!
//! What cannot be mapped, or not to advantage, is a [`CsvStream`], and taken alike: standard input, compressed files,
//! files that another program may truncate. It writes no CSV.
//!
//! # Recipes
//!
//! One column's sum, on all workers:
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("trips.csv");
//! # std::fs::write(&path, "from,fare\nA,12.5\nB,7.5\n")?;
//! use ringmill::{Pool, csv::CsvFile};
//!
//! let pool = Pool::new()?;
//! let file = CsvFile::open(&path)?;
//! let fare = file.column("fare")?;
//! let total = pool.fold_records(
//!     &file,
//!     || 0.0,
//!     |total, record| {
//!         *total += record.f64(fare)?;
//!         Ok(())
//!     },
//!     |a, b| a + b,
//! )?;
//! assert_eq!(total, 20.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Fields that may be empty or no number, counted instead of refused:
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("trips.csv");
//! # std::fs::write(&path, "from,fare\nA,12.5\nB,\nC,n/a\n")?;
//! use ringmill::{Pool, csv::CsvFile};
//!
//! let file = CsvFile::open(&path)?;
//! let fare = file.column("fare")?;
//! let (total, bad) = Pool::new()?.fold_records(
//!     &file,
//!     || (0.0, 0),
//!     |(total, bad), record| {
//!         match record.get(fare).and_then(|field| field.f64()) {
//!             Some(fare) => *total += fare,
//!             None => *bad += 1,
//!         }
//!         Ok(())
//!     },
//!     |a, b| (a.0 + b.0, a.1 + b.1),
//! )?;
//! assert_eq!((total, bad), (12.5, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Group by columns: [`CsvFile::group_by`]; by anything else: [`Groups`]. Another dialect: [`CsvOptions`]. A progress bar and a way to stop: [`ScanWatch`].
//!
//! # How it works
//!
//! ```text
//! chunks.rs      cuts the file by its length alone
//! run.rs         gives the chunks to the workers, in order, and each does all that follows with its chunk
//! transition.rs  what a chunk does to the automaton of dialect.rs, for every state at once
//! split.rs       composes those of the chunks before, so that the chunk knows the state it is entered in
//! scan/          finds the bytes that have a meaning, 64 at a time
//! cursor.rs      walks from one to the next: most records are nothing but delimiters and a line end
//! record.rs      lends the record; field.rs and number.rs read what is asked for
//! forest.rs      merges the chunks' results in one fixed shape
//! in_order.rs    gives them in the order of the file instead, within a window (window.rs)
//! pages.rs       lets go of the chunk's pages, if the file is larger than memory
//! blocks.rs      tables of some thousand records (block.rs), for what works on columns
//! count.rs       counts records, from both sides of a quote at once
//! ```

mod block;
mod blocks;
mod chunks;
mod column;
mod columns;
mod count;
mod cursor;
mod dialect;
mod error;
mod field;
mod file;
mod fold;
mod forest;
mod group;
mod groups;
mod header;
mod helpers;
mod in_order;
mod input;
mod layout;
mod number;
mod options;
mod pages;
mod place;
mod record;
mod records;
mod run;
mod scan;
mod segment;
mod source;
mod split;
mod transition;
mod watch;
mod window;

pub use column::{Column, ColumnError, ColumnRef};
#[cfg(feature = "dates")]
pub use columns::TimeFormat;
pub use columns::{
    Batch, Bytes, Collected, ColumnPolicy, ColumnReport, ColumnType, Columns, ColumnsBuilder, ColumnsReport,
    Inference, InferredColumn, Otherwise, TextArray, Texts, WriteError,
};
pub use dialect::DialectError;
pub use error::{CsvError, RecordError, RecordProblem, UserError};
pub use field::Field;
pub use file::CsvFile;
pub use group::{Group, GroupBuilder, GroupError, GroupPlan, Grouped, Value};
pub use groups::Groups;
pub use header::HeaderError;
pub use input::Input;
pub use options::{CsvOptions, UnclosedQuote};
pub use pages::Pages;
pub use place::Place;
pub use record::Record;
pub use records::Records;
pub use source::{CsvStream, StreamError, StreamProblem, StreamRecord, StreamRecords};
pub use watch::ScanWatch;
