//! `ringmill generate` makes as much as was asked for, and the same bytes for the same seed.

mod support;

use support::{Place, f64s, npy_data};

#[test]
fn rows_are_exact_and_bytes_are_not_exceeded() {
    let place = Place::new();
    for rows in [0, 1, 16_384, 16_385, 70_000] {
        let line = format!("generate stations s.csv --rows {rows} --force");
        assert!(place.run(&line).succeeded().starts_with(&format!("s.csv: {rows} records")));
        let text = String::from_utf8(place.read("s.csv")).unwrap();
        assert_eq!(text.lines().count(), rows + 1);
    }
    for bytes in [20, 100, 1_000, 3_000_000] {
        let line = format!("generate stations s.csv --bytes {bytes} --no-headers --force");
        place.run(&line).succeeded();
        let text = String::from_utf8(place.read("s.csv")).unwrap();
        assert!(text.len() <= bytes && text.len() + 40 > bytes, "{} of {bytes}", text.len());
        assert!(text.ends_with('\n'));
    }
}

#[test]
fn the_seed_alone_decides_the_bytes() {
    let place = Place::new();
    for kind in ["trips", "ticks", "reviews", "stations", "array"] {
        let make = |name: &str, flags: &str| {
            place.run(&format!("generate {kind} {name} --bytes 4MB --force {flags}")).succeeded();
            place.read(name)
        };
        let one = make("a", "--threads 1");
        assert_eq!(one, make("b", "--threads 2"), "{kind}");
        assert_eq!(one, make("c", "--threads 3 --seed 1"), "{kind}");
        assert_ne!(one, make("d", "--seed 2"), "{kind}");
    }
}

#[test]
fn the_first_lines_are_what_they_were() {
    let place = Place::new();
    place.run("generate stations s.csv --rows 3").succeeded();
    assert_eq!(place.read("s.csv"), b"station;temperature\nPalda;-7.8\nMorland;18.3\nIsla de Kalda;3.1\n");
    place.run("generate trips t.csv --rows 2").succeeded();
    let trips = "\
trip,started,city,vehicle,passengers,distance_km,minutes,price,tip,shared,note
1,2024-01-01 00:10:38,Marrakesh,van,2,9.88,28,13.69,1.23,true,
2,2024-01-01 00:18:27,Hanoi,car,3,4.05,18,7.50,1.12,false,
";
    assert_eq!(String::from_utf8(place.read("t.csv")).unwrap(), trips);
    place.run("generate ticks k.csv --rows 2").succeeded();
    let ticks = "\
id,day,symbol,venue,open,high,low,close,average,turnover
1,2000-01-01,FAT,XAMS,990.6775,1009.7348,982.2443,1007.1580,999.712366,53951477.255922
2,2000-01-01,CYJ,XZRH,981.6207,982.5379,978.3195,981.0152,980.624200,14312210.199000
";
    assert_eq!(String::from_utf8(place.read("k.csv")).unwrap(), ticks);
    place.run("generate reviews r.csv --rows 1").succeeded();
    let reviews = "id,product,stars,price,title,text\r\n1,\"Rope\",3,\"4.54\",Fine,\"Cheaper elsewhere,\nif one can wait.\"\r\n";
    assert_eq!(String::from_utf8(place.read("r.csv")).unwrap(), reviews);
}

#[test]
fn there_are_as_many_stations_as_asked_for() {
    let place = Place::new();
    place.run("generate stations s.csv --rows 5000 --keys 7").succeeded();
    let found = place.run_words(&["group", "s.csv", "--by", "station", "-d", ";", "--json"]).json();
    assert_eq!(found["groups"].as_array().unwrap().len(), 7);
}

#[test]
fn an_array_is_even_between_0_and_100() {
    let place = Place::new();
    place.run("generate array a.npy --rows 10000").succeeded();
    let numbers = f64s(npy_data(&place.read("a.npy"))).to_vec();
    assert_eq!(numbers.len(), 10_000);
    assert!(numbers.iter().all(|x| (0.0..100.0).contains(x)));
    let mean = numbers.iter().sum::<f64>() / 10_000.0;
    assert!((49.0..51.0).contains(&mean), "{mean}");
    place.run("generate array b.npy --bytes 4096 --type f32").succeeded();
    assert_eq!(npy_data(&place.read("b.npy")).len(), 4096);
}

#[test]
fn what_exists_is_replaced_only_on_demand() {
    let place = Place::new().with("mine.csv", "precious");
    let complaint = place.run("generate trips mine.csv --rows 1").failed();
    assert!(complaint.contains("mine.csv: exists already") && complaint.contains("--force"), "{complaint}");
    assert_eq!(place.read("mine.csv"), b"precious");
    place.run("generate trips mine.csv --rows 1 --force").succeeded();
    assert_ne!(place.read("mine.csv"), b"precious");
    assert_eq!(place.names(), ["mine.csv"]);
}
