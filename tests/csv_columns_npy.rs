//! Promise: files of columns say what arrays of them do, with and without records left out, and which values are missing.

use ringmill::SharedArray;
use ringmill::csv::{ColumnPolicy, CsvFile, WriteError};
use ringmill::pool::{Pinning, Pool};

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().expect("a pool of a few workers")
}

#[test]
fn columns_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let mut data = "a,b,name\n".to_owned();
    for row in 0..10_000 {
        data += &format!("{row},{},x{row}\n", if row % 3 == 0 { String::new() } else { format!("{row}.5") });
    }
    std::fs::write(&path, data).unwrap();
    let file = CsvFile::options().chunk_bytes(7000).open(&path).unwrap();
    let read = |name: &str| SharedArray::<f64>::open_npy(folder.path().join(name));
    let mask = || SharedArray::<u8>::open_npy(folder.path().join("b.valid.npy"));

    let columns = file.columns().i64("a").f64_with("b", ColumnPolicy::null()).build().unwrap();
    let report = columns.write_npy(&pool(2), &folder).unwrap();
    assert_eq!((report.records(), report.column(1).nulls()), (10_000, 3334));
    let a = SharedArray::<i64>::open_npy(folder.path().join("a.npy")).unwrap();
    assert!(a.iter().copied().eq(0..10_000));
    let b = read("b.npy").unwrap();
    for (row, (b, valid)) in b.iter().zip(mask().unwrap().iter()).enumerate() {
        assert_eq!((*valid == 1, b.is_nan()), (row % 3 != 0, row % 3 == 0));
        assert!(b.is_nan() || *b == row as f64 + 0.5);
    }
    drop(b);

    let few = file.columns().f64_with("b", ColumnPolicy::skip_record()).filter_i64("a", |a| a % 2 == 0);
    let report = few.build().unwrap().write_npy(&pool(3), &folder).unwrap();
    let expected = || (0..10_000).filter(|row| row % 2 == 0 && row % 3 != 0).map(|row| f64::from(row) + 0.5);
    assert_eq!((report.selected(), report.skipped()), (5000, 1667));
    assert!(read("b.npy").unwrap().iter().copied().eq(expected()));
    assert!(mask().is_err(), "no value is missing now");

    let text = file.columns().str("name").build().unwrap().write_npy(&pool(1), &folder).unwrap_err();
    assert_eq!(text.to_string(), "column \"name\" is text, and an .npy file holds numbers");
    let twice = file.columns().f64("a").f32("a").build().unwrap().write_npy(&pool(1), &folder).unwrap_err();
    assert!(matches!(twice, WriteError::Name { column } if column == "a"));

    let twice = file.columns().f64("a").f64_with("b", ColumnPolicy::null()).build().unwrap();
    let path = |name: &str| folder.path().join(name);
    let report = twice.write_npy_as(&pool(2), [path("first.npy"), path("second")]).unwrap();
    assert_eq!((report.selected(), report.column(1).nulls()), (10_000, 3334));
    assert!(read("first.npy").unwrap().iter().copied().eq((0..10_000).map(f64::from)));
    assert_eq!(read("second").unwrap().len(), 10_000);
    assert_eq!(SharedArray::<u8>::open_npy(path("second.valid.npy")).unwrap()[..4], [0, 1, 1, 0]);
    let error = twice.write_npy_as(&pool(2), [path("x.npy")]).unwrap_err();
    assert_eq!(error.to_string(), "1 files for 2 columns");
    for files in [["x.npy", "x.npy"], ["x.npy", "x.valid.npy"], ["x.valid.npy", "x"]] {
        let error = twice.write_npy_as(&pool(2), files.map(path)).unwrap_err();
        assert!(matches!(error, WriteError::File { .. }), "{error}");
    }
    assert!(!path("x.npy").exists());
}
