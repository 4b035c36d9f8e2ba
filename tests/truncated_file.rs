//! Promise: a mapped file that is cut short neither kills the process nor passes for whole: missing bytes read as
//! zeros and `check` says so. Whoever declines the guard gets the system's signal.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use ringmill::array::{ArrayError, SharedArray};
use ringmill::memory::{Advice, Faults, Region, RegionError};

const PAGE: usize = 4096;

fn file_of(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("data");
    fs::write(&path, bytes).unwrap();
    path
}

/// What another program does.
fn cut(path: &Path, len: usize) {
    File::options().write(true).open(path).unwrap().set_len(len as u64).unwrap();
}

#[test]
fn what_is_missing_reads_as_zeros_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 100 * PAGE]);
    let region = Region::open(&path).unwrap();
    region.check().unwrap();
    cut(&path, 10 * PAGE + 100);
    let bytes = region.as_bytes();
    assert!(bytes[..10 * PAGE + 100].iter().all(|&byte| byte == 7));
    assert!(bytes[10 * PAGE + 100..].iter().all(|&byte| byte == 0));
    match region.check() {
        Err(error @ RegionError::Truncated { mapped_bytes: 409_600, file_bytes: 41_060, .. }) => assert_eq!(
            error.to_string(),
            format!("{}: was cut from 409600 to 41060 bytes while it was in use", path.display())
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cut_is_reported_though_nobody_touched_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 3 * PAGE]);
    let region = Region::open(&path).unwrap();
    cut(&path, 3 * PAGE - 1);
    assert_eq!(region.as_bytes()[0], 7);
    assert!(matches!(region.check(), Err(RegionError::Truncated { .. })));
}

#[test]
fn a_file_that_grew_again_is_not_taken_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 8 * PAGE]);
    let region = Region::open(&path).unwrap();
    cut(&path, 0);
    assert_eq!(region.as_bytes()[5 * PAGE + 17], 0);
    fs::write(&path, vec![8; 8 * PAGE]).unwrap();
    match region.check() {
        Err(RegionError::Lost { from_byte, .. }) => assert_eq!(from_byte, 5 * PAGE as u64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_threads_may_find_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pages = 2000;
    let path = file_of(folder.path(), &vec![7; pages * PAGE]);
    for _ in 0..20 {
        let region = Region::open(&path).unwrap();
        cut(&path, PAGE);
        thread::scope(|scope| {
            for thread in 0..4 {
                let region = &region;
                scope.spawn(move || {
                    for page in (1 + thread..pages).step_by(4).rev() {
                        assert_eq!(region.as_bytes()[page * PAGE], 0);
                    }
                });
            }
        });
        assert!(region.check().is_err());
        drop(region);
        fs::write(&path, vec![7; pages * PAGE]).unwrap();
    }
}

fn array_cut_to_eight_pages(folder: &Path) -> (PathBuf, SharedArray<u64>) {
    let path = folder.join("array.npy");
    SharedArray::<u64>::create_npy(&path, &[10_000]).unwrap().publish().unwrap().fill(3);
    let array = SharedArray::<u64>::open_npy(&path).unwrap();
    cut(&path, 8 * PAGE);
    (path, array)
}

#[test]
fn what_is_written_past_the_cut_stays_readable_and_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut array) = array_cut_to_eight_pages(folder.path());
    // From the end, so that every page is a fault of its own, and none may take back what lies behind it.
    for (index, element) in array.iter_mut().enumerate().rev() {
        *element = index as u64;
    }
    assert!(array.iter().copied().eq(0..10_000));
    assert!(matches!(array.check(), Err(ArrayError::Region(RegionError::Truncated { .. }))));
    assert!(array.flush().is_err());
    assert_eq!(fs::metadata(&path).unwrap().len(), 8 * PAGE as u64, "the file does not grow");
}

#[test]
fn to_release_what_was_written_past_the_cut_does_not_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 8 * PAGE]);
    let mut region = Region::open_for_change(&path).unwrap();
    cut(&path, 2 * PAGE);
    region.as_bytes_mut().unwrap()[5 * PAGE..].fill(9);
    let bytes = region.as_bytes();
    region.release_range(0..8 * PAGE).unwrap();
    assert!(bytes[5 * PAGE..].iter().all(|&byte| byte == 9));
    assert!(matches!(region.check(), Err(RegionError::Truncated { .. })));
}

#[test]
fn two_who_write_past_the_cut_take_nothing_from_each_other() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let (_, array) = array_cut_to_eight_pages(folder.path());
        let threads = array.parts(2).into_iter().map(|mut part| {
            thread::spawn(move || {
                let offset = part.offset();
                for (index, element) in part.iter_mut().enumerate().rev() {
                    *element = (offset + index) as u64;
                }
                part
            })
        });
        let threads: Vec<_> = threads.collect();
        let array = SharedArray::reunite(threads.into_iter().map(|thread| thread.join().unwrap())).unwrap();
        assert!(array.iter().copied().eq(0..10_000));
    }
}

#[test]
fn regions_come_and_go_while_others_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let path = folder.path().join(format!("data{thread}"));
            scope.spawn(move || {
                for round in 0..100 {
                    fs::write(&path, vec![7; 16 * PAGE]).unwrap();
                    let region = Region::open(&path).unwrap();
                    let guarded = round % 3 == 0;
                    if guarded {
                        cut(&path, 2 * PAGE);
                    }
                    let sum: usize = region.as_bytes().iter().map(|&byte| usize::from(byte)).sum();
                    assert_eq!(sum, 7 * PAGE * if guarded { 2 } else { 16 });
                    assert_eq!(region.check().is_err(), guarded);
                }
            });
        }
    });
}

#[test]
fn to_populate_what_is_missing_is_an_error_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 16 * PAGE]);
    let region = Region::open(&path).unwrap();
    cut(&path, PAGE);
    assert!(region.advise(Advice::PopulateRead).is_err());
    assert_eq!(region.as_bytes()[PAGE], 0);
}

/// Runs `test` alone in a child process and returns the signal that ended it; `None` in the child itself.
fn in_child(test: &str) -> Option<Option<i32>> {
    if std::env::var_os("RINGMILL_TEST_CHILD").is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let status = command.args(["--exact", test]).env("RINGMILL_TEST_CHILD", "1").output().unwrap().status;
    assert!(!status.success());
    Some(status.signal())
}

const SIGBUS: i32 = 7;

#[test]
fn without_the_guard_the_signal_ends_the_process() {
    if let Some(signal) = in_child("without_the_guard_the_signal_ends_the_process") {
        assert_eq!(signal, Some(SIGBUS));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 2 * PAGE]);
    let region = Region::options().faults(Faults::Signal).open(&path).unwrap();
    cut(&path, 0);
    std::hint::black_box(region.as_bytes()[PAGE]);
}

#[test]
fn a_fault_elsewhere_is_handed_on() {
    if let Some(signal) = in_child("a_fault_elsewhere_is_handed_on") {
        assert_eq!(signal, Some(SIGBUS));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 2 * PAGE]);
    let declined = Region::options().faults(Faults::Signal).open(&path).unwrap();
    let guarded = Region::open(&path).unwrap();
    cut(&path, 0);
    // The handler is there and works, and lets go of what is not its own.
    assert_eq!(guarded.as_bytes()[PAGE], 0);
    std::hint::black_box(declined.as_bytes()[PAGE]);
}

#[test]
fn a_guard_ends_with_its_region() {
    if let Some(signal) = in_child("a_guard_ends_with_its_region") {
        assert_eq!(signal, Some(SIGBUS));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = file_of(folder.path(), &vec![7; 64 * PAGE]);
    let guarded = Region::open(&path).unwrap();
    let before = guarded.as_bytes().as_ptr();
    drop(guarded);
    let declined = Region::options().faults(Faults::Signal).open(&path).unwrap();
    // The kernel gives the same place again, so that an entry left behind would still lie over it.
    assert_eq!(declined.as_bytes().as_ptr(), before);
    cut(&path, 0);
    std::hint::black_box(declined.as_bytes()[PAGE]);
}
