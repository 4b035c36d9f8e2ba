//! Promise: a group-by answers what a naive one does, with the same bits for any chunk size and on any number of workers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use ringmill::csv::{CsvError, CsvFile, CsvOptions, GroupError, Grouped, Value};
use ringmill::pool::{Pinning, Pool};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const WORKERS: [usize; 3] = [1, 2, 5];

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().unwrap()
}

/// A record: key, other key, number as it is written, text.
type Row = (String, String, String, String);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let key = prop_oneof![4 => "[a-c]", 1 => "[a-c]{14,18}", 1 => "[a-b\",;\n]{0,3}", 1 => "é{0,2}"];
    let other = prop_oneof!["[xy]{0,1}", "[xy]{130}"];
    let number = prop_oneof![
        6 => (-999..999_i32).prop_map(|tenths| (f64::from(tenths) / 10.0).to_string()),
        2 => Just(String::new()),
        1 => any::<f64>().prop_filter("finite", |x| x.abs() < 1e150).prop_map(|x| x.to_string()),
        1 => proptest::sample::select(&["1e300", "-0", "007.50", "9007199254740993", "-1e-320"][..]).prop_map(str::to_owned),
    ];
    let text = prop_oneof!["[p-r]{0,2}", "[p-r\" ]{0,20}"];
    proptest::collection::vec((key, other, number, text), 0..120)
}

/// Writes a field, in quotes if it must be or `always`.
fn field(text: &str, delimiter: char, always: bool) -> String {
    if always || text.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn write(folder: &TempDir, rows: &[Row], delimiter: char, quoted: &[bool]) -> PathBuf {
    let mut file = ["key", "other", "n", "text"].join(&delimiter.to_string()) + "\n";
    for (at, (key, other, number, text)) in rows.iter().enumerate() {
        let always = !quoted.is_empty() && quoted[at % quoted.len()];
        let fields = [key, other, number, text].map(|text| field(text, delimiter, always));
        file += &(fields.join(&delimiter.to_string()) + if at % 3 == 0 { "\r\n" } else { "\n" });
    }
    let path = folder.path().join("t.csv");
    std::fs::write(&path, file).unwrap();
    path
}

/// The float nearest to the true sum, by Shewchuk's partial sums, which need no big numbers (1997).
fn true_sum(values: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for &value in values {
        let (mut x, mut kept) = (value, Vec::new());
        for &partial in &partials {
            let (mut large, mut small) = (x, partial);
            if large.abs() < small.abs() {
                std::mem::swap(&mut large, &mut small);
            }
            let sum = large + small;
            let lost = small - (sum - large);
            if lost != 0.0 {
                kept.push(lost);
            }
            x = sum;
        }
        kept.push(x);
        partials = kept;
    }
    // From the largest down; where the rest is half a unit, what is below it decides.
    let Some(mut sum) = partials.pop() else { return 0.0 };
    let mut lost = 0.0;
    while let Some(partial) = partials.pop() {
        let before = sum;
        sum = before + partial;
        lost = partial - (sum - before);
        if lost != 0.0 {
            break;
        }
    }
    if let Some(&below) = partials.last()
        && (lost < 0.0) == (below < 0.0)
    {
        let twice = lost * 2.0;
        let next = sum + twice;
        if twice == next - sum {
            sum = next;
        }
    }
    sum + 0.0
}

fn options(delimiter: char, chunk_bytes: usize) -> CsvOptions {
    CsvFile::options().delimiter(delimiter as u8).chunk_bytes(chunk_bytes)
}

fn everything(file: &CsvFile, keys: &[&str], workers: usize) -> Grouped {
    let plan = file
        .group_by(keys.iter().copied())
        .count()
        .sum("n")
        .mean("n")
        .min("n")
        .max("n")
        .first("text")
        .last("text")
        .distinct("text")
        .approximate_distinct("text")
        .quantiles("n", &[0.0, 0.5, 1.0])
        .variance("n")
        .count_of("text")
        .count_of("n")
        .build()
        .unwrap();
    pool(workers).group(&plan).unwrap()
}

/// One group as the naive oracle has it.
#[derive(Default)]
struct Naive {
    numbers: Vec<f64>,
    texts: Vec<String>,
}

fn check(grouped: &Grouped, rows: &[Row], keys: impl Fn(&Row) -> Vec<String>) -> Result<(), TestCaseError> {
    let (mut groups, mut order) = (BTreeMap::<Vec<String>, Naive>::new(), Vec::new());
    for row in rows {
        let key = keys(row);
        let group = groups.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Naive::default()
        });
        group.texts.push(row.3.clone());
        if !row.2.is_empty() {
            group.numbers.push(row.2.parse().unwrap());
        }
    }
    let found: Vec<Vec<String>> = grouped
        .iter()
        .map(|group| group.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect())
        .collect();
    prop_assert_eq!(&found, &order);
    for key in &order {
        let Naive { numbers, texts } = &groups[key];
        let group = grouped.get(key).unwrap();
        let some = |number: Option<f64>| number.map_or(Value::Missing, Value::Number);
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let sum = true_sum(numbers);
        let mean = (!numbers.is_empty()).then(|| sum / numbers.len() as f64);
        let distinct = texts.iter().collect::<BTreeSet<_>>().len() as u64;
        prop_assert_eq!(group.value(0), Value::Count(texts.len() as u64));
        prop_assert_eq!(group.number(1).map(f64::to_bits), Some(sum.to_bits()), "{:?}", numbers);
        prop_assert_eq!(group.value(2), some(mean));
        prop_assert_eq!(group.number(3).map(f64::to_bits), sorted.first().map(|x| x.to_bits()));
        prop_assert_eq!(group.number(4).map(f64::to_bits), sorted.last().map(|x| x.to_bits()));
        let text = |text: Option<&String>| text.cloned().unwrap_or_default().into_bytes();
        prop_assert_eq!(group.value(5), Value::Bytes(text(texts.first()).into()));
        prop_assert_eq!(group.value(6), Value::Bytes(text(texts.last()).into()));
        prop_assert_eq!((group.value(7), group.value(8)), (Value::Count(distinct), Value::Count(distinct)));
        prop_assert_eq!(group.value(9), some(sorted.first().copied()));
        if sorted.len() <= 64 {
            prop_assert_eq!(group.value(10), some(sorted.get(sorted.len().saturating_sub(1) / 2).copied()));
        }
        prop_assert_eq!(group.value(11), some(sorted.last().copied()));
        prop_assert_eq!(group.value(12).number().is_some(), numbers.len() >= 2);
        let filled = texts.iter().filter(|text| !text.is_empty()).count();
        prop_assert_eq!(group.value(13), Value::Count(filled as u64));
        prop_assert_eq!(group.value(14), Value::Count(numbers.len() as u64));
        prop_assert_eq!(group.values().len(), 15);
    }
    Ok(())
}

/// All values of all groups, floats as bits.
fn bits(grouped: &Grouped) -> Vec<String> {
    let value = |value: Value<'_>| match value {
        Value::Number(number) => format!("{:x}", number.to_bits()),
        other => format!("{other:?}"),
    };
    grouped.iter().map(|group| group.values().map(value).collect::<Vec<_>>().join(" ")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn answers_are_those_of_a_naive_group_by(
        rows in rows(),
        delimiter in proptest::sample::select(&[',', ';', '\t'][..]),
        quoted in proptest::collection::vec(any::<bool>(), 0..4),
        chunk_bytes in prop_oneof![1..60_usize, Just(1 << 20)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = write(&folder, &rows, delimiter, &quoted);
        let file = options(delimiter, chunk_bytes).open(&path).unwrap();
        let whole = options(delimiter, 1 << 20).open(&path).unwrap();
        for workers in WORKERS {
            let grouped = everything(&file, &["key"], workers);
            check(&grouped, &rows, |row| vec![row.0.clone()])?;
            prop_assert_eq!(bits(&grouped), bits(&everything(&whole, &["key"], 1)));
        }
        check(&everything(&file, &["other", "key"], 2), &rows, |row| vec![row.1.clone(), row.0.clone()])?;
        check(&everything(&file, &[], 2), &rows, |_| vec![])?;
    }
}

/// Measures that shrink when they merge are accounted by several workers at once.
#[test]
fn what_groups_take_is_never_less_than_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "key,other,n,text\n".to_owned();
    for row in 0..60 {
        text += ["c,x,42038646824003526000000000000000000000000000000000,rq\n", "a,,-41.4,q\n"][row % 2];
    }
    std::fs::write(&path, text).unwrap();
    let file = options(',', 7).open(&path).unwrap();
    for _ in 0..50 {
        for keys in [&[][..], &["key"], &["other", "key"]] {
            assert!(!everything(&file, keys, 2).is_empty());
        }
    }
}

/// A file of `rows` records, of `keys` keys by turns.
fn many(folder: &TempDir, rows: usize, keys: usize, key: impl Fn(usize) -> String) -> PathBuf {
    use std::fmt::Write;
    let mut text = "key,n\n".to_owned();
    for row in 0..rows {
        writeln!(text, "{},{}", key(row % keys), row % 1000).unwrap();
    }
    let path = folder.path().join("many.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// More keys than a worker's own table takes, short ones and long ones, so that groups are moved while more come.
#[test]
fn groups_that_outgrow_a_workers_table_are_the_same_groups() {
    let folder = tempfile::tempdir().unwrap();
    let key =
        |n: usize| if n.is_multiple_of(3) { format!("a long key of number {n}") } else { n.to_string() };
    let (rows, keys) = (250_000, 90_000);
    let path = many(&folder, rows, keys, key);
    let file = CsvFile::options().chunk_bytes(100_000).open(&path).unwrap();
    let mut expected = vec![(0_u64, 0.0); keys];
    for row in 0..rows {
        expected[row % keys].0 += 1;
        expected[row % keys].1 += (row % 1000) as f64;
    }
    for workers in WORKERS {
        let grouped = pool(workers)
            .group(&file.group_by(["key"]).count().sum("n").distinct("n").build().unwrap())
            .unwrap();
        assert_eq!(grouped.len(), keys);
        for (number, group) in grouped.iter().enumerate() {
            assert_eq!(group.str(0), key(number));
            assert_eq!(
                (group.value(0), group.number(1)),
                (Value::Count(expected[number].0), Some(expected[number].1))
            );
            // Rows that share a key are 90000 apart, and so their numbers are equal.
            assert_eq!(group.value(2), Value::Count(1));
        }
        let sorted = grouped.sorted_by_key();
        assert!((1..keys).all(|number| sorted.group(number - 1).key(0) < sorted.group(number).key(0)));
    }
}

#[test]
fn a_bound_on_memory_is_an_error_and_not_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = many(&folder, 100_000, 100_000, |n| format!("{n:020}"));
    let file = CsvFile::options().chunk_bytes(1 << 18).open(&path).unwrap();
    let group = |limit| pool(2).group(&file.group_by(["key"]).count().memory_limit(limit).build().unwrap());
    let Err(CsvError::Group(error)) = group(1 << 20) else { panic!("a MiB is not enough") };
    assert!(matches!(*error, GroupError::Memory { limit: 0x10_0000, groups } if groups > 1000), "{error}");
    assert_eq!(group(16 << 20).unwrap().len(), 100_000);
}

#[test]
fn the_first_error_of_the_file_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "k,n,m\n".to_owned();
    for row in 1..=5000 {
        text += match row {
            _ if row % 1000 == 700 => "a,1,oops\n",
            _ if row % 1000 == 710 => "a,oops,1\n",
            _ => "a,12,3\n",
        };
    }
    std::fs::write(&path, text).unwrap();
    for chunk_bytes in [1, 1000, 1 << 20] {
        let file = CsvFile::options().chunk_bytes(chunk_bytes).open(&path).unwrap();
        for workers in WORKERS {
            let plan = file.group_by(["k"]).sum("n").mean("m").build().unwrap();
            let message = pool(workers).group(&plan).unwrap_err().to_string();
            let end =
                "line 701, record 700, byte 4903, column \"m\": expected a number (f64), found \"oops\"";
            assert!(message.ends_with(end), "{message}");
        }
    }
}

fn write_and_open(folder: &Path, text: &str, options: &CsvOptions) -> CsvFile {
    let path = folder.join("t.csv");
    std::fs::write(&path, text).unwrap();
    options.open(&path).unwrap()
}

#[test]
fn records_that_are_too_short_have_no_values_and_no_keys() {
    let folder = tempfile::tempdir().unwrap();
    let options = CsvFile::options().flexible(true);
    let file = write_and_open(folder.path(), "k,n,t\na,1,x\na\na,3\n", &options);
    let plan = file.group_by(["k"]).count().sum("n").last("t").distinct("t").build().unwrap();
    let grouped = pool(2).group(&plan).unwrap();
    let group = grouped.group(0);
    assert_eq!((group.value(0), group.number(1)), (Value::Count(3), Some(4.0)));
    assert_eq!((group.value(2).bytes(), group.value(3)), (Some(&b"x"[..]), Value::Count(1)));
    let message = pool(2).group(&file.group_by(["n"]).count().build().unwrap()).unwrap_err().to_string();
    assert!(
        message.ends_with("line 3, record 2, byte 12, column \"n\": the record has only 1 field"),
        "{message}"
    );
}

#[test]
fn a_plan_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_and_open(folder.path(), "k,n\na,1\n", &CsvFile::options());
    assert!(
        matches!(file.group_by(["q"]).count().build(), Err(CsvError::Column(error)) if error.name() == "q")
    );
    assert!(
        matches!(file.group_by(["k"]).sum("m").mean("q").build(), Err(CsvError::Column(error)) if error.name() == "m")
    );
    assert!(matches!(file.group_by(["k"]).quantiles("n", &[f64::NAN]).build(), Err(CsvError::Group(_))));
}

#[test]
fn files_without_records_have_no_groups() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "k,n\n"] {
        let file = write_and_open(folder.path(), text, &CsvFile::options());
        let plan = file.group_by([0]).count().sum(1).distinct(1).build().unwrap();
        let grouped = pool(2).group(&plan).unwrap();
        assert!(grouped.is_empty() && grouped.iter().next().is_none() && grouped.get(&[b"a"]).is_none());
    }
}
