//! A hundred images of 4000 x 3000 pixels made small by a box filter, to 800 x 600.
//!
//! `cargo run --release --example images -- 100 rows` takes how many and the ways to run. A picture goes to a task and comes
//! back without a copy; or each picture is cut into bands of five rows, which all workers make small side by side.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;

use common::{Random, checksum, timed, wanted};
use ringmill::Pool;

/// Bytes of a row of the large image, four for each pixel.
const ROW: usize = 4000 * 4;
/// Five rows of the large image, of which one row of the small one is made.
type Band = [u8; 5 * ROW];
type SmallRow = [u8; ROW / 5];
const ROWS: usize = 600;

/// Pictures in memory at a time; the jobs take turns with them, as with the buffers of a decoder.
const PICTURES: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, count) = wanted(&["serial", "naive", "rows"], 100)?;
    let pool = Pool::builder().workers(2).build()?;
    let pictures: Vec<Vec<u8>> = (1..=PICTURES as u32).map(picture).collect();
    for way in ways {
        let (sums, timing) = timed(|ticker| match way {
            "serial" => Ok::<_, Box<dyn Error>>(
                (0..count).map(|k| sum_of(&shrink(&pictures[k % PICTURES]))).collect(),
            ),
            // A thread for each job. Nothing is copied, as threads borrow.
            "naive" => {
                let jobs =
                    (0..count).map(|k| &pictures[k % PICTURES]).map(|picture| || sum_of(&shrink(picture)));
                Ok(ticker.in_own_threads(jobs))
            }
            _ => (0..count)
                .map(|k| Ok(sum_of(&shrink_rows(&pool, &pictures[k % PICTURES])?)))
                .collect::<Result<Vec<_>, _>>(),
        })?;
        timing.report("images", way, checksum(sums), &[]);
    }
    Ok(())
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
fn shrink_rows(pool: &Pool, pixels: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
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
