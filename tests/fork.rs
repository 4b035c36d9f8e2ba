//! Pools and rings that come through a fork are errors there, not hangs, and do no harm to the parent's. A pool can be rebuilt.

#![cfg(unix)]
#![allow(unsafe_code)]

use std::time::Duration;

use ringmill::memory::shared::Place;
use ringmill::pool::{LoopError, Refusal, ResizeError, Task, TaskError};
use ringmill::ring::TryError;
use ringmill::{Pool, Ring};

/// Runs `check` in a forked child, to which it is the end, and expects it to come true.
fn in_child(check: impl FnOnce() -> bool) {
    // SAFETY: the child runs code of ours that allocates, which POSIX leaves open after a fork with threads; glibc
    // makes its allocator usable there, and the child leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let is_true = check();
        // SAFETY: `_exit` has no duties.
        unsafe { libc::_exit(i32::from(!is_true)) };
    }
    assert!(child > 0, "no fork");
    let mut status = 0;
    // SAFETY: `waitpid` wants a place for the status and a child of ours.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status:#x}");
}

#[test]
fn a_forked_child_gets_errors_and_may_build_a_pool_of_its_own() {
    let pool = Pool::builder().workers(2).build().expect("a pool");
    pool.for_each_index(0..100, |_| ()).expect("a loop");
    in_child(|| {
        let each = pool.for_each_index(0..100, |_| ());
        let reduced = pool.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b);
        let broadcast = pool.broadcast(|_| ());
        let errors = matches!(each, Err(LoopError::Forked))
            && matches!(reduced, Err(LoopError::Forked))
            && matches!(broadcast, Err(LoopError::Forked));
        let ours = Pool::builder().workers(2).build().expect("a pool");
        let works =
            ours.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b).is_ok_and(|n| n == 100);
        errors && works
    });
    assert_eq!(pool.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b).expect("a sum"), 100);
}

#[test]
fn a_forked_child_may_rebuild_its_pool() {
    let mut pool = Pool::builder().workers(2).max_workers(3).thread_name("again").build().expect("a pool");
    assert!(!pool.rebuild_after_fork().expect("nothing to do"));
    // Begun, waiting, and a thread that is busy with it: the parent's all three.
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let mut running = Some(pool.submit_to(1, move |_| _ = wait.recv()).expect("open"));
    let mut waiting = Some(pool.submit_to(1, |_| 1).expect("open"));
    assert!(pool.submit_to(2, |_| ()).expect("open").wait().is_ok());
    in_child(|| {
        let is_left = matches!(running.take().map(Task::wait), Some(Err(TaskError::Forked)));
        let mut waiting = waiting.take().expect("put there");
        let looked = waiting.wait_timeout(Duration::from_secs(60));
        let is_left = is_left && matches!(looked, Some(Err(TaskError::Forked)));
        let is_left = is_left && matches!(pollster::block_on(waiting), Err(TaskError::Forked));
        let is_rebuilt = matches!(pool.rebuild_after_fork(), Ok(true));
        let answers = pool.broadcast(|worker| (worker, std::thread::current().name().map(str::to_owned)));
        let are_ours = answers.is_ok_and(|answers| answers[1].1.as_deref() == Some("again-1"));
        let ran =
            pool.submit(|cx| cx.worker() > 0).map(|mut task| task.wait_timeout(Duration::from_secs(60)));
        let ran = matches!(ran, Ok(Some(Ok(true))));
        let resized =
            pool.resize(3).is_ok() && pool.broadcast(|worker| worker).is_ok_and(|all| all.len() == 3);
        let ended = pool.drain(Duration::from_secs(60));
        is_left && is_rebuilt && are_ours && ran && resized && ended.is_complete()
    });
    drop(go_on);
    assert_eq!(waiting.take().expect("the child had a copy").wait().expect("it runs here"), 1);
    assert!(running.take().expect("the same").wait().is_ok());
}

#[test]
fn a_forked_child_can_neither_resize_nor_submit_but_may_block_and_join() {
    let pool = Pool::builder().workers(1).max_workers(2).max_blocking(1).build().expect("a pool");
    pool.submit(|_| ()).expect("open").wait().expect("it runs");
    in_child(|| {
        let resized = matches!(pool.resize(2), Err(ResizeError::Forked));
        let submitted = pool.submit(|_| ()).map_err(|error| matches!(error.refusal(), Refusal::Forked));
        let blocked = pool.blocking(|| 7) == 7 && pool.health().blocked() == 0;
        let joined = pool.join(|| 1, || pool.blocking(|| 2)) == (1, 2);
        let drained = pool.drain(Duration::ZERO).is_complete();
        resized && matches!(submitted, Err(true)) && blocked && joined && drained
    });
    pool.resize(2).expect("the parent's is as it was");
    assert_eq!(pool.broadcast(|worker| worker).expect("a broadcast"), [0, 1]);
}

/// The words of a ring in a file are the parent's too: a child that dropped its handles retired the parent's slots.
#[test]
fn a_forked_child_leaves_the_parents_ring_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::file(folder.path().join("ring"));
    let ring =
        Ring::<u64>::builder().buffers(4).buffer_len(8).queues(["q"]).at(place).build().expect("a ring");
    let queue = ring.queue("q").expect("a queue");
    let [kept, sent] = [(); 2].map(|()| ring.claim().expect("a buffer"));
    queue.send(sent).expect("open");
    let mut handed = Some((ring.clone(), queue.clone(), kept));
    in_child(|| {
        let (ring, queue, kept) = handed.take().expect("put there");
        let is_closed = matches!(ring.try_claim(), Err(TryError::Closed))
            && queue.recv_timeout(Duration::from_secs(60)).is_err();
        ring.close();
        let refused = queue.send(kept);
        is_closed && refused.is_err()
    });
    drop(handed);
    assert_eq!((ring.free(), queue.depth()), (3, 1));
    assert!(queue.recv().is_ok() && ring.claim().is_ok());
}

#[test]
fn a_forked_child_has_an_anonymous_ring_of_its_own() {
    let ring = Ring::<u64>::builder().buffers(2).buffer_len(8).queues(["q"]).build().expect("a ring");
    let queue = ring.queue("q").expect("a queue");
    let mut handed = Some((ring.clone(), queue.clone()));
    in_child(|| {
        let (ring, queue) = handed.take().expect("put there");
        let buffer = ring.claim().expect("a buffer");
        queue.send(buffer).expect("open");
        let shared = queue.recv().expect("a buffer").share();
        drop(shared);
        ring.free() == 2
    });
    drop(handed);
    assert_eq!(ring.free(), 2);
}
