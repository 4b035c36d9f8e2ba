//! Any text in a field: what ringmill reads as a number is what `str::parse` reads.
//!
//! Shared by the test and the fuzz target. A case is a file without quotes whose fields lie between commas and line
//! ends, so that one case holds many fields, of all lengths and at all places of the vectors that read them.

use ringmill::Pool;
use ringmill::csv::{Batch, ColumnPolicy, Columns, CsvFile};
use ringmill::pool::Pinning;
use std::fmt::Debug;
use std::io::Write;
use std::str::FromStr;
use std::sync::OnceLock;

/// Reads the case and compares every field, as it is and in quotes.
pub(crate) fn check(data: &[u8]) {
    // A field for each record: as many as possible are read at once.
    let data: Vec<u8> =
        data.iter().map(|&byte| if byte == b',' || byte == b'\r' { b'\n' } else { byte }).collect();
    // A byte order mark is no part of the first field.
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&data);
    let fields: Vec<&[u8]> = text.split(|&byte| byte == b'\n').filter(|field| !field.is_empty()).collect();
    if fields.is_empty() {
        return;
    }
    check_fields(&fields, &data, None);
    let quoted = |field: &&[u8]| {
        let twice = |&byte: &u8| [byte, b'"'].into_iter().take(1 + usize::from(byte == b'"'));
        b"\"".iter().copied().chain(field.iter().flat_map(twice)).chain(*b"\"\n").collect::<Vec<u8>>()
    };
    let quoted: Vec<u8> = fields.iter().flat_map(quoted).collect();
    check_fields(&fields, &quoted, Some(b'"'));
}

/// Reads a file that has one of the fields in each record.
fn check_fields(fields: &[&[u8]], text: &[u8], quote: Option<u8>) {
    static ALONE: OnceLock<Pool> = OnceLock::new();
    let pool = ALONE.get_or_init(|| {
        Pool::builder().workers(1).pinning(Pinning::Off).build().expect("a pool of the caller alone")
    });
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text).expect("room for the case");
    let file =
        CsvFile::options().headers(false).quote(quote).open(file.path()).expect("any bytes are a file");
    let columns = file
        .columns()
        .f64_with(0, ColumnPolicy::null())
        .f32_with(0, ColumnPolicy::null())
        .i64_with(0, ColumnPolicy::null())
        .u64_with(0, ColumnPolicy::null())
        .build()
        .expect("the file has a column");
    let columns: &Columns<'_> = &columns;
    let read = |rows: &mut usize, batch: &Batch<'_>| {
        for row in 0..batch.len() {
            let field = fields[*rows + row];
            let valid = |column, value| batch.is_valid(column, row).then_some(value);
            same(field, valid(0, batch.f64(0)[row].to_bits()), f64::to_bits);
            same(field, batch.is_valid(1, row).then(|| batch.f32(1)[row].to_bits()), f32::to_bits);
            same(field, batch.is_valid(2, row).then(|| batch.i64(2)[row]), |number: i64| number);
            same(field, batch.is_valid(3, row).then(|| batch.u64(3)[row]), |number: u64| number);
        }
        *rows += batch.len();
        Ok(())
    };
    let rows =
        pool.fold_batches(columns, || 0, read, |left, right| left + right).expect("nothing is refused");
    assert_eq!(rows, fields.len());
    let mut records = file.records();
    for field in fields {
        let record = records.next_record().expect("nothing is refused").expect("as many records as fields");
        same(field, record.f64(0).ok().map(f64::to_bits), f64::to_bits);
        same(field, record.i64(0).ok(), |number: i64| number);
        same(field, record.u64(0).ok(), |number: u64| number);
    }
}

fn same<T: FromStr, B: PartialEq + Debug>(field: &[u8], found: Option<B>, bits: impl Fn(T) -> B) {
    let expected = std::str::from_utf8(field).ok().and_then(|text| text.parse().ok()).map(bits);
    assert_eq!(found, expected, "{:?} as {}", String::from_utf8_lossy(field), std::any::type_name::<T>());
}
