//! Promise: a scan that lets pages go runs in little memory, whatever the size of the file.
//!
//! One test, so that nothing else in its process counts. Bound: 32 MiB beyond what the process had before, of which the
//! chunks that the workers hold are most; the file has 96 MiB.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::Pool;
use ringmill::csv::{CsvFile, Pages};
use std::fs;
use std::io::Write;

const MEBIBYTE: u64 = 1 << 20;

/// Reads a figure of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Runs `f` and returns by how much the process's memory grew meanwhile at most.
fn peak(f: impl FnOnce()) -> u64 {
    // Forgets the peak so far: proc_pid_clear_refs(5).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    f();
    status("VmHWM").saturating_sub(before)
}

#[test]
fn a_scan_that_lets_pages_go_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"n,text\n").unwrap();
    let record = format!("1,\"{}\n\"\n", "x".repeat(4000));
    let records = 96 * MEBIBYTE as usize / record.len();
    let some = record.repeat(1000);
    for _ in 0..records / 1000 {
        file.write_all(some.as_bytes()).unwrap();
    }
    drop(file);
    let records = records as u64 / 1000 * 1000;

    let pool = Pool::builder().workers(2).build().unwrap();
    let sum = |pages: Pages| {
        let file = CsvFile::options().pages(pages).open(&path).unwrap();
        peak(|| {
            let add = |sum: &mut u64, record: &ringmill::csv::Record<'_>| {
                *sum += record.u64(0)?;
                Ok(())
            };
            assert_eq!(pool.fold_records(&file, || 0, add, |a, b| a + b).unwrap(), records);
        })
    };
    let (kept, released) = (sum(Pages::Keep), sum(Pages::Release));
    assert!(kept > 80 * MEBIBYTE, "pages that are kept are the process's: {kept}");
    assert!(released < 32 * MEBIBYTE, "grew by {released}");

    let file = CsvFile::options().pages(Pages::Release).open(&path).unwrap();
    let counted = peak(|| assert_eq!(pool.count_records(&file).unwrap(), records));
    assert!(counted < 32 * MEBIBYTE, "grew by {counted}");
    let in_order = peak(|| {
        let mut reader = file.records();
        for _ in 0..records {
            assert_eq!(reader.next_record().unwrap().unwrap().u64(0).unwrap(), 1);
        }
    });
    assert!(in_order < 32 * MEBIBYTE, "grew by {in_order}");
}
