//! Changes an array of prices where it lies in its file, on every core.
//!
//! `cargo run --release --example array_in_place -- prices.npy` takes your file of f64; without a name it makes one.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::{Path, PathBuf};

use ringmill::Pool;
use ringmill::array::SharedArray;

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::new()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => make(&pool, &std::env::temp_dir().join("ringmill-prices.npy"))?,
    };

    let mut prices = SharedArray::<f64>::open_npy(&path)?; // mapped, not read
    pool.for_each_chunk(&mut prices, |chunk| {
        for price in chunk {
            *price = *price * 1.07 + 0.5;
        }
    })?;
    let total = pool.map_reduce(&prices, |chunk| chunk.iter().sum::<f64>(), |a, b| a + b)?;

    let count = prices.len();
    println!("{}: {count} prices, mean {:.4}; {}", path.display(), total / count as f64, pool.sizing());
    Ok(())
}

/// Makes a million prices. The file appears under its name when it is complete.
fn make(pool: &Pool, path: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut prices = SharedArray::<f64>::create_npy(path, &[1000, 1000])?;
    pool.for_each_chunk(&mut prices, |chunk| chunk.fill(100.0))?;
    prices.publish()?;
    Ok(path.to_owned())
}
