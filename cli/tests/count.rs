//! `ringmill count` counts records, not lines, of files, patterns and standard input.

mod support;

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::json;
use support::{Place, SHOP};

#[test]
fn records_are_counted_not_lines() {
    let place = Place::new().with("shop.csv", SHOP);
    assert_eq!(place.run("count shop.csv").succeeded(), "5\n");
    assert_eq!(place.run("count shop.csv --no-headers").succeeded(), "6\n");
    assert_eq!(place.run("count shop.csv --no-quoting --flexible").succeeded(), "6\n");
    assert_eq!(place.run("count shop.csv --json").json(), json!({"records": 5}));
}

#[test]
fn nothing_is_a_number_too() {
    let place = Place::new().with("empty.csv", "").with("header.csv", "a,b\n");
    assert_eq!(place.run("count empty.csv").succeeded(), "0\n");
    assert_eq!(place.run("count header.csv").succeeded(), "0\n");
    assert_eq!(place.run_on("count -", "").succeeded(), "0\n");
}

#[test]
fn records_that_pass_are_counted() {
    let place = Place::new().with("shop.csv", SHOP);
    let count = |condition: &str| place.run_words(&["count", "shop.csv", "--where", condition]).succeeded();
    assert_eq!(count("price > 1"), "3\n");
    assert_eq!(count("price > 1 and kind = wood"), "2\n");
    assert_eq!(count("stock < 0"), "1\n");
    assert_eq!(count("stock = ''"), "1\n");
    assert_eq!(count("item ~ '\"big\"'"), "1\n");
    assert_eq!(count("item ~ ' and '"), "0\n");
    let words = ["count", "shop.csv", "--where", "price > 1", "--where", "3 > 0"];
    assert_eq!(place.run_words(&words).succeeded(), "1\n", "column 3 is the stock");
}

#[test]
fn standard_input_and_what_is_compressed() {
    let place = Place::new();
    assert_eq!(place.run_on("count -", SHOP).succeeded(), "5\n");
    assert_eq!(place.run_on("count - --where kind=metal", SHOP).succeeded(), "2\n");
    let place = place.with("shop.csv.gz", support::PACKED);
    assert_eq!(place.run("count shop.csv.gz").succeeded(), "2\n");
    assert_eq!(place.run("count shop.csv.gz --where kind=wood").succeeded(), "1\n");
    assert_eq!(place.run_on("count -", support::PACKED).succeeded(), "2\n");
    let place = place.with("short.csv.gz", &support::PACKED[..40]);
    let complaint = place.run("count short.csv.gz").failed();
    assert!(
        complaint.contains("short.csv.gz: the gzip data ends at byte 40, before it is complete"),
        "{complaint}"
    );
}

#[test]
fn standard_input_that_is_closed_is_empty() {
    let place = Place::new();
    for (from, code) in [("<&-", Some(0)), ("</dev/null", Some(0)), ("<.", Some(1))] {
        let line = format!("exec '{}' count - {from}", env!("CARGO_BIN_EXE_ringmill"));
        let output =
            Command::new("sh").arg("-c").arg(line).current_dir(place.path(".")).output().expect("a shell");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code, "{said}");
        assert!(if code == Some(0) { said == "0\n" } else { said.contains("Is a directory") }, "{said}");
    }
}

#[test]
fn a_pipe_that_has_a_name() {
    let place = Place::new().with("shop.csv", SHOP);
    let made = Command::new("mkfifo").arg(place.path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let mut child =
        place.command(&["count", "pipe"]).stdout(Stdio::piped()).spawn().expect("the command starts");
    fs::write(place.path("pipe"), SHOP).expect("the pipe takes it");
    let mut said = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut said).expect("text");
    assert_eq!((said.as_str(), child.wait().expect("the command ends").success()), ("5\n", true));
}

#[test]
fn several_files_are_one() {
    let place = Place::new()
        .with("day-1.csv", "a,b\n1,2\n3,4\n")
        .with("day-2.csv", "a,b\n5,6")
        .with("other.csv", "a,c\n5,6\n");
    assert_eq!(place.run("count day-1.csv day-2.csv").succeeded(), "3\n");
    assert_eq!(place.run("count day-*.csv").succeeded(), "3\n");
    assert_eq!(place.run("count day-?.csv --where a>=3").succeeded(), "2\n");
    let complaint = place.run("count day-1.csv other.csv").failed();
    assert!(complaint.contains("other.csv") && complaint.contains('c'), "{complaint}");
    let complaint = place.run("count night-*.csv").failed();
    assert!(complaint.contains("night-*.csv: no file matches"), "{complaint}");
    let complaint = place.run("count day-1.csv -").failed();
    assert!(complaint.contains("comes only once"), "{complaint}");
}

#[test]
fn every_number_of_workers_counts_alike() {
    let place = Place::new();
    place.run("generate reviews r.csv --rows 20000").code.unwrap();
    for threads in [1, 2, 3, 8] {
        assert_eq!(place.run(&format!("count r.csv --threads {threads}")).succeeded(), "20000\n");
    }
}
