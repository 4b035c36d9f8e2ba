//! A hundred images of 4000 x 3000 pixels made small by a box filter, to 800 x 600.
//!
//! `cargo run --release --example images -- 100 rows` takes how many and the ways to run. A picture goes to a task and comes
//! back without a copy; or each picture is cut into bands of five rows, which all workers make small side by side.

#![allow(clippy::print_stdout)]

mod common;

use std::collections::VecDeque;
use std::error::Error;

use common::{Random, Ticker, checksum, timed, wanted};
use ringmill::Pool;
use ringmill::pool::LoopError;

/// Bytes of a row of the large image, four for each pixel.
const ROW: usize = 4000 * 4;
/// Five rows of the large image, of which one row of the small one is made.
type Band = [u8; 5 * ROW];
type SmallRow = [u8; ROW / 5];
const ROWS: usize = 600;

/// Pictures in memory at a time; the jobs take turns with them, as with the buffers of a decoder.
const PICTURES: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "naive", "tasks", "rows"], 100)?;
    let pool = Pool::builder().workers(2).build()?;
    for way in ways {
        let pictures: Vec<Vec<u8>> = (1..=PICTURES as u32).map(picture).collect();
        let (sums, timing) = timed(|ticker| match way {
            "serial" => Ok((0..count).map(|k| sum_of(&shrink(&pictures[k % PICTURES]))).collect()),
            // A thread for each job. Nothing is copied, as threads borrow.
            "naive" => {
                let jobs =
                    (0..count).map(|k| &pictures[k % PICTURES]).map(|picture| || sum_of(&shrink(picture)));
                Ok(ticker.in_own_threads(jobs))
            }
            "tasks" => each(&pool, ticker, pictures, count, |_, picture| Ok(shrink(picture))),
            _ => each(&pool, ticker, pictures, count, shrink_rows),
        })?;
        timing.report("images", way, checksum(sums), &[]);
    }
    Ok(())
}

/// Gives each job a picture, which comes back with the small one and goes to a later job.
fn each(
    pool: &Pool,
    ticker: &mut Ticker,
    pictures: Vec<Vec<u8>>,
    count: usize,
    shrink: fn(&Pool, &[u8]) -> Result<Vec<u8>, LoopError>,
) -> Result<Vec<u32>, Box<dyn Error>> {
    let (mut sums, mut idle, mut under_way) = (Vec::new(), VecDeque::from(pictures), VecDeque::new());
    while sums.len() < count {
        if sums.len() + under_way.len() < count
            && let Some(picture) = idle.pop_front()
        {
            under_way
                .push_back(pool.task().submit_with(picture, move |cx, picture| shrink(cx.pool(), picture))?);
        } else if let Some(oldest) = under_way.pop_front() {
            let (picture, small) = ticker.wait_for(oldest)?;
            sums.push(sum_of(&small?));
            idle.push_back(picture);
        }
    }
    Ok(sums)
}

/// Makes a picture: noise, as a decoder would leave it.
fn picture(seed: u32) -> Vec<u8> {
    Random(seed).take(ROWS * 5 * ROW / 4).flat_map(u32::to_le_bytes).collect()
}

/// Shrinks a picture on one thread.
fn shrink(pixels: &[u8]) -> Vec<u8> {
    let mut small = vec![0; ROWS * ROW / 5];
    for (band, row) in bands(pixels).iter().zip(rows(&mut small)) {
        shrink_band(band, row);
    }
    small
}

/// Shrinks a picture on all workers. Bands and rows go side by side, each worker has its own.
fn shrink_rows(pool: &Pool, pixels: &[u8]) -> Result<Vec<u8>, LoopError> {
    let mut small = vec![0; ROWS * ROW / 5];
    pool.for_each_chunk((bands(pixels), rows(&mut small)), |(bands, rows)| {
        bands.iter().zip(rows).for_each(|(band, row)| shrink_band(band, row));
    })?;
    Ok(small)
}

fn bands(pixels: &[u8]) -> &[Band] {
    pixels.as_chunks().0
}

fn rows(small: &mut [u8]) -> &mut [SmallRow] {
    small.as_chunks_mut().0
}

fn shrink_band(band: &Band, small: &mut SmallRow) {
    let mut sums = [0_u16; ROW];
    for row in band.chunks_exact(ROW) {
        for (sum, &byte) in sums.iter_mut().zip(row) {
            *sum += u16::from(byte);
        }
    }
    for (pixel, five) in small.as_chunks_mut::<4>().0.iter_mut().zip(sums.as_chunks::<20>().0) {
        for (c, byte) in pixel.iter_mut().enumerate() {
            let sum = five[c] + five[c + 4] + five[c + 8] + five[c + 12] + five[c + 16];
            // Rounded; at most 255.
            *byte = ((sum + 12) / 25) as u8;
        }
    }
}

fn sum_of(small: &[u8]) -> u32 {
    checksum(small.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)))
}
