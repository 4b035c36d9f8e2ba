//! What the kernel does with private and with shared words: two mappings of one file stand for two processes.

#![allow(unsafe_code)]

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Scope, Wake, wait_until, wake};
use crate::sys::map::Mapping;

const SCOPES: [Scope; 2] = [Scope::Private, Scope::Shared];

/// No test takes this long unless a wake was lost.
const LONG: Duration = Duration::from_secs(60);

/// One word of a file, at two addresses.
struct Twice {
    maps: [Mapping; 2],
}

impl Twice {
    fn new() -> Self {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        Self { maps: [(); 2].map(|()| Mapping::file(&file, 4096, true, false).unwrap()) }
    }

    fn word(&self, map: usize) -> &AtomicU32 {
        let first = self.maps[map].as_ptr().cast::<u32>();
        // SAFETY: the first bytes of a mapping are aligned, readable and writable while `self` is borrowed, and are accessed
        // as an atomic word alone.
        unsafe { AtomicU32::from_ptr(first) }
    }
}

/// Wakes one until there was one; none within the time says that none is found.
fn wake_one(word: &AtomicU32, scope: Scope, within: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < within {
        if wake(word, 1, scope) == 1 {
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

#[test]
#[cfg_attr(miri, ignore)]
fn a_shared_word_is_one_at_all_its_addresses_and_a_private_one_is_not() {
    let twice = Twice::new();
    thread::scope(|scope| {
        let [private, shared] = SCOPES.map(|kind| {
            let word = twice.word(0);
            scope.spawn(move || wait_until(word, 0, Instant::now() + LONG, kind))
        });
        assert!(wake_one(twice.word(1), Scope::Shared, LONG));
        assert_eq!(shared.join().unwrap(), Wake::Woken);
        assert!(!wake_one(twice.word(1), Scope::Private, Duration::from_millis(50)));
        assert!(!wake_one(twice.word(0), Scope::Shared, Duration::from_millis(50)));
        assert!(wake_one(twice.word(0), Scope::Private, LONG));
        assert_eq!(private.join().unwrap(), Wake::Woken);
    });
}

#[test]
#[cfg_attr(miri, ignore)]
fn as_many_wake_as_were_asked_for() {
    let twice = Twice::new();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| wait_until(twice.word(0), 0, Instant::now() + LONG, Scope::Shared));
        }
        let mut woken = 0;
        while woken < 3 {
            let now = wake(twice.word(1), 2, Scope::Shared);
            assert!(now <= 2);
            woken += now;
            thread::yield_now();
        }
        assert_eq!((woken, wake(twice.word(1), u32::MAX, Scope::Shared)), (3, 0));
    });
}

#[test]
#[cfg_attr(miri, ignore)]
fn a_deadline_a_change_and_a_wake_are_told_apart() {
    let twice = Twice::new();
    for scope in SCOPES {
        let deadline = Instant::now() + Duration::from_millis(20);
        assert_eq!(wait_until(twice.word(0), 0, deadline, scope), Wake::TimedOut);
        assert!(Instant::now() >= deadline);
        assert_eq!(wait_until(twice.word(0), 0, deadline, scope), Wake::TimedOut);
        assert_eq!(wait_until(twice.word(0), 1, Instant::now() + LONG, scope), Wake::Changed);
    }
}

#[test]
#[cfg_attr(miri, ignore)]
fn a_signal_is_told_apart_too() {
    static CAME: AtomicU32 = AtomicU32::new(0);
    extern "C" fn came(_signal: libc::c_int) {
        CAME.fetch_add(1, SeqCst);
    }
    // Not to be restarted: the flags are zeros.
    // SAFETY: all zeros are a `sigaction`, as that of C is initialised.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = came as *const () as usize;
    // SAFETY: the action is valid, its handler counts and does nothing else, and the signal is used for nothing else.
    assert_eq!(unsafe { libc::sigaction(libc::SIGURG, &action, std::ptr::null_mut()) }, 0);
    let twice = Twice::new();
    thread::scope(|threads| {
        for scope in SCOPES {
            let before = CAME.load(Relaxed);
            let (told, sleeper) = mpsc::channel();
            let word = twice.word(0);
            let slept = threads.spawn(move || {
                // SAFETY: no duties.
                told.send(unsafe { libc::pthread_self() }).unwrap();
                wait_until(word, 0, Instant::now() + LONG, scope)
            });
            let sleeper = sleeper.recv().unwrap();
            while !slept.is_finished() {
                thread::sleep(Duration::from_millis(5));
                // SAFETY: the thread was not joined yet, so the name is good.
                unsafe { libc::pthread_kill(sleeper, libc::SIGURG) };
            }
            assert_eq!(slept.join().unwrap(), Wake::Interrupted);
            assert!(CAME.load(Relaxed) > before);
        }
    });
}
