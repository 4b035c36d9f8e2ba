//! Promise: a region is the whole of an ordinary file or fresh memory, a new file is complete or not there at all, and
//! whatever else a path leads to is a clear error that names it, never a hang.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use ringmill::memory::{Advice, Region, RegionError};

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn fresh_memory_is_zero_and_begins_on_a_page() {
    for len in [0, 1, 4095, 4096, 4097, 1 << 20] {
        let mut region = Region::anonymous(len).unwrap();
        assert_eq!(region.len_bytes(), len);
        assert!(region.as_bytes().iter().all(|&byte| byte == 0));
        assert!(region.as_bytes().as_ptr().addr().is_multiple_of(4096));
        region.as_bytes_mut().unwrap().fill(1);
        assert!(region.as_bytes().iter().all(|&byte| byte == 1));
        region.flush().unwrap();
        region.check().unwrap();
    }
}

#[test]
fn more_than_can_be_addressed_is_refused() {
    for len in [usize::MAX, isize::MAX as usize] {
        assert!(matches!(Region::anonymous(len), Err(RegionError::TooLarge { .. })), "{len}");
    }
    // Within bounds, but nobody has it.
    assert!(matches!(Region::anonymous(1 << 60), Err(RegionError::System(_))));
}

#[test]
fn every_advice_leaves_the_content_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let content: Vec<u8> = (0..50_000u32).map(|byte| byte as u8).collect();
    fs::write(&path, &content).unwrap();
    let region = Region::open_for_change(&path).unwrap();
    use Advice::{HugePages, Normal, PopulateRead, PopulateWrite, Random, Sequential, WillNeed};
    for advice in [Normal, Sequential, Random, WillNeed, HugePages, PopulateRead, PopulateWrite] {
        // A kernel or a file system that does not know it says so, and nothing else happens.
        let _ = region.advise(advice);
        let _ = region.advise_range(advice, 5000..20_001);
        assert_eq!(region.as_bytes(), content);
    }
    region.release_range(1..49_999).unwrap();
    assert_eq!(region.as_bytes(), content);
    for range in [0..50_001, 50_001..50_001, 7..usize::MAX] {
        assert!(matches!(region.advise_range(Random, range.clone()), Err(RegionError::OutOfRange { .. })));
        assert!(matches!(region.release_range(range), Err(RegionError::OutOfRange { .. })));
    }
}

#[test]
fn changes_reach_the_file_and_releasing_pages_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    fs::write(&path, vec![1; 20_000]).unwrap();
    let mut region = Region::open_for_change(&path).unwrap();
    region.as_bytes_mut().unwrap()[10_000] = 9;
    region.release_range(0..20_000).unwrap();
    assert_eq!(region.as_bytes()[10_000], 9);
    region.flush().unwrap();
    drop(region);
    let mut expected = vec![1; 20_000];
    expected[10_000] = 9;
    assert_eq!(fs::read(&path).unwrap(), expected);
}

#[test]
fn an_empty_file_is_an_empty_region() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty");
    fs::write(&path, "").unwrap();
    let region = Region::open(&path).unwrap();
    assert_eq!(region.as_bytes(), b"");
    region.advise(Advice::Sequential).unwrap();
    region.check().unwrap();
    drop(region);
    let mut region = Region::open_for_change(&path).unwrap();
    assert_eq!(region.as_bytes_mut().unwrap(), b"");
    region.flush().unwrap();
}

#[test]
fn a_region_for_reading_has_no_bytes_for_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    fs::write(&path, "text").unwrap();
    let mut region = Region::open(&path).unwrap();
    assert!(!region.is_writable());
    assert!(region.as_bytes_mut().is_none());
}

#[test]
fn a_file_open_for_change_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    fs::write(&path, "text").unwrap();
    let in_use = |outcome| matches!(outcome, Err(RegionError::InUse { path: at }) if at == path);
    let reader = Region::open(&path).unwrap();
    let second = Region::open(&path).unwrap();
    assert!(in_use(Region::open_for_change(&path)));
    drop((reader, second));
    let writer = Region::open_for_change(&path).unwrap();
    assert!(in_use(Region::open(&path)));
    assert!(in_use(Region::open_for_change(&path)));
    drop(writer);
    Region::open(&path).unwrap();
}

#[test]
fn what_is_no_ordinary_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, expected) in [
        (folder.path(), "directory"),
        (&pipe, "pipe"),
        (&socket, "socket"),
        (Path::new("/dev/null"), "device"),
    ] {
        for outcome in [Region::open(path), Region::open_for_change(path)] {
            match outcome {
                Err(error @ RegionError::NotAFile { kind, .. }) => {
                    assert_eq!(kind, expected);
                    assert_eq!(
                        error.to_string(),
                        format!("{}: is a {expected}, not an ordinary file", path.display())
                    );
                }
                other => panic!("{}: {other:?}", path.display()),
            }
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    for outcome in [Region::open("no/such/file"), Region::open_for_change("no/such/file")] {
        let message = outcome.unwrap_err().to_string();
        assert!(message.starts_with("no/such/file: open failed: No such file"), "{message}");
    }
    let outcome = Region::create("no/such/file", 10);
    let message = outcome.unwrap_err().to_string();
    assert!(message.starts_with("no/such/file: open failed: No such file"), "{message}");
    assert!(Region::create("/", 10).unwrap_err().to_string().starts_with("/: open failed"));
}

/// Runs this test alone in a child process, which sees `RINGMILL_TEST_PATH`; `None` if this is the child.
fn in_child(test: &str, path: &Path, prepare: impl FnOnce(&mut Command)) -> Option<std::process::Output> {
    if std::env::var_os("RINGMILL_TEST_PATH").is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("RINGMILL_TEST_PATH", path);
    prepare(&mut command);
    Some(command.output().unwrap())
}

fn child_path() -> std::path::PathBuf {
    std::env::var_os("RINGMILL_TEST_PATH").unwrap().into()
}

#[test]
fn a_file_that_may_not_be_changed_is_refused_for_change_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    fs::write(&path, "text").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let child = in_child("a_file_that_may_not_be_changed_is_refused_for_change_only", &path, |command| {
        // Permissions do not hold for root, so the child is somebody else.
        if root {
            command.uid(65_534).gid(65_534);
        }
    });
    if let Some(output) = child {
        assert!(output.status.success(), "{output:?}");
        return;
    }
    let path = child_path();
    assert_eq!(Region::open(&path).unwrap().as_bytes(), b"text");
    let error = Region::open_for_change(&path).unwrap_err();
    assert!(matches!(error, RegionError::NotWritable { .. }), "{error:?}");
    let expected = format!("{}: cannot be changed: Permission denied (os error 13)", path.display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_new_file_has_its_name_only_when_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let new = Region::create(&path, 100).unwrap();
    assert!(!path.exists());
    drop(new);
    assert_eq!(listing(folder.path()), [""; 0], "dropped, nothing is left");

    fs::write(&path, "old").unwrap();
    let mut new = Region::create(&path, 3).unwrap();
    new.as_bytes_mut().copy_from_slice(b"new");
    assert_eq!(fs::read(&path).unwrap(), b"old", "until then the old file is there, whole");
    let region = new.publish().unwrap();
    assert_eq!(region.path(), Some(path.as_path()));
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(listing(folder.path()), ["new"]);
}

#[test]
fn a_name_that_cannot_be_given_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "").unwrap();
    let error = Region::create(&path, 10).unwrap().publish().unwrap_err();
    assert!(error.to_string().contains("taken: rename failed"), "{error}");
    assert_eq!(listing(folder.path()), ["taken"]);
}

#[test]
fn a_new_file_has_its_place_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let len = 3 << 20;
    let region = Region::create(&path, len).unwrap().publish().unwrap();
    assert!(region.as_bytes().iter().all(|&byte| byte == 0));
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.len(), len as u64);
    assert!(metadata.blocks() * 512 >= len as u64, "a sparse file: {} blocks", metadata.blocks());
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    // More than any of these can hold, so that none is filled in order to find out.
    let petabyte = 1 << 50;
    let mut folders = vec![tempfile::tempdir().unwrap()];
    if let Ok(folder) = tempfile::tempdir_in("/dev/shm") {
        folders.push(folder);
    }
    for folder in folders {
        let path = folder.path().join("huge");
        match Region::create(&path, petabyte) {
            Err(error @ RegionError::Full { requested_bytes: 0x4_0000_0000_0000, .. }) => {
                let message = error.to_string();
                let expected = format!("{}: no room for 1125899906842624 bytes: ", path.display());
                assert!(message.starts_with(&expected), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(listing(folder.path()), [""; 0]);
    }
}

#[test]
fn a_file_size_limit_is_an_error_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limited");
    // `ulimit -f` counts kilobytes; the signal that goes with the limit is ignored, as a service would.
    let child = in_child("a_file_size_limit_is_an_error_too", &path, |command| {
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let mut shell = Command::new("bash");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]).arg(command.get_program());
        shell.args(arguments).env("RINGMILL_TEST_PATH", &path);
        *command = shell;
    });
    if let Some(output) = child {
        assert_eq!(output.status.signal(), None, "{output:?}");
        assert!(output.status.success(), "{output:?}");
        assert_eq!(listing(folder.path()), [""; 0]);
        return;
    }
    assert!(Region::create(child_path(), 32 << 10).is_ok());
    let outcome = Region::create(child_path(), 1 << 20);
    assert!(matches!(outcome, Err(RegionError::Full { requested_bytes: 0x10_0000, .. })), "{outcome:?}");
}
