//! Records as they are written again: CSV with the fields as they were, JSON objects, or rows of a table.

use ringmill::csv::{Column, Record};

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

/// Writes records one by one, in bounded memory.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    selection: &'a Selection,
    delimiter: u8,
    json: bool,
    line: Vec<u8>,
    written: u64,
}

impl<'a> Writer<'a> {
    /// Begins with the header, if the input has one.
    pub(crate) fn begin(
        input: &Input,
        selection: &'a Selection,
        dialect: &Dialect,
        json: bool,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let (delimiter, line) = (dialect.delimiter, Vec::new());
        let mut writer = Self { selection, delimiter, json, line, written: 0 };
        if json {
            output.bytes(b"[")?;
        } else if !input.headers().is_empty() {
            for (at, title) in selection.titles.iter().enumerate() {
                writer.separate(at);
                push_quoted(&mut writer.line, title.as_bytes(), dialect);
            }
            writer.end_line(output)?;
        }
        Ok(writer)
    }

    pub(crate) fn record(&mut self, record: &Record<'_>, output: &mut Output) -> Result<(), Failure> {
        if self.json {
            let mut object = Vec::new();
            self.selection.each_field(record, |at, _, field| {
                object.push((self.selection.title(at), String::from_utf8_lossy(field).into_owned()));
            });
            output.bytes(if self.written == 0 { b"\n  " } else { b",\n  " })?;
            output.json_object(object)?;
        } else {
            let selection = self.selection;
            selection.each_field(record, |at, raw, _| {
                self.separate(at);
                self.line.extend_from_slice(raw);
            });
            self.end_line(output)?;
        }
        self.written += 1;
        Ok(())
    }

    pub(crate) fn end(self, output: &mut Output) -> Result<(), Failure> {
        match (self.json, self.written) {
            (false, _) => Ok(()),
            (true, 0) => output.bytes(b"]\n"),
            (true, _) => output.bytes(b"\n]\n"),
        }
    }

    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.line.push(self.delimiter);
        }
    }

    fn end_line(&mut self, output: &mut Output) -> Result<(), Failure> {
        self.line.push(b'\n');
        output.bytes(&self.line)?;
        self.line.clear();
        Ok(())
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
