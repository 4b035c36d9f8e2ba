//! `ringmill filter` writes the records that pass, as they were, in order.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::json;
use support::{Place, SHOP};

fn filter(place: &Place, words: &[&str]) -> String {
    place.run_words(&[&["filter", "shop.csv"], words].concat()).succeeded()
}

#[test]
fn fields_stay_as_they_were_written() {
    let place = Place::new().with("shop.csv", SHOP);
    let expected = "\
item,kind,price,stock,sold
\"nut, small\",metal,0.05,1000,true
\"two
lines\",metal,3,7,true
";
    assert_eq!(filter(&place, &["--where", "kind = metal"]), expected);
    assert_eq!(filter(&place, &["--where", "kind ~ et"]), expected);
    assert_eq!(filter(&place, &["--where", "sold = true", "--where", "price < 10"]), expected);
    assert_eq!(filter(&place, &["--where", "kind = glass"]), "item,kind,price,stock,sold\n");
}

#[test]
fn numbers_compare_as_numbers_and_text_as_bytes() {
    let place = Place::new().with("shop.csv", SHOP);
    let items = |condition: &str| filter(&place, &["--where", condition, "--select", "price"]);
    assert_eq!(items("price >= 3.00"), "price\n12.5\n3\n7.25\n");
    assert_eq!(items("price = 3.0"), "price\n3\n");
    assert_eq!(items("price = '3.0'"), "price\n");
    assert_eq!(items("price < '2'"), "price\n0.05\n12.5\n0.25\n");
    assert_eq!(items("stock > -1e9"), "price\n0.05\n3\n0.25\n7.25\n");
    assert_eq!(items("kind < n"), "price\n0.05\n3\n0.25\n");
}

#[test]
fn chosen_columns_come_in_the_order_of_choice() {
    let place = Place::new().with("shop.csv", SHOP);
    let expected = "stock,item\n1000,\"nut, small\"\n250,bolt\n";
    assert_eq!(filter(&place, &["--where", "stock > 7", "--select", "stock,item"]), expected);
    let place = Place::new().with("shop.csv", "\"a,b\",\"say \"\"hi\"\"\",c\n1,2,3\n");
    assert_eq!(filter(&place, &["--select", "c,1,0"]), "c,\"say \"\"hi\"\"\",\"a,b\"\n3,2,1\n");
}

#[test]
fn json_has_texts() {
    let place = Place::new().with("t.csv", "a;b\n1;\"x;\"\"y\"\"\"\n2;\n");
    let words = ["filter", "t.csv", "-d", ";", "--json", "--where", "a = 1"];
    assert_eq!(place.run_words(&words).json(), json!([{"a": "1", "b": "x;\"y\""}]));
}

#[test]
fn what_was_filtered_is_read_again_as_it_was() {
    let place = Place::new();
    place.run("generate reviews r.csv --rows 3000").code.unwrap();
    let all = place.run("filter r.csv").succeeded();
    let again = place.run_on("filter -", &all).succeeded();
    assert_eq!(all, again);
    let place = place.with("again.csv", &all);
    let stats = |file: &str| place.run(&format!("stats {file} --json")).succeeded();
    assert_eq!(stats("r.csv"), stats("again.csv"));
}

#[test]
fn records_keep_their_order_in_a_stream_too() {
    let rows: String = (0..300_000).map(|n| format!("{n},{}\n", n % 7)).collect();
    let text = format!("n,m\n{rows}");
    let place = Place::new().with("t.csv", &text);
    let from_file = place.run("filter t.csv --where m=3 --select n --threads 3").succeeded();
    assert!(from_file.lines().skip(1).eq((3..300_000).step_by(7).map(|n| n.to_string())));
    assert_eq!(place.run_on("filter - --where m=3 --select n --threads 3", &text).succeeded(), from_file);
}

#[test]
fn a_bad_record_ends_it_behind_the_good_ones() {
    let place = Place::new().with("t.csv", "a,b\n1,2\n3\n5,6\n");
    let outcome = place.run("filter t.csv");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), "a,b\n1,2\n"));
    assert!(
        outcome.stderr.contains("record 2") && outcome.stderr.contains("--flexible"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn it_is_the_same_on_any_number_of_threads() {
    let place = Place::new();
    place.run("generate trips t.csv --bytes 6MB").code.unwrap();
    for flags in
        ["--where price>20", "--where price>20 --json", "--json --where price>1e9", "--select trip,price"]
    {
        let one = place.run(&format!("filter t.csv {flags} --threads 1")).succeeded();
        for threads in [2, 3, 8] {
            let several = place.run(&format!("filter t.csv {flags} --threads {threads}")).succeeded();
            assert!(several == one, "{flags} on {threads} threads");
        }
    }
}

/// Whoever reads slowly holds up the workers: what waits to be written stays within bounds.
#[test]
fn a_slow_reader_costs_no_memory() {
    let place = Place::new();
    place.run("generate trips t.csv --bytes 96MB").code.unwrap();
    let cat = std::process::Command::new("cat").arg(place.path("t.csv")).stdout(Stdio::piped()).spawn();
    let mut cat = cat.expect("cat is everywhere");
    let mut child = place
        .command(&["filter", "-", "--threads", "2"])
        .stdin(cat.stdout.take().expect("a pipe"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut output = child.stdout.take().expect("a pipe");
    let mut begin = [0; 4096];
    output.read_exact(&mut begin).expect("more than that");
    // Long enough for all of it to be parsed, if nothing held it up.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 48 << 10, "{kilobytes} kB");
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("the rest");
    assert!(begin.iter().chain(&rest).eq(&place.read("t.csv")), "all of it comes, as it was");
    assert!(child.wait().expect("it ends").success() && cat.wait().expect("it ends").success());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    place.run("generate trips t.csv --bytes 8MB").code.unwrap();
    for (words, input) in [(["filter", "t.csv"], Stdio::null()), (["filter", "-"], file(&place))] {
        leave(place.command(&words).stdin(input));
    }
}

fn file(place: &Place) -> Stdio {
    std::fs::File::open(place.path("t.csv")).expect("it was made").into()
}

/// Runs the command, reads a line and goes away.
fn leave(command: &mut std::process::Command) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the header");
    assert!(line.starts_with("trip,"), "{line}");
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
