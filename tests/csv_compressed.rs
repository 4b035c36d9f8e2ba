//! Promise: compressed text is read as the text itself is, whatever it consists of; what is cut short or damaged is an
//! error that says how far it came.

use flate2::{Compression, write::GzEncoder};
use ringmill::csv::{CsvError, CsvFile, CsvOptions, CsvStream, Record, StreamProblem};
use ringmill::pool::{Pinning, Pool};
use std::io::{Cursor, Write};
use std::sync::LazyLock;

static POOL: LazyLock<Pool> =
    LazyLock::new(|| Pool::builder().workers(2).pinning(Pinning::Off).build().expect("a pool of two"));

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("a level there is");
    encoder.include_checksum(true).expect("an encoder that has written nothing");
    encoder.write_all(text).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

type Compress = fn(&[u8]) -> Vec<u8>;

/// Ways to compress, and how many bytes tell that it was done.
const WAYS: [(&str, Compress, usize); 2] = [("gzip", gzip, 2), ("zstd", zstd, 4)];

fn text(rows: usize) -> Vec<u8> {
    let row = |row: usize| format!("{row},\"note {}\",{}\n", row % 7, row as f64 / 8.0);
    ("id,note,x\n".to_string() + &(0..rows).map(row).collect::<String>()).into_bytes()
}

fn open(data: Vec<u8>) -> Result<CsvStream, CsvError> {
    CsvFile::options().chunk_bytes(1000).open_reader("feed", Cursor::new(data))
}

fn sum(stream: &CsvStream) -> Result<(u64, f64), CsvError> {
    let add = |(count, sum): &mut (u64, f64), record: &Record<'_>| {
        *count += 1;
        *sum += record.f64(2)?;
        Ok(())
    };
    POOL.fold_records(stream, || (0, 0.0), add, |a, b| (a.0 + b.0, a.1 + b.1))
}

#[test]
fn compressed_text_is_read_as_it_is() {
    let text = text(5000);
    let plain = sum(&open(text.clone()).unwrap()).unwrap();
    assert_eq!(plain.0, 5000);
    for (name, compress, _) in WAYS {
        assert_eq!(sum(&open(compress(&text)).unwrap()).unwrap(), plain, "{name}");
        // Several in a row are one text, cut anywhere: in the header, in a record, with none in between.
        for cut in [1, 5, 10, 11, 4000, text.len() - 1] {
            let (left, right) = text.split_at(cut);
            let parts = [compress(left), compress(b""), compress(right)].concat();
            assert_eq!(sum(&open(parts).unwrap()).unwrap(), plain, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_are_told_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = text(100);
    for (name, data) in [("plain.gz", text.clone()), ("gzip.csv", gzip(&text)), ("zstd.csv", zstd(&text))] {
        let path = folder.path().join(name);
        std::fs::write(&path, data).unwrap();
        let stream = CsvFile::options().open_stream(&path).unwrap();
        assert_eq!((stream.name(), sum(&stream).unwrap().0), (&*path, 100));
    }
    let missing = CsvFile::options().open_stream(folder.path().join("none.csv")).unwrap_err();
    assert!(missing.to_string().contains("none.csv: cannot open: No such file"), "{missing}");
    let directory = CsvFile::options().open_stream(folder.path()).unwrap_err();
    assert!(directory.to_string().contains("cannot read: Is a directory"), "{directory}");
}

#[test]
fn what_is_cut_short_is_an_error_wherever_it_is_cut() {
    let text = text(300);
    for (name, compress, magic) in WAYS {
        let whole = compress(&text);
        for len in magic..whole.len() {
            let error = match open(whole[..len].to_vec()) {
                Ok(stream) => sum(&stream).unwrap_err(),
                Err(error) => error,
            };
            let CsvError::Stream(error) = error else { panic!("{name}, {len} bytes: {error}") };
            let StreamProblem::Compressed { format, cut_short: true, byte, .. } = error.problem() else {
                panic!("{name}, {len} bytes: {error}");
            };
            assert_eq!((*format, *byte), (name, len as u64));
            assert!(error.byte() <= text.len() as u64);
            // What came is counted: the whole records of so many bytes.
            let lines = text[..error.byte() as usize].iter().filter(|&&byte| byte == b'\n').count() as u64;
            assert_eq!(error.records().unwrap_or(0), lines.saturating_sub(1), "{name}, {len} bytes");
        }
    }
    let error = sum(&open(gzip(&text)[..700].to_vec()).unwrap()).unwrap_err().to_string();
    assert!(
        error.starts_with("feed: the gzip data ends at byte 700, before it is complete, after "),
        "{error}"
    );
}

#[test]
fn what_is_damaged_is_an_error() {
    let text = text(3000);
    for (name, compress, _) in WAYS {
        let mut damaged = compress(&text);
        let (middle, end) = (damaged.len() / 2, damaged.len() - 5);
        damaged[if name == "gzip" { end } else { middle }] ^= 0x55;
        let error = match open(damaged) {
            Ok(stream) => sum(&stream).unwrap_err(),
            Err(error) => error,
        };
        let text = error.to_string();
        assert!(text.starts_with(&format!("feed: the {name} data is damaged before byte ")), "{text}");
    }
}

/// The place of an error is one in the text.
#[test]
fn errors_name_places_in_the_text() {
    let mut text = text(2000);
    let byte = text.len();
    text.extend(b"2000,\"a\nb\",n/a\n2001,-,1\n");
    for (_, compress, _) in WAYS {
        let error = sum(&open(compress(&text)).unwrap()).unwrap_err();
        let place = format!("feed: line 2003, record 2001, byte {}, column \"x\"", byte + 11);
        assert!(error.to_string().starts_with(&place), "{error}, and not {place}");
    }
}

/// A failure of the reader below is not blamed on what decompresses.
#[test]
fn a_failed_read_is_no_damage() {
    struct Failing(Cursor<Vec<u8>>);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::ErrorKind::ConnectionReset.into()),
                bytes => Ok(bytes),
            }
        }
    }
    let options: CsvOptions = CsvFile::options();
    for (name, compress, _) in WAYS {
        let mut half = compress(&text(3000));
        half.truncate(half.len() / 2);
        let error = match options.open_reader("feed", Failing(Cursor::new(half))) {
            Ok(stream) => sum(&stream).unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().starts_with("feed: cannot read: connection reset"), "{name}: {error}");
    }
}
