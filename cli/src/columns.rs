//! `ringmill columns`: columns of CSV as typed arrays.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use clap::ValueEnum;
use ringmill::csv::{
    self, ColumnPolicy, Columns, ColumnsBuilder, ColumnsReport, InferredColumn, Otherwise, WriteError,
};
use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{ColumnType, ColumnsArgs, Common};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::{Failure, with_hint};
use crate::interrupt::{Hold, Unfinished};
use crate::new_file;
use crate::output::{Align, Output, Rows, Value, number};
use crate::workers;

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    elements: u64,
    skipped: u64,
    columns: Rows,
}

pub(crate) fn run(args: &ColumnsArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let started = Instant::now();
    let target = Target::of(args)?;
    let pool = workers::pool(common.threads)?;
    let input = Input::open_records(&args.source)?;
    let wanted = wanted(&input, args)?;
    let columns = chosen(&input, args, &wanted)?;
    let report = target.write(&pool, &input, &columns, args.force)?;

    let elements = report.selected() - report.skipped();
    let mut rows = Rows::new([
        ("column", Align::Left),
        ("type", Align::Left),
        ("empty", Align::Right),
        ("bad", Align::Right),
        ("null", Align::Right),
        ("replaced", Align::Right),
    ]);
    for (index, (_, element)) in wanted.iter().enumerate() {
        let found = report.column(index);
        let counts = [found.empty(), found.invalid(), found.nulls(), found.defaults()];
        let names = [Value::Text(columns.name(index)), Value::Text(element.name())];
        rows.push(names.into_iter().chain(counts.map(Value::Count)).collect());
    }
    if common.json {
        return output.json(&Written { elements, skipped: report.skipped(), columns: rows });
    }
    let time = started.elapsed();
    let len_bytes = input.len_bytes().unwrap_or_else(|| input.scanned_bytes());
    output.line(format_args!(
        "{}: {elements} elements from {} in {} ({})",
        args.out.display(),
        number::bytes(len_bytes),
        number::duration(time),
        number::rate(len_bytes, time),
    ))?;
    let is_plain = |index| report.column(index).empty() + report.column(index).invalid() == 0;
    if report.skipped() > 0 {
        output.line(format_args!("{} records were left out", report.skipped()))?;
    }
    if wanted.len() > 1 || !is_plain(0) { output.table(&rows) } else { Ok(()) }
}

impl ColumnType {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn is_float(self) -> bool {
        matches!(self, Self::F64 | Self::F32)
    }
}

/// Records that are looked at.
const SAMPLE: u64 = 10_000;

/// The columns and their types: `price:f64`, unless a column is called just that.
fn wanted(input: &Input, args: &ColumnsArgs) -> Result<Vec<(csv::Column, ColumnType)>, Failure> {
    let split = |text: &String| {
        if input.columns().contains(text) {
            return (text.clone(), None);
        }
        match text.rsplit_once(':') {
            Some((name, element)) => match ColumnType::from_str(element, true) {
                Ok(element) => (name.to_owned(), Some(element)),
                Err(_) => (text.clone(), None),
            },
            None => (text.clone(), None),
        }
    };
    let inference = args.infer.then(|| input.infer(SAMPLE)).transpose()?;
    let inferred = inference.as_ref().map_or(&[][..], |inference| inference.columns());
    args.columns
        .iter()
        .map(|text| {
            let (name, element) = split(text);
            let column = input.column(&name)?;
            let element = match (element, inferred.get(column.index())) {
                (Some(element), _) => element,
                (None, None) => args.element,
                (None, Some(seen)) => element_of(seen, args.empty.is_some()).ok_or_else(|| {
                    let kind = kind_name(seen.kind());
                    let problem = format_args!(
                        "column \"{name}\": the first records hold {kind}, and an array numbers"
                    );
                    with_hint(problem, "name a type if it is one: COLUMN:f64")
                })?,
            };
            Ok((column, element))
        })
        .collect()
}

/// The type of an array for what was seen; one of integers has no room for what is empty.
fn element_of(seen: &InferredColumn, empty_is_settled: bool) -> Option<ColumnType> {
    let has_room = seen.empty() == 0 || empty_is_settled;
    match seen.kind()? {
        csv::ColumnType::I64 if has_room => Some(ColumnType::I64),
        csv::ColumnType::U64 if has_room => Some(ColumnType::U64),
        csv::ColumnType::I64 | csv::ColumnType::U64 | csv::ColumnType::F64 => Some(ColumnType::F64),
        _ => None,
    }
}

fn kind_name(kind: Option<csv::ColumnType>) -> &'static str {
    match kind {
        Some(csv::ColumnType::Bool) => "booleans",
        Some(_) => "text",
        None => "nothing",
    }
}

fn chosen<'i>(
    input: &'i Input,
    args: &ColumnsArgs,
    wanted: &[(csv::Column, ColumnType)],
) -> Result<Columns<'i>, Failure> {
    let mut builder = input.choose();
    for &(column, element) in wanted {
        builder = match element {
            ColumnType::F64 => builder.f64_with(column, policy(args, element)?),
            ColumnType::F32 => builder.f32_with(column, policy(args, element)?),
            ColumnType::I64 => builder.i64_with(column, policy(args, element)?),
            ColumnType::U64 => builder.u64_with(column, policy(args, element)?),
        };
    }
    let taken = |builder: ColumnsBuilder<'i>, (column, test): (_, crate::condition::Test)| {
        builder.filter_bytes(column, move |field| test.passes(field))
    };
    Ok(Filter::new(input, &args.taken)?.into_tests().fold(builder, taken).build()?)
}

/// What is to be done with fields that hold no value of a type.
fn policy<T: FromStr>(args: &ColumnsArgs, element: ColumnType) -> Result<ColumnPolicy<T>, Failure> {
    let empty = match &args.empty {
        Some(text) => otherwise(text, "--empty", element)?,
        // Not a number says it all in a float array; one of integers has no room for it.
        None if element.is_float() => otherwise("nan", "--empty", element)?,
        None => Otherwise::Fail,
    };
    let bad = args.bad.as_deref().map_or(Ok(Otherwise::Fail), |text| otherwise(text, "--bad", element))?;
    Ok(ColumnPolicy::fail().empty(empty).invalid(bad))
}

fn otherwise<T: FromStr>(text: &str, flag: &str, element: ColumnType) -> Result<Otherwise<T>, Failure> {
    match text {
        "fail" => Ok(Otherwise::Fail),
        "null" => Ok(Otherwise::Null),
        "skip" => Ok(Otherwise::SkipRecord),
        value => value.parse().map(Otherwise::Default).map_err(|_| {
            let name = element.name();
            with_hint(
                format_args!("{flag} {value}: is no {name}"),
                "give fail, null, skip, or a number to put there",
            )
        }),
    }
}

/// Where the arrays go.
enum Target {
    File(PathBuf),
    /// A directory, which is made if it is not there.
    Folder(PathBuf),
}

impl Target {
    /// Several columns need a directory; one takes a file unless a directory was meant.
    fn of(args: &ColumnsArgs) -> Result<Self, Failure> {
        let is_folder = args.columns.len() > 1 || args.out.to_string_lossy().ends_with('/');
        if is_folder {
            return Ok(Self::Folder(args.out.clone()));
        }
        new_file::check_name(&args.out, args.force)?;
        Ok(Self::File(args.out.clone()))
    }

    fn write(
        &self,
        pool: &Pool,
        input: &Input,
        columns: &Columns<'_>,
        force: bool,
    ) -> Result<ColumnsReport, Failure> {
        let _progress = input.progress();
        match self {
            Self::Folder(folder) => {
                for index in 0..columns.len() {
                    if folder.is_dir() {
                        new_file::check_name(&folder.join(format!("{}.npy", columns.name(index))), force)?;
                    }
                }
                fs::create_dir_all(folder)
                    .map_err(|error| Failure::at(folder, "create the directory", &error))?;
                Ok(columns.write_npy(pool, folder)?)
            }
            Self::File(path) => write_one(pool, columns, path, force),
        }
    }
}

/// Writes one column beside its file, and then gives it its name.
fn write_one(pool: &Pool, columns: &Columns<'_>, path: &Path, force: bool) -> Result<ColumnsReport, Failure> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let hold = Hold::during("removing the unfinished array");
    let beside = tempfile::Builder::new()
        .prefix(".ringmill-")
        .tempdir_in(directory)
        .map_err(|error| Failure::at(path, "create", &error))?;
    let _unfinished = Unfinished::at(beside.path());
    hold.release()?;
    let report = columns.write_npy(pool, beside.path())?;
    let hold = Hold::during("finishing the array");
    let written = beside.path().join(format!("{}.npy", columns.name(0)));
    fs::rename(written, path).map_err(|error| Failure::at(path, "name the finished array", &error))?;
    let valid = path.with_extension("valid.npy");
    let mask = beside.path().join(format!("{}.valid.npy", columns.name(0)));
    if mask.exists() {
        fs::rename(mask, &valid).map_err(|error| Failure::at(&valid, "name the finished array", &error))?;
    } else if force && valid.exists() {
        // It would say of other values whether they are there.
        fs::remove_file(&valid).map_err(|error| Failure::at(&valid, "remove what is out of date", &error))?;
    }
    hold.release()?;
    Ok(report)
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Csv(error) => error.into(),
            error => Self::new(error),
        }
    }
}
