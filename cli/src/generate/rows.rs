//! Text files made in blocks: workers fill a wave of blocks, then write it, each block at its own place.
//!
//! A block depends on the seed and its number alone, so the file has the same bytes however many workers make it.

use std::os::unix::fs::FileExt;

use super::random::Random;
use super::{Budget, Written};
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
    rows: u64,
    text: Vec<u8>,
    offset: u64,
}

impl Block {
    /// Makes the block's first rows: `rows` of them, or as many as `room` bytes hold.
    fn fill(&mut self, kind: &impl Rows, seed: u64, rows: u64, room: u64) {
        let mut random = Random::for_block(seed, self.number);
        self.text.clear();
        self.rows = 0;
        while self.rows < rows {
            let whole = self.text.len();
            kind.row(&mut random, self.number * ROWS_PER_BLOCK + self.rows, &mut self.text);
            if self.text.len() as u64 > room {
                self.text.truncate(whole);
                return;
            }
            self.rows += 1;
        }
    }
}

/// Writes as many records as `budget` asks for.
pub(super) fn write(kind: &impl Rows, seed: u64, budget: Budget, new: &NewFile) -> Result<Written, Failure> {
    let failed = |error: std::io::Error| Failure::at(new.path(), "write", &error);
    let header = kind.header();
    new.file().write_all_at(header, 0).map_err(failed)?;
    let mut written = Written { rows: 0, bytes: header.len() as u64 };
    let progress = Progress::start("generating", budget.bytes.unwrap_or(0));
    let mut wave: Vec<Block> = Vec::new();
    wave.resize_with(BLOCKS_PER_WORKER, Block::default);
    let mut next = 0;
    loop {
        for block in &mut wave {
            block.number = next;
            next += 1;
            let rows = budget.rows.map_or(ROWS_PER_BLOCK, |rows| {
                rows.saturating_sub(block.number * ROWS_PER_BLOCK).min(ROWS_PER_BLOCK)
            });
            block.fill(kind, seed, rows, u64::MAX);
        }
        let mut full = false;
        for block in &mut wave {
            block.offset = written.bytes;
            let room = budget.bytes.map_or(u64::MAX, |bytes| bytes.saturating_sub(written.bytes));
            if block.text.len() as u64 > room {
                block.fill(kind, seed, ROWS_PER_BLOCK, room);
            }
            full |= block.rows < ROWS_PER_BLOCK;
            written.bytes += block.text.len() as u64;
            written.rows += block.rows;
        }
        for block in &wave {
            new.file().write_all_at(&block.text, block.offset).map_err(failed)?;
            progress.advance(block.text.len() as u64);
        }
        if full {
            return Ok(written);
        }
    }
}
