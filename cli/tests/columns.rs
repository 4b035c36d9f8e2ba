//! `ringmill columns` writes one column as an array that numpy reads.

mod support;

use std::fs;

use serde_json::json;
use support::{Place, SHOP, f64s, npy_data};

#[test]
fn a_column_becomes_an_array_of_floats() {
    let place = Place::new().with("shop.csv", SHOP);
    let said = place.run("columns shop.csv --column price --out price.npy").succeeded();
    assert!(said.starts_with("price.npy: 5 elements from"), "{said}");
    let file = place.read("price.npy");
    assert!(file.starts_with(b"\x93NUMPY\x01\x00"));
    assert_eq!(f64s(npy_data(&file)), [0.05, 12.5, 3.0, 0.25, 7.25]);
    assert_eq!(place.names(), ["price.npy", "shop.csv"]);
}

#[test]
fn an_empty_field_is_not_a_number_and_no_integer() {
    let place = Place::new().with("shop.csv", SHOP);
    place.run("columns shop.csv --column stock --out stock.npy").succeeded();
    let numbers = f64s(npy_data(&place.read("stock.npy")));
    assert!(numbers[1].is_nan());
    assert_eq!((numbers[0], numbers[4]), (1000.0, -3.0));
    let complaint = place.run("columns shop.csv --column stock --out s.npy --type i64").failed();
    assert!(complaint.contains("\"stock\"") && complaint.contains("record 2"), "{complaint}");
    assert_eq!(place.names(), ["shop.csv", "stock.npy"]);
}

#[test]
fn the_type_is_as_told() {
    let place = Place::new().with("t.csv", "n\n1\n18446744073709551615\n");
    place.run("columns t.csv --column n --out u.npy --type u64").succeeded();
    let mut expected = 1_u64.to_le_bytes().to_vec();
    expected.extend(u64::MAX.to_le_bytes());
    assert_eq!(npy_data(&place.read("u.npy")), expected);
    place.run("columns t.csv --column n --out i.npy --type i64").failed();
    place.run("columns t.csv --column n --out f.npy --type f32").succeeded();
    assert_eq!(place.run("array info f.npy --json").json()["type"], json!("f32"));
    assert_eq!(place.run("array info f.npy --json").json()["shape"], json!("2"));
}

#[test]
fn what_exists_is_replaced_only_on_demand() {
    let place = Place::new().with("shop.csv", SHOP).with("price.npy", "precious");
    place.run("columns shop.csv --column price --out price.npy").failed();
    assert_eq!(place.read("price.npy"), b"precious");
    place.run("columns shop.csv --column price --out price.npy --force").succeeded();
    assert_eq!(f64s(npy_data(&place.read("price.npy"))).len(), 5);
}

#[test]
fn every_number_of_workers_keeps_the_order() {
    let place = Place::new();
    place.run("generate trips t.csv --bytes 6MB").succeeded();
    let arrays: Vec<Vec<u8>> = ["1", "2", "3", "8"]
        .into_iter()
        .map(|threads| {
            let line =
                format!("columns t.csv --column trip --out a.npy --type i64 --force --threads {threads}");
            place.run(&line).succeeded();
            place.read("a.npy")
        })
        .collect();
    assert!(arrays.windows(2).all(|pair| pair[0] == pair[1]));
    let trips = npy_data(&arrays[0]).as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes));
    assert!(trips.eq(1..=(npy_data(&arrays[0]).len() / 8) as i64));
}

#[test]
fn a_stream_gives_the_same_arrays() {
    let place = Place::new().with("shop.csv", SHOP);
    place.run("columns shop.csv --column price,stock --empty null --out file").succeeded();
    let said = place.run_on("columns - --column price,stock --empty null --out stream", SHOP).succeeded();
    assert!(said.starts_with("stream: 5 elements from 1"), "{said}");
    for name in ["price.npy", "stock.npy", "stock.valid.npy"] {
        assert_eq!(place.read(&format!("file/{name}")), place.read(&format!("stream/{name}")), "{name}");
    }
    let taken = "--where price>3 --type f32 --out taken.npy --column price --force";
    place.run_on(&format!("columns - {taken}"), SHOP).succeeded();
    let taken_of_stream = place.read("taken.npy");
    place.run(&format!("columns shop.csv {taken}")).succeeded();
    assert_eq!(place.read("taken.npy"), taken_of_stream);
    place.run("columns shop.csv --column stock --infer --empty 0 --out inferred.npy").succeeded();
    let expected = place.read("inferred.npy");
    place.run_on("columns - --column stock --infer --empty 0 --out inferred.npy --force", SHOP).succeeded();
    assert!(place.read("inferred.npy") == expected && expected.windows(5).any(|at| at == b"'<i8'"));
    let complaint = place.run_on("columns - --column kind --out kind.npy", SHOP).failed();
    assert!(complaint.contains("standard input: line 2, record 1"), "{complaint}");
}

#[test]
fn several_columns_go_into_a_directory() {
    let place = Place::new().with("shop.csv", SHOP);
    let said =
        place.run("columns shop.csv --column price:f32,stock,item:f64 --out arrays --bad 7").succeeded();
    let table = "\
column  type  empty  bad  null  replaced
price   f32       0    0     0         0
stock   f64       1    0     0         1
item    f64       0    5     0         5
";
    assert!(said.starts_with("arrays: 5 elements from") && said.ends_with(table), "{said}");
    let arrays = || place.path("arrays");
    let read = |name: &str| fs::read(arrays().join(name)).expect("an array");
    assert_eq!(place.run("array info arrays/price.npy --json").json()["type"], json!("f32"));
    assert_eq!(f64s(npy_data(&read("item.npy"))), [7.0; 5]);
    assert_eq!(fs::read_dir(arrays()).unwrap().count(), 3);
    let complaint = place.run("columns shop.csv --column price,stock --out arrays").failed();
    assert!(complaint.contains("arrays/price.npy: exists already"), "{complaint}");
    place.run("columns shop.csv --column price,stock --out arrays --force").succeeded();
    assert_eq!(f64s(npy_data(&read("price.npy"))), [0.05, 12.5, 3.0, 0.25, 7.25]);
}

#[test]
fn what_holds_no_value_is_dealt_with_as_told() {
    let place = Place::new().with("t.csv", "n,x\n1,a\n,b\nthree,c\n-4,d\n");
    let numbers = |flags: &str| {
        place.run(&format!("columns t.csv --column n --type i64 --out n.npy --force {flags}")).succeeded();
        let file = place.read("n.npy");
        npy_data(&file).as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect::<Vec<_>>()
    };
    assert_eq!(numbers("--empty 0 --bad -1"), [1, 0, -1, -4]);
    assert_eq!(numbers("--empty skip --bad skip"), [1, -4]);
    assert_eq!(place.names(), ["n.npy", "t.csv"]);
    assert_eq!(numbers("--empty null --bad null"), [1, 0, 0, -4]);
    assert_eq!(npy_data(&place.read("n.valid.npy")), [1, 0, 0, 1]);
    assert_eq!(numbers("--where x<b"), [1]);
    assert_eq!(place.names(), ["n.npy", "t.csv"], "what says which values are there goes when all are");

    let complaint = place.run("columns t.csv --column n --out n.npy --force --empty 0").failed();
    assert!(complaint.contains("\"three\"") && complaint.contains("record 3"), "{complaint}");
    let complaint = place.run("columns t.csv --column n --type u64 --out m.npy --empty -1").failed();
    assert!(complaint.contains("--empty -1: is no u64"), "{complaint}");
}

#[test]
fn types_are_inferred_on_request() {
    let place = Place::new().with("t.csv", "i,f,gap,s\n1,1.5,3,x\n2,2,,y\n");
    let said = place.run("columns t.csv --column i,f,gap,i:f32 --infer --out a").failed();
    assert!(said.contains("\"i\""), "two arrays of one name: {said}");
    place.run("columns t.csv --column i,f,gap --infer --out a").succeeded();
    let element = |name: &str| place.run(&format!("array info a/{name}.npy --json")).json()["type"].clone();
    assert_eq!([element("i"), element("f"), element("gap")], ["i64", "f64", "f64"]);
    place.run("columns t.csv --column gap --infer --empty 0 --out a/ --force").succeeded();
    assert_eq!(element("gap"), "i64");
    let complaint = place.run("columns t.csv --column s --infer --out s.npy").failed();
    assert!(complaint.contains("\"s\"") && complaint.contains("text"), "{complaint}");
}
