//! SHA-256 over a big buffer: a digest of each mebibyte, and of the digests one more.
//!
//! `cargo run --release --example sha256_tree -- 256 tasks` takes the mebibytes and the ways to run.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;

use common::{Random, repeated, wanted};
use ringmill::Pool;
use sha2::{Digest, Sha256};

const CHUNK: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, size) = wanted(&["serial", "loop"], 256)?;
    let pool = Pool::builder().workers(2).build()?;
    let bytes: Vec<u8> = Random(1).take(size * CHUNK / 4).flat_map(u32::to_le_bytes).collect();
    let mut digests = vec![[0_u8; 32]; size];
    for way in ways {
        let (root, timing) = repeated(5, |_| {
            match way {
                "serial" => digest_each(chunks(&bytes), &mut digests),
                _ => pool.for_each_chunk_of((chunks(&bytes), &mut digests), 1, |(chunks, digests)| {
                    digest_each(chunks, digests);
                })?,
            }
            Ok::<_, Box<dyn Error>>(Sha256::digest(digests.as_flattened()))
        })?;
        let rate = bytes.len() as f64 / 1e9 / timing.taken.as_secs_f64();
        let check: String = root[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        timing.report("sha256_tree", way, check, &[("gb_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

fn chunks(bytes: &[u8]) -> &[[u8; CHUNK]] {
    bytes.as_chunks().0
}

fn digest_each(chunks: &[[u8; CHUNK]], digests: &mut [[u8; 32]]) {
    for (chunk, digest) in chunks.iter().zip(digests) {
        *digest = Sha256::digest(chunk).into();
    }
}
