//! SHA-256 over a big buffer: a digest of each mebibyte, and of the digests one more.
//!
//! `cargo run --release --example sha256_tree -- 256 tasks` takes the mebibytes and the ways to run. The bytes lie in memory
//! once; workers read them there.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::sync::Arc;

use common::{Random, Ticker, repeated, wanted};
use ringmill::Pool;
use ringmill::pool::LoopError;
use sha2::{Digest as _, Sha256};

const CHUNK: usize = 1 << 20;
type Digest = [u8; 32];

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, size) = wanted(&["serial", "tasks", "loop"], 256)?;
    let pool = Pool::builder().workers(2).build()?;
    let bytes: Arc<Vec<u8>> = Arc::new(Random(1).take(size * CHUNK / 4).flat_map(u32::to_le_bytes).collect());
    for way in ways {
        let (digests, timing) = repeated(3, |ticker| match way {
            "serial" => Ok(chunks(&bytes).iter().map(digest).collect()),
            "tasks" => whole_tasks(&pool, ticker, &bytes),
            _ => loop_inside(&pool, ticker, &bytes),
        })?;
        let root = Sha256::digest(digests.as_flattened());
        let check: String = root[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let rate = bytes.len() as f64 / 1e9 / timing.taken.as_secs_f64();
        timing.report("sha256_tree", way, check, &[("gb_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

fn chunks(bytes: &[u8]) -> &[[u8; CHUNK]] {
    bytes.as_chunks().0
}

fn digest(chunk: &[u8; CHUNK]) -> Digest {
    Sha256::digest(chunk).into()
}

/// A task for each chunk.
fn whole_tasks(
    pool: &Pool,
    ticker: &mut Ticker,
    bytes: &Arc<Vec<u8>>,
) -> Result<Vec<Digest>, Box<dyn Error>> {
    let task = |k| {
        let bytes = Arc::clone(bytes);
        pool.submit(move |_| digest(&chunks(&bytes)[k]))
    };
    let tasks = (0..chunks(bytes).len()).map(task).collect::<Result<Vec<_>, _>>()?;
    Ok(ticker.wait_all(tasks)?)
}

/// One task, in which a loop goes over the chunks on both threads.
fn loop_inside(
    pool: &Pool,
    ticker: &mut Ticker,
    bytes: &Arc<Vec<u8>>,
) -> Result<Vec<Digest>, Box<dyn Error>> {
    let bytes = Arc::clone(bytes);
    let task = pool.submit(move |cx| {
        let mut digests = vec![[0; 32]; chunks(&bytes).len()];
        cx.pool().for_each_chunk_of((chunks(&bytes), &mut digests), 1, |(chunks, digests)| {
            digests[0] = digest(&chunks[0]);
        })?;
        Ok::<_, LoopError>(digests)
    })?;
    Ok(ticker.wait(task)??)
}
