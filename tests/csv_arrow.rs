//! Promise: columns handed to Arrow are what they were, with their nulls and types, and numbers stay where they were.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use ringmill::Pool;
use ringmill::csv::{ColumnPolicy, CsvFile, TimeFormat};

const FILE: &str = "x,y,n,u,ok,day,at,name,raw\n\
    1.5,2.5,-3,4,true,2024-02-29,1970-01-01T00:00:01Z,\"say \"\"hi\"\"\",a\n\
    ,0.5,7,18446744073709551615,0,1969-12-31,,b,\n";

#[test]
fn every_type_with_its_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, FILE).unwrap();
    let file = CsvFile::open(&path).unwrap();
    let columns = file
        .columns()
        .f64_with("x", ColumnPolicy::null())
        .f32("y")
        .i64("n")
        .u64("u")
        .bool("ok")
        .date("day", TimeFormat::Iso)
        .timestamp_with("at", TimeFormat::Iso, ColumnPolicy::null())
        .str("name")
        .bytes_with("raw", ColumnPolicy::null())
        .build()
        .unwrap();
    let collected = Pool::new().unwrap().collect_columns(&columns).unwrap();
    let (x, n) = (collected.f64("x").as_ptr(), collected.i64("n").as_ptr());
    let batch = collected.into_record_batch().unwrap();
    drop(file);
    std::fs::write(&path, "").unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (2, 9));
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let xs = column("x").as_primitive::<Float64Type>();
    assert_eq!((xs.value(0), xs.is_null(1), xs.null_count()), (1.5, true, 1));
    assert_eq!(xs.values().as_ptr(), x, "the same memory");
    assert_eq!(column("n").as_primitive::<Int64Type>().values().as_ptr(), n, "the same memory");
    assert_eq!(column("y").as_primitive::<Float32Type>().values(), &[2.5, 0.5]);
    assert_eq!(column("n").as_primitive::<Int64Type>().values(), &[-3, 7]);
    assert_eq!(column("u").as_primitive::<UInt64Type>().values(), &[4, u64::MAX]);
    let ok = column("ok").as_boolean();
    assert_eq!((ok.value(0), ok.value(1)), (true, false));
    assert_eq!(column("day").as_primitive::<Date32Type>().values(), &[19_782, -1]);
    let at = column("at").as_primitive::<TimestampNanosecondType>();
    assert_eq!((at.value(0), at.is_null(1), at.timezone()), (1_000_000_000, true, Some("UTC")));
    let name = column("name").as_string::<i64>();
    assert_eq!((name.value(0), name.value(1)), ("say \"hi\"", "b"));
    let raw = column("raw").as_binary::<i64>();
    assert_eq!((raw.value(0), raw.is_null(1)), (&b"a"[..], true));
}

#[test]
fn no_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "x,name\n").unwrap();
    let file = CsvFile::open(&path).unwrap();
    let columns = file.columns().f64("x").str("name").build().unwrap();
    let batch: RecordBatch =
        Pool::new().unwrap().collect_columns(&columns).unwrap().into_record_batch().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 2));
    drop(batch);
    let none = file.columns().filter_bytes("name", |_| true).build().unwrap();
    let batch = Pool::new().unwrap().collect_columns(&none).unwrap().into_record_batch().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 0));
}
