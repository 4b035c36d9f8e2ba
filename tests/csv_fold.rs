//! Promise: folding a file on any number of workers gives one answer, to the bit, and fails with one error, the first
//! in the file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::csv::{CsvError, CsvFile, ScanWatch};
use ringmill::pool::{Pinning, Pool};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tempfile::TempDir;

const WORKERS: [usize; 4] = [1, 2, 3, 8];

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().unwrap()
}

/// A file of `rows` records `n,tenth,"text"`, some of them over several lines.
fn numbered(folder: &TempDir, rows: usize) -> std::path::PathBuf {
    use std::fmt::Write;
    let mut text = "n,tenth,text\n".to_owned();
    for row in 0..rows {
        let quoted = if row % 7 == 0 { "\"over\ntwo, or \"\"three\"\"\n\"" } else { "plain" };
        writeln!(text, "{row},{},{quoted}", row as f64 / 10.0).unwrap();
    }
    let path = folder.path().join("numbered.csv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn sums_are_bit_identical_on_any_number_of_workers() {
    let folder = tempfile::tempdir().unwrap();
    let path = numbered(&folder, 20_000);
    for chunk_bytes in [100, 4096, 1 << 20] {
        let file = CsvFile::options().chunk_bytes(chunk_bytes).open(&path).unwrap();
        let tenth = file.column("tenth").unwrap();
        let sums = WORKERS.map(|workers| {
            let add = |sum: &mut f64, record: &ringmill::csv::Record<'_>| {
                *sum += record.f64(tenth)?;
                Ok(())
            };
            let sum = pool(workers).fold_records(&file, || 0.0, add, |a, b| a + b);
            sum.unwrap().to_bits()
        });
        assert_eq!(sums, [sums[0]; 4]);
        assert!((f64::from_bits(sums[0]) - 19_999.0 * 1_000.0).abs() < 1e-3);
    }
}

#[test]
fn records_come_in_order_and_their_slices_outlive_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = CsvFile::options().chunk_bytes(50).open(numbered(&folder, 1000)).unwrap();
    let texts = pool(3).fold_records(
        &file,
        Vec::new,
        |texts, record| {
            texts.push((record.u64(0)?, record.bytes(2)?));
            Ok(())
        },
        |left, right| [left, right].concat(),
    );
    for (row, (n, text)) in texts.unwrap().into_iter().enumerate() {
        assert_eq!(n, row as u64);
        let expected = if row % 7 == 0 { &b"over\ntwo, or \"three\"\n"[..] } else { b"plain" };
        assert_eq!(&*text, expected);
    }
}

#[test]
fn the_first_error_of_the_file_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut text = "n\n".to_owned();
    for row in 1..=5000 {
        text += if row % 1000 == 700 { "oops\n" } else { "12\n" };
    }
    std::fs::write(&path, text).unwrap();
    for chunk_bytes in [1, 16, 1000, 1 << 20] {
        let file = CsvFile::options().chunk_bytes(chunk_bytes).open(&path).unwrap();
        for workers in WORKERS {
            let sum = pool(workers).fold_records(
                &file,
                || 0.0,
                |sum, record| {
                    *sum += record.f64(0)?;
                    Ok(())
                },
                |a, b| a + b,
            );
            let message = sum.unwrap_err().to_string();
            let end = "t.csv: line 701, record 700, byte 2099, column \"n\": expected a number (f64), found \"oops\"";
            assert!(message.ends_with(end), "{message}");
        }
    }
}

#[test]
fn an_error_of_the_callers_own_comes_back_with_its_place() {
    #[derive(Debug)]
    struct TooFar;
    impl std::fmt::Display for TooFar {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("too far")
        }
    }
    impl std::error::Error for TooFar {}

    let folder = tempfile::tempdir().unwrap();
    let file = CsvFile::options().chunk_bytes(64).open(numbered(&folder, 500)).unwrap();
    let counted = pool(2).fold_records(
        &file,
        || 0_u64,
        |count, record| {
            *count += 1;
            if record.u64(0)? == 321 { Err(CsvError::user(TooFar)) } else { Ok(()) }
        },
        |a, b| a + b,
    );
    let error = counted.unwrap_err();
    assert!(error.to_string().contains("numbered.csv: line "), "{error}");
    assert!(error.to_string().ends_with(": too far"), "{error}");
    assert_eq!(error.place().unwrap().record(), Some(322));
    let CsvError::User(error) = error else { panic!("{error:?}") };
    assert!(error.into_inner().is::<TooFar>());
}

#[test]
fn a_watch_counts_every_byte_and_stops_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let watch = ScanWatch::new();
    let file = CsvFile::options().chunk_bytes(100).watch(&watch).open(numbered(&folder, 1000)).unwrap();
    let count = |pool: &Pool, stop_at: usize| {
        let seen = AtomicUsize::new(0);
        pool.fold_records(
            &file,
            || (),
            |(), _| {
                if seen.fetch_add(1, Relaxed) == stop_at {
                    watch.cancel();
                }
                Ok(())
            },
            |(), ()| (),
        )
        .map(|()| seen.load(Relaxed))
    };
    assert_eq!(count(&pool(2), usize::MAX).unwrap(), 1000);
    assert_eq!(watch.scanned_bytes(), file.len_bytes() - "n,tenth,text\n".len() as u64);
    assert!(matches!(count(&pool(2), 10), Err(CsvError::Cancelled)));
    assert!(watch.scanned_bytes() < file.len_bytes() * 3 / 2);
}

#[test]
fn a_file_cut_short_is_an_error_of_the_fold() {
    let folder = tempfile::tempdir().unwrap();
    let path = numbered(&folder, 50_000);
    let file = CsvFile::open(&path).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(4096).unwrap();
    let counted = pool(2).fold_records(
        &file,
        || 0.0,
        |sum, record| {
            *sum += record.f64(1)?;
            Ok(())
        },
        |a, b| a + b,
    );
    let error = counted.unwrap_err();
    assert!(matches!(error, CsvError::Region(_)), "{error:?}");
}

#[test]
fn a_file_without_records_folds_to_the_first_accumulator() {
    let folder = tempfile::tempdir().unwrap();
    for data in ["", "a,b\n", "a,b"] {
        let path = folder.path().join("t.csv");
        std::fs::write(&path, data).unwrap();
        let file = CsvFile::open(&path).unwrap();
        let all = pool(2).fold_records(&file, || 7, |_, _| Ok(()), |a, b| a + b);
        assert_eq!(all.unwrap(), 7);
    }
}

/// Numbers are read in short cuts; a quote is taken off before any of them, whatever byte it is.
#[test]
fn numbers_are_read_without_their_quotes() {
    let folder = tempfile::tempdir().unwrap();
    for quote in [b'"', b'5', b'-', b'.'] {
        let quote = char::from(quote);
        let path = folder.path().join("t.csv");
        std::fs::write(&path, format!("n,m\n{quote}12{quote},7\n34,{quote}8{quote}\n")).unwrap();
        let file = CsvFile::options().quote(Some(quote as u8)).open(&path).unwrap();
        let read = pool(1).fold_records(
            &file,
            Vec::new,
            |read, record| {
                let [n, m] = [record.i64(0)?, record.i64(1)?];
                assert_eq!([record.u64(0)?, record.u64(1)?], [n, m].map(i64::cast_unsigned));
                assert_eq!([record.f64(0)?, record.f64(1)?], [n as f64, m as f64]);
                assert_eq!([record.f32(0)?, record.f32(1)?], [n as f32, m as f32]);
                read.push([n, m]);
                Ok(())
            },
            |left, right| [left, right].concat(),
        );
        assert_eq!(read.unwrap(), [[12, 7], [34, 8]]);
    }
}

#[test]
fn a_panic_in_a_fold_reaches_the_caller_and_the_pool_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = CsvFile::options().chunk_bytes(100).open(numbered(&folder, 1000)).unwrap();
    let pool = pool(2);
    let count = |panic_at: u64| {
        pool.fold_records(
            &file,
            || 0,
            |count, record| {
                assert!(record.u64(0)? != panic_at, "as asked");
                *count += 1;
                Ok(())
            },
            |a, b| a + b,
        )
    };
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| count(500)));
    assert!(panicked.is_err());
    assert_eq!(count(u64::MAX).unwrap(), 1000);
}

#[test]
fn files_and_errors_may_be_sent_and_shared() {
    fn sent_and_shared<T: Send + Sync + 'static>() {}
    sent_and_shared::<CsvFile>();
    sent_and_shared::<CsvError>();
    assert_eq!(size_of::<CsvError>(), 16);
}
