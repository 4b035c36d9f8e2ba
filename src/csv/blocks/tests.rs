//! Blocks against the records of the `csv` crate: any bytes, any dialect, any segments.

use super::*;
use crate::csv::{CsvFile, CsvOptions, UnclosedQuote};
use crate::pool::Pool;
use proptest::prelude::*;
use std::io::Write;

type Fields = Vec<Vec<u8>>;

/// How a file is read.
#[derive(Clone, Debug)]
struct How {
    quote: Option<u8>,
    double_quote: bool,
    escape: Option<u8>,
    comment: Option<u8>,
    flexible: bool,
    chunk_bytes: usize,
}

const USUAL: How = How {
    quote: Some(b'"'),
    double_quote: true,
    escape: None,
    comment: None,
    flexible: true,
    chunk_bytes: 1 << 20,
};

prop_compose! {
    fn ways()(
        quote in proptest::sample::select(vec![Some(b'"'), Some(b'"'), None]),
        double_quote in proptest::bool::weighted(0.8),
        escape in proptest::option::weighted(0.2, Just(b'\\')),
        comment in proptest::option::weighted(0.2, Just(b'#')),
        flexible: bool,
        chunk_bytes in prop_oneof![1..9_usize, 1..3000_usize, Just(1 << 20)],
    ) -> How {
        How { quote, double_quote, escape, comment, flexible, chunk_bytes }
    }
}

/// Returns the raw fields of a row.
fn row(block: &Block, bytes: &[u8], row: usize) -> Fields {
    let bytes = &bytes[block.base()..];
    let fields: Fields = (0..block.fields_of(row))
        .map(|column| {
            let (start, end) = block.span(row, column);
            bytes[start..end].to_vec()
        })
        .collect();
    assert!(fields.len() <= block.width());
    for column in fields.len()..block.width() + 2 {
        let (start, end) = block.span(row, column);
        assert!(start > end, "a field that is not there");
    }
    assert_eq!(block.start_of(row), block.span(row, 0).0);
    fields
}

/// Reads a segment's records; the error that ends them, if any, as text.
fn read(segment: &Segment<'_>) -> (Vec<Fields>, Option<String>) {
    let mut records = Vec::new();
    let mut blocks = Blocks::new(segment);
    loop {
        match blocks.next() {
            Ok(Some(block)) => {
                assert!((1..=MOST_ROWS).contains(&block.rows()));
                for column in 0..block.width() + 1 {
                    let spans = block.spans(column);
                    assert_eq!(spans.len(), block.rows());
                    spans.enumerate().for_each(|(row, span)| assert_eq!(span, block.span(row, column)));
                }
                records.extend((0..block.rows()).map(|index| row(block, segment.bytes, index)));
            }
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(matches!(blocks.next(), Ok(None)), "nothing behind an error");
                return (records, Some(error.to_string()));
            }
        }
    }
}

fn options(how: &How) -> CsvOptions {
    CsvFile::options()
        .quote(how.quote)
        .escape(how.escape)
        .comment(how.comment)
        .double_quote(how.double_quote)
        .flexible(how.flexible)
        .headers(false)
        .unclosed_quote(UnclosedQuote::Accept)
        .chunk_bytes(how.chunk_bytes)
}

/// The records of the `csv` crate, up to the first that is not as long as the first.
fn oracle(how: &How, data: &[u8]) -> (Vec<Fields>, bool) {
    let mut reader = csv::ReaderBuilder::new();
    reader.quoting(how.quote.is_some()).quote(b'"').double_quote(how.double_quote).escape(how.escape);
    reader.comment(how.comment).has_headers(false).flexible(how.flexible);
    let mut records = Vec::new();
    for record in reader.from_reader(data).byte_records() {
        match record {
            Ok(record) => records.push(record.iter().map(<[u8]>::to_vec).collect()),
            Err(_) => return (records, true),
        }
    }
    (records, false)
}

fn check(how: &How, data: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(data).unwrap();
    let file = options(how).open(file.path()).unwrap();
    let values = |records: Vec<Fields>| -> Vec<Fields> {
        let dialect = &file.layout().dialect;
        let value = |raw: &Vec<u8>| crate::csv::field::value(raw, dialect).into_owned();
        records.iter().map(|fields| fields.iter().map(value).collect()).collect()
    };
    let (expected, ragged) = oracle(how, data);
    let (whole, error) = read(&file.segment(0));
    assert_eq!(error.is_some(), ragged, "{error:?} {how:?}");
    assert!(values(whole) == expected, "as one segment: {how:?} {:?}", data.escape_ascii().to_string());
    let pool = Pool::builder().workers(1).build().unwrap();
    let parted = pool.fold_segments(
        &file,
        Vec::new,
        |all, segment| {
            let (records, error) = read(segment);
            all.extend(records);
            error.map_or(Ok(()), |error| Err(CsvError::user(error)))
        },
        |left, right| [left, right].concat(),
    );
    match parted {
        Ok(all) => assert!(values(all) == expected, "in segments: {how:?}"),
        Err(_) => assert!(ragged, "in segments: {how:?}"),
    }
}

fn nasty_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = proptest::sample::select(&b",,,\"\"\"\r\n\n\n#\\ab"[..]);
    proptest::collection::vec(byte, 0..200)
}

/// Long runs of regular rows with a few that are not.
fn mostly_regular() -> impl Strategy<Value = Vec<u8>> {
    let run = (1..4_usize, proptest::sample::select(vec!["\n", "\r\n", "\r"]), 0..700_usize);
    let odd = proptest::sample::select(vec![
        "",
        "\n",
        "\r",
        "\r\n\n",
        "x\n",
        "a,b,c,d,e\n",
        "\"a\"\"b\",\"\n\",z\n",
        "5\" pipe,b,\"c\"\n",
        "#,a,b\n",
        "\"",
    ]);
    proptest::collection::vec((run, odd), 1..5).prop_map(|runs| {
        let mut data = String::new();
        for (run, ((width, end, rows), odd)) in runs.into_iter().enumerate() {
            let field = ["1.25", "", "\"q,\r\n\"", "abcdefgh"][run % 4];
            let row = vec![field; width].join(",") + end;
            // A row of one empty field is a blank line.
            data += &row.repeat(rows);
            data += odd;
        }
        data.into_bytes()
    })
}

/// A comment that ends the file without a line end is a record for the `csv` crate alone.
fn ended(how: &How, mut data: Vec<u8>) -> Vec<u8> {
    if how.comment.is_some() {
        data.push(b'\n');
    }
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn blocks_hold_what_the_csv_crate_reads(how in ways(), data in nasty_bytes()) {
        check(&how, &ended(&how, data));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn and_in_files_that_are_mostly_regular(how in ways(), data in mostly_regular()) {
        check(&how, &ended(&how, data));
    }
}

/// Windows and rows end everywhere, lines in every way, and tables are cut where they have too many rows.
#[test]
fn windows_of_every_kind() {
    for end in ["\n", "\r\n", "\r"] {
        for (row, rows) in
            [("1", 40_000), ("12,34", 30_000), ("a,\"b\"\"c\",", 20_000), ("\"x\",y,5\" z", 3000)]
        {
            let data = (row.to_owned() + end).repeat(rows);
            check(&USUAL, data.as_bytes());
            check(&How { flexible: false, ..USUAL }, &data.as_bytes()[..data.len() - end.len()]);
        }
    }
}

/// Records longer than a window, wider than a table, and wider one by one.
#[test]
fn records_that_fit_nowhere() {
    let long = "x".repeat(WINDOW + 100);
    let wide = ",".repeat(2 * WINDOW);
    let stairs: String = (0..300).map(|width| ",".repeat(width) + "a\n").collect();
    for data in [format!("a,b\n{long},\"{long}\"\nc,d\n{long}"), format!("a\n{wide}\nb\n{wide}"), stairs] {
        check(&USUAL, data.as_bytes());
    }
}

/// The rows before the error come first, and the error says where it is.
#[test]
fn the_first_record_that_differs_ends_the_blocks() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}1\n2,3\n", "1,2\n".repeat(5000)).unwrap();
    let file = CsvFile::options().headers(false).open(file.path()).unwrap();
    let (records, error) = read(&file.segment(0));
    assert_eq!(records.len(), 5000);
    assert!(error.unwrap().ends_with("byte 20000: expected 2 fields, found 1"));
}
