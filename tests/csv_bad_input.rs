//! Promise: whatever a CSV file is or is not, the answer is a result or a clear error that names the place, never a
//! panic and never a hang.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::csv::{CsvError, CsvFile, CsvOptions, RecordProblem, UnclosedQuote};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with one file in it.
struct Input {
    folder: TempDir,
}

impl Input {
    fn new(data: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), data).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("t.csv")
    }

    fn open(&self) -> CsvFile {
        CsvFile::open(self.path()).unwrap()
    }

    /// The message of an error, the folder taken out of it.
    fn message(&self, error: &CsvError) -> String {
        error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// Reads all records and converts column 0 of each, until something fails.
fn sum(file: &CsvFile) -> Result<f64, CsvError> {
    let mut total = 0.0;
    let mut records = file.records();
    while let Some(record) = records.next_record()? {
        total += record.f64(0)?;
    }
    Ok(total)
}

fn read_all(file: &CsvFile) -> Result<Vec<Vec<Vec<u8>>>, CsvError> {
    let mut all = Vec::new();
    let mut records = file.records();
    while let Some(record) = records.next_record()? {
        all.push(record.fields().map(|field| field.bytes().into_owned()).collect());
    }
    Ok(all)
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = CsvFile::open(folder.path().join("gone.csv")).unwrap_err();
    assert!(matches!(error, CsvError::Region(_)), "{error:?}");
    assert!(error.to_string().contains("gone.csv"), "{error}");
}

#[test]
fn a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = CsvFile::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    assert!(error.to_string().contains("directory"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_writer_does_not_hang() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.csv");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let error = CsvFile::open(&path).unwrap_err();
    assert!(error.to_string().contains("pipe.csv: is a pipe"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let input = Input::new(b"a\n1\n");
    std::fs::set_permissions(input.path(), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(input.path()).is_ok() {
        return; // The super-user may read anything.
    }
    let error = CsvFile::open(input.path()).unwrap_err();
    assert!(error.to_string().contains("t.csv"), "{error}");
}

#[test]
fn an_empty_file_has_no_columns_and_no_records() {
    for data in [&b""[..], b"\n\r\n\n", b"\xef\xbb\xbf"] {
        let input = Input::new(data);
        let file = input.open();
        assert!(file.headers().is_empty());
        assert_eq!(sum(&file).unwrap(), 0.0);
        let error = file.column("price").unwrap_err();
        assert_eq!(input.message(&error), "t.csv: no column \"price\"; the file has no columns with names");
    }
}

#[test]
fn a_header_alone_has_no_records() {
    for data in [&b"a,b"[..], b"a,b\n", b"\xef\xbb\xbfa,b\r\n\r\n"] {
        let input = Input::new(data);
        let file = input.open();
        assert_eq!(file.headers(), ["a", "b"]);
        assert!(read_all(&file).unwrap().is_empty());
    }
}

#[test]
fn a_wrong_name_is_answered_with_near_ones() {
    let input = Input::new(b"qty,price,total\n1,2,2\n");
    let error = input.open().column("prise").unwrap_err();
    let CsvError::Column(column) = &error else { panic!("{error:?}") };
    assert_eq!(column.name(), "prise");
    assert_eq!(column.near()[0], "price");
}

#[test]
fn a_name_borne_twice_is_refused() {
    let input = Input::new(b"a,b,a\n1,2,3\n");
    let error = input.open().column("a").unwrap_err();
    assert_eq!(input.message(&error), "t.csv: more than one column is named \"a\"; choose by index: 0, 2");
}

#[test]
fn what_is_no_number_is_shown_with_its_place() {
    let input = Input::new(b"fare\n1.5\n\n2\n\"n/a\"\n3\n");
    let file = input.open();
    let error = sum_of_named(&file, "fare").unwrap_err();
    // The record itself knows its byte; the record's number is counted when the error leaves a fold.
    assert_eq!(
        input.message(&error),
        "t.csv: byte 12, column \"fare\": expected a number (f64), found \"n/a\""
    );
    let place = error.place().unwrap();
    assert_eq!((place.path(), place.byte()), (&*input.path(), 12));
}

fn sum_of_named(file: &CsvFile, name: &str) -> Result<f64, CsvError> {
    let column = file.column(name)?;
    let mut total = 0.0;
    let mut records = file.records();
    while let Some(record) = records.next_record()? {
        total += record.f64(column)?;
    }
    Ok(total)
}

#[test]
fn an_empty_field_is_no_number() {
    let input = Input::new(b"a,b\n1,x\n,y\n");
    let error = sum(&input.open()).unwrap_err();
    assert!(error.to_string().ends_with("expected a number (f64), found \"\""), "{error}");
}

#[test]
fn an_unclosed_quote_is_an_error_that_shows_where_it_opens() {
    let input = Input::new(b"a,b\n1,2\n3,\"4\n5,6\n7,8\n");
    let error = read_all(&input.open()).unwrap_err();
    assert_eq!(
        input.message(&error),
        "t.csv: line 3, record 2, byte 10: the quote that opens here is never closed"
    );
    let accepting = CsvFile::options().unclosed_quote(UnclosedQuote::Accept).open(input.path()).unwrap();
    assert_eq!(read_all(&accepting).unwrap()[1][1], b"4\n5,6\n7,8\n");
}

#[test]
fn an_unclosed_quote_in_the_header_is_an_error_of_opening() {
    let input = Input::new(b"a,\"b\n1,2\n");
    let error = CsvFile::open(input.path()).unwrap_err();
    assert_eq!(
        input.message(&error),
        "t.csv: line 1, header, byte 2: the quote that opens here is never closed"
    );
}

#[test]
fn a_ragged_record_is_an_error_or_allowed() {
    let input = Input::new(b"a,b\n1,2\n3\n4,5,6\n");
    let error = read_all(&input.open()).unwrap_err();
    assert_eq!(input.message(&error), "t.csv: line 3, record 2, byte 8: expected 2 fields, found 1");
    let file = CsvFile::options().flexible(true).open(input.path()).unwrap();
    let lens: Vec<usize> = read_all(&file).unwrap().iter().map(Vec::len).collect();
    assert_eq!(lens, [2, 1, 3]);
    let mut records = file.records();
    records.next_record().unwrap();
    let short = records.next_record().unwrap().unwrap();
    assert!(short.get(1).is_none());
    let error = short.str(1).unwrap_err();
    assert_eq!(input.message(&error), "t.csv: byte 8, column \"b\": the record has only 1 field");
}

#[test]
fn a_field_of_ten_mebibytes_is_a_field() {
    let long = vec![b'x'; 10 << 20];
    for quote in [&b""[..], b"\""] {
        let input = Input::new(&[b"a,b\n1,", quote, &long, quote, b"\n2,3\n"].concat());
        let all = read_all(&input.open()).unwrap();
        assert_eq!(all[0][1], long);
        assert_eq!(all[1], [b"2", b"3"]);
        // A message shows its beginning only.
        let file = input.open();
        let mut records = file.records();
        let error = records.next_record().unwrap().unwrap().f64(1).unwrap_err();
        assert!(error.to_string().len() < 300, "{error}");
    }
}

#[test]
fn nul_bytes_are_bytes() {
    let input = Input::new(b"a,b\n\0,\0\0\n\"\0\",x\n");
    let all = read_all(&input.open()).unwrap();
    assert_eq!(all, [[&b"\0"[..], b"\0\0"], [b"\0", b"x"]]);
    let error = sum(&input.open()).unwrap_err();
    assert!(error.to_string().ends_with(r#"found "\0""#), "{error}");
}

#[test]
fn what_is_not_utf8_is_bytes_and_an_error_as_text() {
    let input = Input::new(b"name\xff,n\nM\xfcnchen,1\n\"a\"\"\xe9\",2\n");
    let file = input.open();
    assert_eq!(file.headers()[0], "name\u{fffd}");
    let mut records = file.records();
    let record = records.next_record().unwrap().unwrap();
    assert_eq!(&*record.bytes(0).unwrap(), b"M\xfcnchen");
    assert!(record.get(0).unwrap().str().is_err());
    let error = record.str(0).unwrap_err();
    assert!(error.to_string().ends_with("expected text (UTF-8), found \"M\u{fffd}nchen\""), "{error}");
    assert_eq!(record.str(1).unwrap(), "1");
    let record = records.next_record().unwrap().unwrap();
    assert_eq!(&*record.bytes(0).unwrap(), b"a\"\xe9");
    assert!(record.str(0).is_err());
}

#[test]
fn one_byte_with_two_meanings_is_refused() {
    let input = Input::new(b"a\n");
    let cases: [(CsvOptions, &str); 4] = [
        (CsvFile::options().delimiter(b'"'), "delimiter and quote are the same byte"),
        (CsvFile::options().delimiter(b'\n'), "delimiter and line end are the same byte"),
        (CsvFile::options().comment(Some(b',')), "delimiter and comment are the same byte"),
        (CsvFile::options().escape(Some(b'"')), "quote and escape are the same byte"),
    ];
    for (options, message) in cases {
        let error = options.open(input.path()).unwrap_err();
        assert!(matches!(error, CsvError::Dialect(_)));
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn a_file_cut_short_while_it_is_read_is_an_error() {
    let row = b"12345678,abc\n";
    let input = Input::new(&[&b"n,s\n"[..], &row.repeat(100_000)].concat());
    let file = input.open();
    let mut records = file.records();
    records.next_record().unwrap();
    truncate(&input.path(), 5000);
    let error = loop {
        match records.next_record() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the file was cut short and nobody said so"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, CsvError::Region(_)), "{error:?}");
    assert!(input.message(&error).starts_with("t.csv: was cut from 1300004 to 5000 bytes"), "{error}");
}

fn truncate(path: &Path, len: u64) {
    std::fs::File::options().write(true).open(path).unwrap().set_len(len).unwrap();
}

#[test]
fn after_an_error_there_are_no_more_records() {
    let input = Input::new(b"a,b\n1\n2,3\n");
    let file = input.open();
    let mut records = file.records();
    let error = records.next_record().unwrap_err();
    let CsvError::Record(record) = error else { panic!("{error:?}") };
    assert!(matches!(record.problem(), RecordProblem::Ragged { expected: 2, len: 1 }));
    assert!(records.next_record().unwrap().is_none());
}
