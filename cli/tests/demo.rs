//! `ringmill demo`, the first command that a newcomer types.

mod support;

use std::fs;

use support::Place;

#[test]
fn it_says_what_it_does_and_leaves_nothing() {
    let place = Place::new();
    let text = place.run("demo --bytes 2MB --dir . --threads 2").succeeded();
    for part in [
        "2 workers: ",
        "made trips.csv",
        "count records",
        "summarise every column",
        "Washington, DC",
        "The files are gone",
    ] {
        assert!(text.contains(part), "should say `{part}`: {text}");
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn machines_get_one_document() {
    let place = Place::new();
    let report = place.run("demo --bytes 1MB --dir . --threads 3 --json").json();
    assert_eq!(report["workers"], 3);
    assert_eq!(report["steps"].as_array().unwrap().len(), 5);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn the_files_stay_on_demand() {
    let place = Place::new();
    let text = place.run("demo --bytes 1MB --dir here --keep").succeeded();
    let kept: Vec<_> = fs::read_dir(place.path("here")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [folder] = &*kept else { panic!("one folder, not {kept:?}") };
    assert!(text.contains(folder.file_name().unwrap().to_str().unwrap()), "{text}");
    assert!(folder.join("trips.csv").exists() && folder.join("prices.npy").exists());
}
