//! What is common to all bytes of an input: how they are to be read, and what messages call their places.
//!
//! Records, cursors and blocks know this and the bytes that they were given, and nothing of where those lie: in one
//! mapped file, in several, or in buffers that a stream fills.

use super::column::{self, Column, ColumnError, ColumnRef};
use super::dialect::Dialect;
use super::options::UnclosedQuote;
use super::place::Place;
use super::watch::ScanWatch;
use std::path::{Path, PathBuf};

/// How an input is to be read.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) dialect: Dialect,
    pub(crate) unclosed_quote: UnclosedQuote,
    pub(crate) headers: Vec<String>,
    /// How many fields each record must have; any number if none is said.
    pub(crate) expected: Option<usize>,
    pub(crate) watch: Option<ScanWatch>,
    /// What the parts of the input are called: the paths of its files, in order, at least one.
    pub(crate) paths: Vec<PathBuf>,
}

impl Layout {
    pub(crate) fn refuses_unclosed(&self) -> bool {
        self.unclosed_quote == UnclosedQuote::Refuse
    }

    /// Returns the name of a part.
    pub(crate) fn path(&self, part: usize) -> &Path {
        &self.paths[part]
    }

    /// Returns the place of a byte of a part.
    pub(crate) fn place(&self, part: usize, byte: u64) -> Place {
        Place::new(self.path(part), part, byte)
    }

    /// Finds a column by name.
    pub(crate) fn column(&self, name: &str) -> Result<Column, ColumnError> {
        column::find(self.path(0), &self.headers, name)
    }

    /// Finds a column as a caller names it.
    pub(crate) fn find(&self, column: &ColumnRef<'_>) -> Result<Column, ColumnError> {
        match column {
            ColumnRef::Name(name) => self.column(name),
            ColumnRef::Column(column) => match self.expected {
                Some(width) if column.index() >= width => {
                    Err(column::beyond(self.path(0), &self.headers, column.index(), width))
                }
                _ => Ok(*column),
            },
        }
    }

    /// Returns how messages call a column: its name in quotes, or its index where there is no header.
    pub(crate) fn column_label(&self, column: Column) -> String {
        match self.headers.get(column.index()) {
            Some(name) => format!("{name:?}"),
            None => column.index().to_string(),
        }
    }

    /// Returns whether the scan was cancelled through its watch.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.watch.as_ref().is_some_and(ScanWatch::is_cancelled)
    }
}
