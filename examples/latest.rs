//! A screen at 60 frames a second beside an analysis that it must not hold up.
//!
//! The analysis counts throws of dice and publishes its histogram after every thousand, some hundred thousand times a
//! second. The screen takes the newest 60 times a second and draws it. Neither waits for the other.
//!
//! ```sh
//! cargo run --release --example latest
//! ```

#![allow(clippy::print_stdout)]

use std::thread;
use std::time::{Duration, Instant};

use ringmill::ring::{Latest, LatestReader, LatestWriter};

const BARS: usize = 16;
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

fn main() -> Result<(), ringmill::ring::LatestError> {
    let (writer, [reader]) = Latest::<u64>::builder().len(BARS).build()?;
    thread::scope(|scope| {
        scope.spawn(|| analyse(writer, Duration::from_secs(1)));
        draw(reader);
    });
    Ok(())
}

/// Counts the sums of four dice of four sides, and publishes the counts after every thousand throws.
fn analyse(mut writer: LatestWriter<u64>, time: Duration) {
    let mut counts = [0; BARS];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let start = Instant::now();
    while start.elapsed() < time {
        for _ in 0..1000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum: u64 = (0..4).map(|die| state >> (32 + 8 * die) & 3).sum();
            counts[sum as usize] += 1;
        }
        let mut next = writer.write();
        next.copy_from_slice(&counts);
        next.publish();
    }
}

/// Draws the newest counts at every frame, and says at the end how many there were that it did not see.
fn draw(mut reader: LatestReader<u64>) {
    let (mut frames, mut due) = (0, Instant::now());
    while !reader.is_closed() {
        let histogram = reader.read();
        if histogram.is_new() && frames % 15 == 0 {
            let most = histogram.iter().max().map_or(1, |most| *most.max(&1));
            let bars: String = histogram.iter().map(|count| bar(*count, most)).collect();
            println!("frame {frames:3}  histogram {:7}  {bars}", histogram.sequence());
        }
        frames += 1;
        due += FRAME;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    println!("{frames} frames of {} histograms", reader.read().sequence());
}

fn bar(count: u64, most: u64) -> char {
    ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][(count * 7 / most) as usize]
}
