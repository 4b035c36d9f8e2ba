//! Text files made in blocks: workers fill a wave of blocks, then write it, each block at its own place.
//!
//! A block depends on the seed and its number alone, so the file has the same bytes however many workers make it.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ringmill::pool::Pool;

use super::Written;
use super::random::Random;
use crate::args::Amount;
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::progress::Progress;

/// A kind of record.
pub(crate) trait Rows: Sync {
    /// The header line, empty if there is none.
    fn header(&self) -> &[u8];

    /// Appends record `number` and the line's end.
    fn row(&self, random: &mut Random, number: u64, out: &mut Vec<u8>);
}

const ROWS_PER_BLOCK: u64 = 16_384;
const BLOCKS_PER_WORKER: usize = 4;

#[derive(Debug, Default)]
struct Block {
    number: u64,
    /// How many rows the block is to have, then how many it has.
    rows: u64,
    text: Vec<u8>,
    offset: u64,
    failed: Option<io::Error>,
}

impl Block {
    /// Makes the block's rows, as many of them as `room` bytes hold.
    fn fill(&mut self, kind: &impl Rows, seed: u64, room: u64) {
        let mut random = Random::for_block(seed, self.number);
        let first = self.number * ROWS_PER_BLOCK;
        self.text.clear();
        for row in 0..self.rows {
            let whole = self.text.len();
            kind.row(&mut random, first + row, &mut self.text);
            if self.text.len() as u64 > room {
                self.text.truncate(whole);
                self.rows = row;
                return;
            }
        }
    }
}

/// Writes as many records as `amount` asks for.
pub(super) fn write(
    pool: &Pool,
    kind: &impl Rows,
    seed: u64,
    amount: Amount,
    new: &NewFile,
) -> Result<Written, Failure> {
    let failed = |error: &io::Error| Failure::at(new.path(), "write", error);
    let (rows_wanted, bytes_wanted) = (amount.rows.unwrap_or(u64::MAX), amount.bytes.unwrap_or(u64::MAX));
    let header = kind.header();
    new.file().write_all_at(header, 0).map_err(|error| failed(&error))?;
    let mut written = Written { rows: 0, bytes: header.len() as u64 };

    let done = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&done);
    // ORDERING: Relaxed, here and below; a figure to show, nothing rides on it.
    let _progress =
        Progress::start("writing", Some(expected_bytes(kind, seed, amount)), move || seen.load(Relaxed));

    let mut wave: Vec<Block> = Vec::new();
    wave.resize_with(BLOCKS_PER_WORKER * pool.workers(), Block::default);
    for first in (0..).step_by(wave.len()) {
        for (number, block) in (first..).zip(&mut wave) {
            block.number = number;
            block.rows = rows_wanted.saturating_sub(number * ROWS_PER_BLOCK).min(ROWS_PER_BLOCK);
        }
        pool.for_each_chunk_of(&mut wave[..], 1, |blocks| {
            blocks.iter_mut().for_each(|block| block.fill(kind, seed, u64::MAX));
        })?;
        let mut last = false;
        for block in &mut wave {
            let room = bytes_wanted.saturating_sub(written.bytes);
            if block.text.len() as u64 > room {
                block.fill(kind, seed, room);
            }
            last |= block.rows < ROWS_PER_BLOCK;
            block.offset = written.bytes;
            written.bytes += block.text.len() as u64;
            written.rows += block.rows;
        }
        pool.for_each_chunk_of(&mut wave[..], 1, |blocks| {
            for block in blocks {
                block.failed = new.file().write_all_at(&block.text, block.offset).err();
                done.fetch_add(block.text.len() as u64, Relaxed);
            }
        })?;
        if let Some(error) = wave.iter().find_map(|block| block.failed.as_ref()) {
            return Err(failed(error));
        }
        if last {
            break;
        }
    }
    Ok(written)
}

/// About how many bytes that will be, judged by the first rows.
fn expected_bytes(kind: &impl Rows, seed: u64, amount: Amount) -> u64 {
    let rows = amount.rows.unwrap_or(u64::MAX);
    let mut sample = Block { rows: rows.min(1_000), ..Block::default() };
    sample.fill(kind, seed, u64::MAX);
    let by_rows = sample.text.len() as f64 / sample.rows.max(1) as f64 * rows as f64;
    amount.bytes.unwrap_or(by_rows as u64)
}
