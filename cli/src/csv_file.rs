//! A CSV file opened as the command line describes it, and what to do when it is not so.

use std::path::Path;

use ringmill::csv::{Column, CsvError, CsvFile, Field, Record, RecordProblem, ScanWatch};
use ringmill::memory::RegionError;
use ringmill::pool::Pool;

use crate::args::Dialect;
use crate::failure::{Failure, with_hint};
use crate::progress::Progress;

/// An open file and the names of its columns.
#[derive(Debug)]
pub(crate) struct Input {
    file: CsvFile,
    watch: ScanWatch,
    columns: Vec<String>,
}

impl Input {
    /// Opens a file in the dialect that was asked for. One without a single record is refused.
    pub(crate) fn open(path: &Path, dialect: &Dialect) -> Result<Self, Failure> {
        let watch = ScanWatch::new();
        let file = CsvFile::options()
            .delimiter(dialect.delimiter)
            .headers(!dialect.no_headers)
            .quote((!dialect.no_quoting).then_some(dialect.quote))
            .escape(dialect.escape)
            .comment(dialect.comment)
            .flexible(dialect.flexible)
            .watch(&watch)
            .open(path)?;
        let mut records = file.records();
        let Some(fields) = records.next_record()?.map(Record::len) else {
            return Err(no_records(&file));
        };
        let columns = match file.headers() {
            [] => (0..fields).map(|index| index.to_string()).collect(),
            names => names.to_vec(),
        };
        Ok(Self { file, watch, columns })
    }

    /// The names of the columns, or their indices where the file has no header.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(crate) fn len_bytes(&self) -> u64 {
        self.file.len_bytes()
    }

    /// Finds a column by its name or, where no column has that name, by its index from 0.
    pub(crate) fn column(&self, name: &str) -> Result<Column, Failure> {
        let error = match self.file.column(name) {
            Ok(column) => return Ok(column),
            Err(error) => error,
        };
        match name.parse::<usize>() {
            Ok(index) if index < self.columns.len() => Ok(Column::from(index)),
            _ if self.file.headers().is_empty() => Err(with_hint(
                error,
                &format!("with --no-headers, columns are 0 to {}", self.columns.len() - 1),
            )),
            _ => Err(match likely_delimiter(&self.columns) {
                Some(delimiter) => {
                    with_hint(error, &format!("the header looks as if it needs --delimiter {delimiter}"))
                }
                None => error.into(),
            }),
        }
    }

    /// Folds every record into parts and joins the parts in the order of the file.
    pub(crate) fn fold<'f, A: Send>(
        &'f self,
        pool: &Pool,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, &Record<'f>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, Failure> {
        let (watch, before) = (self.watch.clone(), self.watch.scanned_bytes());
        let _progress = Progress::start("reading", self.len_bytes(), move || watch.scanned_bytes() - before);
        Ok(pool.fold_records(&self.file, new, add, merge)?)
    }
}

/// Whether a record has nothing in a column, be it because the record is short.
#[inline]
pub(crate) fn is_empty(record: &Record<'_>, column: Column) -> bool {
    record.get(column).is_none_or(|field| field.raw().is_empty() || is_empty_in_quotes(field))
}

#[cold]
fn is_empty_in_quotes(field: Field<'_>) -> bool {
    field.is_quoted() && field.bytes().is_empty()
}

fn no_records(file: &CsvFile) -> Failure {
    let path = file.path().display();
    match file.headers() {
        _ if file.len_bytes() == 0 => Failure::new(format_args!("{path}: the file is empty")),
        [] => Failure::new(format_args!("{path}: the file has no records")),
        _ => with_hint(
            format_args!("{path}: the file has a header and no records"),
            "if its first line is data, pass --no-headers",
        ),
    }
}

/// The delimiter of a file whose header came out as one long name.
fn likely_delimiter(headers: &[String]) -> Option<&'static str> {
    let [header] = headers else { return None };
    [(';', "';'"), ('\t', "tab"), ('|', "'|'"), (',', "','")]
        .into_iter()
        .find_map(|(delimiter, flag)| header.contains(delimiter).then_some(flag))
}

impl From<CsvError> for Failure {
    fn from(error: CsvError) -> Self {
        let hint = match &error {
            CsvError::Record(record) => match record.problem() {
                RecordProblem::Ragged { .. } => "if records may differ in length, pass --flexible",
                RecordProblem::UnclosedQuote => "if quotes are ordinary characters there, pass --no-quoting",
                _ => return Self::new(error),
            },
            CsvError::Region(region) if matches!(**region, RegionError::NotAFile { kind: "pipe", .. }) => {
                "save it in a file first: files are mapped, and a pipe cannot be"
            }
            _ => return Self::new(error),
        };
        with_hint(error, hint)
    }
}
