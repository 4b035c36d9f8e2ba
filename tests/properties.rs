//! Random programs over a ring do what a naive ring of `VecDeque`s does; with threads, nothing is lost, doubled or
//! overtaken.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::thread;

use proptest::prelude::*;
use ringmill::Ring;
use ringmill::ring::{Buffer, DroppedDirty, QueueOptions, SendError, Sent, SharedBuffer, TryError, WhenFull};

/// One step of a program. Numbers choose among what there is, modulo how much there is.
#[derive(Clone, Debug)]
enum Step {
    Claim,
    Write(usize, u64),
    Truncate(usize, usize),
    Send(usize, usize),
    Recv(usize),
    RecvBatch(usize, usize),
    Drop(usize),
    Share(usize),
    Clone(usize),
    DropShared(usize),
    TakeBack(usize),
    TakeAside,
    Close(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = || any::<usize>();
    prop_oneof![
        6 => Just(Step::Claim),
        4 => (any(), 0..1000u64).prop_map(|(which, value)| Step::Write(which, value)),
        1 => (any(), 0..LEN + 2).prop_map(|(which, len)| Step::Truncate(which, len)),
        6 => (any(), any()).prop_map(|(which, queue)| Step::Send(which, queue)),
        6 => any().prop_map(Step::Recv),
        1 => (any(), 0..4usize).prop_map(|(queue, most)| Step::RecvBatch(queue, most)),
        3 => any().prop_map(Step::Drop),
        1 => any().prop_map(Step::Share),
        1 => any().prop_map(Step::Clone),
        2 => any().prop_map(Step::DropShared),
        1 => any().prop_map(Step::TakeBack),
        1 => Just(Step::TakeAside),
        1 => any().prop_map(Step::Close),
    ]
}

const LEN: usize = 4;

/// A queue as one would write it without a thought for speed.
#[derive(Debug, Default)]
struct Plain {
    listed: VecDeque<Content>,
    bound: Option<(usize, WhenFull)>,
    dropped: u64,
    is_closed: bool,
}

/// What a buffer has to hold, and where it was received.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    values: Vec<u64>,
    tag: u64,
    is_retry: bool,
    from: Option<usize>,
    is_dirty: bool,
}

struct Both {
    ring: Ring<u64>,
    policy: DroppedDirty,
    queues: Vec<Plain>,
    held: Vec<(Buffer<u64>, Content)>,
    shared: Vec<(SharedBuffer<u64>, usize)>,
    /// What the shared buffers hold, and how many share each.
    groups: Vec<(Content, usize)>,
    free: usize,
    aside: usize,
}

impl Both {
    fn new(buffers: usize, policy: DroppedDirty) -> Self {
        let bounds = [
            None,
            Some((1, WhenFull::GiveBack)),
            Some((2, WhenFull::DropOldest)),
            Some((1, WhenFull::DropNewest)),
        ];
        let ring = Ring::builder().buffers(buffers).buffer_len(LEN).dropped_dirty(policy);
        let options = bounds.iter().enumerate().map(|(k, bound)| {
            let options = QueueOptions::new(k.to_string());
            bound.map_or(options.clone(), |(most, when)| options.bound(most, when))
        });
        let queues = bounds.iter().map(|bound| Plain { bound: *bound, ..Plain::default() }).collect();
        let ring = ring.queues(options).build().unwrap();
        Self { ring, policy, queues, held: vec![], shared: vec![], groups: vec![], free: buffers, aside: 0 }
    }

    fn queue(&self, queue: usize) -> ringmill::ring::Queue<u64> {
        self.ring.queue(&queue.to_string()).unwrap()
    }

    /// What becomes of a buffer that is dropped.
    fn plain_drop(&mut self, content: Content) {
        match (content.is_dirty, self.policy, content.from) {
            (true, DroppedDirty::SendAgain, Some(queue)) if !self.queues[queue].is_closed => {
                self.queues[queue].listed.push_back(Content { is_retry: true, ..content });
            }
            // Sent again into a closed queue, it would never come.
            (true, DroppedDirty::SetAside | DroppedDirty::SendAgain, Some(_)) => self.aside += 1,
            _ => self.free += 1,
        }
    }

    fn received(&mut self, buffer: Buffer<u64>, queue: usize) {
        let content = self.queues[queue].listed.pop_front().expect("the ring has what the plain one lacks");
        assert_eq!(buffer[..], content.values, "queue {queue}");
        assert_eq!((buffer.tag(), buffer.is_retry()), (content.tag, content.is_retry));
        self.held.push((buffer, Content { from: Some(queue), is_dirty: false, ..content }));
    }

    fn send(&mut self, which: usize, queue: usize) {
        let (buffer, content) = self.held.swap_remove(which);
        let sent = self.queue(queue).try_send(buffer);
        let plain = &mut self.queues[queue];
        let is_full = plain.bound.is_some_and(|(most, _)| {
            // A bound of all buffers or more is none.
            most < self.ring.buffers() && plain.listed.len() >= most
        });
        let when_full = plain.bound.map_or(WhenFull::Wait, |(_, when)| when);
        let listed = Content { is_retry: false, from: None, is_dirty: false, ..content.clone() };
        match sent {
            Err(SendError::Closed(buffer)) => {
                assert!(plain.is_closed);
                self.held.push((buffer, content));
            }
            Err(SendError::Full(buffer)) => {
                assert!(is_full && !plain.is_closed && when_full == WhenFull::GiveBack);
                self.held.push((buffer, content));
            }
            Err(other) => panic!("{other}"),
            Ok(_) if plain.is_closed => panic!("a closed queue took a buffer"),
            Ok(Sent::Listed) => {
                assert!(!is_full);
                plain.listed.push_back(listed);
            }
            Ok(Sent::OldestDropped(dropped)) => {
                assert!(is_full && when_full == WhenFull::DropOldest);
                let bound = plain.bound.map_or(0, |(most, _)| most);
                let mut count = 0;
                while plain.listed.len() >= bound {
                    plain.listed.pop_front();
                    self.free += 1;
                    count += 1;
                }
                plain.dropped += count;
                assert_eq!(dropped, count);
                plain.listed.push_back(listed);
            }
            Ok(Sent::NewestDropped) => {
                assert!(is_full && when_full == WhenFull::DropNewest);
                plain.dropped += 1;
                self.plain_drop(content);
            }
            Ok(other) => panic!("{other:?}"),
        }
    }

    fn recv(&mut self, queue: usize) {
        let plain = &self.queues[queue];
        match self.queue(queue).try_recv() {
            Ok(buffer) => self.received(buffer, queue),
            Err(TryError::Empty) => assert!(plain.listed.is_empty() && !plain.is_closed),
            Err(TryError::Closed) => assert!(plain.listed.is_empty() && plain.is_closed),
            Err(other) => panic!("{other}"),
        }
    }

    fn drop_shared(&mut self, which: usize) {
        let (shared, group) = self.shared.swap_remove(which);
        assert_eq!(shared[..], self.groups[group].0.values);
        drop(shared);
        self.groups[group].1 -= 1;
        if self.groups[group].1 == 0 {
            // A buffer that was shared is free when its last reader is gone, changed or not.
            self.free += 1;
        }
    }

    fn take_back(&mut self, which: usize) {
        let (shared, group) = self.shared.swap_remove(which);
        match shared.into_buffer() {
            Ok(buffer) => {
                assert_eq!(self.groups[group].1, 1);
                self.groups[group].1 = 0;
                self.held.push((buffer, self.groups[group].0.clone()));
            }
            Err(shared) => {
                assert!(self.groups[group].1 > 1);
                self.shared.push((shared, group));
            }
        }
    }

    fn take_aside(&mut self) {
        match self.ring.take_aside() {
            Some(buffer) => {
                self.aside -= 1;
                // Which of them it is nobody promises, nor where it came from: it goes back to the free ones.
                assert!(buffer.is_retry());
                drop(buffer);
                self.free += 1;
            }
            None => assert_eq!(self.aside, 0),
        }
    }

    fn run(&mut self, step: Step) {
        let held = self.held.len();
        let shared = self.shared.len();
        let queues = self.queues.len();
        match step {
            Step::Claim => match self.ring.try_claim() {
                Ok(buffer) => {
                    assert_eq!((buffer.len(), buffer.tag(), buffer.is_retry()), (LEN, 0, false));
                    let values = buffer.to_vec();
                    let content = Content { values, tag: 0, is_retry: false, from: None, is_dirty: false };
                    self.free -= 1;
                    self.held.push((buffer, content));
                }
                Err(_) => assert_eq!(self.free, 0),
            },
            Step::Write(which, value) if held > 0 => {
                let (buffer, content) = &mut self.held[which % held];
                if let Some(last) = buffer.last_mut() {
                    *last = value;
                    *content.values.last_mut().unwrap() = value;
                }
                content.is_dirty = content.from.is_some();
                buffer.set_tag(value);
                content.tag = value;
            }
            Step::Truncate(which, len) if held > 0 => {
                let (buffer, content) = &mut self.held[which % held];
                buffer.truncate(len);
                content.values.truncate(len);
            }
            Step::Send(which, queue) if held > 0 => self.send(which % held, queue % queues),
            Step::Recv(queue) => self.recv(queue % queues),
            Step::RecvBatch(queue, most) => {
                let queue = queue % queues;
                if !self.queues[queue].listed.is_empty() {
                    let mut batch = vec![];
                    let count = self.queue(queue).recv_batch(&mut batch, most).unwrap();
                    assert_eq!((count, count), (batch.len(), most.min(self.queues[queue].listed.len())));
                    batch.into_iter().for_each(|buffer| self.received(buffer, queue));
                }
            }
            Step::Drop(which) if held > 0 => {
                let (buffer, content) = self.held.swap_remove(which % held);
                drop(buffer);
                self.plain_drop(content);
            }
            Step::Share(which) if held > 0 => {
                let (buffer, content) = self.held.swap_remove(which % held);
                self.shared.push((buffer.share(), self.groups.len()));
                self.groups.push((content, 1));
            }
            Step::Clone(which) if shared > 0 => {
                let (shared, group) = &self.shared[which % shared];
                let twin = (shared.clone(), *group);
                self.groups[twin.1].1 += 1;
                self.shared.push(twin);
            }
            Step::DropShared(which) if shared > 0 => self.drop_shared(which % shared),
            Step::TakeBack(which) if shared > 0 => self.take_back(which % shared),
            Step::TakeAside => self.take_aside(),
            // Seldom: a closed queue is closed for good.
            Step::Close(queue) if queue % 5 == 0 => {
                let queue = queue / 5 % queues;
                self.queue(queue).close();
                self.queues[queue].is_closed = true;
            }
            _ => {}
        }
        self.compare();
    }

    fn compare(&self) {
        assert_eq!(self.ring.free(), self.free);
        for (k, plain) in self.queues.iter().enumerate() {
            let queue = self.queue(k);
            assert_eq!(
                (queue.depth(), queue.dropped(), queue.is_closed()),
                (plain.listed.len(), plain.dropped, plain.is_closed),
                "queue {k}"
            );
        }
        for (buffer, content) in &self.held {
            assert_eq!((&buffer[..], buffer.tag()), (&content.values[..], content.tag));
        }
        let listed: usize = self.queues.iter().map(|plain| plain.listed.len()).sum();
        let shared = self.groups.iter().filter(|(_, count)| *count > 0).count();
        assert_eq!(self.free + self.aside + self.held.len() + shared + listed, self.ring.buffers());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 5 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn a_random_program_does_what_plain_queues_do(
        buffers in 1usize..6,
        policy in prop::sample::select(vec![DroppedDirty::Free, DroppedDirty::SendAgain, DroppedDirty::SetAside]),
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut both = Both::new(buffers, policy);
        for step in steps {
            both.run(step);
        }
    }

    #[test]
    fn with_threads_nothing_is_lost_doubled_or_overtaken(
        buffers in 1usize..8,
        producers in 1usize..4,
        consumers in 1usize..4,
        bound in prop::option::of(1usize..4),
        each in 0u64..200,
    ) {
        let options = QueueOptions::new("q");
        let options = bound.map_or(options.clone(), |most| options.bound(most, WhenFull::Wait));
        let ring = Ring::<u64>::builder().buffers(buffers).buffer_len(2).queue(options).build().unwrap();
        let queue = ring.queue("q").unwrap();
        let received: Vec<Vec<[u64; 2]>> = thread::scope(|scope| {
            let receivers: Vec<_> = (0..consumers)
                .map(|_| scope.spawn(|| {
                    let mut received = vec![];
                    while let Ok(buffer) = queue.recv() {
                        received.push([buffer[0], buffer[1]]);
                    }
                    received
                }))
                .collect();
            let senders: Vec<_> = (0..producers as u64)
                .map(|me| {
                    let (ring, queue) = (&ring, &queue);
                    scope.spawn(move || {
                        for k in 0..each {
                            let mut buffer = ring.claim().unwrap();
                            buffer.copy_from_slice(&[me, k]);
                            queue.send(buffer).unwrap();
                        }
                    })
                })
                .collect();
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            queue.close();
            receivers.into_iter().map(|receiver| receiver.join().unwrap()).collect()
        });
        for messages in &received {
            for me in 0..producers as u64 {
                let mine: Vec<_> = messages.iter().filter(|message| message[0] == me).map(|message| message[1]).collect();
                prop_assert!(mine.is_sorted(), "one sender's messages come to one receiver in order");
            }
        }
        let mut all: Vec<_> = received.concat();
        all.sort_unstable();
        let sent = (0..producers as u64).flat_map(|me| (0..each).map(move |k| [me, k]));
        prop_assert!(all.into_iter().eq(sent), "each message is received once");
        prop_assert_eq!(ring.free(), buffers);
    }
}
