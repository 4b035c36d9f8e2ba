//! Random programs over a stream give what the same programs give over a `VecDeque` for each reader.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use proptest::prelude::*;
use ringmill::ring::Stream;
use ringmill::ring::stream::{
    Consumer, Observer, Producer, Stage, TryPushError, TryReadError, TryWriteError,
};

const CAPACITY: usize = 512;
/// What a stage adds, so that an element tells how many it has passed.
const SEEN: u64 = 1 << 32;

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Write { len: usize, commit: usize },
    Change { stage: usize, most: usize, pass: usize },
    Pop { lane: usize, times: usize },
    Read { lane: usize, most: usize, release: usize },
    Join,
    Leave(usize),
    Observe(usize),
    Latest,
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![0..10_usize, 0..CAPACITY + 50];
    prop_oneof![
        3 => len.clone().prop_map(Step::Push),
        3 => (len.clone(), len.clone()).prop_map(|(len, commit)| Step::Write { len, commit }),
        4 => (0..2_usize, len.clone(), len.clone())
            .prop_map(|(stage, most, pass)| Step::Change { stage, most, pass }),
        2 => (0..4_usize, len.clone()).prop_map(|(lane, times)| Step::Pop { lane, times }),
        4 => (0..4_usize, len.clone(), len.clone())
            .prop_map(|(lane, most, release)| Step::Read { lane, most, release }),
        1 => Just(Step::Join),
        1 => (0..4_usize).prop_map(Step::Leave),
        1 => len.prop_map(Step::Observe),
        1 => Just(Step::Latest),
    ]
}

/// The stream, and beside it what it must be: each follower's queue holds the numbers that it has yet to release.
struct Twin<const K: usize> {
    producer: Producer<u64>,
    stages: [Stage<u64>; K],
    lanes: Vec<Consumer<u64>>,
    observer: Observer<u64>,
    pushed: u64,
    passed: [VecDeque<u64>; K],
    waiting: Vec<VecDeque<u64>>,
    observed: u64,
}

impl<const K: usize> Twin<K> {
    fn new() -> Self {
        let built = Stream::<u64>::builder().capacity(CAPACITY).lanes(3).stages().build();
        let (producer, stages, consumer) = built.unwrap();
        Self {
            observer: producer.stream().observe(),
            producer,
            stages,
            lanes: vec![consumer],
            pushed: 0,
            passed: std::array::from_fn(|_| VecDeque::new()),
            waiting: vec![VecDeque::new()],
            observed: 0,
        }
    }

    /// How many elements the last stage has passed on.
    fn published(&self) -> u64 {
        self.pushed - self.passed.iter().map(|queue| queue.len() as u64).sum::<u64>()
    }

    fn room(&self) -> usize {
        let slowest = self.waiting.iter().map(VecDeque::len).max().unwrap();
        CAPACITY - slowest - (self.pushed - self.published()) as usize
    }

    /// Makes the numbers visible to whoever follows this publisher.
    fn publish(&mut self, publisher: usize, numbers: Vec<u64>) {
        match self.passed.get_mut(publisher) {
            Some(queue) => queue.extend(numbers),
            None => self.waiting.iter_mut().for_each(|queue| queue.extend(&numbers)),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Push(times) => {
                for _ in 0..times {
                    let (room, number) = (self.room(), self.pushed);
                    match self.producer.try_push(number) {
                        Ok(()) => assert!(room > 0),
                        Err(error) => {
                            assert_eq!((error, room), (TryPushError::Full(number), 0));
                            break;
                        }
                    }
                    self.pushed += 1;
                    self.publish(0, vec![number]);
                }
            }
            Step::Write { len, commit } => {
                let (room, first) = (self.room(), self.pushed);
                match self.producer.try_write(len) {
                    Ok(mut batch) => {
                        assert!(batch.len() == len && len <= room);
                        batch.iter_mut().zip(first..).for_each(|(place, number)| *place = number);
                        let commit = commit.min(len);
                        batch.commit(commit);
                        self.pushed += commit as u64;
                        self.publish(0, (first..self.pushed).collect());
                    }
                    Err(TryWriteError::TooLong { .. }) => assert!(len > CAPACITY),
                    Err(TryWriteError::Full { available, .. }) => assert!(available == room && room < len),
                    Err(error) => panic!("{error}"),
                }
            }
            Step::Change { stage, most, pass } if stage < K => {
                let queue = &mut self.passed[stage];
                let mut passed = Vec::new();
                match self.stages[stage].try_read(most) {
                    Ok(mut batch) => {
                        assert!(batch.len() <= most.min(queue.len()) && (most == 0 || !batch.is_empty()));
                        for (value, number) in batch.iter_mut().zip(&*queue) {
                            assert_eq!(*value, number + stage as u64 * SEEN);
                        }
                        let pass = pass.min(batch.len());
                        batch[..pass].iter_mut().for_each(|value| *value += SEEN);
                        batch.pass(pass);
                        passed.extend(queue.drain(..pass));
                    }
                    Err(error) => assert!(error == TryReadError::Empty && queue.is_empty() && most > 0),
                }
                self.publish(stage + 1, passed);
            }
            Step::Pop { lane, times } if lane < self.lanes.len() => {
                for _ in 0..times {
                    let popped = self.lanes[lane].try_pop();
                    let expected = self.waiting[lane].pop_front().map(|number| number + K as u64 * SEEN);
                    assert_eq!(popped, expected.ok_or(TryReadError::Empty));
                    if expected.is_none() {
                        break;
                    }
                }
            }
            Step::Read { lane, most, release } if lane < self.lanes.len() => {
                let queue = &mut self.waiting[lane];
                match self.lanes[lane].try_read(most) {
                    Ok(batch) => {
                        assert!(batch.len() <= most.min(queue.len()) && (most == 0 || !batch.is_empty()));
                        for (value, number) in batch.iter().zip(&*queue) {
                            assert_eq!(*value, number + K as u64 * SEEN);
                        }
                        let release = release.min(batch.len());
                        batch.release(release);
                        queue.drain(..release);
                    }
                    Err(error) => assert!(error == TryReadError::Empty && queue.is_empty() && most > 0),
                }
            }
            Step::Join => match self.producer.stream().join() {
                Ok(lane) => {
                    assert_eq!(lane.sequence(), self.published());
                    self.lanes.push(lane);
                    self.waiting.push(VecDeque::new());
                }
                Err(_) => assert_eq!(self.lanes.len(), 3),
            },
            // The last lane stays, as a stream that nobody reads is closed.
            Step::Leave(lane) if lane < self.lanes.len() && self.lanes.len() > 1 => {
                drop(self.lanes.remove(lane));
                self.waiting.remove(lane);
            }
            Step::Observe(len) => {
                let mut copies = vec![0; len];
                let observed = self.observer.read(&mut copies);
                assert_eq!(observed.sequence, self.observed + observed.missed);
                for (copy, number) in copies[..observed.len].iter().zip(observed.sequence..) {
                    assert_eq!(*copy, number + K as u64 * SEEN);
                }
                self.observed = observed.sequence + observed.len as u64;
                assert!(self.observed <= self.published());
            }
            Step::Latest => {
                if let Some((number, value)) = self.observer.latest() {
                    assert_eq!((number + 1, value), (self.published(), number + K as u64 * SEEN));
                    self.observed = number + 1;
                }
            }
            _ => {}
        }
    }

    /// Ends the stream; everybody finds what is left, and then the end.
    fn finish(mut self) {
        drop(self.producer);
        for (number, mut stage) in self.stages.into_iter().enumerate() {
            let mut left = self.passed[number].len();
            while let Ok(mut batch) = stage.read(CAPACITY) {
                left -= batch.len();
                batch.iter_mut().for_each(|value| *value += SEEN);
            }
            assert_eq!(left, 0);
            let numbers: Vec<_> = self.passed[number].drain(..).collect();
            match self.passed.get_mut(number + 1) {
                Some(queue) => queue.extend(numbers),
                None => self.waiting.iter_mut().for_each(|queue| queue.extend(&numbers)),
            }
        }
        for (mut lane, queue) in self.lanes.into_iter().zip(self.waiting) {
            for number in queue {
                assert_eq!(lane.pop(), Ok(number + K as u64 * SEEN));
            }
            assert_eq!(lane.try_pop(), Err(TryReadError::Closed));
        }
    }
}

fn run<const K: usize>(steps: Vec<Step>) {
    let mut twin = Twin::<K>::new();
    steps.into_iter().for_each(|step| twin.take(step));
    twin.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn programs_without_stages(steps in prop::collection::vec(step(), 0..200)) {
        run::<0>(steps);
    }

    #[test]
    fn programs_with_two_stages(steps in prop::collection::vec(step(), 0..200)) {
        run::<2>(steps);
    }
}
