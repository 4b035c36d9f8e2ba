//! Promise: columns hold what `str::parse` makes of the fields that a record reader gives, for any bytes, any dialect,
//! any policy, any filters, any chunk size and any number of workers; and an error is the first in the file.

use proptest::prelude::*;
use ringmill::csv::{
    Batch, Collected, ColumnPolicy, Columns, CsvError, CsvFile, Otherwise, RecordProblem, UnclosedQuote,
};
use ringmill::pool::{Pinning, Pool};
use std::collections::BTreeMap;
use std::io::Write;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

/// A file, how to read it, and what to ask of it.
#[derive(Clone, Debug)]
struct Case {
    data: String,
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    flexible: bool,
    chunk_bytes: usize,
    workers: usize,
    asked: Vec<(Kind, usize, Policy)>,
    filters: Vec<(Kind, usize, Policy)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    F64,
    F32,
    I64,
    U64,
    Bool,
    Str,
    Bytes,
}

/// What to do with what is empty, if that is special, and with what is no value: fail, null, default, skip.
type Policy = (Option<u8>, u8);

fn policy<T>((empty, invalid): Policy, default: T) -> ColumnPolicy<T>
where
    T: Clone,
{
    let otherwise = |choice| match choice {
        0 => Otherwise::Fail,
        1 => Otherwise::Null,
        2 => Otherwise::Default(default.clone()),
        _ => Otherwise::SkipRecord,
    };
    let policy = ColumnPolicy::fail().invalid(otherwise(invalid));
    match empty {
        Some(empty) => policy.empty(otherwise(empty)),
        None => policy,
    }
}

/// A value as text that tells all its bits.
type Shown = Option<String>;

fn shown<T: FromStr>(value: &[u8], show: impl Fn(T) -> String) -> Option<String> {
    std::str::from_utf8(value).ok()?.parse().ok().map(show)
}

/// Reads one value the slow way.
fn parse(kind: Kind, value: &[u8]) -> Option<String> {
    match kind {
        Kind::F64 => shown(value, |x: f64| x.to_bits().to_string()),
        Kind::F32 => shown(value, |x: f32| x.to_bits().to_string()),
        Kind::I64 => shown(value, |x: i64| x.to_string()),
        Kind::U64 => shown(value, |x: u64| x.to_string()),
        Kind::Bool => match &*value.to_ascii_lowercase() {
            b"true" | b"1" => Some("true".into()),
            b"false" | b"0" => Some("false".into()),
            _ => None,
        },
        Kind::Str => std::str::from_utf8(value).ok().map(|text| format!("{text:?}")),
        Kind::Bytes => Some(format!("{value:?}")),
    }
}

fn default(kind: Kind) -> String {
    match kind {
        Kind::F64 => 2.5_f64.to_bits().to_string(),
        Kind::F32 => 2.5_f32.to_bits().to_string(),
        Kind::I64 | Kind::U64 => "25".into(),
        Kind::Bool => "true".into(),
        Kind::Str => "\"none\"".into(),
        Kind::Bytes => format!("{:?}", b"none"),
    }
}

/// Whether a filter lets a number pass: about half of them.
fn passes(x: f64) -> bool {
    x.is_nan() || x >= 5.0
}

/// The same of a value of a type, as it is shown.
fn shown_passes(kind: Kind, shown: &str) -> bool {
    const WHY: &str = "as it was shown";
    match kind {
        Kind::F64 => passes(f64::from_bits(shown.parse().expect(WHY))),
        Kind::F32 => passes(f32::from_bits(shown.parse().expect(WHY)).into()),
        Kind::I64 | Kind::U64 => passes(shown.parse().expect(WHY)),
        Kind::Bool => shown == "true",
        Kind::Str | Kind::Bytes => shown.len().is_multiple_of(2),
    }
}

/// What came of a case: the rows, and for each column how many were empty, invalid, null, default, skipped; or the
/// record and column of the first error.
type Answer = Result<(Vec<Vec<Shown>>, Vec<[u64; 5]>), (u64, Option<usize>)>;

/// Decides on one field. `None` if the record is skipped.
fn decide(
    (kind, column, (empty, invalid)): (Kind, usize, Policy),
    value: Option<&[u8]>,
    counts: &mut [u64; 5],
) -> Result<Option<Shown>, Option<usize>> {
    let is_empty = value.is_none_or(<[u8]>::is_empty);
    // What is empty is a value for text only, and only if nothing else is said of it.
    let usual = if is_empty && empty.is_some() { None } else { value.and_then(|value| parse(kind, value)) };
    if let Some(value) = usual {
        return Ok(Some(Some(value)));
    }
    if value.is_none() && empty.is_none() {
        return Err(Some(column));
    }
    let choice = if is_empty { empty.unwrap_or(invalid) } else { invalid };
    if choice == 0 {
        return Err(Some(column));
    }
    counts[usize::from(!is_empty)] += 1;
    counts[1 + usize::from(choice)] += 1;
    Ok(match choice {
        1 => Some(None),
        2 => Some(Some(default(kind))),
        _ => None,
    })
}

/// Reads the case record by record.
fn expected(case: &Case, file: &CsvFile) -> Answer {
    let mut counts = vec![[0; 5]; case.asked.len()];
    let mut rows = Vec::new();
    let mut records = file.records();
    let mut number = 0;
    'records: while let Some(record) = records.next_record().map_err(|error| place_of(&error, file))? {
        number += 1;
        let at = |column| (number, column);
        let field = |column: usize| record.get(column).map(|field| field.bytes());
        for &filter in &case.filters {
            let value = field(filter.1);
            if filter.0 == Kind::Bytes {
                if value.as_deref().unwrap_or_default().len() % 2 == 1 {
                    continue 'records;
                }
                continue;
            }
            match decide(filter, value.as_deref(), &mut [0; 5]).map_err(at)? {
                Some(Some(shown)) if shown_passes(filter.0, &shown) => {}
                _ => continue 'records,
            }
        }
        let mut row = Vec::new();
        for (&asked, counts) in case.asked.iter().zip(&mut counts) {
            match decide(asked, field(asked.1).as_deref(), counts).map_err(at)? {
                Some(value) => row.push(value),
                None => continue 'records,
            }
        }
        rows.push(row);
    }
    Ok((rows, counts))
}

/// Returns the record and the column of an error.
fn place_of(error: &CsvError, file: &CsvFile) -> (u64, Option<usize>) {
    let record = error.place().and_then(ringmill::csv::Place::record).expect("located on the way out");
    let CsvError::Record(error) = error else { return (record, None) };
    match error.problem() {
        RecordProblem::Value { column, .. } | RecordProblem::Missing { column, .. } => {
            assert!(file.headers().is_empty());
            (record, Some(column.parse().expect("an index")))
        }
        _ => (record, None),
    }
}

/// Reads the rows of a batch.
fn rows_of(case: &Case, batch: &Batch<'_>) -> Vec<Vec<Shown>> {
    let value = |column: usize, row: usize| {
        if !batch.is_valid(column, row) {
            return None;
        }
        Some(match case.asked[column].0 {
            Kind::F64 => batch.f64(column)[row].to_bits().to_string(),
            Kind::F32 => batch.f32(column)[row].to_bits().to_string(),
            Kind::I64 => batch.i64(column)[row].to_string(),
            Kind::U64 => batch.u64(column)[row].to_string(),
            Kind::Bool => batch.bool(column)[row].to_string(),
            Kind::Str => format!("{:?}", batch.str(column).get(row)),
            Kind::Bytes => format!("{:?}", batch.bytes(column).get(row)),
        })
    };
    let columns = case.asked.len();
    (0..batch.len()).map(|row| (0..columns).map(|column| value(column, row)).collect()).collect()
}

fn plan<'f>(case: &Case, file: &'f CsvFile) -> Columns<'f> {
    let mut columns = file.columns();
    for &(kind, column, choice) in &case.asked {
        columns = match kind {
            Kind::F64 => columns.f64_with(column, policy(choice, 2.5)),
            Kind::F32 => columns.f32_with(column, policy(choice, 2.5)),
            Kind::I64 => columns.i64_with(column, policy(choice, 25)),
            Kind::U64 => columns.u64_with(column, policy(choice, 25)),
            Kind::Bool => columns.bool_with(column, policy(choice, true)),
            Kind::Str => columns.str_with(column, policy(choice, "none".to_owned())),
            Kind::Bytes => columns.bytes_with(column, policy(choice, "none".to_owned())),
        };
    }
    for &(kind, column, choice) in &case.filters {
        columns = match kind {
            Kind::F64 => columns.filter_f64_with(column, policy(choice, 2.5), passes),
            Kind::F32 => columns.filter_f32_with(column, policy(choice, 2.5), |x| passes(x.into())),
            Kind::I64 => columns.filter_i64_with(column, policy(choice, 25), |x| passes(x as f64)),
            Kind::U64 => columns.filter_u64_with(column, policy(choice, 25), |x| passes(x as f64)),
            Kind::Bool => columns.filter_bool_with(column, policy(choice, true), |x| x),
            Kind::Str => columns.filter_str_with(column, policy(choice, "none".to_owned()), |text| {
                shown_passes(Kind::Str, &format!("{text:?}"))
            }),
            Kind::Bytes => columns.filter_bytes(column, |bytes| bytes.len() % 2 == 0),
        };
    }
    columns.build().expect("the columns are there")
}

fn pool(workers: usize) -> &'static Pool {
    static POOLS: Mutex<BTreeMap<usize, &'static Pool>> = Mutex::new(BTreeMap::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let build = || Pool::builder().workers(workers).pinning(Pinning::Off).build().expect("a pool");
    pools.entry(workers).or_insert_with(|| Box::leak(Box::new(build())))
}

fn check(case: &Case) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(case.data.as_bytes()).expect("room for the case");
    let file = CsvFile::options()
        .headers(false)
        .quote(case.quote)
        .escape(case.escape)
        .comment(case.comment)
        .flexible(case.flexible)
        .unclosed_quote(UnclosedQuote::Accept)
        .chunk_bytes(case.chunk_bytes)
        .open(file.path())
        .expect("an accepting dialect opens any file");
    let width = file.records().next_record().ok().flatten().map_or(0, ringmill::csv::Record::len);
    if !case.flexible && case.asked.iter().chain(&case.filters).any(|asked| asked.1 >= width) {
        return; // No such column; that is another test's.
    }
    let columns = plan(case, &file);
    let pool = pool(case.workers);
    let fold = |rows: &mut Vec<_>, batch: &Batch<'_>| {
        rows.extend(rows_of(case, batch));
        Ok(())
    };
    let join = |mut left: Vec<_>, right: Vec<_>| {
        left.extend(right);
        left
    };
    let found = pool.fold_batches_reported(&columns, Vec::new, fold, join);
    let found = found.map_err(|error| place_of(&error, &file)).map(|(rows, report)| {
        let counts = |column: usize| {
            let column = report.column(column);
            [column.empty(), column.invalid(), column.nulls(), column.defaults(), column.skipped()]
        };
        (rows, (0..case.asked.len()).map(counts).collect())
    });
    let expected = expected(case, &file);
    assert_eq!(found, expected, "{case:?}");
    let collected = pool.collect_columns(&columns).map_err(|error| place_of(&error, &file));
    match (collected, expected) {
        (Ok(collected), Ok((rows, _))) => assert_eq!(rows_collected(case, &collected), rows, "{case:?}"),
        (Err(error), Err(expected)) => assert_eq!(error, expected, "{case:?}"),
        (collected, expected) => panic!("{collected:?} {expected:?} {case:?}"),
    }
}

/// Reads the rows of whole columns.
fn rows_collected(case: &Case, whole: &Collected<'_>) -> Vec<Vec<Shown>> {
    let value = |column: usize, row: usize| {
        if !whole.is_valid(column, row) {
            return None;
        }
        Some(match case.asked[column].0 {
            Kind::F64 => whole.f64(column)[row].to_bits().to_string(),
            Kind::F32 => whole.f32(column)[row].to_bits().to_string(),
            Kind::I64 => whole.i64(column)[row].to_string(),
            Kind::U64 => whole.u64(column)[row].to_string(),
            Kind::Bool => (whole.bool(column)[row] == 1).to_string(),
            Kind::Str => format!("{:?}", whole.str(column).get(row)),
            Kind::Bytes => format!("{:?}", whole.str(column).bytes(row)),
        })
    };
    let columns = case.asked.len();
    (0..whole.len()).map(|row| (0..columns).map(|column| value(column, row)).collect()).collect()
}

fn fields() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?[0-9]{1,4}",
        4 => "-?[0-9]{1,3}\\.[0-9]{1,3}",
        2 => "-?[0-9]{1,20}(\\.[0-9]{0,9})?",
        4 => "\"-?[0-9]{1,4}(\\.[0-9]{1,3})?\"",
        2 => Just(String::new()),
        1 => Just("\"\"".to_owned()),
        1 => "(true|FALSE|1e3|inf|NaN|n/a|[+]1| 1|é)",
        1 => "\"[a-z,\n\"]{0,5}\"",
        1 => "[0-9]?\"[0-9\"]{0,3}",
    ]
}

fn kinds() -> impl Strategy<Value = (Kind, usize, Policy)> {
    use Kind::{Bool, Bytes, F32, F64, I64, Str, U64};
    let kind = proptest::sample::select(vec![F64, F64, F32, I64, U64, Bool, Str, Bytes]);
    let choice = || prop_oneof![1 => Just(0_u8), 3 => 1..4_u8];
    (kind, 0..4_usize, (proptest::option::of(choice()), choice()))
}

prop_compose! {
    fn cases()(
        rows in proptest::collection::vec((proptest::collection::vec(fields(), 3..=3), 0..20_u8), 0..120),
        ragged in proptest::bool::weighted(0.2),
        quote in proptest::sample::select(vec![Some(b'"'), Some(b'"'), Some(b'"'), None, Some(b'1'), Some(b'-'), Some(b't')]),
        escape in proptest::option::weighted(0.1, Just(b'\\')),
        comment in proptest::option::weighted(0.1, Just(b'#')),
        flexible in proptest::bool::weighted(0.3),
        chunk_bytes in prop_oneof![1..40_usize, 40..400_usize, Just(1 << 20)],
        workers in proptest::sample::select(&[1_usize, 2, 3][..]),
        asked in proptest::collection::vec(kinds(), 0..4),
        filters in proptest::collection::vec(kinds(), 0..3),
    ) -> Case {
        let mut data = String::new();
        for (mut fields, end) in rows {
            if ragged && end == 19 {
                fields.pop();
            }
            data += &fields.join(",");
            data += if end % 3 == 0 { "\r\n" } else { "\n" };
        }
        Case { data, quote, escape, comment, flexible, chunk_bytes, workers, asked, filters }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn of_any_file(case in cases()) {
        check(&case);
    }
}

/// Many blocks, with what is seldom in each of them.
#[test]
fn of_a_file_of_many_blocks() {
    let mut data = String::new();
    for row in 0..30_000_u32 {
        let price = f64::from(row.wrapping_mul(2_654_435_761) >> 7) / 8192.0;
        let name = if row % 1000 == 7 { "\"a \"\"b\"\"\"" } else { "abc" };
        let odd = if row % 777 == 0 { "" } else { "5" };
        data += &format!("{row},{price},{name},{odd}\n");
    }
    let asked = vec![
        (Kind::F64, 1, (None, 0)),
        (Kind::I64, 0, (None, 0)),
        (Kind::Str, 2, (None, 0)),
        (Kind::U64, 3, (Some(1), 0)),
        (Kind::F32, 1, (None, 0)),
        (Kind::I64, 3, (Some(3), 0)),
    ];
    let case = Case {
        data,
        quote: Some(b'"'),
        escape: None,
        comment: None,
        flexible: false,
        chunk_bytes: 1 << 20,
        workers: 2,
        asked,
        filters: vec![],
    };
    check(&case);
    check(&Case { filters: vec![(Kind::I64, 0, (None, 0)), (Kind::Bytes, 2, (None, 0))], ..case.clone() });
    check(&Case { chunk_bytes: 50_000, workers: 3, ..case });
}
