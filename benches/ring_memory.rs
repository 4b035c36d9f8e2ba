//! What does a ring weigh besides its buffers, what does it allocate once it is built, and what does it do when idle?
//!
//! Units: bytes, by the library's own account and the allocator's, beside what the system counts as resident; calls of
//! the allocator; ns of CPU time and context switches of the threads that wait. CPUs: any. Nothing here is compared with
//! other libraries. The floors are asserted: at most 256 bytes for each buffer and 8 KiB, no allocation, no time. Idle
//! for `RINGMILL_BENCH_IDLE_SECONDS`, or 5.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use common::allocations::{self, Counting};
use common::threads::{Usage, resident_kib};
use common::{say, setting};
use ringmill::Pool;
use ringmill::ring::{Populate, Ring, Stream, Waiting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

const POLICIES: [Waiting; 3] = [Waiting::Balanced, Waiting::Latency, Waiting::IdleZero];

fn main() -> Outcome {
    overhead()?;
    for waiting in POLICIES {
        allocations_of_a_ring(waiting)?;
        allocations_of_a_stream(waiting)?;
    }
    idle()
}

/// Rings of several sizes, with one queue and with two.
fn overhead() -> Outcome {
    const LEN: usize = 4096;
    // The first ring of a process brings code into memory too.
    drop(Ring::<f32>::builder().queues(["one"]).populate(Populate::AtBuild).build()?);
    say(
        "overhead of a ring in bytes: in its memory + on the heap, of 256 a buffer and 8 KiB; resident more than buffers",
    );
    for (buffers, queues) in [(8, 1), (64, 1), (64, 2), (1024, 1), (1024, 2)] {
        let names = ["one", "two"];
        let (heap, resident) = (allocations::bytes(), resident_kib().ok_or("no resident size")?);
        let ring =
            Ring::<f32>::builder().buffers(buffers).buffer_len(LEN).queues(names.into_iter().take(queues));
        let ring = ring.populate(Populate::AtBuild).build()?;
        let resident = (resident_kib().ok_or("no resident size")? - resident) << 10;
        let (own, heap) = (ring.overhead_bytes(), allocations::bytes() - heap);
        let (floor, payload) = (256 * buffers + 8192, buffers * LEN * 4);
        say(format_args!(
            "  {buffers:>5} buffers, {queues} queue(s): {own:>7} + {heap:>5} of {floor:>7}; {:>7}",
            resident.saturating_sub(payload as u64)
        ));
        assert!(own + heap as usize <= floor, "more than 256 bytes a buffer and 8 KiB");
    }
    Ok(())
}

/// Counts what the allocator was asked for during `work`, which runs on as many threads at once.
fn count(what: &str, works: &[&(dyn Fn() -> Outcome + Sync)]) -> Outcome {
    // Started before the count begins, ended after it is read.
    let (ready, done) = (Barrier::new(works.len() + 1), Barrier::new(works.len() + 1));
    let calls = thread::scope(|scope| {
        let started: Vec<_> = works
            .iter()
            .map(|work| {
                scope.spawn(|| {
                    ready.wait();
                    let outcome = work();
                    done.wait();
                    outcome
                })
            })
            .collect();
        let before = allocations::calls();
        ready.wait();
        done.wait();
        let calls = allocations::calls() - before;
        started.into_iter().try_for_each(|thread| thread.join().expect("no work panics"))?;
        Ok::<_, Box<dyn Error + Send + Sync>>(calls)
    })?;
    say(format_args!("  {what}: {calls}"));
    assert_eq!(calls, 0, "the allocator was asked");
    Ok(())
}

fn allocations_of_a_ring(waiting: Waiting) -> Outcome {
    const ROUNDS: usize = 1000;
    say(format_args!("calls of the allocator once a ring is built, {waiting:?}"));
    let ring = Ring::<u64>::builder().buffers(4).buffer_len(64).queues(["there", "back"]);
    let ring = ring.waiting(waiting).build()?;
    let (there, back) = (ring.queue("there")?, ring.queue("back")?);
    let short = Duration::from_micros(50);

    count(
        "a thousand times claim, send, receive, drop, on one thread",
        &[&|| {
            for k in 0..ROUNDS as u64 {
                let mut buffer = ring.claim()?;
                buffer[0] = k;
                buffer.set_tag(k);
                there.send(buffer)?;
                assert_eq!(there.try_recv()?[0], k);
            }
            Ok(())
        }],
    )?;
    count(
        "a thousand times there and back between two threads that wait for each other",
        &[
            &|| {
                for k in 0..ROUNDS as u64 {
                    let mut buffer = ring.claim()?;
                    buffer[0] = k;
                    there.send(buffer)?;
                    assert_eq!(back.recv()?[0], k + 1);
                }
                Ok(())
            },
            &|| {
                for _ in 0..ROUNDS {
                    let mut buffer = there.recv()?;
                    buffer[0] += 1;
                    back.send(buffer)?;
                }
                Ok(())
            },
        ],
    )?;
    count(
        "a hundred times a receive and a claim that time out",
        &[&|| {
            let all: [_; 4] = [ring.claim()?, ring.claim()?, ring.claim()?, ring.claim()?];
            for _ in 0..ROUNDS / 10 {
                assert!(there.recv_timeout(short).is_err() && ring.claim_timeout(short).is_err());
            }
            drop(all);
            Ok(())
        }],
    )?;
    count(
        "a thousand times shared by three, and dropped",
        &[&|| {
            for _ in 0..ROUNDS {
                let shared = ring.claim()?.share();
                let (second, third) = (shared.clone(), shared.clone());
                drop((second, shared));
                drop(third.into_buffer().map_err(|_| "the others are gone")?);
            }
            Ok(())
        }],
    )?;

    // A waker allocates; making one is the executor's affair.
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    count(
        "a thousand times a claim and a receive as tasks that never sleep",
        &[&|| {
            for _ in 0..ROUNDS {
                there.send(ready(ring.claim_async(), &waker)??)?;
                drop(ready(there.recv_async(), &waker)??);
            }
            Ok(())
        }],
    )?;
    let mut batch = Vec::with_capacity(4);
    there.send(ring.claim()?)?;
    let before = allocations::calls();
    assert_eq!(there.recv_batch(&mut batch, 4)?, 1);
    assert_eq!(allocations::calls() - before, 0);
    Ok(())
}

fn allocations_of_a_stream(waiting: Waiting) -> Outcome {
    const NUMBERS: u64 = 20_000;
    say(format_args!("calls of the allocator once a stream is built, {waiting:?}"));
    let (producer, consumer) = Stream::<u64>::builder().capacity(512).waiting(waiting).build()?;
    let ends = (std::sync::Mutex::new(producer), std::sync::Mutex::new(consumer));
    count(
        "20 thousand numbers, singly, between two threads that wait for each other",
        &[
            &|| {
                let mut producer = ends.0.lock().map_err(|_| "poisoned")?;
                (0..NUMBERS).try_for_each(|number| Ok(producer.push(number)?))
            },
            &|| {
                let mut consumer = ends.1.lock().map_err(|_| "poisoned")?;
                (0..NUMBERS).try_for_each(|number| {
                    assert_eq!(consumer.pop()?, number);
                    Ok(())
                })
            },
        ],
    )
}

/// The thread that nobody wakes but the system.
const CONTROL: &str = "control";

/// A receiver, a claimer, a reader, a writer of each policy, and a pool: none of them does anything.
fn idle() -> Outcome {
    let seconds = setting("RINGMILL_BENCH_IDLE_SECONDS", 5) as u64;
    let pool = Pool::builder().workers(3).build()?;
    assert_eq!(pool.broadcast(|worker| worker)?, [0, 1, 2]);
    thread::Builder::new().name(CONTROL.into()).spawn(thread::park)?;
    let mut closers: Vec<Box<dyn FnOnce()>> = Vec::new();
    let mut waiters = Vec::new();
    for waiting in POLICIES {
        let ring = Ring::<u64>::builder().buffers(1).queues(["q"]).waiting(waiting).build()?;
        let queue = ring.queue("q")?;
        let held = ring.claim()?;
        waiters.push(thread::spawn(move || drop(queue.recv())));
        let claims = ring.clone();
        waiters.push(thread::spawn(move || drop(claims.claim())));
        let (mut unfed, mut reader) = Stream::<u64>::builder().waiting(waiting).build()?;
        waiters.push(thread::spawn(move || _ = reader.pop()));
        let (mut writer, unread) = Stream::<u64>::builder().waiting(waiting).build()?;
        let room = writer.capacity() as u64;
        waiters.push(thread::spawn(move || _ = (0..=room).try_for_each(|number| writer.push(number))));
        closers.push(Box::new(move || {
            ring.close();
            drop((held, unfed.push(1), unread));
        }));
    }
    // Until each has looked for as long as its policy says, and the pool's helpers too.
    thread::sleep(Duration::from_millis(500));

    // The first thread measures. Where the system stops and continues the whole process, all threads run a little, the
    // one that only sleeps as well: that time does not count.
    let used = loop {
        let now = || {
            let ours = Usage::now(|name| name != CONTROL);
            ours.zip(Usage::now(|name| name == CONTROL)).ok_or("the system counts nothing")
        };
        let (ours, control) = now()?;
        thread::sleep(Duration::from_secs(seconds));
        let (ours, control) = now().map(|then| (then.0.since(ours), then.1.since(control)))?;
        if control.waits == 0 {
            break ours;
        }
        say(format_args!("the system woke even a thread that only sleeps: {control:?}; once more"));
    };
    say(format_args!("idle for {seconds} s: {used:?}"));
    assert_eq!(used, Usage { threads: used.threads, ..Usage::default() }, "something runs");
    assert!(used.threads as usize >= waiters.len());

    closers.into_iter().for_each(|close| close());
    for waiter in waiters {
        waiter.join().map_err(|_| "a waiter panicked")?;
    }
    Ok(())
}

/// Polls once a future that is ready.
fn ready<F: Future>(future: F, waker: &Waker) -> Result<F::Output, &'static str> {
    match pin!(future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("it would have to wait"),
    }
}

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
