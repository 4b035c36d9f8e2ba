//! Handles, queues, buffers, readers, futures and threads go in any order: nothing leaks, blocks or panics.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::future::Future;
use std::mem;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ringmill::Ring;
use ringmill::memory::shared::Place;
use ringmill::ring::{
    Buffer, Closed, Queue, QueueOptions, SendError, SharedBuffer, TimeoutError, TryError, WhenFull,
};

/// Whether this address is mapped: the file of mappings has a range for it.
fn is_mapped(address: usize) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().any(|line| {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let parse = |text| usize::from_str_radix(text, 16).unwrap();
        (parse(start)..parse(end)).contains(&address)
    })
}

/// How many mappings there are of a file.
fn mappings_of(path: &std::path::Path) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.ends_with(path.to_str().unwrap())).count()
}

/// A ring in a file, whose mapping can be told from all others.
fn ring_in_a_file(folder: &tempfile::TempDir) -> (Ring<u64>, std::path::PathBuf) {
    let path = folder.path().join("ring");
    let ring = Ring::builder().buffers(3).buffer_len(10).queues(["q"]).at(Place::file(&path));
    (ring.build().unwrap(), path)
}

/// Something that keeps a ring's memory.
enum Keeper {
    Ring(#[expect(dead_code, reason = "held, to be dropped")] Ring<u64>),
    Queue(#[expect(dead_code, reason = "held, to be dropped")] Queue<u64>),
    Buffer(Buffer<u64>),
    Shared(SharedBuffer<u64>),
}

fn keepers(ring: Ring<u64>) -> Vec<Keeper> {
    let queue = ring.queue("q").unwrap();
    let claimed = ring.claim().unwrap();
    let mut sent = ring.claim().unwrap();
    sent.fill(7);
    queue.send(sent).unwrap();
    let mut received = queue.recv().unwrap();
    received[0] = 8;
    let shared = ring.claim().unwrap().share();
    vec![
        Keeper::Buffer(claimed),
        Keeper::Buffer(received),
        Keeper::Shared(shared.clone()),
        Keeper::Shared(shared),
        Keeper::Queue(queue.clone()),
        Keeper::Queue(queue),
        Keeper::Ring(ring.clone()),
        Keeper::Ring(ring),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_last_that_goes_takes_the_mapping_along(
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
        other in prop::collection::vec(any::<bool>(), 8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (ring, path) = ring_in_a_file(&folder);
        let mut keepers: Vec<_> = keepers(ring).into_iter().map(Some).collect();
        for (k, which) in order.iter().enumerate() {
            prop_assert_eq!(mappings_of(&path), 1, "{} of 8 are gone", k);
            match keepers[*which].as_mut().unwrap() {
                Keeper::Buffer(buffer) => buffer.fill(9),
                Keeper::Shared(shared) => prop_assert_eq!(shared.len(), 10),
                _ => {}
            }
            let keeper = keepers[*which].take();
            if other[k] {
                thread::spawn(move || drop(keeper)).join().unwrap();
            } else {
                drop(keeper);
            }
        }
        prop_assert_eq!(mappings_of(&path), 0, "nobody has it any more");
    }
}

#[test]
fn buffers_left_in_a_queue_go_with_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let (ring, path) = ring_in_a_file(&folder);
    let queue = ring.queue("q").unwrap();
    for _ in 0..3 {
        queue.send(ring.claim().unwrap()).unwrap();
    }
    drop((queue, ring));
    assert_eq!(mappings_of(&path), 0);
}

#[test]
fn a_buffer_outlives_its_ring() {
    let ring = Ring::<u64>::builder().buffers(2).buffer_len(100).build().unwrap();
    let mut buffer = ring.claim().unwrap();
    drop(ring);
    buffer.fill(3);
    assert_eq!(buffer.iter().sum::<u64>(), 300);
    let address = buffer.as_ptr().addr();
    assert!(is_mapped(address));
}

#[test]
fn a_leaked_buffer_costs_one_buffer() {
    let ring = Ring::<u64>::builder().buffers(3).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    mem::forget(ring.claim().unwrap());
    assert_eq!(ring.free(), 2);
    for _ in 0..100 {
        let two = [ring.claim().unwrap(), ring.claim().unwrap()];
        assert_eq!(ring.try_claim().unwrap_err(), TryError::Empty);
        for buffer in two {
            queue.send(buffer).unwrap();
        }
        drop([queue.recv().unwrap(), queue.recv().unwrap()]);
    }
    mem::forget(ring.claim().unwrap().share());
    assert_eq!(ring.free(), 1);
    ring.close();
    drop((queue, ring)); // neither blocks nor panics
}

#[test]
fn a_buffer_of_another_ring_comes_back_to_its_own() {
    let build = || Ring::<u64>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let (mine, other) = (build(), build());
    let refused = other.queue("q").unwrap().send(mine.claim().unwrap()).unwrap_err();
    assert!(matches!(refused, SendError::Foreign(_)));
    drop(other);
    mine.queue("q").unwrap().send(refused.into_buffer()).unwrap();
    drop(mine.queue("q").unwrap().recv().unwrap());
    assert_eq!(mine.free(), 1);
}

/// Waits until so many threads sleep.
fn until_waiting(count: usize, waiting: impl Fn() -> usize) {
    let start = Instant::now();
    while waiting() < count {
        assert!(start.elapsed() < Duration::from_secs(30), "{} of {count} sleep", waiting());
        thread::yield_now();
    }
}

#[test]
fn closing_a_queue_wakes_all_who_wait_for_it() {
    let options = QueueOptions::new("q").bound(1, WhenFull::Wait);
    let ring =
        Ring::<u64>::builder().buffers(4).buffer_len(1).queue(options).queues(["empty"]).build().unwrap();
    let (queue, empty) = (ring.queue("q").unwrap(), ring.queue("empty").unwrap());
    queue.send(ring.claim().unwrap()).unwrap();
    thread::scope(|scope| {
        let receivers: Vec<_> = (0..3).map(|_| scope.spawn(|| empty.recv().map(drop))).collect();
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let buffer = ring.claim().unwrap();
                scope.spawn(|| queue.send(buffer))
            })
            .collect();
        until_waiting(3, || empty.waiting());
        thread::sleep(Duration::from_millis(20)); // the senders are asleep too, most likely
        empty.close();
        queue.close();
        for receiver in receivers {
            assert_eq!(receiver.join().unwrap(), Err(Closed));
        }
        for sender in senders {
            assert!(matches!(sender.join().unwrap(), Err(SendError::Closed(_))), "the buffer comes back");
        }
    });
    assert_eq!(ring.free(), 3);
    assert!(queue.recv().is_ok(), "what was sent is still received");
    assert_eq!(queue.recv().unwrap_err(), Closed);
}

#[test]
fn closing_a_ring_wakes_all_who_wait() {
    let ring = Ring::<u64>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    let held = ring.claim().unwrap();
    thread::scope(|scope| {
        let claimers: Vec<_> = (0..2).map(|_| scope.spawn(|| ring.claim().map(drop))).collect();
        let receiver = scope.spawn(|| queue.recv().map(drop));
        until_waiting(2, || ring.waiting());
        until_waiting(1, || queue.waiting());
        ring.close();
        for claimer in claimers {
            assert_eq!(claimer.join().unwrap(), Err(Closed));
        }
        assert_eq!(receiver.join().unwrap(), Err(Closed));
    });
    drop(held);
    assert_eq!(ring.try_claim().unwrap_err(), TryError::Closed);
}

#[test]
fn deadlines_pass_and_leave_nobody_counted() {
    let options = QueueOptions::new("one").bound(1, WhenFull::Wait);
    let ring = Ring::<u64>::builder().buffers(2).buffer_len(1).queue(options).queues(["q"]).build().unwrap();
    let (one, queue) = (ring.queue("one").unwrap(), ring.queue("q").unwrap());
    for timeout in [Duration::ZERO, Duration::from_millis(3)] {
        let start = Instant::now();
        assert_eq!(queue.recv_timeout(timeout).unwrap_err(), TimeoutError::Timeout);
        assert!(start.elapsed() >= timeout);
        let held = ring.claim().unwrap();
        one.send(ring.claim().unwrap()).unwrap();
        assert_eq!(ring.claim_timeout(timeout).unwrap_err(), TimeoutError::Timeout);
        let refused = one.send_timeout(held, timeout).unwrap_err();
        assert!(matches!(refused, SendError::Full(_)));
        drop((refused, one.recv().unwrap()));
        assert_eq!((ring.waiting(), queue.waiting(), ring.free()), (0, 0, 2));
    }
    // A deadline farther off than a clock can tell is none.
    queue.send(ring.claim().unwrap()).unwrap();
    assert!(queue.recv_timeout(Duration::MAX).is_ok());
}

#[test]
fn a_future_that_is_dropped_loses_nothing() {
    let ring = Ring::<u64>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    let mut nobody = Context::from_waker(Waker::noop());
    for _ in 0..10 {
        {
            let mut first = pin!(queue.recv_async());
            let mut second = pin!(queue.recv_async());
            assert!(first.as_mut().poll(&mut nobody).is_pending());
            assert!(second.as_mut().poll(&mut nobody).is_pending());
            assert_eq!(queue.waiting(), 2);
            queue.send(ring.claim().unwrap()).unwrap();
        }
        assert_eq!(queue.waiting(), 0, "dropped futures do not wait");
        let Poll::Ready(Ok(buffer)) = pin!(queue.recv_async()).poll(&mut nobody) else {
            panic!("it is there")
        };
        {
            let mut claim = pin!(ring.claim_async());
            assert!(claim.as_mut().poll(&mut nobody).is_pending());
            drop(buffer);
        }
        assert_eq!((ring.waiting(), ring.free()), (0, 1));
    }
}

/// A thread sleeps behind a task that was called and is dropped: the call goes on to the thread.
#[test]
fn a_future_that_is_dropped_after_its_call_passes_it_on() {
    let ring = Ring::<u64>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    for _ in 0..100 {
        let mut task = Box::pin(queue.recv_async());
        assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        thread::scope(|scope| {
            let receiver = scope.spawn(|| queue.recv().map(drop));
            until_waiting(2, || queue.waiting());
            queue.send(ring.claim().unwrap()).unwrap();
            drop(task);
            assert_eq!(receiver.join().unwrap(), Ok(()));
        });
    }
}
