//! A buffer to a worker and back: copied, moved, shared.
//!
//! `cargo run --release --example passing -- moved` takes the ways to run. The worker touches the first and the last byte. A
//! buffer that moves keeps its place in memory, so its size does not matter.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use common::{Ticker, Timing, repeated, wanted};
use ringmill::Pool;

const KIB: usize = 1024;
const SIZES: [usize; 5] = [KIB, 64 * KIB, KIB * KIB, 16 * KIB * KIB, 200 * KIB * KIB];

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, _) = wanted(&["copied", "moved", "shared"], 0)?;
    let pool = Pool::builder().workers(2).build()?;
    for way in ways {
        for size in SIZES {
            let trips = if size <= 1024 * KIB { 1000 } else { 200 * 1024 * KIB / size };
            let ((first, last), timing) = match way {
                "copied" => copied(&pool, trips, vec![0; size]),
                "moved" => moved(&pool, trips, vec![0; size]),
                _ => shared(&pool, trips, (0..size).map(|_| AtomicU8::new(0)).collect()),
            }?;
            let each = Timing { taken: timing.taken.div_f64(trips as f64), ..timing };
            each.report("passing", way, format!("{size}/{first}/{last}"), &[("case", size.to_string())]);
        }
    }
    Ok(())
}

type Touched = ((u8, u8), Timing);

/// What the worker does: an even longer job would hide the way.
fn touch(bytes: &mut [u8]) {
    for place in [0, bytes.len() - 1] {
        bytes[place] = bytes[place].wrapping_add(1);
    }
}

/// The worker gets a copy, and so does the caller.
fn copied(pool: &Pool, trips: usize, mut bytes: Vec<u8>) -> Result<Touched, Box<dyn Error>> {
    round_trips(trips, |ticker| {
        let mut copy = bytes.clone();
        let task = pool.submit(move |_| {
            touch(&mut copy);
            copy
        })?;
        bytes = ticker.wait(task)?.clone();
        Ok((bytes[0], bytes[bytes.len() - 1]))
    })
}

/// The worker gets the buffer, and it comes back.
fn moved(pool: &Pool, trips: usize, bytes: Vec<u8>) -> Result<Touched, Box<dyn Error>> {
    let mut buffer = Some(bytes);
    round_trips(trips, |ticker| {
        let bytes = buffer.take().ok_or("the buffer did not come back")?;
        let (bytes, ()) = ticker.wait_for(pool.task().submit_with(bytes, |_, bytes| touch(bytes))?)?;
        let touched = (bytes[0], bytes[bytes.len() - 1]);
        buffer = Some(bytes);
        Ok(touched)
    })
}

/// Caller and worker both have the buffer at any time.
fn shared(pool: &Pool, trips: usize, bytes: Arc<[AtomicU8]>) -> Result<Touched, Box<dyn Error>> {
    let last = bytes.len() - 1;
    round_trips(trips, |ticker| {
        let theirs = Arc::clone(&bytes);
        ticker.wait(pool.submit(move |_| {
            theirs[0].fetch_add(1, Ordering::Relaxed);
            theirs[last].fetch_add(1, Ordering::Relaxed);
        })?)?;
        // The task's end, which was waited for, carries what it wrote.
        Ok((bytes[0].load(Ordering::Relaxed), bytes[last].load(Ordering::Relaxed)))
    })
}

fn round_trips(
    trips: usize,
    mut trip: impl FnMut(&mut Ticker) -> Result<(u8, u8), Box<dyn Error>>,
) -> Result<Touched, Box<dyn Error>> {
    repeated(5, |ticker| (0..trips).try_fold((0, 0), |_, _| trip(ticker)))
}
