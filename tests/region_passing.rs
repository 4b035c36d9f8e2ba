//! Promise: memory without a name reaches other processes by number or over a socket, is the same memory there, can never be
//! made shorter or longer, and leaves nothing behind.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use ringmill::array::{ArrayError, AtomicArray};
use ringmill::memory::shared::{Place, SharedError, SharedRegion};

/// What a child of these tests does; a test like any other, which does nothing unless it is one.
#[test]
fn role() {
    let Ok(role) = env::var("RINGMILL_TEST_ROLE") else { return };
    let argument = env::var("RINGMILL_TEST_ARGUMENT").unwrap();
    let counts = match role.as_str() {
        "by number" => AtomicArray::<u64>::open_named(Place::inherited(argument.parse().unwrap())),
        "by socket" => {
            let stream = UnixStream::connect(argument).unwrap();
            AtomicArray::<u64>::open_named(Place::receive(&stream).unwrap())
        }
        other => panic!("{other}"),
    }
    .unwrap();
    for number in 0..30_000 {
        counts.view().add(number % 3, 1).unwrap();
    }
}

fn child(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["role", "--exact"]).env("RINGMILL_TEST_ROLE", role).stdout(Stdio::null());
    command
}

fn counts() -> AtomicArray<u64> {
    AtomicArray::create_named(Place::memory(), 3).unwrap()
}

fn totals(counts: &AtomicArray<u64>) -> Vec<u64> {
    (0..3).map(|index| counts.view().load(index).unwrap()).collect()
}

#[test]
fn a_child_gets_it_by_number() {
    let counts = counts();
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut child = child("by number");
            let number = counts.region().unwrap().pass_to(&mut child).unwrap();
            child.env("RINGMILL_TEST_ARGUMENT", number.to_string()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(totals(&counts), [30_000; 3]);
}

#[test]
fn a_child_that_is_not_given_it_does_not_have_it() {
    let counts = counts();
    let number = counts.region().unwrap().pass_to(&mut child("by number")).unwrap();
    let status = child("by number")
        .env("RINGMILL_TEST_ARGUMENT", number.to_string())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    assert_eq!(totals(&counts), [0; 3]);
}

#[test]
fn any_process_gets_it_over_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let counts = counts();
    let children: Vec<_> =
        (0..3).map(|_| child("by socket").env("RINGMILL_TEST_ARGUMENT", &path).spawn().unwrap()).collect();
    for _ in 0..3 {
        counts.region().unwrap().send(&listener.accept().unwrap().0).unwrap();
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(totals(&counts), [30_000; 3]);
}

#[test]
fn it_lives_as_long_as_somebody_has_it() {
    let (here, there) = UnixStream::pair().unwrap();
    let ours = counts();
    ours.view().store(0, 5).unwrap();
    ours.region().unwrap().send(&here).unwrap();
    drop(ours);
    let place = Place::receive(&there).unwrap();
    let theirs = AtomicArray::<u64>::open_named(place.clone()).unwrap();
    let again = AtomicArray::<u64>::open_named(place).unwrap();
    again.view().add(0, 1).unwrap();
    assert_eq!(theirs.view().load(0).unwrap(), 6);
}

#[test]
fn it_can_be_made_neither_shorter_nor_longer() {
    let counts = counts();
    let region = counts.region().unwrap();
    assert!(region.cannot_shrink());
    let number = region.pass_to(&mut child("")).unwrap();
    // The number is that of a descriptor which the command above has already closed: it is looked for.
    let own = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:ringmill"))
            && fs::metadata(path).is_ok_and(|found| found.len() == 4096 + 24)
    });
    let path = own.unwrap_or_else(|| panic!("no descriptor, not even {number}"));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let file = File::options().write(true).open(path).unwrap();
    for len in [0, 4096, 1 << 20] {
        assert_eq!(file.set_len(len).unwrap_err().kind(), io::ErrorKind::PermissionDenied, "{len}");
    }
    let folder = tempfile::tempdir().unwrap();
    let named = AtomicArray::<u8>::create_named(Place::file(folder.path().join("x")), 1).unwrap();
    assert!(!named.region().unwrap().cannot_shrink());
}

#[test]
fn what_is_no_region_is_refused() {
    let refused = |place: Place| SharedRegion::inspect(&place).unwrap_err();
    assert!(matches!(refused(Place::memory()), SharedError::Missing { .. }));
    assert!(matches!(refused(Place::inherited(99_999)), SharedError::Missing { .. }));
    let text = tempfile::tempfile().unwrap();
    let number = text.as_raw_fd().unsigned_abs();
    assert!(matches!(refused(Place::inherited(number)), SharedError::Header { .. }));
    let (_, pipe) = io::pipe().unwrap();
    let number = pipe.as_raw_fd().unsigned_abs();
    let error = AtomicArray::<u8>::open_named(Place::inherited(number)).unwrap_err();
    assert!(matches!(error, ArrayError::Shared(SharedError::NotAFile { kind: "pipe", .. })), "{error}");
}

#[test]
fn what_is_sent_instead_is_an_error() {
    let kind = |error: SharedError| match error {
        SharedError::System(error) => error.io().kind(),
        other => panic!("{other}"),
    };
    let (here, there) = UnixStream::pair().unwrap();
    there.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    assert_eq!(kind(Place::receive(&there).unwrap_err()), io::ErrorKind::WouldBlock);
    for byte in [b"R", b"x"] {
        (&here).write_all(byte).unwrap();
        assert_eq!(kind(Place::receive(&there).unwrap_err()), io::ErrorKind::InvalidData);
    }
    drop(here);
    assert_eq!(kind(Place::receive(&there).unwrap_err()), io::ErrorKind::UnexpectedEof);
}
