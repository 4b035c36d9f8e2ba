//! `ringmill stats` says what every column holds, the same at any number of workers.

mod support;

use serde_json::json;
use support::{Place, SHOP};

#[test]
fn a_table_of_columns() {
    let place = Place::new().with("shop.csv", SHOP);
    let table = "\
column  type     count  empty    min         max   mean      std  distinct
item    text         5      0   bolt  two\\nlines                         5
kind    text         4      1  metal        wood                         2
price   float        5      0   0.05        12.5   4.61  5.28245         5
stock   integer      4      1     -3        1000  313.5   472.38         4
sold    boolean      4      1  false        true                         2
";
    assert_eq!(place.run("stats shop.csv").succeeded(), table);
}

#[test]
fn json_has_full_precision() {
    let place = Place::new().with("t.csv", "id,x\n9007199254740993,0.1\n-1,0.2\n");
    let found = place.run("stats t.csv --json").json();
    let columns = json!([
        {"column": "id", "type": "integer", "count": 2, "empty": 0, "min": -1, "max": 9007199254740993_i64,
         "mean": 4503599627370495.5, "std": 6369051672525773.0, "distinct": 2},
        {"column": "x", "type": "float", "count": 2, "empty": 0, "min": 0.1, "max": 0.2,
         "mean": 0.15000000000000002, "std": 0.07071067811865475, "distinct": 2},
    ]);
    assert_eq!(found, json!({"records": 2, "columns": columns}));
}

#[test]
fn a_column_is_what_its_fields_have_in_common() {
    let text = "a,b,c,d,e\n1,1,1,true,\n2.5,x,true,no,\n3,3,,false,\n";
    let place = Place::new().with("t.csv", text);
    let found = place.run("stats t.csv --json").json();
    let kinds: Vec<_> = found["columns"].as_array().unwrap().iter().map(|column| &column["type"]).collect();
    assert_eq!(kinds, ["float", "text", "text", "text", "empty"]);
    // Of a text column min and max are texts, even of the fields that look like numbers.
    assert_eq!((&found["columns"][1]["min"], &found["columns"][1]["max"]), (&json!("1"), &json!("x")));
    assert_eq!(found["columns"][4]["min"], json!(null));
}

#[test]
fn distinct_values_are_counted_up_to_sixty_four() {
    let column = |count: usize| {
        let rows: String = (0..count * 3).map(|i| format!("v{}\n", i % count)).collect();
        let place = Place::new().with("t.csv", format!("v\n{rows}"));
        let table = place.run("stats t.csv").succeeded();
        table.split_whitespace().next_back().unwrap().to_owned()
    };
    assert_eq!(column(64), "64");
    assert_eq!(column(65), ">64");
}

#[test]
fn short_and_long_records_when_they_are_allowed() {
    let place = Place::new().with("t.csv", "a,b\n1\n2,3,4\n");
    let complaint = place.run("stats t.csv").failed();
    assert!(complaint.contains("--flexible"), "{complaint}");
    let found = place.run("stats t.csv --flexible --json").json();
    assert_eq!((&found["columns"][0]["count"], &found["columns"][1]["empty"]), (&json!(2), &json!(1)));
}

#[test]
fn bytes_that_are_no_text_are_counted_all_the_same() {
    let place = Place::new().with("t.csv", b"a\nx\xffy\n\0\n".as_slice());
    let found = place.run("stats t.csv --json").json();
    assert_eq!(found["columns"][0]["max"], json!("x\u{fffd}y"));
    assert_eq!(found["columns"][0]["min"], json!("\0"));
}

#[test]
fn a_field_of_ten_megabytes_is_a_field() {
    let mut text = b"a,b\n1,\"".to_vec();
    text.resize(text.len() + (10 << 20), b'\n');
    text.extend_from_slice(b"\"\n2,x\n");
    let place = Place::new().with("t.csv", text);
    let found = place.run("stats t.csv --json").json();
    assert_eq!((&found["records"], &found["columns"][1]["count"]), (&json!(2), &json!(2)));
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    let place = Place::new();
    place.run("generate trips trips.csv --bytes 6MB").code.unwrap();
    let answers: Vec<String> = ["1", "2", "3", "8"]
        .into_iter()
        .map(|threads| place.run(&format!("stats trips.csv --json --threads {threads}")).succeeded())
        .collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_plot_has_a_bar_for_each_bin_and_quantiles() {
    let rows: String = (1..=64)
        .flat_map(|n| [format!("{n},{}\n", if n <= 4 { "" } else { "5" }), format!("{n},\n")])
        .collect();
    let place = Place::new().with("t.csv", format!("n,five\n{rows}"));
    let text = place.run("stats t.csv --plot").succeeded();
    let plots: Vec<&str> = text.split("\n\n").skip(1).collect();
    assert_eq!(plots.len(), 2);
    let lines: Vec<&str> = plots[0].lines().collect();
    assert_eq!((lines[0], lines.len()), ("n", 18));
    assert_eq!(lines[1], format!("    1  8  {}", "█".repeat(40)));
    assert!(lines[17].starts_with("p1 1.00") && lines[17].ends_with("  p99 64"), "{}", lines[17]);
    // More than 64 numbers are known to one part in 256.
    let report = place.run("stats t.csv --plot --json").json();
    let quantiles = report["plots"][0]["quantiles"].as_array().unwrap();
    assert_eq!(quantiles.len(), 7);
    for (quantile, exact) in quantiles.iter().zip([1.0, 4.0, 16.0, 32.0, 48.0, 61.0, 64.0]) {
        let apart = quantile["value"].as_f64().unwrap() - exact;
        assert!(apart.abs() <= exact / 256.0, "{quantile} is {apart} from {exact}");
    }
    let report = place.run("stats t.csv --plot --json --where n<=8").json();
    let plots = report["plots"].as_array().unwrap();
    assert_eq!((&plots[0]["min"], &plots[0]["max"]), (&json!(1.0), &json!(8.0)));
    let counts = |plot: &serde_json::Value| {
        plot["counts"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((counts(&plots[0]), counts(&plots[1])), (16, 4));
    assert_eq!(plots[0]["quantiles"][3], json!({"share": 0.5, "value": 4.0}));
    assert_eq!(place.run_on("stats - --plot", place.read("t.csv")).succeeded(), text);
}

#[test]
fn a_stream_is_summarised_as_a_file_is() {
    let place = Place::new().with("shop.csv", SHOP);
    let from_file = place.run("stats shop.csv").succeeded();
    assert_eq!(place.run_on("stats -", SHOP).succeeded(), from_file);
    let from_file = place.run("stats shop.csv --no-headers").succeeded();
    assert_eq!(place.run_on("stats - --no-headers", SHOP).succeeded(), from_file);
    let complaint = place.run_on("stats -", "a,b\n").failed();
    assert!(complaint.contains("no records"), "{complaint}");
}

#[test]
fn only_records_that_pass_are_summarised() {
    let place = Place::new().with("shop.csv", SHOP);
    let found = place.run("stats shop.csv --json --where kind=wood").json();
    assert_eq!(found["records"], json!(2));
    assert_eq!((&found["columns"][2]["min"], &found["columns"][2]["max"]), (&json!(7.25), &json!(12.5)));
    assert_eq!(place.run("stats shop.csv --json --where kind=glass").json()["records"], json!(0));
}
