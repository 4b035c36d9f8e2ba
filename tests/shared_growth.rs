//! Promise: an array that may grow does so for every process at once, nothing moves, and what others claim of its length is believed
//! only as far as the file reaches.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use ringmill::array::{ArrayError, AtomicArray};
use ringmill::memory::shared::{Place, SharedError, SharedRegion};

/// Where the word lies that says how far the array reaches, and where the elements begin.
const WORD: u64 = 4096;
const DATA: u64 = 8192;

/// What a child of these tests does; a test like any other, which does nothing unless it is one.
#[test]
fn role() {
    let Ok(path) = env::var("RINGMILL_TEST_PATH") else { return };
    let counts = AtomicArray::<u64>::open_named(Place::file(path)).unwrap();
    for len in 1..=5000 {
        counts.grow(len).unwrap();
        let view = counts.view();
        assert!(view.len() >= len);
        view.add(len - 1, 1).unwrap();
    }
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[test]
fn it_grows_for_everybody_and_nothing_moves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts");
    let ours = AtomicArray::<u32>::create_growing(Place::file(&path), 3, 1 << 32).unwrap();
    let theirs = AtomicArray::<u32>::open_named(Place::file(&path)).unwrap();
    assert_eq!((ours.view().len(), theirs.view().len(), bytes(&path)), (3, 3, DATA + 12));
    let before = theirs.view();
    ours.view().store(2, 9).unwrap();
    for len in [4, 4, 1, 5000, 100_000] {
        ours.grow(len).unwrap();
        assert_eq!(ours.view().len(), theirs.view().len());
        assert!(theirs.view().len() >= len);
    }
    theirs.view().store(99_999, 5).unwrap();
    assert_eq!((ours.view().load(99_999).unwrap(), ours.view().load(4).unwrap()), (5, 0));
    assert_eq!((before.len(), before.load(2).unwrap()), (3, 9));
    assert_eq!(AtomicArray::<u32>::open_named(Place::file(&path)).unwrap().view().len(), 100_000);
    assert_eq!(SharedRegion::inspect(&Place::file(&path)).unwrap().header().dimensions(), [3]);
    assert_eq!(bytes(&path), DATA + 400_000);
    ours.check().unwrap();
}

#[test]
fn processes_let_it_grow_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts");
    let counts = AtomicArray::<u64>::create_growing(Place::file(&path), 0, 5000).unwrap();
    assert!(counts.view().is_empty());
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["role", "--exact"]).stdout(Stdio::null());
            command.env("RINGMILL_TEST_PATH", &path).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let view = counts.view();
    assert_eq!(view.len(), 5000);
    assert!((0..5000).all(|index| view.load(index).unwrap() == 3));
}

#[test]
fn threads_that_grow_and_look_never_see_an_element_that_is_not_there() {
    let counts = AtomicArray::<u64>::create_growing(Place::memory(), 1, 1 << 20).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            let counts = counts.clone();
            scope.spawn(move || (1..200).for_each(|step| counts.grow(step * 1000).unwrap()));
        }
        let mut len = 0;
        while len < 199_000 {
            let view = counts.view();
            assert!(view.len() >= len, "it fell");
            len = view.len();
            view.add(len - 1, 1).unwrap();
        }
    });
    counts.check().unwrap();
}

#[test]
fn there_is_a_bound_and_a_full_file_system() {
    let counts = AtomicArray::<u64>::create_growing(Place::memory(), 1, 100).unwrap();
    counts.grow(100).unwrap();
    for len in [101, usize::MAX, usize::MAX / 8] {
        let error = counts.grow(len).unwrap_err();
        assert!(matches!(error, ArrayError::Shared(SharedError::TooLarge { .. })), "{error}");
    }
    let fixed = AtomicArray::<u64>::create_named(Place::memory(), 5).unwrap();
    fixed.grow(5).unwrap();
    assert!(fixed.grow(6).is_err());
    assert!(AtomicArray::<u64>::create_growing(Place::memory(), 6, 5).is_err());
    assert!(AtomicArray::<u64>::create_growing(Place::memory(), 0, usize::MAX).is_err());

    let folder = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=1m", "ringmill-test"]).arg(folder.path()).stderr(Stdio::null());
    if !mount.status().is_ok_and(|status| status.success()) {
        println!("skipped: this process may not mount a small file system");
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        let path = folder.path().join("counts");
        let counts = AtomicArray::<u64>::create_growing(Place::file(&path), 10, 1 << 30).unwrap();
        let error = counts.grow(1 << 18).unwrap_err();
        assert!(matches!(error, ArrayError::Shared(SharedError::Full { .. })), "{error}");
        assert_eq!(counts.view().len(), 10);
        counts.grow(1 << 16).unwrap();
        (0..1 << 16).for_each(|index| counts.view().store(index, 1).unwrap());
    });
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    outcome.unwrap();
}

#[test]
fn a_claim_that_is_not_true_is_reported_and_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counts");
    let counts = AtomicArray::<u64>::create_growing(Place::file(&path), 10, 1 << 20).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for claim in [DATA + 81, DATA + (8 << 20), DATA + (8 << 20) + 1, u64::MAX] {
        file.write_all_at(&claim.to_ne_bytes(), WORD).unwrap();
        assert_eq!(counts.view().len(), 10);
        let error = counts.check().unwrap_err();
        let ArrayError::Shared(SharedError::Corrupt { found, .. }) = error else { panic!("{error}") };
        assert_eq!(found, claim);
        assert!(counts.grow(20).is_err());
        assert_eq!(AtomicArray::<u64>::open_named(Place::file(&path)).unwrap().view().len(), 10);
    }
    // Smaller numbers are no news, and neither is a part of an element.
    for claim in [0, 1, DATA + 79] {
        file.write_all_at(&claim.to_ne_bytes(), WORD).unwrap();
        assert_eq!(counts.view().len(), 10);
        counts.check().unwrap();
    }
    file.set_len(DATA + 8 * 20 + 3).unwrap();
    file.write_all_at(&(DATA + 8 * 20 + 3).to_ne_bytes(), WORD).unwrap();
    assert_eq!(counts.view().len(), 20);
}
