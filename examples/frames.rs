//! Sixty frames a second beside analysis that keeps every worker busy.
//!
//! `cargo run --release --example frames -- 5 latency` takes the seconds and the ways to run. Each frame has a small job whose
//! answer it needs before the next frame. In the way `main` the analysis runs between the frames; in `normal` the frame's job
//! waits behind the analyses that were there before; in `latency` it overtakes them.

#![allow(clippy::print_stdout)]

mod common;

use std::collections::VecDeque;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{TICK, Ticker, line, milliseconds, spin, wanted};
use ringmill::Pool;
use ringmill::pool::{Lane, Task};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
const FRAME_STEPS: u32 = 400_000;
const ANALYSIS_STEPS: u32 = 4_000_000;
/// Analyses that wait at any time.
const BACKLOG: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, seconds) = wanted(&["main", "normal", "latency"], 5)?;
    for way in ways {
        let began = Instant::now();
        let mut run = Run { ticker: Ticker::start(), late: Vec::new(), analysed: 0 };
        match way {
            "main" => run.alone(seconds * 60),
            "normal" => run.beside(Lane::Normal, seconds * 60)?,
            _ => run.beside(Lane::Latency, seconds * 60)?,
        }
        run.report(way, began.elapsed());
    }
    Ok(())
}

struct Run {
    ticker: Ticker,
    /// How long after its frame began each answer was there.
    late: Vec<Duration>,
    analysed: u32,
}

impl Run {
    /// Frames and analysis on this thread.
    fn alone(&mut self, count: usize) {
        let start = Instant::now();
        for k in 0..count as u32 {
            while Instant::now() < start + FRAME * k {
                black_box(spin(ANALYSIS_STEPS, 1));
                self.analysed += 1;
                self.ticker.tick();
            }
            black_box(spin(FRAME_STEPS, 1));
            self.late.push(start.elapsed() - FRAME * k);
        }
    }

    /// Frames in a lane of a pool that a second thread keeps busy: it waits at the full lane.
    fn beside(&mut self, lane: Lane, count: usize) -> Result<(), Box<dyn Error>> {
        let pool = Pool::builder().workers(2).queue_capacity(BACKLOG).build()?;
        let (is_over, analysed) = (AtomicBool::new(false), Arc::new(AtomicU32::new(0)));
        thread::scope(|scope| {
            let feeder = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let analysed = Arc::clone(&analysed);
                    // Nobody waits for it: it counts itself.
                    drop(pool.submit(move |_| {
                        black_box(spin(ANALYSIS_STEPS, 1));
                        analysed.fetch_add(1, Ordering::Relaxed);
                    }));
                }
            });
            let shown = self.show(&pool, lane, count);
            is_over.store(true, Ordering::Relaxed);
            self.analysed = analysed.load(Ordering::Relaxed);
            feeder.join().map_err(|_| "the feeder panicked")?;
            shown
        })
    }

    /// Begins a frame sixty times a second and takes the answers as they come.
    fn show(&mut self, pool: &Pool, lane: Lane, count: usize) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let mut pending: VecDeque<(Instant, Task<u32>)> = VecDeque::new();
        for k in 0..count as u32 {
            let (begin, next) = (start + FRAME * k, start + FRAME * (k + 1));
            pending.push_back((begin, pool.task().lane(lane).submit(|_| spin(FRAME_STEPS, 1))?));
            while Instant::now() < next || (k + 1 == count as u32 && !pending.is_empty()) {
                let answer = match pending.front_mut() {
                    Some((_, task)) => task.wait_timeout(TICK),
                    None => {
                        thread::sleep(TICK.min(next.saturating_duration_since(Instant::now())));
                        None
                    }
                };
                if let Some(answer) = answer
                    && let Some((begin, _)) = pending.pop_front()
                {
                    answer?;
                    self.late.push(begin.elapsed());
                }
                self.ticker.tick();
            }
        }
        Ok(())
    }

    fn report(mut self, way: &str, taken: Duration) {
        let shown = self.late.len();
        let missed = self.late.iter().filter(|late| **late > FRAME).count();
        self.late.sort_unstable();
        let p99 = milliseconds(self.late.get(shown * 99 / 100).copied().unwrap_or_default());
        let (analysed, rate) = (self.analysed, f64::from(self.analysed) / taken.as_secs_f64());
        println!(
            "frames, {way}: {missed} of {shown} missed, {analysed} analyses, 99 of 100 within {p99:.1} ms"
        );
        let check = format!("{shown}/{}/{}", spin(FRAME_STEPS, 1), spin(ANALYSIS_STEPS, 1));
        line(
            "frames",
            way,
            &[
                ("check", check),
                ("missed", missed.to_string()),
                ("analyses_per_s", format!("{rate:.1}")),
                ("p99_ms", format!("{p99:.2}")),
                ("blocked_ms", format!("{:.2}", milliseconds(self.ticker.longest()))),
            ],
        );
    }
}
