//! Standard output, as a table for people or as JSON for machines.
//!
//! Everything goes through one buffered handle, and a reader that went away is told from a real failure.

mod facts;
pub(crate) mod number;
mod rows;
mod table;
mod value;

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde::Serialize;

use crate::failure::Failure;

pub(crate) use facts::Facts;
pub(crate) use rows::Rows;
pub(crate) use table::Align;
pub(crate) use value::Value;

use table::Table;

/// The process's standard output. Nothing else writes to it.
pub(crate) struct Output {
    writer: BufWriter<Stdout>,
    bold: bool,
}

impl Output {
    pub(crate) fn open() -> Self {
        let stdout = io::stdout();
        let bold = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { writer: BufWriter::with_capacity(64 << 10, stdout), bold }
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<(), Failure> {
        writeln!(self.writer, "{line}").map_err(|error| Failure::output(&error))
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer.write_all(bytes).map_err(|error| Failure::output(&error))
    }

    /// Writes a table, its titles bold on a terminal.
    pub(crate) fn table(&mut self, rows: &Rows) -> Result<(), Failure> {
        let table = Table::from(rows);
        table.write(&mut self.writer, self.bold).map_err(|error| Failure::output(&error))
    }

    /// Writes named values, as JSON if so asked.
    pub(crate) fn facts(&mut self, facts: &Facts, json: bool) -> Result<(), Failure> {
        if json { self.json(facts) } else { self.table(&facts.rows()) }
    }

    /// Writes one JSON document and ends the line.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.writer, document)
            .map_err(|error| Failure::output(&error.into()))?;
        self.line("")
    }

    /// Makes what was written so far visible.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| Failure::output(&error))
    }
}

/// Writes a line to standard error; that it cannot be written is nobody's business.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
