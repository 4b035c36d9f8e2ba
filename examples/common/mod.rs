//! What the examples of the articles' workloads share: which ways to run, a ticker that sees its thread stand still, and the
//! line that `benches/compare`'s `articles` reads.

// Each example is a crate of its own that uses a part of this, and prints.
#![allow(dead_code, unreachable_pub, clippy::print_stdout)]

use std::fmt::Display;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ringmill::pool::{Carrier, CarrierError, Task, TaskError};

/// How often a thread that waits looks up: once in a millisecond, like an event loop with a timer.
pub const TICK: Duration = Duration::from_millis(1);

/// Takes the ways named on the command line, or all, and the first number there, or `size`.
pub fn wanted(all: &[&'static str], size: usize) -> Result<(Vec<&'static str>, usize), String> {
    let (mut ways, mut wanted_size) = (Vec::new(), None);
    for word in std::env::args().skip(1) {
        if let Ok(number) = word.parse() {
            wanted_size.get_or_insert(number);
        } else {
            let known = all.iter().find(|way| **way == word);
            ways.push(*known.ok_or_else(|| format!("no such way: {word}; there are: {}", all.join(", ")))?);
        }
    }
    let ways = if ways.is_empty() { all.to_vec() } else { ways };
    Ok((ways, wanted_size.unwrap_or(size)))
}

/// Sees how long its thread did nothing but one thing: the longest time between two ticks.
#[derive(Debug)]
pub struct Ticker {
    last: Instant,
    longest: Duration,
}

impl Ticker {
    /// Begins to count.
    pub fn start() -> Self {
        Self { last: Instant::now(), longest: Duration::ZERO }
    }

    /// Says that the thread could have done something else now.
    pub fn tick(&mut self) {
        let now = Instant::now();
        self.longest = self.longest.max(now - self.last);
        self.last = now;
    }

    /// Returns the longest gap so far.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// Waits for a task, ticking meanwhile.
    pub fn wait<R>(&mut self, mut task: Task<R>) -> Result<R, TaskError> {
        loop {
            let answer = task.wait_timeout(TICK);
            self.tick();
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// Waits for all of the tasks, ticking meanwhile.
    pub fn wait_all<R>(&mut self, tasks: impl IntoIterator<Item = Task<R>>) -> Result<Vec<R>, TaskError> {
        tasks.into_iter().map(|task| self.wait(task)).collect()
    }

    /// Waits for a task that has a value with it, ticking meanwhile.
    pub fn wait_for<V, R>(&mut self, mut carrier: Carrier<V, R>) -> Result<(V, R), CarrierError<V>> {
        loop {
            let answer = carrier.wait_timeout(TICK);
            self.tick();
            if let Some(answer) = answer {
                return answer;
            }
        }
    }

    /// Runs each job in a thread of its own and returns the answers in order, ticking meanwhile.
    pub fn in_own_threads<R: Send>(
        &mut self,
        jobs: impl IntoIterator<Item = impl FnOnce() -> R + Send>,
    ) -> Vec<R> {
        let (sender, receiver) = mpsc::channel();
        let mut answers = Vec::new();
        thread::scope(|scope| {
            for (k, job) in jobs.into_iter().enumerate() {
                let sender = sender.clone();
                scope.spawn(move || sender.send((k, job())));
                self.tick();
            }
            drop(sender);
            loop {
                match receiver.recv_timeout(TICK) {
                    Ok(answer) => answers.push(answer),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                self.tick();
            }
        });
        answers.sort_unstable_by_key(|(k, _)| *k);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}

/// What a way took: its time, and the longest that the thread which asked for the work stood still.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub taken: Duration,
    pub blocked: Duration,
}

/// Runs `body` once.
pub fn timed<R, E>(body: impl FnOnce(&mut Ticker) -> Result<R, E>) -> Result<(R, Timing), E> {
    let mut ticker = Ticker::start();
    let began = Instant::now();
    let answer = body(&mut ticker)?;
    let taken = began.elapsed();
    ticker.tick();
    Ok((answer, Timing { taken, blocked: ticker.longest() }))
}

/// Runs `body` once to warm up and then `times` times: the median time, the longest gap of all.
pub fn repeated<R, E>(
    times: usize,
    mut body: impl FnMut(&mut Ticker) -> Result<R, E>,
) -> Result<(R, Timing), E> {
    let (mut answer, _) = timed(&mut body)?;
    let mut timings = Vec::with_capacity(times);
    for _ in 0..times {
        let timing;
        (answer, timing) = timed(&mut body)?;
        timings.push(timing);
    }
    timings.sort_unstable_by_key(|timing| timing.taken);
    let blocked = timings.iter().map(|timing| timing.blocked).max().unwrap_or_default();
    let taken = timings.get(times / 2).map(|timing| timing.taken).unwrap_or_default();
    Ok((answer, Timing { taken, blocked }))
}

impl Timing {
    /// Prints what a way took, for people and for programs.
    pub fn report(&self, work: &str, way: &str, check: impl Display, more: &[(&str, String)]) {
        let (ms, blocked) = (milliseconds(self.taken), milliseconds(self.blocked));
        println!("{work}, {way}: {ms:.3} ms, the calling thread stood still for {blocked:.1} ms at the most");
        let mut fields = vec![
            ("ms", format!("{ms:.6}")),
            ("blocked_ms", format!("{blocked:.3}")),
            ("check", check.to_string()),
        ];
        fields.extend_from_slice(more);
        fields.push(("peak_mib", format!("{:.1}", peak_mib())));
        line(work, way, &fields);
    }
}

/// Takes steps of the generator, each of which waits for the one before: work without memory, as fast in both languages.
pub fn spin(steps: u32, seed: u32) -> u32 {
    let mut random = Random(seed);
    (0..steps).fold(seed, |_, _| random.word())
}

/// Prints a line for programs.
pub fn line(work: &str, way: &str, fields: &[(&str, String)]) {
    let fields: String = fields.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    println!("result work={work} way={way}{fields}");
}

/// Returns a duration in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Returns the most memory that this process ever had resident, or 0 where the system does not say.
pub fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok());
    kib.unwrap_or(0.0) / 1024.0
}

/// Adds up words so that each and its place count.
pub fn checksum(words: impl IntoIterator<Item = u32>) -> u32 {
    words.into_iter().fold(0_u32, |sum, word| sum.wrapping_mul(31).wrapping_add(word))
}

/// Pseudo-random words without end (Marsaglia's xorshift), the same as in the twins.
#[derive(Clone, Debug)]
pub struct Random(pub u32);

impl Iterator for Random {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        Some(self.word())
    }
}

impl Random {
    /// Returns the next word.
    pub fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// Returns one of `from`.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.word() as usize % from.len()]
    }
}
