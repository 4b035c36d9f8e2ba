//! Promise: a byte is free exactly when the process that locked it has unlocked it or is gone, whatever else happens.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{Read as _, Write as _, pipe};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const BYTE: u32 = 7;

fn file() -> File {
    tempfile::tempfile().unwrap()
}

/// A process of the test's, killed and reaped on drop.
struct Other(libc::pid_t);

impl Other {
    /// Forks a process that runs `f`, says whether it came true, and sleeps until it is killed, or long enough.
    fn start(f: impl FnOnce() -> bool) -> Self {
        let (mut said, mut say) = pipe().unwrap();
        // SAFETY: the child runs code of ours that allocates, which POSIX leaves open after a fork with threads; glibc makes
        // its allocator usable there.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let is_true = f();
            let _ = say.write_all(&[u8::from(is_true)]);
            // Long enough for any test; one that nobody kills, because its parent is gone, ends by itself.
            std::thread::sleep(Duration::from_secs(20));
            // SAFETY: `_exit` has no duties.
            unsafe { libc::_exit(0) };
        }
        assert!(child > 0, "no fork");
        drop(say);
        let other = Self(child);
        let mut answer = [0];
        said.read_exact(&mut answer).expect("it lives");
        assert_eq!(answer, [1], "the other process found otherwise");
        other
    }

    fn signal(&self, signal: i32) {
        // SAFETY: `kill` has no duties; the process is a child of ours that nobody has waited for.
        assert_eq!(unsafe { libc::kill(self.0, signal) }, 0);
    }

    fn wait(&self, options: i32) {
        let mut status = 0;
        // SAFETY: `waitpid` wants a place for the status and a child of ours.
        assert_eq!(unsafe { libc::waitpid(self.0, &mut status, options) }, self.0);
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.signal(libc::SIGKILL);
        self.wait(0);
    }
}

/// Locks the byte and keeps it for good.
fn lock_for_good(file: &File) -> bool {
    let locks = ByteLocks::new(file).unwrap();
    let is_ours = locks.try_lock(BYTE).unwrap();
    std::mem::forget(locks);
    is_ours
}

fn is_locked(file: &File) -> bool {
    ByteLocks::new(file).unwrap().is_locked_by_another(BYTE).unwrap()
}

#[test]
fn two_holders_exclude_each_other_in_one_process_too() {
    let file = file();
    let [ours, theirs] = [(); 2].map(|()| ByteLocks::new(&file).unwrap());
    assert!(ours.try_lock(BYTE).unwrap());
    assert!(!ours.is_locked_by_another(BYTE).unwrap(), "one's own is not another's");
    assert!(theirs.is_locked_by_another(BYTE).unwrap());
    assert!(!theirs.try_lock(BYTE).unwrap());
    assert!(theirs.try_lock(BYTE + 1).unwrap(), "the next byte is another");
    assert!(theirs.try_lock(u32::MAX).unwrap());
    ours.unlock(BYTE).unwrap();
    assert!(theirs.try_lock(BYTE).unwrap());
    drop(theirs);
    assert!(ours.try_lock(BYTE).unwrap() && ours.try_lock(BYTE + 1).unwrap());
}

#[test]
fn other_descriptors_of_the_file_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("region");
    let file = File::create_new(&path).unwrap();
    let locks = ByteLocks::new(&file).unwrap();
    assert!(locks.try_lock(BYTE).unwrap());
    drop(File::open(&path).unwrap());
    drop(file.try_clone().unwrap());
    drop(file);
    let file = File::open(&path).unwrap();
    assert!(is_locked(&file), "a classic lock would be gone");
    drop(locks);
    assert!(!is_locked(&file));
}

#[test]
fn a_file_without_a_name_has_locks_too() {
    let file = File::from(rustix::fs::memfd_create("region", rustix::fs::MemfdFlags::CLOEXEC).unwrap());
    let _other = Other::start(|| lock_for_good(&file));
    assert!(is_locked(&file));
}

#[test]
fn a_killed_process_loses_its_locks_and_a_stopped_one_keeps_them() {
    let file = file();
    let other = Other::start(|| lock_for_good(&file));
    assert!(is_locked(&file));
    other.signal(libc::SIGSTOP);
    other.wait(libc::WUNTRACED);
    assert!(is_locked(&file), "a stopped process lives");
    other.signal(libc::SIGCONT);
    assert!(is_locked(&file));
    drop(other);
    assert!(!is_locked(&file));
}

#[test]
fn a_forked_child_keeps_nothing_and_can_do_nothing() {
    let file = file();
    let mut ours = Some(ByteLocks::new(&file).unwrap());
    assert!(ours.as_ref().unwrap().try_lock(BYTE).unwrap());
    let _child = Other::start(|| {
        let parents = ours.take().unwrap();
        let refuses = parents.unlock(BYTE).is_err()
            && parents.try_lock(BYTE + 1).is_err()
            && parents.is_locked_by_another(BYTE).is_err();
        // Its number may be another file's by now, which dropping it leaves alone.
        let others: Vec<_> = (0..8).map(|_| file.try_clone().unwrap()).collect();
        drop(parents);
        refuses && others.iter().all(|other| other.metadata().is_ok()) && is_locked(&file)
    });
    assert!(is_locked(&file), "the parent has its lock");
    drop(ours);
    assert!(!is_locked(&file), "the child has none of it");
}

#[test]
fn a_child_that_outlives_its_parent_does_not_keep_it_alive() {
    let file = file();
    let (mut lives, alive) = pipe().unwrap();
    let parent = Other::start(|| {
        let is_ours = lock_for_good(&file);
        let _ = std::mem::ManuallyDrop::new(Other::start(|| true));
        is_ours
    });
    drop(alive);
    assert!(is_locked(&file));
    drop(parent);
    assert!(!is_locked(&file), "the grandchild lives and has inherited all");
    // As long as it lives it has the other end.
    rustix::io::ioctl_fionbio(&lives, true).unwrap();
    let answer = lives.read(&mut [0]);
    assert!(answer.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock), "the grandchild is gone");
}

#[test]
fn a_process_that_starts_another_program_loses_its_locks() {
    let file = file();
    let (mut said, say) = pipe().unwrap();
    let other = Other::start(|| lock_for_good(&file));
    assert!(is_locked(&file));
    drop(other);
    let say = std::cell::Cell::new(Some(say));
    let other = Other::start(|| {
        let is_ours = lock_for_good(&file);
        std::thread::spawn({
            let say = say.take().unwrap();
            move || {
                std::thread::sleep(Duration::from_millis(20));
                let error = Command::new("sh").args(["-c", "echo; exec sleep 60"]).stdout(say).exec();
                panic!("{error}");
            }
        });
        is_ours
    });
    drop(say);
    said.read_exact(&mut [0]).unwrap();
    assert!(!is_locked(&file), "the process runs another program now");
    drop(other);
}

#[test]
fn a_program_that_it_starts_does_not_have_them() {
    let file = file();
    let other = Other::start(|| {
        let is_ours = lock_for_good(&file);
        let started = Command::new("sleep").arg("10").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        is_ours && started.is_ok()
    });
    assert!(is_locked(&file));
    drop(other);
    assert!(!is_locked(&file));
}

#[test]
fn another_pid_namespace_is_no_hiding_place() {
    let file = file();
    let in_namespace = || {
        // SAFETY: `unshare` has no duties here: the next child gets the new namespace.
        let result = unsafe { libc::unshare(libc::CLONE_NEWPID) };
        let again = || {
            // SAFETY: as above.
            unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWPID) }
        };
        let result = if result == 0 { 0 } else { again() };
        if result != 0 {
            eprintln!("not tested: no PID namespaces here: {}", io::Error::last_os_error());
            return true;
        }
        let _first = std::mem::ManuallyDrop::new(Other::start(|| lock_for_good(&file)));
        // SAFETY: `getpid` has no duties.
        is_locked(&file) && unsafe { libc::getpid() } != 1
    };
    let outer = Other::start(in_namespace);
    let was_tested = is_locked(&file);
    drop(outer);
    if was_tested {
        // The process there lives on, with its lock.
        assert!(is_locked(&file));
    }
}
