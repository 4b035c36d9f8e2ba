//! What is wrong with a file or a request is said in one place and one sentence, with exit code 1 or 2, no panic,
//! and nothing left behind.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use support::{Place, SHOP, npy, npy_f64};

/// Every reading verb on one file, and what the complaint must say.
#[track_caller]
fn refused(place: &Place, file: &str, says: &[&str]) {
    let before = place.names();
    for line in [
        format!("stats {file}"),
        format!("bench {file}"),
        format!("group {file} --by a"),
        format!("columns {file} --column a --out out.npy"),
    ] {
        let complaint = place.run(&line).failed();
        for part in [file].iter().chain(says) {
            assert!(complaint.contains(part), "`{line}` should say `{part}`: {complaint}");
        }
    }
    assert_eq!(place.names(), before);
}

#[test]
fn what_is_no_file() {
    let place = Place::new();
    refused(&place, "missing.csv", &["No such file"]);
    fs::create_dir(place.path("folder")).unwrap();
    refused(&place, "folder", &["directory"]);
    symlink("nowhere", place.path("dangling.csv")).unwrap();
    refused(&place, "dangling.csv", &["No such file"]);
}

#[test]
fn what_may_not_be_read() {
    let place = Place::new().with("secret.csv", SHOP);
    fs::set_permissions(place.path("secret.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(place.path("secret.csv")).is_ok() {
        return; // The superuser reads everything.
    }
    refused(&place, "secret.csv", &["Permission denied"]);
}

#[test]
fn what_has_no_records() {
    refused(&Place::new().with("empty.csv", ""), "empty.csv", &["empty"]);
    refused(&Place::new().with("h.csv", "a,b\n"), "h.csv", &["header", "--no-headers"]);
    refused(&Place::new().with("mark.csv", "\u{feff}"), "mark.csv", &["no records"]);
}

#[test]
fn what_is_not_closed_or_not_even() {
    let place = Place::new().with("t.csv", "a,b\n1,2\n3,\"open\n5,6\n");
    refused(&place, "t.csv", &["quote", "byte 10", "--no-quoting"]);
    let place = Place::new().with("t.csv", "a,b\n1,2\n3\n");
    refused(&place, "t.csv", &["record 2", "expected 2 fields, found 1", "--flexible"]);
}

#[test]
fn columns_that_are_not_there() {
    let place = Place::new().with("shop.csv", SHOP);
    for line in [
        "filter shop.csv --where prise>1",
        "filter shop.csv --select prise",
        "count shop.csv --where knid=x",
        "group shop.csv --by knid",
        "group shop.csv --by kind --agg mean:prise",
        "columns shop.csv --column prise --out p.npy",
    ] {
        let complaint = place.run(line).failed();
        assert!(complaint.contains("\"price\"") && complaint.contains("\"kind\""), "{complaint}");
    }
    let place = Place::new().with("t.csv", "a;b\n1;2\n");
    let complaint = place.run("group t.csv --by a").failed();
    assert!(complaint.contains("--delimiter ';'"), "{complaint}");
    let complaint = place.run("group t.csv --by a --no-headers").failed();
    assert!(complaint.contains("columns are 0 to 0"), "{complaint}");
}

#[test]
fn a_number_that_is_none_is_shown_with_its_place() {
    let rows: String = (0..50_000).map(|i| format!("k{},{i}\n", i % 7)).collect();
    let place = Place::new().with("t.csv", format!("k,x\n{rows}k1,1.2.3\n{rows}"));
    for line in ["group t.csv --by k --agg sum:x", "columns t.csv --column x --out x.npy"] {
        for threads in [1, 2, 3] {
            let complaint = place.run(&format!("{line} --threads {threads}")).failed();
            let byte = format!("byte {}", "k,x\n".len() + rows.len() + "k1,".len());
            for part in ["t.csv", "line 50002", "record 50001", &byte, "column \"x\"", "\"1.2.3\""] {
                assert!(complaint.contains(part), "should say `{part}`: {complaint}");
            }
        }
    }
    assert_eq!(place.names(), ["t.csv"]);
}

#[test]
fn text_that_is_not_utf8_can_be_a_key() {
    let place = Place::new().with("t.csv", b"k,x\n\xff\xfe,1\nn\0l,2\n");
    let table = place.run("group t.csv --by k --agg sum:x").succeeded();
    assert_eq!(table, "k        sum:x\nn\\u{0}l      2\n\u{fffd}\u{fffd}           1\n");
}

#[test]
fn arrays_that_are_none() {
    let mut short = npy_f64(&[1.0, 2.0]);
    short.pop();
    let cases = [
        ("missing.npy", None, "No such file"),
        ("empty.npy", Some(Vec::new()), "empty.npy"),
        ("text.npy", Some(b"price\n1\n".to_vec()), "text.npy"),
        ("short.npy", Some(short), "short.npy"),
        ("object.npy", Some(npy("|O", "(1,)", &[0; 8])), "object"),
        ("big.npy", Some(npy(">f8", "(1,)", &[0; 8])), ">f8"),
        ("huge.npy", Some(npy("<f8", "(99999999999, 99999999999)", &[])), "huge.npy"),
    ];
    for (name, content, says) in cases {
        let mut place = Place::new();
        if let Some(content) = &content {
            place = place.with(name, content);
        }
        for verb in ["info", "sum", "stats", "scale --mul 2"] {
            if name == "short.npy" && verb == "info" {
                continue; // The header is whole, and info reads no more.
            }
            let complaint = place.run(&format!("array {verb} {name}")).failed();
            assert!(complaint.contains(says) && complaint.contains(name), "{verb} {name}: {complaint}");
        }
        assert_eq!(content.is_some(), place.names() == [name]);
    }
}

#[test]
fn places_where_nothing_can_be_written() {
    let place = Place::new().with("shop.csv", SHOP).with("a.npy", npy_f64(&[1.0]));
    fs::create_dir(place.path("folder")).unwrap();
    for line in [
        "columns shop.csv --column price --out folder",
        "columns shop.csv --column price --out missing/p.npy",
        "columns shop.csv --column price --out shop.csv/p.npy",
        "generate trips folder --rows 5 --force",
        "generate trips missing/t.csv --rows 5",
        "generate array missing/a.npy --rows 5",
        "array scale folder --mul 2",
        "demo --bytes 1MB --dir shop.csv/x",
    ] {
        place.run(line).failed();
        assert_eq!(place.names(), ["a.npy", "folder", "shop.csv"], "{line}");
        assert!(fs::read_dir(place.path("folder")).unwrap().next().is_none());
    }
}

#[test]
fn a_disk_without_room() {
    // Half the address space is more than any disk has.
    let place = Place::new();
    let complaint = place.run("generate array a.npy --bytes 4000000TB").failed();
    assert!(complaint.contains("a.npy: no room") && complaint.contains("hint: make room"), "{complaint}");
    assert_eq!(place.names(), [""; 0]);
    // A device that is always full stands for one that fills up while it is written.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let place = place.with("shop.csv", SHOP);
    let output = place.command(&["stats", "shop.csv"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("standard output") && complaint.contains("No space left"), "{complaint}");
}

#[test]
fn command_lines_that_are_wrong() {
    let place = Place::new().with("shop.csv", SHOP);
    for line in [
        "",
        "summarise shop.csv",
        "stats",
        "stats shop.csv --threads 0",
        "stats shop.csv --delimiter ;;",
        "stats shop.csv --no-quoting --quote '",
        "group shop.csv",
        "group shop.csv --by kind --agg mode:price",
        "group shop.csv --by kind --agg p101:price",
        "filter shop.csv --where price",
        "filter shop.csv --where price>1_or_price<0 --where =3",
        "count",
        "head shop.csv -n many",
        "head shop.csv --csv --json",
        "columns shop.csv --column price --out p.npy --type f64 --infer",
        "bench shop.csv --runs 0",
        "group shop.csv --by kind --agg mean",
        "columns shop.csv --column price",
        "columns shop.csv --column price --out p.npy --type f16",
        "array scale a.npy",
        "generate trips t.csv",
        "generate trips t.csv --rows 5 --bytes 5",
        "generate trips t.csv --bytes lots",
    ] {
        let outcome = place.run(line);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{line}");
        assert!(!outcome.stderr.is_empty(), "{line}");
    }
    assert_eq!(place.names(), ["shop.csv"]);
}

#[test]
fn one_byte_cannot_mean_two_things() {
    let place = Place::new().with("shop.csv", SHOP);
    let complaint = place.run("stats shop.csv --delimiter # --comment #").failed();
    assert!(complaint.contains("delimiter and comment"), "{complaint}");
}

#[test]
fn help_and_version_are_no_errors() {
    let place = Place::new();
    for line in ["--help", "-h", "--version", "help group", "array scale --help", "generate --help"] {
        assert!(!place.run(line).succeeded().is_empty());
    }
}
