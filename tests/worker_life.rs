//! What a worker's thread is called, and what the user has run on it as it begins and ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use ringmill::Pool;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn hooks_run_once_on_each_thread() {
    #[derive(Default)]
    struct Seen {
        started: BTreeMap<usize, Vec<ThreadId>>,
        stopped: BTreeMap<usize, Vec<ThreadId>>,
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (start, stop) = (Arc::clone(&seen), Arc::clone(&seen));
    let here = || thread::current().id();
    let pool = Pool::builder()
        .workers(2)
        .max_workers(4)
        .on_start(move |worker| start.lock().expect("whole").started.entry(worker).or_default().push(here()))
        .on_stop(move |worker| stop.lock().expect("whole").stopped.entry(worker).or_default().push(here()))
        .build()
        .expect("a pool");
    let on_one = pool.broadcast(|_| here()).expect("a broadcast")[1];
    let mut task = pool.submit(move |_| here()).expect("open");
    let _ = task.wait_timeout(LONG).expect("it runs");
    for workers in [4, 1, 3] {
        pool.resize(workers).expect("within bounds");
        pool.broadcast(|_| ()).expect("a broadcast");
    }
    drop(pool);
    let seen = seen.lock().expect("whole");
    assert_eq!(seen.started, seen.stopped, "whoever began has ended, on its own thread");
    assert!(seen.started.values().all(|threads| threads.len() == 1), "{:?}", seen.started);
    assert_eq!(seen.started[&1], [on_one]);
    // Four workers, the highest of which stands in for the caller.
    assert!(seen.started.keys().copied().eq(1..=4), "{:?}", seen.started.keys());
}

#[test]
fn a_pool_of_loops_starts_no_thread_for_tasks() {
    let pool = Pool::builder().workers(3).build().expect("a pool");
    pool.for_each_index(0..1000, |_| ()).expect("a loop");
    assert_eq!(pool.health().threads(), 2);
    let mut task = pool.submit(|_| ()).expect("open");
    assert!(task.wait_timeout(LONG).is_some());
    assert_eq!(pool.health().threads(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn names_are_seen_in_proc() {
    let names = || {
        let threads = std::fs::read_dir("/proc/self/task").expect("threads");
        let name = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("comm")).ok();
        let mut names: Vec<_> = threads.flatten().filter_map(name).collect();
        names.retain(|name| name.starts_with("scan-of-prices"));
        names.sort();
        names
    };
    let pool =
        Pool::builder().workers(3).max_workers(5).thread_name("scan-of-prices").build().expect("a pool");
    pool.broadcast(|_| ()).expect("a broadcast");
    // Linux shows 15 bytes of a name.
    assert_eq!(names(), ["scan-of-prices-\n", "scan-of-prices-\n"]);
    drop(pool);
    let pool = Pool::builder().workers(2).max_workers(3).thread_name("scan").build().expect("a pool");
    pool.resize(3).expect("within bounds");
    pool.broadcast(|_| ()).expect("a broadcast");
    let names: Vec<_> = std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok())
        .filter(|name| name.starts_with("scan-"))
        .collect();
    assert!(["scan-1\n", "scan-2\n"].iter().all(|name| names.iter().any(|found| found == name)), "{names:?}");
}
