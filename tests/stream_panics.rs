//! A panic over a batch of a stream loses nothing, and who cleans up during one goes on.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use ringmill::ring::Stream;
use ringmill::ring::stream::{Consumer, Stage};

#[test]
fn a_panic_over_a_batch_loses_nothing() {
    let built = Stream::<u64>::builder().capacity(512).stages().build();
    let (mut producer, [mut stage], mut consumer) = built.unwrap();
    producer.push(1).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = producer.write(10).unwrap();
        batch[0] = 99;
        panic!("over a batch");
    }));
    assert!(panicked.is_err());
    producer.push(2).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _batch = stage.read(10).unwrap();
        panic!("over a batch");
    }));
    assert!(panicked.is_err());
    assert_eq!(*stage.read(10).unwrap(), [1, 2]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _batch = consumer.read(10).unwrap();
        panic!("over a batch");
    }));
    assert!(panicked.is_err());
    assert_eq!(*consumer.read(10).unwrap(), [1, 2]);
}

/// Takes everything when it is dropped, batch by batch.
struct Drain<'a> {
    stage: Stage<u64>,
    consumer: Consumer<u64>,
    is_explicit: bool,
    batches: &'a mut Vec<Vec<u64>>,
}

impl Drop for Drain<'_> {
    fn drop(&mut self) {
        // More than there are, in case one comes again.
        for _ in 0..9 {
            let Ok(batch) = self.stage.try_read(2) else { break };
            let len = batch.len();
            if self.is_explicit { batch.pass(len) } else { drop(batch) }
        }
        for _ in 0..9 {
            let Ok(batch) = self.consumer.try_read(2) else { break };
            let len = batch.len();
            self.batches.push(batch.to_vec());
            if self.is_explicit { batch.release(len) } else { drop(batch) }
        }
    }
}

/// A batch that is made during the unwinding is not dropped because of the panic.
#[test]
fn batches_of_a_destructor_are_passed_on_during_a_panic() {
    for is_explicit in [false, true] {
        let built = Stream::<u64>::builder().capacity(512).stages().build();
        let (mut producer, [stage], consumer) = built.unwrap();
        (1..=3).for_each(|value| producer.push(value).unwrap());
        let mut batches = Vec::new();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _drain = Drain { stage, consumer, is_explicit, batches: &mut batches };
            panic!("over a stream");
        }));
        assert!(panicked.is_err());
        assert_eq!(batches, [vec![1, 2], vec![3]], "explicitly: {is_explicit}");
    }
}

/// Whoever ends a batch by hand in a destructor means it, also if it was made before the panic.
#[test]
fn a_batch_that_is_ended_by_hand_during_a_panic_is_ended() {
    struct End<F: FnMut()>(F);
    impl<F: FnMut()> Drop for End<F> {
        fn drop(&mut self) {
            self.0();
        }
    }
    let (mut producer, mut consumer) = Stream::<u64>::builder().capacity(512).build().unwrap();
    (1..=3).for_each(|value| producer.push(value).unwrap());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = Some(consumer.read(2).unwrap());
        let _end = End(|| batch.take().unwrap().release(1));
        panic!("over a batch");
    }));
    assert!(panicked.is_err());
    assert_eq!(*consumer.read(9).unwrap(), [2, 3]);
}
