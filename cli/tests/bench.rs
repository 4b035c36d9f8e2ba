//! `ringmill bench` measures three kinds of work beside the machine's memory.

mod support;

use support::{Place, SHOP};

#[test]
fn three_kinds_of_work_have_a_rate() {
    let place = Place::new().with("shop.csv", SHOP);
    let table = place.run("bench shop.csv --runs 1 --buffer 2MB --threads 2").succeeded();
    for part in
        ["2 workers", "of memory", "read memory", "count records", "sum price", "group by item, mean price"]
    {
        assert!(table.contains(part), "should say `{part}`: {table}");
    }
    let report = place.run("bench shop.csv --runs 1 --buffer 2MB --sum stock --by kind --json").json();
    assert_eq!(report["file_bytes"], SHOP.len());
    let lines = report["lines"].as_array().unwrap();
    let works: Vec<_> = lines.iter().map(|line| line["work"].as_str().unwrap()).collect();
    assert_eq!(works, ["count records", "sum stock", "group by kind, mean stock"]);
    assert!(lines.iter().all(|line| line["bytes_per_second"].as_f64().unwrap() > 0.0));
    assert!(report["memory_bytes_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_is_not_there_is_not_measured() {
    let place = Place::new().with("t.csv", "a\nx\ny\n");
    let table = place.run("bench t.csv --runs 1 --buffer 2MB").succeeded();
    assert!(!table.contains("sum") && table.contains("group by a"), "{table}");
}
