//! A gate between real processes: they answer each other, are killed at each step and at random, are stopped and go on.
//!
//! The program of the tests runs itself: a child is told by its environment to be one of the roles below, over a file that
//! all map. What they wait for is a job, of which the file has a number.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::env;
use std::future::poll_fn;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Gate, Place};
use crate::ring::Waiting;

#[path = "processes/stage.rs"]
mod stage;

use stage::{FILE, ROLE, Stage, View};

/// What the children do. Without a role there is nothing to do, and nothing to fail.
#[test]
#[cfg_attr(miri, ignore)]
fn a_child_plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let (role, waiting) = role.split_once(' ').unwrap();
    let waiting = [Waiting::Latency, Waiting::Balanced, Waiting::IdleZero]
        .into_iter()
        .find(|policy| format!("{policy:?}") == waiting)
        .unwrap();
    let view = View::of(Path::new(&env::var_os(FILE).unwrap()), waiting);
    view.words().begun.fetch_add(1, Ordering::AcqRel);
    match role {
        "even" => view.play(0, ROUNDS),
        "odd" => view.play(1, ROUNDS),
        "takes" => assert!(view.take()),
        "takes-all" => while view.take() {},
        "publishes" => view.publish(),
        "publishes-all" => loop {
            // As many as the others do, and a few more.
            if view.words().jobs.load(Ordering::Acquire) < 3 {
                view.publish();
            }
        },
        _ => panic!("there is no role {role}"),
    }
}

const ROUNDS: u64 = 300;

#[test]
#[cfg_attr(miri, ignore)]
fn two_processes_answer_each_other() {
    for waiting in ["Latency", "Balanced", "IdleZero"] {
        let mut stage = Stage::new();
        let players = ["even", "odd"].map(|side| stage.start(&format!("{side} {waiting}"), None));
        for player in players {
            assert!(stage.join(player), "{waiting}: a player failed");
        }
        let view = stage.view(Waiting::IdleZero);
        assert_eq!(view.words().ball.load(Ordering::Acquire), 2 * ROUNDS);
        assert_eq!(view.gates.each_ref().map(Gate::waiting), [0, 0]);
    }
}

/// The steps of who waits, in order, and of who notifies.
const WAITS: [&str; 3] = ["shared bed: announced", "shared bed: up", "shared bed: departed"];
const NOTIFIES: [&str; 4] =
    ["a job published", "shared bed: counted", "shared bed: epoch stepped", "shared bed: woke"];

/// Tries it a few times: a party that was just between two sleeps may be missed, and then there is no such step.
fn dies(step: &str, dies_at: impl Fn(&str) -> bool) {
    assert!((0..10).any(|_| dies_at(step)), "{step}: it lives");
}

/// A waiter dies at a step, another lives: it is woken for the job that the dead one was woken for, within a tick.
#[test]
#[cfg_attr(miri, ignore)]
fn a_waiter_is_killed_at_each_step() {
    for step in WAITS {
        dies(step, a_waiter_dies_at);
    }
}

fn a_waiter_dies_at(step: &str) -> bool {
    let mut stage = Stage::new();
    let view = stage.view(Waiting::IdleZero);
    let victim = stage.start("takes IdleZero", Some(step));
    // It counts, even if it is dead already.
    view.until("a sleeper", |_| view.gates[0].waiting() == 1);
    thread::scope(|scope| {
        let survivor = scope.spawn(|| view.take());
        while view.gates[0].waiting() < 2 && !stage.has_ended(victim) {
            thread::yield_now();
        }
        view.publish();
        assert!(survivor.join().unwrap(), "{step}: the wake is lost");
    });
    assert!(view.words().late.load(Ordering::Relaxed) <= 1, "{step}: stuck over one tick");
    // If it has not come through its step yet.
    view.publish();
    let has_died = !stage.join(victim);
    view.reset();
    assert_eq!(view.gates[0].waiting(), 0, "{step}");
    has_died
}

/// A notifier dies at a step: whoever sleeps takes its job, within a tick.
#[test]
#[cfg_attr(miri, ignore)]
fn a_notifier_is_killed_at_each_step() {
    for step in NOTIFIES {
        dies(step, a_notifier_dies_at);
    }
}

fn a_notifier_dies_at(step: &str) -> bool {
    let mut stage = Stage::new();
    let view = stage.view(Waiting::IdleZero);
    let has_died = thread::scope(|scope| {
        let waiter = scope.spawn(|| view.take());
        view.until("a sleeper", |_| view.gates[0].waiting() == 1);
        let victim = stage.start("publishes IdleZero", Some(step));
        let has_died = !stage.join(victim);
        assert!(waiter.join().unwrap(), "{step}: lost");
        has_died
    });
    assert!(view.words().late.load(Ordering::Relaxed) <= 1, "{step}: stuck over one tick");
    assert_eq!(view.words().done.load(Ordering::Acquire), 1);
    view.reset();
    assert_eq!(view.gates[0].waiting(), 0, "{step}");
    has_died
}

/// Waiters and notifiers are killed at any moment. One of each lives, and no job stays undone for more than a tick.
fn random_kills(kills: u32) {
    let mut stage = Stage::new();
    let view = stage.view(Waiting::Balanced);
    let survivor = stage.start("takes-all Balanced", None);
    view.until("the survivor is there", |words| words.begun.load(Ordering::Acquire) == 1);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let role = ["takes-all", "publishes-all"][kill as usize % 2];
        let policy = ["Latency", "Balanced", "IdleZero"][(random >> 8) as usize % 3];
        let victim = stage.start(&format!("{role} {policy}"), None);
        let begun = u64::from(kill) + 2;
        view.until("the victim is there", |words| words.begun.load(Ordering::Acquire) == begun);
        let end = Instant::now() + Duration::from_micros(random % 5_000);
        while Instant::now() < end {
            view.publish();
            thread::sleep(Duration::from_micros(50));
        }
        stage.kill(victim);
        if kill % 4 == 0 {
            view.reset();
        }
        view.until("all jobs are done", |words| words.jobs.load(Ordering::Acquire) == 0);
    }
    stage.kill(survivor);
    view.reset();
    assert_eq!(view.gates[0].waiting(), 0);
    assert!(view.words().done.load(Ordering::Acquire) > 0);
}

#[test]
#[cfg_attr(miri, ignore)]
fn nobody_is_stuck_when_others_are_killed_at_any_moment() {
    random_kills(24);
}

#[test]
#[ignore = "it takes minutes"]
fn nobody_is_stuck_when_a_thousand_are_killed() {
    random_kills(1_000);
}

/// A stopped sleeper keeps the wake that was meant for it, for as long as it is stopped; others find the job within a tick.
#[test]
#[cfg_attr(miri, ignore)]
fn a_stopped_sleeper_stops_nobody_and_goes_on() {
    let mut stage = Stage::new();
    let view = stage.view(Waiting::IdleZero);
    let stopped = stage.start("takes IdleZero", None);
    view.until("a sleeper", |_| view.gates[0].waiting() == 1);
    stage.signal(stopped, Signal::STOP);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| view.take());
        view.until("two sleepers", |_| view.gates[0].waiting() == 2);
        view.publish();
        assert!(waiter.join().unwrap());
    });
    assert!(view.words().late.load(Ordering::Relaxed) <= 1, "stuck over one tick");
    view.reset();
    view.publish();
    stage.signal(stopped, Signal::CONT);
    assert!(stage.join(stopped), "it did not go on");
    assert_eq!(view.words().done.load(Ordering::Acquire), 2);
    assert_eq!(view.gates[0].waiting(), 0, "it counted in a generation that was not its own");
}

/// The tasks of a process are one sleeper to the others, and each is called for its job.
#[test]
#[cfg_attr(miri, ignore)]
fn tasks_are_called_for_what_another_process_publishes() {
    let mut stage = Stage::new();
    let view = stage.view(Waiting::IdleZero);
    thread::scope(|scope| {
        let task = || {
            let mut place = Place::default();
            pollster::block_on(poll_fn(|cx| view.gates[0].poll(cx, &mut place, || view.try_take())));
        };
        let tasks = [(); 3].map(|()| scope.spawn(task));
        view.until("a sleeper for all", |_| view.gates[0].waiting() == 1);
        for _ in 0..3 {
            let other = stage.start("publishes IdleZero", None);
            assert!(stage.join(other));
        }
        view.until("all jobs are done", |words| words.done.load(Ordering::Acquire) == 3);
        tasks.into_iter().for_each(|task| task.join().unwrap());
    });
    // Nobody is left to sleep for, and a tick later nobody sleeps.
    view.until("nobody sleeps", |_| view.gates[0].waiting() == 0);
}

/// Whatever the words hold, waiting ends with its deadline and notifying at once.
#[test]
#[cfg_attr(miri, ignore)]
fn any_bytes_in_the_words_end_in_a_tick_at_most() {
    let stage = Stage::new();
    let view = stage.view(Waiting::IdleZero);
    let mut random = 1_u64;
    for trial in 0..200_u32 {
        let state = match trial {
            0 => u64::MAX,
            1 => 0xffff_0000,
            2 => 0x0000_ffff,
            3 => 0x0001_0000,
            _ => {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random
            }
        };
        view.spoil(state);
        view.gates[0].notify(1);
        view.gates[0].notify_all();
        let deadline = Instant::now() + Duration::from_millis(1);
        assert_eq!(view.gates[0].wait(Some(deadline), || view.try_take()), None);
        view.publish();
        assert!(view.take());
        assert!(view.gates[0].waiting() <= usize::from(u16::MAX));
        view.words().gates[0].reset();
        assert_eq!(view.gates[0].waiting(), 0);
    }
}
