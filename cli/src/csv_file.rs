//! CSV opened as the command line describes it, and what to do when it is not so.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringmill::csv::{
    Column, ColumnsBuilder, CsvError, CsvFile, CsvOptions, CsvStream, GroupBuilder, Inference, Record,
    RecordProblem, ScanWatch,
};
use ringmill::memory::RegionError;
use ringmill::pool::Pool;

use crate::args::{Dialect, Source};
use crate::failure::{Failure, with_hint};
use crate::progress::Progress;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Open files, or standard input, and the names of the columns.
#[derive(Debug)]
pub(crate) struct Input {
    text: Text,
    watch: ScanWatch,
    columns: Vec<String>,
}

/// Where the text is.
#[derive(Debug)]
enum Text {
    File(CsvFile),
    /// It comes once.
    Stream(CsvStream),
}

impl Input {
    /// Opens what was named in the dialect that was asked for.
    pub(crate) fn open(source: &Source) -> Result<Self, Failure> {
        let watch = ScanWatch::new();
        let options = options(&source.dialect).watch(&watch);
        let paths = expanded(&source.files)?;
        let text = match &*paths {
            [only] if only.as_os_str() == STANDARD_INPUT => Text::Stream(options.open_stdin()?),
            [only] if is_stream(only)? => Text::Stream(options.open_stream(only)?),
            [only] => Text::File(options.open(only)?),
            several => {
                for path in several {
                    if !is_stream(path)? {
                        continue;
                    }
                    let name = path.display();
                    let problem =
                        format_args!("{name}: comes only once, and cannot be read together with other files");
                    return Err(with_hint(problem, "put them behind each other in one stream"));
                }
                Text::File(options.open_all(several)?)
            }
        };
        let columns = match &text {
            Text::Stream(stream) => stream.headers().to_vec(),
            Text::File(file) if file.headers().is_empty() => {
                let fields = file.records().next_record()?.map_or(0, Record::len);
                (0..fields).map(|index| index.to_string()).collect()
            }
            Text::File(file) => file.headers().to_vec(),
        };
        Ok(Self { text, watch, columns })
    }

    /// Opens it, and refuses what has no record.
    pub(crate) fn open_records(source: &Source) -> Result<Self, Failure> {
        let input = Self::open(source)?;
        match &input.text {
            Text::File(file) if file.records().next_record()?.is_none() => Err(input.no_records()),
            _ => Ok(input),
        }
    }

    /// The names of the columns, or their indices where there is no header; none of a stream without a header.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The names that stand in the header, if there is one.
    pub(crate) fn headers(&self) -> &[String] {
        match &self.text {
            Text::File(file) => file.headers(),
            Text::Stream(stream) => stream.headers(),
        }
    }

    /// How much there is to read, if that is known.
    pub(crate) fn len_bytes(&self) -> Option<u64> {
        match &self.text {
            Text::File(file) => Some(file.len_bytes()),
            Text::Stream(_) => None,
        }
    }

    /// Whether the text comes only once.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.text, Text::Stream(_))
    }

    /// The mapped file, for what reads it more than once.
    pub(crate) fn file(&self) -> Result<&CsvFile, Failure> {
        match &self.text {
            Text::File(file) => Ok(file),
            Text::Stream(stream) => Err(with_hint(
                format_args!("{}: comes only once, and this verb needs a file", stream.name().display()),
                "save it in a file first",
            )),
        }
    }

    /// Infers what the columns hold by the first records.
    pub(crate) fn infer(&self, most_records: u64) -> Result<Inference, Failure> {
        Ok(match &self.text {
            Text::File(file) => file.infer(most_records)?,
            Text::Stream(stream) => stream.infer(most_records)?,
        })
    }

    /// Starts a choice of columns. That of a stream can be read once.
    pub(crate) fn choose(&self) -> ColumnsBuilder<'_> {
        match &self.text {
            Text::File(file) => file.columns(),
            Text::Stream(stream) => stream.columns(),
        }
    }

    /// How many bytes of text were read, by all readings together.
    pub(crate) fn scanned_bytes(&self) -> u64 {
        self.watch.scanned_bytes()
    }

    /// Starts a group-by. That of a stream can be run once.
    pub(crate) fn group_by(&self, keys: &[Column]) -> GroupBuilder<'_> {
        match &self.text {
            Text::File(file) => file.group_by(keys.iter().copied()),
            Text::Stream(stream) => stream.group_by(keys.iter().copied()),
        }
    }

    /// Finds a column by its name or, where no column has that name, by its index from 0.
    pub(crate) fn column(&self, name: &str) -> Result<Column, Failure> {
        let found = match &self.text {
            Text::File(file) => file.column(name),
            Text::Stream(stream) => stream.column(name),
        };
        let error = match found {
            Ok(column) => return Ok(column),
            Err(error) => error,
        };
        let is_known = |index| index < self.columns.len() || self.columns.is_empty();
        match name.parse::<usize>() {
            Ok(index) if is_known(index) => Ok(Column::from(index)),
            _ if self.headers().is_empty() => Err(with_hint(
                error,
                &match self.columns.len() {
                    0 => "with --no-headers, columns are numbers from 0".to_owned(),
                    columns => format!("with --no-headers, columns are 0 to {}", columns - 1),
                },
            )),
            _ => Err(match likely_delimiter(&self.columns) {
                Some(delimiter) => {
                    with_hint(error, &format!("the header looks as if it needs --delimiter {delimiter}"))
                }
                None => error.into(),
            }),
        }
    }

    /// Shows how far a reading is while this lives.
    pub(crate) fn progress(&self) -> Progress {
        let (watch, before) = (self.watch.clone(), self.watch.scanned_bytes());
        Progress::start("reading", self.len_bytes(), move || watch.scanned_bytes() - before)
    }

    /// Folds every record into parts and joins the parts in the order of the text.
    pub(crate) fn fold<A: Send>(
        &self,
        pool: &Pool,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, &Record<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, Failure> {
        let _progress = self.progress();
        Ok(match &self.text {
            Text::File(file) => pool.fold_records(file, new, add, merge)?,
            Text::Stream(stream) => pool.fold_records(stream, new, add, merge)?,
        })
    }

    /// Folds the records of each chunk into a part, and gives the parts to `take` in the order of the text.
    pub(crate) fn fold_in_order<A: Send>(
        &self,
        pool: &Pool,
        new: impl Fn() -> A + Sync,
        add: impl Fn(&mut A, &Record<'_>) -> Result<(), CsvError> + Sync,
        mut take: impl FnMut(A) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let _progress = self.progress();
        let mut failure = None;
        let take = |part| {
            take(part).map_err(|failed| {
                failure = Some(failed);
                CsvError::user("not taken")
            })
        };
        let ended = match &self.text {
            Text::File(file) => pool.fold_in_order(file, new, add, take),
            Text::Stream(stream) => pool.fold_in_order(stream, new, add, take),
        };
        match failure {
            Some(failure) => Err(failure),
            None => Ok(ended?),
        }
    }

    /// Counts the records; their fields are not looked at.
    pub(crate) fn count(&self, pool: &Pool) -> Result<u64, Failure> {
        let _progress = self.progress();
        Ok(match &self.text {
            Text::File(file) => pool.count_records(file)?,
            Text::Stream(stream) => pool.count_records(stream)?,
        })
    }

    /// Gives every record to `each`, in order and on one core, until it breaks.
    pub(crate) fn each_record(
        &self,
        each: impl FnMut(&Record<'_>) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        match &self.text {
            Text::File(file) => each_of_file(file, each),
            Text::Stream(stream) => each_of_stream(stream, each),
        }
    }

    /// Says that there is no record.
    pub(crate) fn no_records(&self) -> Failure {
        let Text::File(file) = &self.text else {
            return Failure::new("standard input: there are no records");
        };
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
}

fn options(dialect: &Dialect) -> CsvOptions {
    CsvFile::options()
        .delimiter(dialect.delimiter)
        .headers(!dialect.no_headers)
        .quote((!dialect.no_quoting).then_some(dialect.quote))
        .escape(dialect.escape)
        .comment(dialect.comment)
        .flexible(dialect.flexible)
}

/// Whether a name stands for text that comes only once: standard input, a pipe, or a compressed file.
fn is_stream(path: &Path) -> Result<bool, Failure> {
    Ok(path.as_os_str() == STANDARD_INPUT || CsvStream::is_needed_for(path)?)
}

/// All files that were named, patterns spelled out.
fn expanded(names: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    names.iter().try_for_each(|name| expand(name, &mut paths))?;
    Ok(paths)
}

/// Adds the files that a name stands for: itself if there is such a file, else those that match it, by name.
fn expand(name: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let pattern = name.to_str().filter(|text| text.contains(['*', '?', '[']) && !name.exists());
    let Some(pattern) = pattern else {
        paths.push(name.to_owned());
        return Ok(());
    };
    let refuse = |error: &dyn std::fmt::Display| Failure::new(format_args!("{pattern}: {error}"));
    let before = paths.len();
    for path in glob::glob(pattern).map_err(|error| refuse(&error))? {
        let path = path.map_err(|error| refuse(&error))?;
        if !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.len() == before {
        return Err(refuse(&"no file matches"));
    }
    Ok(())
}

fn each_of_file(
    file: &CsvFile,
    mut each: impl FnMut(&Record<'_>) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    let mut records = file.records();
    while let Some(record) = records.next_record()? {
        if each(record)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn each_of_stream(
    stream: &CsvStream,
    mut each: impl FnMut(&Record<'_>) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    let mut records = stream.records();
    while let Some(record) = records.next_record()? {
        if each(&record)?.is_break() {
            break;
        }
    }
    Ok(())
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
                "files are mapped, and a pipe cannot be: let it be standard input, and name that as -"
            }
            _ => return Self::new(error),
        };
        with_hint(error, hint)
    }
}
