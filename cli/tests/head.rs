//! `ringmill head` shows the first records and reads no further.

mod support;

use std::process::{Command, Stdio};

use serde_json::json;
use support::{Place, SHOP};

#[test]
fn the_first_records_are_a_table() {
    let place = Place::new().with("shop.csv", SHOP);
    let table = "\
item           kind   price  stock  sold
nut, small     metal  0.05   1000   true
the \"big\" one  wood   12.5          false
";
    assert_eq!(place.run("head shop.csv -n 2").succeeded(), table);
    assert_eq!(place.run("head shop.csv -n 0").succeeded(), "item  kind  price  stock  sold\n");
    assert_eq!(place.run("head shop.csv").succeeded().lines().count(), 6);
}

#[test]
fn csv_is_as_it_was_written() {
    let place = Place::new().with("shop.csv", SHOP);
    let expected = "\
item,kind,price,stock,sold
\"nut, small\",metal,0.05,1000,true
\"the \"\"big\"\" one\",wood,12.5,,false
\"two
lines\",metal,3,7,true
";
    assert_eq!(place.run("head shop.csv -n 3 --csv").succeeded(), expected);
}

#[test]
fn json_is_a_list_of_objects() {
    let place = Place::new().with("shop.csv", SHOP);
    let found = place.run("head shop.csv -n 2 --json --where kind=wood").json();
    let expected = json!([
        {"item": "the \"big\" one", "kind": "wood", "price": "12.5", "stock": "", "sold": "false"},
        {"item": "plank", "kind": "wood", "price": "7.25", "stock": "-3", "sold": "false"},
    ]);
    assert_eq!(found, expected);
    assert_eq!(place.run("head shop.csv --json --where kind=glass").json(), json!([]));
}

#[test]
fn columns_without_names_have_numbers() {
    let place = Place::new().with("t.csv", "x,y\nz\n");
    assert_eq!(place.run("head t.csv --no-headers --flexible").succeeded(), "0  1\nx  y\nz\n");
    assert_eq!(place.run_on("head - --no-headers --flexible", "x,y\nz\n").succeeded(), "0  1\nx  y\nz\n");
    assert_eq!(place.run("head t.csv --no-headers --flexible --csv").succeeded(), "x,y\nz\n");
}

#[test]
fn what_comes_after_is_not_looked_at() {
    let place = Place::new().with("t.csv", "a,b\n1,2\n3,4\n5\n\"");
    assert_eq!(place.run("head t.csv -n 2 --csv").succeeded(), "a,b\n1,2\n3,4\n");
    let complaint = place.run("head t.csv -n 3").failed();
    assert!(complaint.contains("record 3"), "{complaint}");
}

#[test]
fn an_endless_stream_has_an_end_here() {
    let place = Place::new();
    let mut endless = Command::new("yes").arg("a,b").stdout(Stdio::piped()).spawn().expect("yes starts");
    let input = endless.stdout.take().expect("its output is a pipe");
    let output = place
        .command(&["head", "-", "--no-headers", "-n", "3", "--csv"])
        .stdin(input)
        .output()
        .expect("the command starts");
    endless.wait().expect("yes ends when its reader does");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a,b\na,b\na,b\n");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
