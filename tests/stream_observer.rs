//! An observer of a stream holds nobody up, shows no element that it did not copy whole, and counts the others.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::thread;

use ringmill::ring::Stream;
use ringmill::ring::stream::Unread;

/// How many elements a producer writes beside its observer.
const MANY: u64 = if cfg!(miri) { 2_000 } else { 300_000 };

#[test]
fn an_observer_counts_what_it_missed() {
    let (mut producer, mut consumer) = Stream::<u64>::builder().capacity(512).build().unwrap();
    let mut observer = consumer.stream().observe();
    let mut copies = [0; 600];
    assert_eq!(observer.latest(), None);
    assert_eq!(observer.read(&mut copies).len, 0);
    for value in 0..1000 {
        producer.push(value).unwrap();
        consumer.pop().unwrap();
    }
    // The place of element 488 may be the one that is written next.
    let observed = observer.read(&mut copies);
    assert_eq!((observed.sequence, observed.len, observed.missed), (489, 511, 489));
    assert!(copies[..511].iter().copied().eq(489..1000));
    assert_eq!(observer.missed(), 489);
    let mut batch = producer.write(100).unwrap();
    batch.fill(7);
    let mut late = observer.clone();
    batch.commit(50);
    assert_eq!(late.read(&mut copies[..10]).sequence, 1000);
    assert_eq!(late.latest(), Some((1049, 7)));
    assert_eq!(late.missed(), 489 + 39);
    drop(producer);
    assert!(late.is_closed() && !observer.is_closed());
    assert_eq!(observer.read(&mut copies).len, 50);
    assert!(observer.is_closed());
}

#[test]
fn an_observer_never_shows_a_torn_element() {
    type Wide = [u64; 5];
    let built = Stream::<Wide>::builder().capacity(512).when_unread(Unread::Overwrite).build();
    let (mut producer, consumer) = built.unwrap();
    let mut observer = consumer.stream().observe();
    drop(consumer);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut next = 0;
            while next < MANY {
                producer.push([next; 5]).unwrap();
                next += 1;
                let mut batch = producer.write(1 + next as usize % 50).unwrap();
                let len = batch.len() as u64;
                batch.iter_mut().zip(next..).for_each(|(place, value)| *place = [value; 5]);
                batch.commit_all();
                next += len;
            }
        });
        let (mut copies, mut seen, mut expected) = ([[0; 5]; 64], 0, 0);
        while !observer.is_closed() {
            let observed = observer.read(&mut copies);
            assert_eq!(observed.sequence, expected + observed.missed);
            for (number, copy) in (observed.sequence..).zip(&copies[..observed.len]) {
                assert_eq!(*copy, [number; 5]);
            }
            seen += observed.len as u64;
            expected = observed.sequence + observed.len as u64;
            if let Some((number, copy)) = observer.latest() {
                assert_eq!(copy, [number; 5]);
                // It may be one that was seen already.
                seen += u64::from(number >= expected);
                expected = number + 1;
            }
        }
        assert!(seen + observer.missed() == expected && expected >= MANY);
    });
}
