//! `ringmill group` gives each group's measures, in the order of the keys, at any number of workers.

mod support;

use serde_json::json;
use support::{Place, SHOP};

#[test]
fn one_key_and_several_measures() {
    let place = Place::new().with("shop.csv", SHOP);
    let table = "\
kind   count  count:stock  mean:price  max:price  sum:price
           1            1        0.25       0.25       0.25
metal      2            2       1.525          3       3.05
wood       2            1       9.875       12.5      19.75
";
    let line = "group shop.csv --by kind --agg count,count:stock,mean:price,max:price,sum:price";
    assert_eq!(place.run(line).succeeded(), table);
}

#[test]
fn several_keys_and_spread() {
    let text = "a,b,x\n1,u,1\n1,u,2\n1,v,5\n2,u,4\n1,u,4\n";
    let place = Place::new().with("t.csv", text);
    let table = "\
a  b  count    std:x  min:x
1  u      3  1.52753      1
1  v      1               5
2  u      1               4
";
    assert_eq!(place.run("group t.csv --by a,b --agg count,std:x,min:x").succeeded(), table);
}

#[test]
fn keys_that_are_quoted_and_not_are_one() {
    let place = Place::new().with("t.csv", "k,x\n\"a\",1\na,2\n\"a \"\"b\"\"\",3\n\"two\nlines\",4\n");
    let table = "\
k           sum:x
a               3
a \"b\"           3
two\\nlines      4
";
    assert_eq!(place.run("group t.csv --by k --agg sum:x").succeeded(), table);
}

#[test]
fn json_has_full_precision() {
    let place = Place::new().with("t.csv", "k,x\nb,1\na,0.1\na,0.2\na,\nc,1\nc,2\n");
    let found = place.run("group t.csv --by k --agg mean:x,count --json").json();
    let groups = json!([
        {"k": "a", "mean:x": 0.15000000000000002, "count": 3},
        {"k": "b", "mean:x": 1.0, "count": 1},
        {"k": "c", "mean:x": 1.5, "count": 2},
    ]);
    assert_eq!(found, json!({"records": 6, "groups": groups}));
    let found = place.run("group t.csv --by k --agg std:x --json").json();
    let spread = [&found["groups"][1]["std:x"], &found["groups"][2]["std:x"]];
    assert_eq!(spread, [&json!(null), &json!(0.5_f64.sqrt())]);
}

#[test]
fn text_can_be_counted_but_not_averaged() {
    let place = Place::new().with("t.csv", "k,name\na,x\na,\nb,y\n");
    let counted = place.run("group t.csv --by k --agg count:name").succeeded();
    assert_eq!(counted, "k  count:name\na           1\nb           1\n");
    let complaint = place.run("group t.csv --by k --agg count:name,mean:name").failed();
    assert!(
        complaint.contains("t.csv") && complaint.contains("\"name\"") && complaint.contains("\"x\""),
        "{complaint}"
    );
}

#[test]
fn the_dialect_is_as_told() {
    let place = Place::new().with("t.tsv", "# made by hand\na\t'x\ty'\nb\tz\n");
    let words =
        ["group", "t.tsv", "--by", "1", "-d", "tab", "--quote", "'", "--comment", "#", "--no-headers"];
    assert_eq!(place.run_words(&words).succeeded(), "1     count\nx\\ty      1\nz         1\n");
    let place = Place::new().with("t.csv", "k;x\n\"a;1\n\"a;2;3\nb\n");
    let line = "group t.csv --by k --agg sum:x --delimiter semicolon --no-quoting --flexible";
    assert_eq!(place.run(line).succeeded(), "k   sum:x\n\"a      3\nb       0\n");
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    let place = Place::new();
    place.run("generate trips trips.csv --bytes 6MB").code.unwrap();
    let answers: Vec<String> = ["1", "2", "3", "8"]
        .into_iter()
        .map(|threads| {
            let line = format!(
                "group trips.csv --by city,vehicle --agg count,sum:price,mean:tip,std:price,max:distance_km \
                 --json --threads {threads}"
            );
            place.run(&line).succeeded()
        })
        .collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(answers[0].contains("Washington, DC"));
}

#[test]
fn all_that_can_be_asked() {
    let text = "k,x,name\na,4,u\nb,1,\na,7,v\na,13,u\na,16,w\na,,\n";
    let place = Place::new().with("t.csv", text);
    let table = "\
k  var:x    std:x  first:name  last:name  distinct:name  approx_distinct:name
a     30  5.47723  u                                  4                     4
b                                                     1                     1
";
    let line = "group t.csv --by k --agg var:x,std:x,first:name,last:name,distinct:name,approx_distinct:name";
    assert_eq!(place.run(line).succeeded(), table);
    let table = "\
k  median:x  p0:x  p25:x  p99.9:x  p100:x
a         7     4      4       16      16
b         1     1      1        1       1
";
    assert_eq!(place.run("group t.csv --by k --agg median:x,p0:x,p25:x,p99.9:x,p100:x").succeeded(), table);
}

#[test]
fn only_records_that_pass_are_grouped() {
    let place = Place::new().with("shop.csv", SHOP);
    let words = ["group", "shop.csv", "--by", "kind", "--agg", "count,count:stock,sum:price", "--where"];
    let grouped = |condition| place.run_words(&[&words[..], &[condition]].concat()).succeeded();
    let table = "\
kind   count  count:stock  sum:price
metal      1            1          3
wood       2            1      19.75
";
    assert_eq!(grouped("price > 1"), table);
    assert_eq!(grouped("price > 100"), "kind  count  count:stock  sum:price\n");
    // What does not pass is not read: its fields may be no numbers.
    let place = Place::new().with("t.csv", "k,x\na,1\nb,none\n");
    assert_eq!(place.run("group t.csv --by k --agg sum:x --where k=a").succeeded(), "k  sum:x\na      1\n");
}

#[test]
fn several_files_are_one() {
    let place = Place::new().with("1.csv", "k,x\na,1\nb,2\n").with("2.csv", "k,x\nb,3\n");
    assert_eq!(place.run("group ?.csv --by k --agg sum:x").succeeded(), "k  sum:x\na      1\nb      5\n");
    let complaint =
        place.with("2.csv", "k,x\nb,three\n").run("group 1.csv 2.csv --by k --agg sum:x").failed();
    assert!(complaint.contains("2.csv") && complaint.contains("\"three\""), "{complaint}");
}

#[test]
fn a_stream_is_grouped_as_a_file_is() {
    let place = Place::new().with("shop.csv", SHOP).with("shop.csv.gz", support::PACKED);
    let line = |file| {
        format!("group {file} --by kind --agg mean:price,p50:price,count,count:stock --where price>0.1")
    };
    let from_file = place.run(&line("shop.csv")).succeeded();
    assert_eq!(place.run_on(&line("-"), SHOP).succeeded(), from_file);
    let table = "kind   first:item\nmetal  nut\nwood   plank\n";
    assert_eq!(place.run("group shop.csv.gz --by kind --agg first:item").succeeded(), table);
}
