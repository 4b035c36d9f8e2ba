//! A drain runs what was submitted before it.
//!
//! It once did not: a submitter that found the pool closed ended every task that waited, its own and all others, though the
//! workers were about to run them; and a worker that saw the pool closed left without another look.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use ringmill::Pool;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn what_was_submitted_before_a_drain_runs() {
    for k in 0..500 {
        let pool = Pool::builder().workers(1).build().unwrap();
        drop(pool.submit(|_| ()).unwrap());
        // The worker is anywhere between its last look and its bed.
        for _ in 0..(k % 100) * 300 {
            std::hint::spin_loop();
        }
        let mut task = pool.submit(|_| 1).unwrap();
        assert_eq!(pool.drain(LONG).unrun(), 0);
        assert_eq!(task.try_get().unwrap().unwrap(), 1);
    }
}

#[test]
fn who_submits_during_a_drain_ends_nobody_elses_task() {
    for _ in 0..100 {
        let pool = Arc::new(Pool::builder().workers(1).build().unwrap());
        let before: Vec<_> = (0..100).map(|k| pool.submit(move |_| k).unwrap()).collect();
        let began = Arc::new(AtomicBool::new(false));
        let other = {
            let (pool, began) = (Arc::clone(&pool), Arc::clone(&began));
            std::thread::spawn(move || {
                began.store(true, SeqCst);
                while pool.submit(|_| ()).map(drop).is_ok() {}
            })
        };
        while !began.load(SeqCst) {
            std::thread::yield_now();
        }
        assert!(pool.drain(LONG).is_complete());
        other.join().unwrap();
        for (k, mut task) in before.into_iter().enumerate() {
            assert_eq!(task.try_get().unwrap().unwrap(), k);
        }
    }
}
