//! Any bytes, any dialect: what ringmill reads is what the `csv` crate reads.
//!
//! Shared by the property test and the fuzz target, so that both hold the reader to the same words.

use ringmill::csv::{ColumnPolicy, CsvError, CsvFile, CsvOptions, RecordProblem, UnclosedQuote};
use ringmill::pool::{Pinning, Pool};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A file and a way to read it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) data: Vec<u8>,
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) double_quote: bool,
    pub(crate) escape: Option<u8>,
    pub(crate) comment: Option<u8>,
    pub(crate) headers: bool,
    pub(crate) flexible: bool,
    pub(crate) chunk_bytes: usize,
    pub(crate) workers: usize,
}

impl Case {
    /// Reads a case from a fuzzer's bytes: three that choose how to read, and the file. `None` if there are fewer.
    pub(crate) fn from_fuzzer(bytes: &[u8]) -> Option<Self> {
        let (&[dialect, policy, chunk], data) = bytes.split_first_chunk()?;
        Some(Self {
            data: data.to_vec(),
            delimiter: [b',', b';', b'\t', b'|'][usize::from(dialect & 3)],
            quote: [Some(b'"'), Some(b'"'), Some(b'\''), None][usize::from(dialect >> 2 & 3)],
            double_quote: dialect >> 4 & 1 == 0,
            escape: (dialect >> 5 & 1 == 1).then_some(b'\\'),
            comment: (dialect >> 6 & 1 == 1).then_some(b'#'),
            headers: policy & 1 == 0,
            flexible: policy >> 1 & 1 == 0,
            chunk_bytes: usize::from(chunk) + 1,
            workers: [1, 2, 3, 8][usize::from(policy >> 2 & 3)],
        })
    }
}

type Fields = Vec<Vec<u8>>;

/// What a reader makes of a file: its header, its records, and the record that ends it for being ragged.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    headers: Vec<String>,
    records: Vec<Fields>,
    /// Fields expected and found.
    ragged: Option<(usize, usize)>,
}

/// Reads the case with both and compares.
pub(crate) fn check(case: &Case) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&case.data).expect("room for the case");
    let expected = by_csv_crate(case);
    let path = file.path();
    let accepting = options(case)
        .unclosed_quote(UnclosedQuote::Accept)
        .open(path)
        .expect("an accepting dialect opens any file");
    let (ours, _) = one_after_the_other(&accepting);
    assert_eq!(ours, expected, "records one after the other: {case:?}");
    check_on_all_workers(&accepting, case);
    if let Ok(refusing) = options(case).open(path) {
        check_on_all_workers(&refusing, case);
    }
    check_columns(case, path);
    check_count(case, path);
}

/// Columns and counts alone: what reads blocks, not records.
#[allow(dead_code, reason = "the fuzz targets share this file, and use a part of it each")]
pub(crate) fn check_blocks(case: &Case) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&case.data).expect("room for the case");
    check_columns(case, file.path());
    check_count(case, file.path());
}

/// Every field of every column is that of the `csv` crate; a field that is not there is as good as an empty one.
fn check_columns(case: &Case, path: &Path) {
    let accepting = options(case).unclosed_quote(UnclosedQuote::Accept).open(path);
    let file = accepting.expect("an accepting dialect opens any file");
    let expected = by_csv_crate(case);
    let longest = expected.records.iter().map(Vec::len).max().unwrap_or(0);
    // One more than there are, where the file has no names to be looked up.
    let width = if file.headers().is_empty() { longest + 1 } else { longest.min(file.headers().len()) };
    // Each of them costs memory of its own.
    let width = width.min(12);
    let mut columns = file.columns();
    for index in 0..width {
        columns = columns.bytes_with(index, ColumnPolicy::null());
    }
    let columns = match columns.build() {
        Ok(columns) if width > 0 => columns,
        _ => return,
    };
    let fields = pool(case.workers).fold_batches(
        &columns,
        Vec::new,
        |all: &mut Vec<Fields>, batch| {
            let row = |row| (0..width).map(|column| batch.bytes(column).get(row).to_vec()).collect();
            all.extend((0..batch.len()).map(row));
            Ok(())
        },
        |left, right| [left, right].concat(),
    );
    match (fields, expected.ragged) {
        (Ok(fields), None) => {
            let cut = |mut record: Fields| {
                record.resize(width, Vec::new());
                record
            };
            let expected: Vec<Fields> = expected.records.into_iter().map(cut).collect();
            assert_eq!(fields, expected, "columns: {case:?}");
        }
        (Err(error), Some(lengths)) => assert_eq!(ragged(&error), Some(lengths), "columns: {case:?}"),
        (fields, ragged) => panic!("one failed: {fields:?}, {ragged:?}: {case:?}"),
    }
}

/// The count of records is that of the `csv` crate, however long each of them is; an open quote is the same error.
fn check_count(case: &Case, path: &Path) {
    let pool = pool(case.workers);
    let any_length = Case { flexible: true, ..case.clone() };
    let expected = by_csv_crate(&any_length).records.len() as u64;
    for case in [case, &any_length] {
        let accepting = options(case).unclosed_quote(UnclosedQuote::Accept).open(path);
        let counted = accepting.expect("an accepting dialect opens any file");
        assert_eq!(pool.count_records(&counted).ok(), Some(expected), "a count: {case:?}");
    }
    if let Ok(refusing) = options(&any_length).open(path) {
        let (_, error) = one_after_the_other(&refusing);
        let counted = pool.count_records(&refusing);
        match error {
            None => assert_eq!(counted.ok(), Some(expected), "a count: {case:?}"),
            Some(error) => {
                assert_eq!(counted.err().map(|error| error.to_string()), Some(error.to_string()), "{case:?}");
            }
        }
    }
}

/// What one thread reads in order is what all workers read in chunks, errors included.
fn check_on_all_workers(file: &CsvFile, case: &Case) {
    let (alone, error) = one_after_the_other(file);
    let together = pool(case.workers).fold_records(
        file,
        Vec::new,
        |all: &mut Vec<Fields>, record| {
            all.push(record.fields().map(|field| field.bytes().into_owned()).collect());
            Ok(())
        },
        |left, right| [left, right].concat(),
    );
    match (together, error) {
        (Ok(together), None) => assert_eq!(together, alone.records, "on all workers: {case:?}"),
        (Err(together), Some(alone)) => {
            assert_eq!(together.to_string(), alone.to_string(), "on all workers: {case:?}");
        }
        (together, alone) => panic!("one failed: {together:?}, {alone:?}: {case:?}"),
    }
}

/// Returns the pool of so many workers; pools are kept from case to case.
fn pool(workers: usize) -> &'static Pool {
    static POOLS: Mutex<BTreeMap<usize, &'static Pool>> = Mutex::new(BTreeMap::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.entry(workers).or_insert_with(|| {
        let pool = Pool::builder().workers(workers).pinning(Pinning::Off).build();
        Box::leak(Box::new(pool.expect("a pool of a few workers")))
    })
}

fn options(case: &Case) -> CsvOptions {
    CsvFile::options()
        .delimiter(case.delimiter)
        .quote(case.quote)
        .double_quote(case.double_quote)
        .escape(case.escape)
        .comment(case.comment)
        .headers(case.headers)
        .flexible(case.flexible)
        .chunk_bytes(case.chunk_bytes)
}

fn one_after_the_other(file: &CsvFile) -> (Reading, Option<CsvError>) {
    let mut records = file.records();
    let mut reading = Reading { headers: file.headers().to_vec(), records: Vec::new(), ragged: None };
    loop {
        match records.next_record() {
            Ok(Some(record)) => {
                let by_index: Fields = (0..record.len())
                    .map(|index| record.bytes(index).expect("a field there is").into_owned())
                    .collect();
                let by_iteration: Fields = record.fields().map(|field| field.bytes().into_owned()).collect();
                assert_eq!(by_index, by_iteration);
                reading.records.push(by_index);
            }
            Ok(None) => return (reading, None),
            Err(error) => {
                reading.ragged = ragged(&error);
                return (reading, Some(error));
            }
        }
    }
}

fn ragged(error: &CsvError) -> Option<(usize, usize)> {
    let CsvError::Record(error) = error else { return None };
    match error.problem() {
        RecordProblem::Ragged { expected, len } => Some((*expected, *len)),
        _ => None,
    }
}

fn by_csv_crate(case: &Case) -> Reading {
    let mut data = case.data.clone();
    if ends_in_a_comment(case) {
        data.push(b'\n');
    }
    read_with_csv_crate(case, case.flexible, &data)
}

/// Whether the file ends inside a comment.
///
/// The `csv` crate (1.4) reads a comment that ends the file without a line end as a record of one empty field, though
/// its own non-deterministic automaton, the specification of the other, does not. A comment is no record for us. The
/// case is known by this: the empty record goes away when the line is ended.
fn ends_in_a_comment(case: &Case) -> bool {
    if case.comment.is_none() {
        return false;
    }
    let mut without = read_with_csv_crate(case, true, &case.data).all(case);
    let ended = [&case.data[..], b"\n"].concat();
    let with = read_with_csv_crate(case, true, &ended).all(case);
    without.pop().is_some_and(|last| last == [b""]) && without == with
}

impl Reading {
    fn all(self, case: &Case) -> Vec<Fields> {
        let header = self.headers.into_iter().map(String::into_bytes).collect::<Fields>();
        let header = (case.headers && !header.is_empty()).then_some(header);
        header.into_iter().chain(self.records).collect()
    }
}

fn read_with_csv_crate(case: &Case, flexible: bool, data: &[u8]) -> Reading {
    let mut reader = csv::ReaderBuilder::new();
    reader
        .delimiter(case.delimiter)
        .quoting(case.quote.is_some())
        .quote(case.quote.unwrap_or(b'"'))
        .double_quote(case.double_quote)
        .escape(case.escape)
        .comment(case.comment)
        .has_headers(case.headers)
        .flexible(flexible);
    let mut reader = reader.from_reader(data);
    let mut reading = Reading { headers: Vec::new(), records: Vec::new(), ragged: None };
    if case.headers {
        let headers = reader.byte_headers().expect("no header is ragged").clone();
        reading.headers = headers.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    }
    for record in reader.byte_records() {
        match record.map_err(csv::Error::into_kind) {
            Ok(record) => reading.records.push(record.iter().map(<[u8]>::to_vec).collect()),
            Err(csv::ErrorKind::UnequalLengths { expected_len, len, .. }) => {
                reading.ragged = Some((expected_len as usize, len as usize));
                break;
            }
            Err(other) => panic!("no other error is known: {other:?}"),
        }
    }
    reading
}
