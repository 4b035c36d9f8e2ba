//! Ctrl-C and readers that go away end the command cleanly.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::Place;

/// Waits until the command has begun to write a file.
#[track_caller]
fn wait_for_a_file(place: &Place) {
    let patience = Instant::now() + Duration::from_secs(60);
    while place.names().is_empty() {
        assert!(Instant::now() < patience, "the command has begun nothing");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Starts the command with signals as a terminal has them, even if the tests run where they are ignored.
fn start(place: &Place, words: &[&str]) -> Child {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM,HUP").arg(env!("CARGO_BIN_EXE_ringmill")).args(words);
    command.current_dir(place.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the command starts")
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn what_is_half_written_is_removed() {
    for what in ["trips", "stations", "array"] {
        let place = Place::new();
        let mut child = start(&place, &["generate", what, "out", "--bytes", "2GB"]);
        wait_for_a_file(&place);
        signal(&child, "INT");
        let status = child.wait().expect("the command ends");
        assert_eq!(status.code(), Some(130), "{what}");
        assert_eq!(place.names(), [""; 0], "{what}");
    }
}

#[test]
fn who_is_told_to_ignore_a_hang_up_ignores_it() {
    let place = Place::new();
    let mut command = Command::new("env");
    command.arg("--ignore-signal=HUP").arg(env!("CARGO_BIN_EXE_ringmill"));
    command.args(["generate", "trips", "out", "--bytes", "200MB"]).current_dir(place.path(""));
    let mut child = command.stdout(Stdio::null()).spawn().expect("the command starts");
    wait_for_a_file(&place);
    signal(&child, "HUP");
    assert_eq!(child.wait().expect("the command ends").code(), Some(0));
    assert_eq!(place.names(), ["out"]);
}

#[test]
fn the_demonstration_takes_its_files_along() {
    let place = Place::new();
    let mut command = place.command(&["demo", "--dir", ".", "--bytes", "2GB"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    wait_for_a_file(&place);
    signal(&child, "INT");
    assert_eq!(child.wait().expect("the command ends").code(), Some(130));
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let place = Place::new();
    place.run("generate trips trips.csv --rows 100000").succeeded();
    for flags in [&[][..], &["--json"]] {
        let words = [&["group", "trips.csv", "--by", "trip"], flags].concat();
        let mut command = place.command(&words);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
        let mut first = String::new();
        let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
        reader.read_line(&mut first).expect("a first line");
        assert!(!first.is_empty());
        drop(reader);
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    }
}
