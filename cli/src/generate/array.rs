//! Arrays of floats, evenly spread between 0 and 100, made in place.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ringmill::array::SharedArray;
use ringmill::memory::Element;
use ringmill::pool::Pool;

use super::Written;
use super::random::Random;
use crate::args::{Amount, Making};
use crate::failure::Failure;
use crate::interrupt::Hold;
use crate::new_file;
use crate::progress::Progress;

/// A float type that can be drawn at random.
pub(crate) trait Draw: Element {
    fn draw(random: &mut Random) -> Self;
}

impl Draw for f64 {
    fn draw(random: &mut Random) -> Self {
        random.unit() * 100.0
    }
}

impl Draw for f32 {
    fn draw(random: &mut Random) -> Self {
        (random.unit() * 100.0) as Self
    }
}

const BLOCK: usize = 1 << 16;

/// Makes an array of as many elements as were asked for, or as fill so many bytes.
pub(crate) fn file<T: Draw>(
    pool: &Pool,
    path: &Path,
    amount: Amount,
    making: Making,
) -> Result<Written, Failure> {
    new_file::check_name(path, making.force)?;
    let element_bytes = size_of::<T>() as u64;
    let rows = amount.rows.or(amount.bytes.map(|bytes| bytes / element_bytes)).unwrap_or(0);
    let hold = Hold::during("removing the unfinished array");
    let mut array = SharedArray::<T>::create_npy(path, &[usize::try_from(rows).unwrap_or(usize::MAX)])?;
    let bytes = size_of_val(&array[..]) as u64;

    let done = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&done);
    // ORDERING: Relaxed, here and below; a figure to show, nothing rides on it.
    let progress = Progress::start("writing", Some(bytes), move || seen.load(Relaxed));
    let mut blocks: Vec<(u64, &mut [T])> = (0..).zip(array.chunks_mut(BLOCK)).collect();
    pool.for_each_chunk_of(&mut blocks[..], 1, |blocks| {
        for (number, block) in blocks.iter_mut().filter(|_| !hold.is_asked()) {
            let mut random = Random::for_block(making.seed, *number);
            block.iter_mut().for_each(|x| *x = T::draw(&mut random));
            done.fetch_add(size_of_val(*block) as u64, Relaxed);
        }
    })?;
    drop((blocks, progress));
    hold.release()?;
    array.publish()?;
    Ok(Written { rows, bytes })
}
