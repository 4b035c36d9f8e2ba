//! The vectors most like a query, among 200 MB of them: cosine similarity, the best ten.
//!
//! `cargo run --release --example similarity -- 50000000 loop` takes the number of floats and the ways to run. The vectors lie in
//! memory once, and every worker reads its part where it lies.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

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

/// What all workers look at.
struct Search {
    vectors: Vec<Vector>,
    query: Vector,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, size) = wanted(&["serial", "naive", "tasks", "loop"], 50_000_000)?;
    let pool = Pool::builder().workers(2).build()?;
    let mut random = Random(1);
    // Multiples of 2^-23: exact in both languages.
    let mut vector = || std::array::from_fn(|_| (random.word() >> 8) as f32 / 8_388_608.0 - 1.0);
    let query = vector();
    let search = Arc::new(Search { query, vectors: (0..size / DIMENSIONS).map(|_| vector()).collect() });
    let len = search.vectors.len();
    for way in ways {
        let (best, timing) = repeated(3, |ticker| match way {
            "serial" => Ok(search.nearest(0..len)),
            "naive" => {
                let jobs = slices(len).map(|slice| || search.nearest(slice));
                Ok(ticker.in_own_threads(jobs).into_iter().fold(Vec::new(), merge))
            }
            "tasks" => whole_tasks(&pool, ticker, &search),
            _ => loop_inside(&pool, ticker, &search),
        })?;
        let (score, number) = best[0];
        let check =
            format!("{number}/{score:.12}/{}", checksum(best.iter().map(|(_, number)| *number as u32)));
        let rate = size_of_val(&search.vectors[..]) as f64 / 1e9 / timing.taken.as_secs_f64();
        timing.report("similarity", way, check, &[("gb_per_s", format!("{rate:.2}"))]);
    }
    Ok(())
}

/// Some slices of all vectors.
fn slices(len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..SLICES).map(move |k| len * k / SLICES..len * (k + 1) / SLICES)
}

/// A task for each slice.
fn whole_tasks(pool: &Pool, ticker: &mut Ticker, search: &Arc<Search>) -> Result<Best, Box<dyn Error>> {
    let task = |slice| {
        let search = Arc::clone(search);
        pool.submit(move |_| search.nearest(slice))
    };
    let tasks = slices(search.vectors.len()).map(task).collect::<Result<Vec<_>, _>>()?;
    Ok(ticker.wait_all(tasks)?.into_iter().fold(Vec::new(), merge))
}

/// One task, in which a loop goes over the vectors on both threads.
fn loop_inside(pool: &Pool, ticker: &mut Ticker, search: &Arc<Search>) -> Result<Best, Box<dyn Error>> {
    let search = Arc::clone(search);
    let task = pool.submit(move |cx| {
        cx.pool().map_reduce_range(0..search.vectors.len(), GRAIN, |range| search.nearest(range), merge)
    })?;
    Ok(ticker.wait(task)??)
}

impl Search {
    /// Returns the best of some vectors.
    fn nearest(&self, numbers: Range<usize>) -> Best {
        let query_norm: f64 = self.query.iter().map(|&q| f64::from(q) * f64::from(q)).sum();
        let mut best = Vec::with_capacity(TOP + 1);
        for number in numbers {
            let (dot, norm) = products(&self.vectors[number], &self.query);
            keep(&mut best, (dot / (norm * query_norm).sqrt(), number));
        }
        best
    }
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
