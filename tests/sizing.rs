//! A pool has as many workers as it was told, by the builder, the environment or the machine, in that order, and says so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;
use std::process::Command;
use std::thread;

use ringmill::Pool;
use ringmill::pool::ChosenBy;

/// Set where this program runs as its own child: the environment is read by the whole process, so each text that is
/// tried has a process to itself.
const CHILD: &str = "SIZING_CHILD";

/// Builds a pool in a process with this text in `RINGMILL_THREADS`; returns what it says.
fn built_with(text: &str) -> String {
    let output = Command::new(env::current_exe().expect("a path"))
        .args(["--exact", "the_child", "--nocapture"])
        .env(CHILD, "1")
        .env("RINGMILL_THREADS", text)
        .output()
        .expect("a child");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_child() {
    if env::var_os(CHILD).is_some() {
        match Pool::new() {
            Ok(pool) => println!("built {}, it has {}", pool.sizing(), pool.workers()),
            Err(error) => println!("refused: {error}"),
        }
        let pool = Pool::builder().workers(2).build().unwrap();
        println!("asked for 2, it has {}", pool.workers());
    }
}

#[test]
fn the_environment_sets_the_number() {
    let said = built_with("3");
    assert!(said.contains("built 3 workers: asked for by RINGMILL_THREADS; "), "{said}");
    assert!(said.contains("it has 3"), "{said}");
}

#[test]
fn the_builder_wins_over_the_environment() {
    assert!(built_with("3").contains("asked for 2, it has 2"));
    assert!(built_with("three").contains("asked for 2, it has 2"));
}

#[test]
fn no_number_is_an_error_that_names_variable_and_text() {
    for text in ["0", "three", "-1", "1.5", "1000000"] {
        let said = built_with(text);
        let line = said.lines().find(|line| line.contains("refused: ")).unwrap_or_default();
        assert!(line.contains("RINGMILL_THREADS") && line.contains(text), "{text}: {said}");
    }
}

#[test]
fn an_empty_text_is_none() {
    let said = built_with("");
    assert!(said.contains("usable CPU") && !said.contains("asked for by RINGMILL_THREADS"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_mask_of_the_building_thread_counts() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let narrow = || {
        let usable = sched_getaffinity(None).unwrap();
        let mut one = CpuSet::new();
        one.set((0..CpuSet::MAX_CPU).find(|&cpu| usable.is_set(cpu)).unwrap());
        sched_setaffinity(None, &one).unwrap();
        let pool = Pool::builder().workers(2).build().unwrap();
        assert_eq!((pool.sizing().usable_cpus(), pool.workers()), (1, 2));
        assert_eq!(pool.sizing().chosen_by(), ChosenBy::Builder);
    };
    thread::spawn(narrow).join().unwrap();
}
