//! What the kernel tells of threads that sleep at a gate.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::thread::{Pid, gettid};

use super::{POLICIES, Things};
use crate::ring::Waiting;

/// Returns once a thread sleeps, which those of these tests do in one place.
fn until_asleep(thread: Pid) {
    let path = format!("/proc/self/task/{thread}/stat");
    // The state is the word behind the name, which stands in brackets.
    let is_asleep = |stat: String| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
    while !is_asleep(std::fs::read_to_string(&path).unwrap()) {
        thread::yield_now();
    }
}

/// Who is still on the way into the kernel when the epoch moves comes back as if woken; who is there does not.
#[test]
#[cfg_attr(miri, ignore)]
fn as_many_wake_as_there_are_things() {
    let things = Things::new(Waiting::IdleZero);
    let attempts = AtomicU32::new(0);
    let woken_for_three = thread::scope(|scope| {
        let (told, ids) = mpsc::channel();
        for _ in 0..8 {
            let (things, attempts, told) = (&things, &attempts, told.clone());
            scope.spawn(move || {
                told.send(gettid()).unwrap();
                things.gate.wait(None, || {
                    attempts.fetch_add(1, Ordering::Relaxed);
                    things.try_take()
                })
            });
        }
        let ids: Vec<_> = ids.iter().take(8).collect();
        things.await_waiting(8);
        ids.iter().for_each(|&id| until_asleep(id));
        // Each has looked twice, and those that wake look once more.
        let before = attempts.load(Ordering::Relaxed);
        things.publish(3);
        while things.number.load(Ordering::Relaxed) > 0 {
            thread::yield_now();
        }
        things.await_waiting(5);
        let woken = attempts.load(Ordering::Relaxed) - before;
        things.number.fetch_add(5, Ordering::Release);
        things.gate.notify_all();
        woken
    });
    assert_eq!(woken_for_three, 3);
    assert_eq!(things.gate.waiting(), 0);
}

/// Lets a thread sleep at a gate of each policy, and sees whether it runs.
fn nobody_runs_for(idle: Duration) {
    let things = POLICIES.map(Things::new);
    thread::scope(|scope| {
        let ids = things.each_ref().map(|things| {
            let (told, id) = mpsc::channel();
            scope.spawn(move || {
                told.send(gettid()).unwrap();
                assert!(things.gate.wait(None, || things.try_take()).is_some());
            });
            let id = id.recv().unwrap();
            things.await_waiting(1);
            until_asleep(id);
            id
        });
        let switches = || {
            ids.map(|id| {
                let status = std::fs::read_to_string(format!("/proc/self/task/{id}/status")).unwrap();
                let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
                lines.map(str::to_owned).collect::<Vec<_>>()
            })
        };
        let before = switches();
        assert!(before.iter().all(|counts| counts.len() == 2));
        thread::sleep(idle);
        let after = switches();
        things.iter().for_each(|things| things.publish(1));
        assert_eq!(after, before, "a thread ran though nobody woke it");
    });
}

#[test]
#[cfg_attr(miri, ignore)]
fn who_sleeps_is_left_in_peace() {
    nobody_runs_for(Duration::from_millis(300));
}

#[test]
#[ignore = "it sleeps for a minute"]
fn who_sleeps_for_a_minute_is_left_in_peace() {
    nobody_runs_for(Duration::from_secs(60));
}
