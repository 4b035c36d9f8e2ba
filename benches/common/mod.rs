//! A small harness: the rows of one table, timed in interleaved rounds.
//!
//! The machine changes from one minute to the next, so a figure means something beside the others of its round only.
//! Each round takes one sample of every row, in an order that moves on by one; the first round is thrown away. A row
//! shows the median with the least and the most, and the median of its ratios to the first row, which is the LIMIT: a
//! minimal program by hand. Every row has checked its answer before it is timed. Between rounds the round trip of a cache
//! line is probed: where some rounds were far and some near, each ratio is given for both kinds too. Rounds that others disturbed are
//! taken again, up to a point, and the table says so.

// Each bench is a crate of its own that uses a part of this, and prints.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

pub mod allocations;
pub mod answers;
#[cfg(target_os = "linux")]
pub mod apart;
pub mod busy;
pub mod clock;
pub mod cpus;
pub mod data;
pub mod flow;
pub mod hand_over;
pub mod idling;
pub mod joining;
pub mod others;
pub mod our_joins;
pub mod our_tasks;
pub mod ours;
pub mod ping_pong;
pub mod raw;
pub mod submitting;
pub mod threads;
pub mod trips;

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use others::Ticks;

/// Rounds in which others take more of the CPUs' time than this are taken again, at most as many as are kept.
const MOST_FOR_OTHERS: f64 = 0.03;

/// Rows that answer one question, in one unit, under one heading or several.
pub struct Table<'a> {
    title: String,
    columns: Vec<&'static str>,
    rounds: usize,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    name: String,
    sample: Box<dyn FnMut() -> Vec<f64> + 'a>,
    samples: Vec<Vec<f64>>,
}

impl<'a> Table<'a> {
    /// Starts a table; the title says what is timed and in which unit.
    pub fn new(title: impl Into<String>) -> Self {
        Self::with_columns(title, &[""])
    }

    /// Starts a table with several columns, all filled by each sample.
    pub fn with_columns(title: impl Into<String>, columns: &[&'static str]) -> Self {
        Self { title: title.into(), columns: columns.to_vec(), rounds: rounds(), rows: Vec::new() }
    }

    /// Adds a row. `sample` takes one sample of it, in the table's unit.
    pub fn row(self, name: impl Into<String>, mut sample: impl FnMut() -> f64 + 'a) -> Self {
        self.row_of(name, move || [sample()])
    }

    /// Adds a row of a table with several columns.
    pub fn row_of<const N: usize>(
        mut self,
        name: impl Into<String>,
        mut sample: impl FnMut() -> [f64; N] + 'a,
    ) -> Self {
        assert_eq!(N, self.columns.len());
        let sample = Box::new(move || sample().to_vec());
        self.rows.push(Row { name: name.into(), sample, samples: Vec::new() });
        self
    }

    /// Times all rows and prints the table, if its title has one of the words that the program was given, or none were.
    pub fn measure(mut self) {
        let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
        if words.peek().is_some() && !words.any(|word| self.title.contains(&word)) {
            return;
        }
        let (mut trips, mut others) = (Vec::new(), Vec::new());
        let mut patience = self.rounds;
        let mut round = 0;
        while round <= self.rounds {
            let before = Ticks::now();
            let trip = cpus::line_trip_ns();
            let rows = self.rows.len();
            for k in 0..rows {
                let row = &mut self.rows[(k + round) % rows];
                let sample = (row.sample)();
                row.samples.push(sample);
            }
            let others_took = Ticks::now().zip(before).map_or(0.0, |(now, before)| now.others_since(before));
            let disturbed = others_took > MOST_FOR_OTHERS && patience > 0;
            patience -= usize::from(disturbed);
            if round == 0 || disturbed {
                self.rows.iter_mut().for_each(|row| drop(row.samples.pop()));
            } else {
                trips.extend(trip);
                others.push(others_took);
            }
            round += usize::from(round == 0 || !disturbed);
        }
        self.print(&trips, &others, self.rounds - patience);
    }

    fn print(&self, trips: &[f64], others: &[f64], again: usize) {
        println!("\n{}", self.title);
        let far: Vec<bool> = trips.iter().map(|&trip| cpus::is_far(trip)).collect();
        let distant = far.iter().filter(|&&far| far).count();
        if !trips.is_empty() {
            println!(
                "  ({} rounds, {distant} of them far; round trip of a cache line between two CPUs: {} ns)",
                self.rounds,
                spread(trips)
            );
        }
        let most = others.iter().copied().fold(0.0, f64::max) * 100.0;
        if again > 0 || most > MOST_FOR_OTHERS * 100.0 {
            println!("  (others used the CPUs: {again} rounds taken again, up to {most:.0} % in those kept)");
        }
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let mixed = distant > 0 && distant < far.len();
        let limit = &self.rows[0].samples;
        if self.columns.len() > 1 {
            let headings: Vec<_> = self.columns.iter().map(|heading| format!("{heading:>34}")).collect();
            println!("  {:width$}{}", "", headings.concat());
        }
        for row in &self.rows {
            print!("  {:width$}", row.name);
            for column in 0..self.columns.len() {
                let samples: Vec<f64> = row.samples.iter().map(|sample| sample[column]).collect();
                let ratios: Vec<f64> =
                    samples.iter().zip(limit).map(|(sample, limit)| sample / limit[column]).collect();
                print!("  {:>24}  {:>5.2}x", spread(&samples), median(&ratios));
                if mixed {
                    let of = |wanted| -> Vec<f64> {
                        let rounds = ratios.iter().zip(&far);
                        rounds.filter(|round| *round.1 == wanted).map(|round| *round.0).collect()
                    };
                    print!(" (far {:.2}, near {:.2})", median(&of(true)), median(&of(false)));
                }
            }
            println!();
        }
    }
}

/// Returns how many rounds are kept: `RINGMILL_BENCH_ROUNDS`, or 9.
pub fn rounds() -> usize {
    setting("RINGMILL_BENCH_ROUNDS", 9).max(1)
}

/// Returns a number from the environment, or the one that stands for it.
pub fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Returns the mean time of a call in ns, over `calls` calls after an eighth as many to warm up.
pub fn ns_per_call<R>(calls: usize, mut call: impl FnMut() -> R) -> f64 {
    (0..calls / 8 + 1).for_each(|_| drop(black_box(call())));
    let began = Instant::now();
    (0..calls).for_each(|_| drop(black_box(call())));
    began.elapsed().as_nanos() as f64 / calls as f64
}

/// Returns the median time in ns of a call after the caller slept for `idle`, over `calls` calls.
pub fn ns_after_idle<R>(idle: Duration, calls: usize, mut call: impl FnMut() -> R) -> f64 {
    call();
    let times: Vec<f64> = (0..calls)
        .map(|_| {
            thread::sleep(idle);
            seconds(&mut call) * 1e9
        })
        .collect();
    median(&times)
}

/// Returns the time of one call in seconds.
pub fn seconds<R>(call: impl FnOnce() -> R) -> f64 {
    let began = Instant::now();
    let result = black_box(call());
    let elapsed = began.elapsed();
    drop(result);
    elapsed.as_secs_f64()
}

/// Prints a line above the tables.
pub fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Sums in an order of its own that lets the compiler use vectors. Every row that sums uses this one.
pub fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 32];
    let (blocks, rest) = values.as_chunks::<32>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += value;
        }
    }
    black_box(lanes.iter().sum::<f32>() + rest.iter().sum::<f32>())
}

/// Returns the median; the mean of the middle two where there are two.
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// Writes "median (least-most)" with three significant digits.
fn spread(samples: &[f64]) -> String {
    let least = samples.iter().copied().fold(f64::INFINITY, f64::min);
    let most = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} ({}-{})", digits(median(samples)), digits(least), digits(most))
}

fn digits(value: f64) -> String {
    let decimals = 2 - (value.abs().log10().floor() as i32).clamp(-2, 2);
    format!("{value:.*}", decimals as usize)
}
