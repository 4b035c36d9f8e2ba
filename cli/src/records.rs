//! Records as they are written again: CSV with the fields as they were, JSON objects, or rows of a table.

use ringmill::csv::{Column, CsvError, Record};
use serde::Serializer;

use crate::args::Dialect;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Align, Output, Rows, Value};

/// Which fields of each record, under which titles.
#[derive(Debug)]
pub(crate) struct Selection {
    /// All, if none are named.
    columns: Option<Vec<Column>>,
    titles: Vec<String>,
}

impl Selection {
    pub(crate) fn new(input: &Input, names: &[String]) -> Result<Self, Failure> {
        if names.is_empty() {
            return Ok(Self { columns: None, titles: input.columns().to_vec() });
        }
        let columns: Vec<Column> = names.iter().map(|name| input.column(name)).collect::<Result<_, _>>()?;
        let title = |column: &Column| match input.columns().get(column.index()) {
            Some(title) => title.clone(),
            None => column.index().to_string(),
        };
        let titles = columns.iter().map(title).collect();
        Ok(Self { columns: Some(columns), titles })
    }

    /// Gives the chosen fields of a record to `each`, as they are written and as they are meant; one that a short record
    /// lacks is empty.
    fn each_field(&self, record: &Record<'_>, mut each: impl FnMut(usize, &[u8], &[u8])) {
        match &self.columns {
            None => record.fields().enumerate().for_each(|(at, field)| each(at, field.raw(), &field.bytes())),
            Some(columns) => {
                for (at, &column) in columns.iter().enumerate() {
                    match record.get(column) {
                        Some(field) => each(at, field.raw(), &field.bytes()),
                        None => each(at, b"", b""),
                    }
                }
            }
        }
    }

    fn title(&self, at: usize) -> String {
        self.titles.get(at).cloned().unwrap_or_else(|| at.to_string())
    }
}

/// How records are written, as text that any thread may make.
#[derive(Debug)]
pub(crate) struct Format<'a> {
    selection: &'a Selection,
    delimiter: u8,
    json: bool,
}

impl<'a> Format<'a> {
    pub(crate) fn new(selection: &'a Selection, dialect: &Dialect, json: bool) -> Self {
        Self { selection, delimiter: dialect.delimiter, json }
    }

    /// Adds a record to a text.
    #[inline]
    pub(crate) fn push(&self, record: &Record<'_>, text: &mut Vec<u8>) -> Result<(), CsvError> {
        if self.json {
            return self.push_object(record, text);
        }
        match &self.selection.columns {
            None => text.extend_from_slice(record.raw()),
            Some(_) => self.selection.each_field(record, |at, raw, _| {
                if at > 0 {
                    text.push(self.delimiter);
                }
                text.extend_from_slice(raw);
            }),
        }
        text.push(b'\n');
        Ok(())
    }

    /// Adds a record as an object of texts, behind a comma.
    fn push_object(&self, record: &Record<'_>, text: &mut Vec<u8>) -> Result<(), CsvError> {
        let mut object = Vec::new();
        self.selection.each_field(record, |at, _, field| {
            object.push((self.selection.title(at), String::from_utf8_lossy(field).into_owned()));
        });
        text.extend_from_slice(b",\n  ");
        serde_json::Serializer::new(text).collect_map(object).map_err(CsvError::user)
    }
}

/// Writes texts of records, in bounded memory.
#[derive(Debug)]
pub(crate) struct Writer {
    json: bool,
    empty: bool,
}

impl Writer {
    /// Begins with the header, if the input has one.
    pub(crate) fn begin(
        input: &Input,
        format: &Format<'_>,
        dialect: &Dialect,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let mut line = Vec::new();
        if format.json {
            line.push(b'[');
        } else if !input.headers().is_empty() {
            for (at, title) in format.selection.titles.iter().enumerate() {
                if at > 0 {
                    line.push(format.delimiter);
                }
                push_quoted(&mut line, title.as_bytes(), dialect);
            }
            line.push(b'\n');
        }
        output.bytes(&line)?;
        Ok(Self { json: format.json, empty: true })
    }

    /// Writes what records have been made into.
    pub(crate) fn text(&mut self, text: &[u8], output: &mut Output) -> Result<(), Failure> {
        // Before the first object there is no comma.
        let text = if self.json && self.empty { text.strip_prefix(b",").unwrap_or(text) } else { text };
        self.empty &= text.is_empty();
        output.bytes(text)
    }

    pub(crate) fn end(self, output: &mut Output) -> Result<(), Failure> {
        match (self.json, self.empty) {
            (false, _) => Ok(()),
            (true, true) => output.bytes(b"]\n"),
            (true, false) => output.bytes(b"\n]\n"),
        }
    }
}

/// Writes a field, in quotes if it needs them and there are any.
fn push_quoted(line: &mut Vec<u8>, field: &[u8], dialect: &Dialect) {
    let quote = dialect.quote;
    let is_special = |&byte: &u8| [dialect.delimiter, quote, b'\n', b'\r'].contains(&byte);
    if dialect.no_quoting || !field.iter().any(is_special) {
        line.extend_from_slice(field);
        return;
    }
    line.push(quote);
    for &byte in field {
        if byte == quote || Some(byte) == dialect.escape {
            line.push(dialect.escape.unwrap_or(quote));
        }
        line.push(byte);
    }
    line.push(quote);
}

/// Records as rows of a table, as many as fit into memory.
#[derive(Debug, Default)]
pub(crate) struct TableOfRecords(Vec<Vec<Value>>);

impl TableOfRecords {
    pub(crate) fn record(&mut self, record: &Record<'_>, selection: &Selection) {
        let mut row = Vec::new();
        selection.each_field(record, |_, _, field| row.push(Value::text(field)));
        self.0.push(row);
    }

    pub(crate) fn write(mut self, selection: &Selection, output: &mut Output) -> Result<(), Failure> {
        let widest = self.0.iter().map(Vec::len).max().unwrap_or(0).max(selection.titles.len());
        let mut rows = Rows::new((0..widest).map(|at| (selection.title(at), Align::Left)));
        for row in &mut self.0 {
            row.resize(widest, Value::Missing);
            rows.push(std::mem::take(row));
        }
        output.table(&rows)
    }
}
