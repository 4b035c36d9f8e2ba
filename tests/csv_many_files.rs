//! Promise: several files are read as one, each record whole, and every message names the file it speaks of.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use ringmill::csv::{CsvError, CsvFile, CsvOptions, Record};
use ringmill::pool::{Pinning, Pool};
use std::path::PathBuf;
use tempfile::TempDir;

type Fields = Vec<Vec<u8>>;

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().unwrap()
}

fn write(folder: &TempDir, files: &[&[u8]]) -> Vec<PathBuf> {
    let paths: Vec<_> = (0..files.len()).map(|at| folder.path().join(format!("{at}.csv"))).collect();
    for (path, bytes) in paths.iter().zip(files) {
        std::fs::write(path, bytes).unwrap();
    }
    paths
}

fn fields(record: &Record<'_>) -> Fields {
    record.fields().map(|field| field.bytes().into_owned()).collect()
}

/// All records, in order, on some workers.
fn folded(file: &CsvFile, workers: usize) -> Result<Vec<Fields>, CsvError> {
    let keep = |all: &mut Vec<Fields>, record: &Record<'_>| {
        all.push(fields(record));
        Ok(())
    };
    pool(workers).fold_records(file, Vec::new, keep, |left, right| [left, right].concat())
}

/// All records, in order, on this thread.
fn in_order(file: &CsvFile) -> Vec<Fields> {
    let mut records = file.records();
    let mut all = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        all.push(fields(record));
    }
    all
}

#[test]
fn marks_missing_line_ends_and_empty_files_are_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write(
        &folder,
        &[b"", b"\xef\xbb\xbfn,t\n1,a\n2,b", b"n,t\n", b"\r\n\nn,t\r\n3,c\r\n", b"n,t", b"\n"],
    );
    let expected =
        [["1", "a"], ["2", "b"], ["3", "c"]].map(|record| record.map(|field| field.as_bytes().to_vec()));
    for chunk_bytes in [1, 3, 1 << 20] {
        let file = CsvFile::options().chunk_bytes(chunk_bytes).open_all(&paths).unwrap();
        assert_eq!(file.headers(), ["n", "t"]);
        assert_eq!(file.paths(), paths);
        assert_eq!(in_order(&file), expected);
        for workers in [1, 3] {
            assert_eq!(folded(&file, workers).unwrap(), expected);
        }
    }
}

#[test]
fn headers_that_differ_are_refused_and_both_files_named() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write(&folder, &[b"", b"n,t\n1,a\n", b"n,u\n2,b\n"]);
    let error = CsvFile::options().open_all(&paths).unwrap_err().to_string();
    assert!(error.contains("2.csv: column 1 is \"u\", but \"t\" in ") && error.ends_with("1.csv"), "{error}");
    assert!(matches!(CsvFile::options().open_all([""; 0]), Err(CsvError::NoFile)));
    let missing = CsvFile::options().open_all([paths[1].clone(), folder.path().join("no.csv")]);
    assert!(missing.unwrap_err().to_string().contains("no.csv"));
}

#[test]
fn a_message_names_the_file_and_counts_its_own_lines() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write(&folder, &[b"n\n1\n2\n", b"n\n3\n\nfour\n", b"n\nfive\n"]);
    let file = CsvFile::options().chunk_bytes(2).open_all(&paths).unwrap();
    for workers in [1, 2, 5] {
        let sum = pool(workers).fold_records(
            &file,
            || 0,
            |sum, record| {
                *sum += record.u64(0)?;
                Ok(())
            },
            |a, b| a + b,
        );
        let error = sum.unwrap_err();
        let place = error.place().unwrap();
        assert_eq!(place.path(), paths[1]);
        assert_eq!((place.line(), place.record(), place.byte()), (Some(4), Some(2), 5));
    }
    // Without headers too, where a record of another length is an error of the scan.
    let paths = write(&folder, &[b"1,2\n", b"1,2\n1\n"]);
    let file = CsvFile::options().headers(false).open_all(&paths).unwrap();
    let error = folded(&file, 2).unwrap_err().to_string();
    assert!(error.ends_with("1.csv: line 2, record 2, byte 4: expected 2 fields, found 1"), "{error}");
}

#[test]
fn a_quote_that_is_never_closed_ends_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write(&folder, &[b"n\n\"1\n", b"n\n2\n"]);
    let error = folded(&CsvFile::options().open_all(&paths).unwrap(), 2).unwrap_err();
    assert_eq!(error.place().unwrap().path(), paths[0]);
    let accept = ringmill::csv::UnclosedQuote::Accept;
    for chunk_bytes in [1, 2, 100] {
        let options = CsvFile::options().unclosed_quote(accept).chunk_bytes(chunk_bytes);
        let file = options.open_all(&paths).unwrap();
        assert_eq!(folded(&file, 3).unwrap(), [[b"1\n".to_vec()], [b"2".to_vec()]]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any files, any cut: what each file has when it is read alone, one after the other.
    #[test]
    fn many_files_are_one_file_after_the_other(
        files in proptest::collection::vec(
            proptest::collection::vec(proptest::sample::select(&b",,\"\"\r\n\n#\\ab"[..]), 0..40), 1..5),
        escape in proptest::option::weighted(0.3, Just(b'\\')),
        comment in proptest::option::weighted(0.3, Just(b'#')),
        quote in prop_oneof![3 => Just(Some(b'"')), 1 => Just(None)],
        chunk_bytes in 1..9_usize,
        workers in 1..4_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<&[u8]> = files.iter().map(|bytes| &bytes[..]).collect();
        let paths = write(&folder, &files);
        let options: CsvOptions = CsvFile::options()
            .quote(quote)
            .escape(escape)
            .comment(comment)
            .headers(false)
            .flexible(true)
            .unclosed_quote(ringmill::csv::UnclosedQuote::Accept)
            .chunk_bytes(chunk_bytes);
        let alone: Vec<Fields> =
            paths.iter().flat_map(|path| in_order(&options.open(path).unwrap())).collect();
        let together = options.open_all(&paths).unwrap();
        prop_assert_eq!(&in_order(&together), &alone);
        prop_assert_eq!(&folded(&together, workers).unwrap(), &alone);
    }
}
