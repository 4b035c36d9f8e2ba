//! Promise: in a control group whose limit is smaller than a file, a scan lets the file's pages go by itself.
//!
//! The test reads the file in a process of its own, twice: as it is, and in a new group of its own. It wants a system
//! with control groups of version 2 that it may write to, which most often means root on a machine of one's own; else it
//! says that it was skipped. Bound: the group's limit is 128 MiB, the file has 300, and the process may grow by 48.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::Pool;
use ringmill::csv::{CsvFile, Record};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const MEBIBYTE: u64 = 1 << 20;
const LIMIT: u64 = 128 * MEBIBYTE;

/// Names the file for the process that reads it.
const FILE: &str = "RINGMILL_TEST_FILE";
/// Names the group that it is to join before.
const GROUP: &str = "RINGMILL_TEST_GROUP";

/// A control group with a limit, removed when dropped.
struct Group(PathBuf);

impl Group {
    /// Makes one below the group of this process, or below one above it; else says why not.
    fn new() -> Result<Self, String> {
        let memberships = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let own = memberships.lines().find_map(|line| line.strip_prefix("0::/"));
        let own = own.ok_or("no control groups of version 2")?;
        let name = format!("ringmill-test-{}", std::process::id());
        if !Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
            return Err("no control groups of version 2 at /sys/fs/cgroup".into());
        }
        let mut reason = String::new();
        for above in Path::new(own).ancestors() {
            let directory = Path::new("/sys/fs/cgroup").join(above).join(&name);
            match fs::create_dir(&directory) {
                Ok(()) => {
                    let group = Self(directory);
                    // A file that is not there yet is not made: the group has no limits on memory then.
                    let limit = fs::OpenOptions::new().write(true).open(group.0.join("memory.max"));
                    match limit.and_then(|mut file| file.write_all(LIMIT.to_string().as_bytes())) {
                        Ok(()) => return Ok(group),
                        Err(error) => reason = format!("no limit for {}: {error}", group.0.display()),
                    }
                }
                Err(error) => reason = format!("no group {}: {error}", directory.display()),
            }
        }
        Err(reason)
    }

    /// How many processes of it were ended for want of memory.
    fn killed(&self) -> u64 {
        let events = fs::read_to_string(self.0.join("memory.events")).unwrap();
        let killed = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        killed.unwrap().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Best effort: it is empty by now, and a test that has failed already is not to fail twice.
        let _ = fs::remove_dir(&self.0);
    }
}

/// Reads a figure of `/proc/self/status`, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The other process: joins the group, reads the file, and prints by how much it grew.
#[test]
#[ignore = "run by the other test, in a process of its own"]
fn reads_a_file() {
    let path = std::env::var_os(FILE).expect("run by the other test");
    if let Some(group) = std::env::var_os(GROUP) {
        fs::write(Path::new(&group).join("cgroup.procs"), std::process::id().to_string()).unwrap();
    }
    let before = status("VmRSS");
    let file = CsvFile::options().open(path).unwrap();
    let pool = Pool::builder().workers(2).build().unwrap();
    let add = |sum: &mut u64, record: &Record<'_>| {
        *sum += record.u64(0)?;
        Ok(())
    };
    let sum = pool.fold_records(&file, || 0, add, |a, b| a + b);
    let grown = status("VmHWM").saturating_sub(before);
    writeln!(io::stdout(), "\nread {} grown {grown}", sum.unwrap()).unwrap();
}

/// Runs the other process and returns how many records it read, and by how much it grew.
fn read_elsewhere(path: &Path, group: Option<&Group>) -> (u64, u64) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "reads_a_file", "--ignored", "--nocapture"]).env(FILE, path);
    if let Some(group) = group {
        command.env(GROUP, &group.0);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    let line = said.lines().find_map(|line| line.strip_prefix("read ")).unwrap();
    let (read, grown) = line.split_once(" grown ").unwrap();
    (read.parse().unwrap(), grown.parse().unwrap())
}

#[test]
fn a_file_larger_than_the_groups_limit_is_read_in_little_memory() {
    let group = match Group::new() {
        Ok(group) => group,
        Err(reason) => {
            // Not by the macro, whose words nobody sees if the test passes.
            writeln!(io::stderr(), "skipped: a scan in a control group with a limit: {reason}").unwrap();
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    let record = format!("1,{}\n", "x".repeat(4000));
    let records = 300 * MEBIBYTE / record.len() as u64 / 1000 * 1000;
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"n,text\n").unwrap();
    for _ in 0..records / 1000 {
        file.write_all(record.repeat(1000).as_bytes()).unwrap();
    }
    file.sync_all().unwrap();
    drop(file);

    let (read, kept) = read_elsewhere(&path, None);
    assert_eq!(read, records);
    let (read, released) = read_elsewhere(&path, Some(&group));
    assert_eq!((read, group.killed()), (records, 0));
    assert!(released < 48 * MEBIBYTE, "grew by {released} in the group, by {kept} outside");
    // Where nothing limits it the pages stay, which shows that the group's limit was what decided.
    let plenty = fs::read_to_string("/proc/meminfo").unwrap().lines().any(|line| {
        let kibibytes = line.strip_prefix("MemAvailable:").and_then(|rest| rest.trim().strip_suffix("kB"));
        kibibytes.is_some_and(|number| number.trim().parse::<u64>().unwrap() > 1 << 20)
    });
    assert!(!plenty || kept > 280 * MEBIBYTE, "grew by {kept} outside the group, by {released} in it");
}
