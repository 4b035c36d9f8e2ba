//! Buffers go round: claimed, sent, received, free again.

use std::thread;
use std::time::{Duration, Instant};

use ringmill::Ring;
use ringmill::ring::{
    BuildError, Closed, DroppedDirty, QueueOptions, SendError, Sent, TimeoutError, TryError, WhenFull,
};

#[test]
fn a_buffer_goes_round_with_what_travels_along() {
    let ring = Ring::<u64>::builder().buffers(2).buffer_len(10).queues(["a", "b"]).build().unwrap();
    let (a, b) = (ring.queue("a").unwrap(), ring.queue("b").unwrap());
    for round in 0..100 {
        let mut buffer = ring.claim().unwrap();
        assert_eq!((buffer.len(), buffer.tag()), (10, 0));
        buffer.fill(round);
        buffer.truncate(3);
        buffer.set_tag(round + 1);
        let sequence = buffer.sequence();
        assert_eq!(a.send(buffer).unwrap(), Sent::Listed);
        let mut buffer = a.recv().unwrap();
        assert_eq!((&buffer[..], buffer.tag(), buffer.sequence()), (&[round; 3][..], round + 1, sequence));
        buffer[0] += 1;
        b.send(buffer).unwrap();
        let buffer = b.try_recv().unwrap();
        assert_eq!(buffer[..], [round + 1, round, round]);
        assert_eq!(ring.free(), 1);
        drop(buffer);
        assert_eq!(ring.free(), 2);
    }
    assert_eq!(a.high_water(), 1);
}

#[test]
fn sequences_rise_in_the_order_of_claims() {
    let ring = Ring::<u8>::builder().buffers(3).buffer_len(1).build().unwrap();
    let mut last = None;
    for _ in 0..50 {
        let buffer = ring.claim().unwrap();
        assert!(last < Some(buffer.sequence()));
        last = Some(buffer.sequence());
    }
}

#[test]
fn four_forms_of_claiming_and_receiving_agree() {
    let ring = Ring::<u8>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    assert_eq!(queue.try_recv().unwrap_err(), TryError::Empty);
    let soon = Duration::from_millis(2);
    let began = Instant::now();
    assert_eq!(queue.recv_timeout(soon).unwrap_err(), TimeoutError::Timeout);
    assert!(began.elapsed() >= soon);
    let buffer = ring.claim_timeout(soon).unwrap();
    assert_eq!(ring.claim_timeout(soon).unwrap_err(), TimeoutError::Timeout);
    queue.send(buffer).unwrap();
    ring.close();
    assert!(queue.recv_timeout(soon).is_ok());
    assert_eq!(queue.recv_timeout(soon).unwrap_err(), TimeoutError::Closed);
    assert_eq!(ring.try_claim().unwrap_err(), TryError::Closed);
    assert_eq!(ring.claim_timeout(soon).unwrap_err(), TimeoutError::Closed);
}

#[test]
fn a_receiver_and_a_claimer_sleep_until_there_is_something() {
    let ring = Ring::<u64>::builder().buffers(1).buffer_len(1).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    thread::scope(|scope| {
        let sum = scope.spawn(|| {
            let mut sum = 0;
            while let Ok(buffer) = queue.recv() {
                sum += buffer[0];
                if buffer[0] % 16 == 0 {
                    thread::sleep(Duration::from_micros(300));
                }
            }
            sum
        });
        for k in 0..200 {
            let mut buffer = ring.claim().unwrap();
            buffer[0] = k;
            queue.send(buffer).unwrap();
            if k % 50 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        queue.close();
        assert_eq!(sum.join().unwrap(), (0..200).sum::<u64>());
    });
    assert_eq!(ring.free(), 1);
}

#[test]
fn a_buffer_of_another_ring_comes_back() {
    let [one, other] = [(); 2].map(|()| Ring::<u8>::builder().buffers(1).queues(["q"]).build().unwrap());
    let refused = one.queue("q").unwrap().send(other.claim().unwrap()).unwrap_err();
    assert!(matches!(refused, SendError::Foreign(_)));
    assert_eq!(other.free(), 0);
    drop(refused);
    assert_eq!(other.free(), 1);
}

#[test]
fn a_closed_queue_is_drained_and_refuses() {
    let ring = Ring::<u8>::builder().buffers(3).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    queue.send(ring.claim().unwrap()).unwrap();
    queue.close();
    queue.close();
    assert!(queue.is_closed());
    assert!(matches!(queue.send(ring.claim().unwrap()), Err(SendError::Closed(_))));
    assert_eq!(ring.free(), 2);
    assert!(queue.recv().is_ok());
    assert_eq!(queue.recv().unwrap_err(), Closed);
    assert_eq!(ring.free(), 3);
}

#[test]
fn bounds_do_as_they_say() {
    let queues = [
        QueueOptions::new("wait").bound(1, WhenFull::Wait),
        QueueOptions::new("back").bound(1, WhenFull::GiveBack),
        QueueOptions::new("oldest").bound(2, WhenFull::DropOldest),
        QueueOptions::new("newest").bound(1, WhenFull::DropNewest),
    ];
    let ring = Ring::<u64>::builder().buffers(8).buffer_len(1).queues(queues).build().unwrap();
    let claim = |value| {
        let mut buffer = ring.claim().unwrap();
        buffer[0] = value;
        buffer
    };
    let queue = |name| ring.queue(name).unwrap();
    for name in ["wait", "back", "newest"] {
        assert_eq!(queue(name).send(claim(1)).unwrap(), Sent::Listed);
    }
    assert!(matches!(queue("wait").try_send(claim(2)), Err(SendError::Full(_))));
    assert!(matches!(queue("back").send(claim(2)), Err(SendError::Full(_))));
    assert_eq!(queue("newest").send(claim(2)).unwrap(), Sent::NewestDropped);
    assert_eq!(queue("newest").recv().unwrap()[0], 1);
    for value in 0..5 {
        let sent = queue("oldest").send(claim(value)).unwrap();
        assert_eq!(sent, if value < 2 { Sent::Listed } else { Sent::OldestDropped(1) });
    }
    assert_eq!((queue("oldest").depth(), queue("oldest").dropped()), (2, 3));
    assert_eq!(queue("oldest").recv().unwrap()[0], 3);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(5));
            assert_eq!(queue("wait").recv().unwrap()[0], 1);
        });
        queue("wait").send(claim(3)).unwrap();
    });
    assert_eq!(queue("wait").recv().unwrap()[0], 3);
}

#[test]
fn a_dropped_change_goes_where_it_was_told() {
    for policy in [DroppedDirty::Free, DroppedDirty::SendAgain, DroppedDirty::SetAside] {
        let builder = Ring::<u8>::builder().buffers(1).queues(["q"]);
        let ring = builder.dropped_dirty(policy).build().unwrap();
        let queue = ring.queue("q").unwrap();
        let send = || {
            let mut buffer = ring.claim().unwrap();
            buffer.truncate(2);
            buffer.fill(1);
            queue.send(buffer).unwrap();
        };
        send();
        drop(queue.recv().unwrap());
        assert_eq!(ring.free(), 1, "only read");
        send();
        queue.recv().unwrap()[1] = 7;
        let back = match policy {
            DroppedDirty::SendAgain => queue.try_recv().ok(),
            _ => ring.take_aside(),
        };
        if let Some(mut buffer) = back {
            assert_eq!((&buffer[..], buffer.is_retry()), (&[1, 7][..], true));
            assert_ne!(policy, DroppedDirty::Free);
            buffer[0] = 2;
            queue.send(buffer).unwrap();
            assert!(!queue.recv().unwrap().is_retry(), "what was sent on is new");
        } else {
            assert_eq!(policy, DroppedDirty::Free);
        }
        assert_eq!(ring.free(), 1, "{policy:?}");
    }
}

#[test]
fn handles_may_go_in_any_order() {
    let ring = Ring::<u8>::builder().buffers(3).buffer_len(100).queues(["q"]).build().unwrap();
    let queue = ring.queue("q").unwrap();
    let (mut kept, sent, shared) =
        (ring.claim().unwrap(), ring.claim().unwrap(), ring.claim().unwrap().share());
    queue.send(sent).unwrap();
    drop(ring);
    drop(queue);
    kept.fill(3);
    assert_eq!(shared.clone().len(), 100);
    drop(shared);
    assert_eq!(kept[99], 3);
}

#[test]
fn what_cannot_be_built_says_why() {
    let builder = Ring::<u64>::builder;
    assert!(matches!(builder().buffers(0).build(), Err(BuildError::Buffers { requested: 0, .. })));
    assert!(matches!(builder().queues(["a", "b", "a"]).build(), Err(BuildError::SameName { .. })));
    assert!(matches!(
        builder().queues((0..64).map(|k| k.to_string())).build(),
        Err(BuildError::Queues { .. })
    ));
    assert!(matches!(builder().buffer_len(usize::MAX).build(), Err(BuildError::TooLarge)));
    assert!(matches!(Ring::<()>::builder().build(), Err(BuildError::NoElements)));
    assert!(builder().buffers(1 << 20).buffer_len(1 << 40).build().is_err());
}

#[test]
fn a_ring_in_a_file_gets_its_name_last_and_replaces_none() {
    use ringmill::memory::shared::{Place, SharedError};
    use std::os::unix::fs::PermissionsExt as _;

    let taken = |refused| matches!(refused, Err(BuildError::Shared(SharedError::Exists { .. })));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring");
    let build = || Ring::<u64>::builder().buffers(2).buffer_len(8).at(Place::file(&path)).build();
    let ring = build().unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    ring.claim().unwrap().fill(0x0123_4567_89ab_cdef);
    assert!(taken(build()));
    drop(ring);
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.windows(8).any(|word| word == 0x0123_4567_89ab_cdef_u64.to_ne_bytes()));
    assert!(taken(build()), "the file outlives the ring");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    for name in ["", "a/b", &"x".repeat(300)] {
        let named = Ring::<u64>::builder().named(name).build();
        assert!(matches!(named, Err(BuildError::Shared(SharedError::BadName { .. }))));
    }
}

/// While one thread gave a large buffer back, the last handle went: the buffer that was put out of the top was neither
/// retired by the one nor by the other, and the ring's memory stayed.
#[test]
fn a_ring_of_large_buffers_goes_while_they_are_given_back() {
    // So large that nothing else takes all of its place once it is free.
    let len = 32 << 20;
    for round in 0..200 {
        let ring = Ring::<u8>::builder().buffers(2).buffer_len(len).build().unwrap();
        let buffers = [ring.claim().unwrap(), ring.claim().unwrap()];
        let starts = buffers.each_ref().map(|buffer| buffer.as_ptr().addr());
        let (start, end) = (starts[0].min(starts[1]), starts[0].max(starts[1]) + len);
        let is_mapped = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            maps.lines().any(|line| {
                let (range, _) = line.split_once(' ').unwrap();
                let (from, to) = range.split_once('-').unwrap();
                let [from, to] = [from, to].map(|address| usize::from_str_radix(address, 16).unwrap());
                from <= start && end <= to
            })
        };
        assert!(is_mapped());
        let givers = buffers.map(|buffer| thread::spawn(move || drop(buffer)));
        drop(ring);
        for giver in givers {
            giver.join().unwrap();
        }
        assert!(!is_mapped(), "round {round}");
    }
}

/// The same where other processes go on with the ring.
#[test]
fn a_process_that_leaves_a_ring_while_it_gives_buffers_back_has_it_unmapped() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..200 {
        let path = folder.path().join(round.to_string());
        let place = ringmill::memory::shared::Place::file(&path);
        let ring = Ring::<u8>::builder().buffers(2).buffer_len(4096).at(place).build().unwrap();
        let is_mapped = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            maps.lines().any(|line| line.ends_with(path.to_str().unwrap()))
        };
        assert!(is_mapped());
        let buffers = [ring.claim().unwrap(), ring.claim().unwrap()];
        let givers = buffers.map(|buffer| thread::spawn(move || drop(buffer)));
        drop(ring);
        for giver in givers {
            giver.join().unwrap();
        }
        assert!(!is_mapped(), "round {round}");
    }
}

#[test]
fn a_panic_loses_no_buffer_that_was_received() {
    for (policy, is_closed) in
        [(DroppedDirty::SendAgain, false), (DroppedDirty::SendAgain, true), (DroppedDirty::SetAside, false)]
    {
        let ring = Ring::<u8>::builder().buffers(1).queues(["q"]).dropped_dirty(policy).build().unwrap();
        let queue = ring.queue("q").unwrap();
        let mut buffer = ring.claim().unwrap();
        buffer.set_tag(7);
        queue.send(buffer).unwrap();
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let _only_read = queue.recv().unwrap();
                if is_closed {
                    queue.close();
                }
                panic!("on purpose");
            });
            assert!(worker.join().is_err());
        });
        let back = match (policy, is_closed) {
            (DroppedDirty::SendAgain, false) => queue.recv().unwrap(),
            _ => ring.take_aside().expect("set aside"),
        };
        assert_eq!((back.tag(), back.is_retry()), (7, true));
        back.release();
        assert_eq!(ring.free(), 1);
    }
}
