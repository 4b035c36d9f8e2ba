//! Promise: an error in the columns of a file, or in what was asked of them, says what is wrong and where.

use ringmill::csv::{Batch, CsvFile};
use ringmill::pool::{Pinning, Pool};
use std::io::Write;

fn pool() -> Pool {
    Pool::builder().workers(2).pinning(Pinning::Off).build().expect("a pool of two workers")
}

#[test]
fn a_name_that_is_none_says_what_there_is() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"price,qty\n1,2\n").unwrap();
    let file = CsvFile::open(file.path()).unwrap();
    let error = file.columns().f64("qty").f64("prise").build().unwrap_err().to_string();
    assert!(error.ends_with("no column \"prise\"; nearest first, there is \"price\", \"qty\""), "{error}");
    let error = file.columns().filter_f64(2, |_| true).build().unwrap_err().to_string();
    assert!(error.ends_with("no column 2; there are 2, counted from 0"), "{error}");
}

#[test]
fn an_error_shows_the_field() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"name,price\na,1\n\"b\nc\",n/a\nd,\n").unwrap();
    let file = CsvFile::open(file.path()).unwrap();
    let columns = file.columns().f64("price").build().unwrap();
    let error = pool().fold_batches(&columns, || (), |_, _| Ok(()), |_, _| ()).unwrap_err().to_string();
    let expected = "line 4, record 2, byte 21, column \"price\": expected a number (f64), found \"n/a\"";
    assert!(error.ends_with(expected), "{error}");
}

/// The caller's own error is at the record that it says, and comes before a field's that is behind it.
#[test]
fn an_error_of_the_fold_has_its_place() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"n\n1\n2\n3\nx\n").unwrap();
    let file = CsvFile::open(file.path()).unwrap();
    let columns = file.columns().i64("n").build().unwrap();
    let fold = |_: &mut (), batch: &Batch<'_>| {
        assert_eq!(batch.i64(0), [1, 2, 3], "what is before the bad field");
        Err(batch.error(1, "too many"))
    };
    let error = pool().fold_batches(&columns, || (), fold, |_, _| ()).unwrap_err();
    assert!(error.to_string().ends_with("line 3, record 2, byte 4: too many"), "{error}");
}
