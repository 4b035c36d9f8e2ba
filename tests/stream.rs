//! A stream gives every reader every element, once and in order, however it was written and however it is read.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use ringmill::ring::stream::{
    Consumer, JoinError, Producer, PushError, ReadError, TryPushError, TryReadError, TryWriteError, Unread,
    WriteError,
};
use ringmill::ring::{Stream, Waiting};

/// How many elements the threads of a test pass on.
const MANY: u64 = if cfg!(miri) { 2_000 } else { 300_000 };

fn stream(capacity: usize) -> (Producer<u64>, Consumer<u64>) {
    Stream::builder().capacity(capacity).build().unwrap()
}

#[test]
fn a_full_stream_refuses_and_an_empty_one_has_nothing() {
    let (mut producer, mut consumer) = stream(512);
    assert_eq!(consumer.try_pop(), Err(TryReadError::Empty));
    assert_eq!(consumer.pop_timeout(Duration::from_millis(1)), Err(ReadError::TimedOut));
    for value in 0..512 {
        producer.try_push(value).unwrap();
    }
    assert_eq!(producer.try_push(7), Err(TryPushError::Full(7)));
    assert_eq!(producer.push_timeout(7, Duration::from_millis(1)), Err(PushError::TimedOut(7)));
    assert_eq!(consumer.try_pop(), Ok(0));
    producer.try_push(512).unwrap();
    for value in 1..513 {
        assert_eq!(consumer.try_pop(), Ok(value));
    }
    assert_eq!(consumer.try_pop(), Err(TryReadError::Empty));
}

#[test]
fn every_batch_is_one_slice_wherever_it_begins() {
    let (mut producer, mut consumer) = stream(512);
    let mut next = 0_u64;
    // 500 is no divisor of 512, so the batches begin everywhere and most of them wrap.
    for _ in 0..200 {
        let mut batch = producer.write(500).unwrap();
        assert_eq!(batch.len(), 500);
        batch.iter_mut().zip(next..).for_each(|(place, value)| *place = value);
        batch.commit_all();
        let batch = consumer.read(1000).unwrap();
        assert!(batch.iter().copied().eq(next..next + 500));
        next += 500;
    }
}

#[test]
fn a_batch_commits_and_releases_in_part() {
    let (mut producer, mut consumer) = stream(512);
    let mut batch = producer.write(512).unwrap();
    batch.copy_from_slice(&(0..512).collect::<Vec<_>>());
    batch.commit(3);
    drop(producer.write(509).unwrap());
    assert!(matches!(producer.try_write(510), Err(TryWriteError::Full { requested: 510, available: 509 })));
    assert!(matches!(producer.write(513), Err(WriteError::TooLong { requested: 513, capacity: 512 })));
    consumer.read(512).unwrap().release(1);
    assert_eq!(*consumer.read(1).unwrap(), [1]);
    assert_eq!(*consumer.read(512).unwrap(), [2]);
    assert_eq!(consumer.try_read(1).unwrap_err(), TryReadError::Empty);
    assert!(producer.try_write(512).is_ok());
    assert!(producer.write(0).unwrap().is_empty() && consumer.read(0).unwrap().is_empty());
}

#[test]
fn a_stream_that_ended_is_drained_first() {
    let (mut producer, mut consumer) = stream(512);
    producer.push(1).unwrap();
    producer.push(2).unwrap();
    drop(producer);
    assert_eq!(consumer.pop(), Ok(1));
    assert_eq!(*consumer.read(9).unwrap(), [2]);
    assert_eq!(consumer.pop(), Err(ReadError::Closed));
    assert_eq!(consumer.try_pop(), Err(TryReadError::Closed));
    assert!(matches!(consumer.read(1), Err(ReadError::Closed)));
}

#[test]
fn without_readers_the_stream_is_closed_until_one_joins() {
    let (mut producer, consumer) = stream(512);
    let stream = consumer.stream();
    drop(consumer);
    // What it knows to be free it may still use.
    let refused = (0..513).find_map(|value| producer.try_push(value).err());
    assert_eq!(refused, Some(TryPushError::Closed(512)));
    assert_eq!(producer.push(9), Err(PushError::Closed(9)));
    assert!(matches!(producer.write(1), Err(WriteError::Closed)));
    let mut lane = stream.join().unwrap();
    producer.push(10).unwrap();
    assert_eq!(lane.pop(), Ok(10));
}

#[test]
fn a_stream_may_run_on_unread() {
    let built = Stream::<u32>::builder().capacity(1024).when_unread(Unread::Overwrite).build();
    let (mut producer, consumer) = built.unwrap();
    let stream = consumer.stream();
    drop(consumer);
    for value in 0..5000 {
        producer.try_push(value).unwrap();
    }
    let mut lane = stream.join().unwrap();
    for value in 0..1024 {
        producer.try_push(value).unwrap();
    }
    assert_eq!(producer.try_push(0), Err(TryPushError::Full(0)));
    assert!(lane.read(2000).unwrap().iter().copied().eq(0..1024));
}

#[test]
fn lanes_are_limited_and_their_places_used_again() {
    let (mut producer, first) = Stream::<u8>::builder().lanes(2).build().unwrap();
    let stream = first.stream();
    for round in 0..10 {
        let mut second = stream.join().unwrap();
        assert_eq!(stream.join().unwrap_err(), JoinError::TooManyLanes { available: 2 });
        producer.push(round).unwrap();
        assert_eq!(second.pop(), Ok(round));
        assert_eq!(stream.lanes(), 2);
    }
    drop(first);
    assert_eq!(stream.lanes(), 0);
}

#[test]
fn stages_change_elements_in_turn() {
    let built = Stream::<u64>::builder().capacity(512).stages().build();
    let (mut producer, [mut double, mut add], mut consumer) = built.unwrap();
    for value in 0..4 {
        producer.push(value).unwrap();
    }
    assert!(matches!(add.try_read(1), Err(TryReadError::Empty)));
    double.read(3).unwrap().iter_mut().for_each(|value| *value *= 2);
    add.read(9).unwrap().iter_mut().for_each(|value| *value += 1);
    assert_eq!(*consumer.read(9).unwrap(), [1, 3, 5]);
    drop(producer);
    double.read(9).unwrap()[0] = 100;
    assert!(matches!(double.read(9), Err(ReadError::Closed)));
    drop(double);
    assert_eq!(*add.read(9).unwrap(), [100]);
    assert!(matches!(add.read(9), Err(ReadError::Closed)));
    assert_eq!(consumer.pop(), Ok(100));
    assert_eq!(
        consumer.try_pop(),
        Err(TryReadError::Empty),
        "a stage that is there may still pass something on"
    );
    drop(add);
    assert_eq!(consumer.pop(), Err(ReadError::Closed));
}

/// Without a lane it is the last stage that makes room.
#[test]
fn a_stage_wakes_the_producer_where_nobody_reads() {
    let built = Stream::<u64>::builder().capacity(512).when_unread(Unread::Overwrite).stages().build();
    let (mut producer, [mut first, mut last], consumer) = built.unwrap();
    drop(consumer);
    (0..512).for_each(|value| producer.try_push(value).unwrap());
    assert_eq!(first.read(512).unwrap().len(), 512);
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(producer.push(512)));
    // Long enough for it to sleep.
    thread::sleep(Duration::from_millis(50));
    last.read(512).unwrap().pass(1);
    assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(Ok(())));
}

#[test]
fn a_stage_that_goes_closes_the_stream_on_both_sides() {
    let (mut producer, [stage], mut consumer) =
        Stream::<u64>::builder().capacity(512).stages().build().unwrap();
    for value in 0..512 {
        producer.push(value).unwrap();
    }
    assert_eq!(producer.try_push(0), Err(TryPushError::Full(0)));
    drop(stage);
    assert_eq!(producer.push(0), Err(PushError::Closed(0)));
    assert_eq!(consumer.pop(), Err(ReadError::Closed));
}

/// Reads until the stream ends, alternating between elements and batches; checks that they are consecutive.
fn read_all(mut consumer: Consumer<u64>, mut expected: u64) -> u64 {
    loop {
        match consumer.pop() {
            Ok(value) => assert_eq!(value, expected),
            Err(_) => return expected,
        }
        expected += 1;
        let Ok(batch) = consumer.read(1 + expected as usize % 100) else { return expected };
        for value in &*batch {
            assert_eq!(*value, expected);
            expected += 1;
        }
    }
}

#[test]
fn threads_pass_on_every_element_in_order() {
    for capacity in [512, 65_536] {
        let (mut producer, consumer) = stream(capacity);
        let second = consumer.stream().join().unwrap();
        thread::scope(|scope| {
            let readers = [consumer, second].map(|lane| scope.spawn(|| read_all(lane, 0)));
            let mut next = 0;
            while next < MANY {
                producer.push(next).unwrap();
                next += 1;
                let mut batch = producer.write(1 + next as usize % 64).unwrap();
                batch.iter_mut().zip(next..).for_each(|(place, value)| *place = value);
                let commit = batch.len() / 2 + 1;
                batch.commit(commit.min(1 + next as usize % 64));
                next += commit as u64;
            }
            drop(producer);
            for reader in readers {
                assert_eq!(reader.join().unwrap(), next);
            }
        });
    }
}

#[test]
fn lanes_that_join_and_leave_see_consecutive_elements() {
    let (mut producer, consumer) = stream(512);
    let stream = consumer.stream();
    thread::scope(|scope| {
        scope.spawn(move || {
            (0..MANY).for_each(|value| producer.push(value).unwrap());
        });
        scope.spawn(|| read_all(consumer, 0));
        scope.spawn(|| {
            loop {
                let mut lane = stream.join().unwrap();
                let begin = lane.sequence();
                for expected in begin..begin + 1000 {
                    match lane.pop() {
                        Ok(value) => assert_eq!(value, expected),
                        Err(_) => return,
                    }
                }
            }
        });
    });
}

#[test]
fn threads_change_elements_stage_by_stage() {
    let built = Stream::<u64>::builder().capacity(512).stages().build();
    let (mut producer, stages, mut consumer): (_, [_; 3], _) = built.unwrap();
    thread::scope(|scope| {
        scope.spawn(move || (0..MANY).for_each(|value| producer.push(value).unwrap()));
        for (number, mut stage) in (1..).zip(stages) {
            scope.spawn(move || {
                while let Ok(mut batch) = stage.read(100) {
                    batch.iter_mut().for_each(|value| *value = *value * 3 + number);
                }
            });
        }
        for value in 0..MANY {
            assert_eq!(consumer.pop(), Ok(((value * 3 + 1) * 3 + 2) * 3 + 3));
        }
        assert_eq!(consumer.pop(), Err(ReadError::Closed));
    });
}

#[test]
fn who_sleeps_is_woken_by_elements_by_room_and_by_the_end() {
    for waiting in [Waiting::IdleZero, Waiting::Balanced] {
        let built = Stream::<u64>::builder().capacity(512).waiting(waiting).build();
        let (mut producer, consumer) = built.unwrap();
        thread::scope(|scope| {
            let reader = scope.spawn(|| read_all(consumer, 0));
            for value in 0..5000 {
                producer.push(value).unwrap();
                if value % 1000 == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
            }
            drop(producer);
            assert_eq!(reader.join().unwrap(), 5000);
        });
        let built = Stream::<u64>::builder().capacity(512).waiting(waiting).build();
        let (mut producer, consumer) = built.unwrap();
        thread::scope(|scope| {
            let writer = scope.spawn(move || (0..).find_map(|value| producer.push(value).err()));
            thread::sleep(Duration::from_millis(5));
            drop(consumer);
            assert_eq!(writer.join().unwrap(), Some(PushError::Closed(512)), "the last reader is gone");
        });
    }
}

/// Polls the future whenever it has been woken, and sleeps in between.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn tasks_pass_on_every_element() {
    let built = Stream::<u64>::builder().capacity(512).stages().build();
    let (mut producer, [mut stage], mut consumer) = built.unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            block_on(async move {
                for value in 0..MANY / 10 {
                    producer.push_async(value).await.unwrap();
                }
                let mut batch = producer.write_async(512).await.unwrap();
                batch.fill(7);
                batch.commit_all();
            });
        });
        scope.spawn(|| {
            block_on(async move {
                while let Ok(mut batch) = stage.read_async(100).await {
                    batch.iter_mut().for_each(|value| *value += 1);
                }
            });
        });
        block_on(async {
            for value in 0..MANY / 10 {
                assert_eq!(consumer.pop_async().await, Ok(value + 1));
            }
            let mut left = 512;
            while let Ok(batch) = consumer.read_async(300).await {
                assert!(batch.iter().all(|value| *value == 8));
                left -= batch.len();
            }
            assert_eq!(left, 0);
        });
    });
}
