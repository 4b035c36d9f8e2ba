//! The vectors most like a query, among 200 MB of them: cosine similarity, the best ten.
//!
//! `cargo run --release --example similarity -- 50000000 loop` takes the number of floats and the ways to run. The vectors lie in
//! memory once, and every worker reads its part where it lies.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;

use common::{Random, Ticker, checksum, repeated, wanted};
use ringmill::Pool;

const DIMENSIONS: usize = 128;
const TOP: usize = 10;
const SLICES: usize = 16;
/// Vectors that are looked at in one go.
const GRAIN: usize = 4096;

type Vector = [f32; DIMENSIONS];

/// A vector's likeness and its number; the best first, of equal ones the first number first.
type Best = Vec<(f64, usize)>;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, size) = wanted(&["serial", "naive", "loop"], 50_000_000)?;
    let pool = Pool::builder().workers(2).build()?;
    let mut random = Random(1);
    // Multiples of 2^-23: exact in both languages.
    let mut vector = || std::array::from_fn(|_| (random.word() >> 8) as f32 / 8_388_608.0 - 1.0);
    let query: Vector = vector();
    let vectors: Vec<Vector> = (0..size / DIMENSIONS).map(|_| vector()).collect();
    for way in ways {
        let (best, timing) = repeated(3, |ticker| match way {
            "serial" => Ok::<_, Box<dyn Error>>(nearest(&vectors, 0, &query)),
            "naive" => Ok(naive(ticker, &vectors, &query)),
            _ => Ok(pool.map_reduce_range(
                0..vectors.len(),
                GRAIN,
                |range| nearest(&vectors[range.clone()], range.start, &query),
                merge,
            )?),
        })?;
        let (score, number) = best[0];
        let check =
            format!("{number}/{score:.12}/{}", checksum(best.iter().map(|(_, number)| *number as u32)));
        let rate = size_of_val(&vectors[..]) as f64 / 1e9 / timing.taken.as_secs_f64();
        timing.report("similarity", way, check, &[("gb_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

/// Returns the best of `vectors`, which begin with number `first`.
fn nearest(vectors: &[Vector], first: usize, query: &Vector) -> Best {
    let query_norm: f64 = query.iter().map(|&q| f64::from(q) * f64::from(q)).sum();
    let mut best = Vec::with_capacity(TOP + 1);
    for (k, vector) in vectors.iter().enumerate() {
        let (dot, norm) = products(vector, query);
        keep(&mut best, (dot / (norm * query_norm).sqrt(), first + k));
    }
    best
}

/// Returns the products of the vector with the query and with itself: eight sums each, so that additions need not wait for
/// each other; in this order in both languages.
fn products(vector: &Vector, query: &Vector) -> (f64, f64) {
    let (mut dot, mut norm) = ([0.0; 8], [0.0; 8]);
    for (vector, query) in vector.as_chunks::<8>().0.iter().zip(query.as_chunks::<8>().0) {
        for k in 0..8 {
            let (v, q) = (f64::from(vector[k]), f64::from(query[k]));
            dot[k] += v * q;
            norm[k] += v * v;
        }
    }
    let sum = |s: [f64; 8]| s[0] + s[4] + (s[1] + s[5]) + (s[2] + s[6] + (s[3] + s[7]));
    (sum(dot), sum(norm))
}

/// Puts a candidate in its place among the best.
fn keep(best: &mut Best, candidate: (f64, usize)) {
    if best.len() == TOP && candidate.0 <= best[TOP - 1].0 {
        return;
    }
    let place = best.partition_point(|(score, _)| *score >= candidate.0);
    best.insert(place, candidate);
    best.truncate(TOP);
}

fn merge(mut a: Best, b: Best) -> Best {
    b.into_iter().for_each(|candidate| keep(&mut a, candidate));
    a
}

/// A thread for each of some slices.
fn naive(ticker: &mut Ticker, vectors: &[Vector], query: &Vector) -> Best {
    let len = vectors.len().div_ceil(SLICES);
    let slices = vectors.chunks(len).enumerate().map(|(k, slice)| move || nearest(slice, k * len, query));
    ticker.in_own_threads(slices).into_iter().fold(Vec::new(), merge)
}
