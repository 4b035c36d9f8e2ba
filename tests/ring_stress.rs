//! More threads than processors, panics and drops at random: in the end every buffer is accounted for.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::thread;
use std::time::Duration;

use ringmill::Ring;
use ringmill::ring::{Buffer, DroppedDirty, Queue, QueueOptions, WhenFull};

const BUFFERS: usize = 12;
const LEN: usize = 64;
const ROUNDS: u64 = if cfg!(miri) { 20 } else { 40_000 };

/// A generator of numbers that look random: Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What a thread of this test throws; not worth a report.
struct Thrown;

fn quiet_about_thrown() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |failure| {
            if failure.payload().downcast_ref::<Thrown>().is_none() {
                report(failure);
            }
        }));
    });
}

fn processors() -> usize {
    thread::available_parallelism().map_or(2, |count| count.get())
}

/// Writes all elements, one after the other, and checks that nobody else does.
fn fill(buffer: &mut Buffer<u64>, value: u64) {
    let len = buffer.capacity();
    buffer.set_len(len);
    for element in buffer.iter_mut() {
        *element = value;
    }
    assert!(buffer.iter().all(|element| *element == value), "somebody else writes here");
}

fn check(values: &[u64]) {
    assert_eq!(values.len(), LEN);
    assert!(values.iter().all(|element| *element == values[0]), "somebody writes while we read");
}

/// Does something with a buffer, and perhaps panics while it holds it.
fn handle(mut buffer: Buffer<u64>, to: &Queue<u64>, dice: &mut Dice) {
    match dice.roll(16) {
        0 => panic::panic_any(Thrown),
        1 => {
            fill(&mut buffer, dice.0);
            panic::panic_any(Thrown);
        }
        2 => drop(buffer),
        3 => {
            fill(&mut buffer, dice.0);
            drop(buffer);
        }
        4 => {
            let shared = buffer.share();
            let other = shared.clone();
            thread::scope(|scope| {
                scope.spawn(move || check(&other));
                check(&shared);
            });
        }
        5 => {
            let shared = buffer.share();
            let other = shared.clone();
            drop(shared);
            fill(&mut other.into_buffer().unwrap(), dice.0);
        }
        _ => {
            check(&buffer);
            fill(&mut buffer, dice.0);
            if let Err(refused) = to.try_send(buffer) {
                check(&refused.into_buffer());
            }
        }
    }
}

fn hammer(policy: DroppedDirty) {
    quiet_about_thrown();
    let ring = Ring::<u64>::builder()
        .buffers(BUFFERS)
        .buffer_len(LEN)
        .queues(["raw", "done"])
        .queue(QueueOptions::new("few").bound(2, WhenFull::Wait))
        .queue(QueueOptions::new("newest").bound(1, WhenFull::DropOldest))
        .dropped_dirty(policy)
        .build()
        .unwrap();
    let names = ["raw", "done", "few", "newest"];
    let threads = 4 * processors() as u64;
    thread::scope(|scope| {
        for me in 0..threads {
            let ring = ring.clone();
            scope.spawn(move || {
                let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (me + 1) << 20);
                let queues = names.map(|name| ring.queue(name).unwrap());
                for _ in 0..ROUNDS / threads {
                    // A panic ends the round, as it would end a stage.
                    let round = catch_unwind(AssertUnwindSafe(|| {
                        let to = &queues[dice.roll(4) as usize];
                        let taken = match dice.roll(8) {
                            0..3 => ring.claim_timeout(Duration::from_micros(dice.roll(200))).ok().map(
                                |mut buffer| {
                                    fill(&mut buffer, me);
                                    buffer
                                },
                            ),
                            3 => ring.take_aside(),
                            from => queues[from as usize - 4]
                                .recv_timeout(Duration::from_micros(dice.roll(50)))
                                .ok(),
                        };
                        if let Some(buffer) = taken {
                            handle(buffer, to, &mut dice);
                        }
                    }));
                    if let Err(failure) = round {
                        assert!(failure.is::<Thrown>(), "a check has failed");
                    }
                }
            });
        }
    });
    // What is listed or set aside is received, each buffer once; then all are free.
    let mut found = vec![];
    for name in names {
        let queue = ring.queue(name).unwrap();
        queue.close();
        while let Ok(buffer) = queue.recv() {
            found.push(buffer);
        }
    }
    found.extend(std::iter::from_fn(|| ring.take_aside()));
    found.extend(std::iter::from_fn(|| ring.try_claim().ok()));
    assert_eq!(found.len(), BUFFERS, "every buffer is somewhere");
    let mut places: Vec<_> = found.iter().map(|buffer| buffer.as_ptr()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), BUFFERS, "and nowhere else");
}

#[test]
fn panics_and_drops_lose_no_buffer() {
    hammer(DroppedDirty::Free);
}

#[test]
fn panics_and_drops_lose_no_buffer_that_is_sent_again() {
    hammer(DroppedDirty::SendAgain);
}

#[test]
fn panics_and_drops_lose_no_buffer_that_is_set_aside() {
    hammer(DroppedDirty::SetAside);
}

/// The last handle goes while others give buffers back: nothing is touched that is gone.
#[test]
fn rings_end_while_buffers_come_back() {
    for round in 0..if cfg!(miri) { 3 } else { 1_500 } {
        let ring = Ring::<u64>::builder().buffers(3).buffer_len(LEN).queues(["q"]).build().unwrap();
        let queue = ring.queue("q").unwrap();
        let mut holders = vec![];
        for k in 0..3 {
            let mut buffer = ring.claim().unwrap();
            buffer.fill(k);
            let buffer = if k == 2 {
                queue.send(buffer).unwrap();
                queue.recv().unwrap()
            } else {
                buffer
            };
            holders.push(thread::spawn(move || {
                (0..round % 7 * 20).for_each(|_| std::hint::spin_loop());
                if k == 1 { drop(buffer.share()) } else { drop(buffer) }
            }));
        }
        drop(queue);
        drop(ring);
        holders.into_iter().for_each(|holder| holder.join().unwrap());
    }
}
