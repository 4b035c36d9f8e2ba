//! A bar with rate and time left, for work that lasts over a second and is watched on a terminal.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::number;

/// Bytes done of all bytes, shown on standard error while this lives.
#[derive(Debug)]
#[must_use = "dropping it takes the bar away"]
pub(crate) struct Progress {
    display: Option<(Sender<()>, JoinHandle<()>)>,
}

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);
const STYLE: &str = "{prefix} [{bar:32}] {msg}";
const ENDLESS_STYLE: &str = "{prefix} {msg}";

impl Progress {
    /// Starts to look, now and then, at how many of `total_bytes` are `done`; nobody knows how many a stream has.
    pub(crate) fn start(
        doing: &'static str,
        total_bytes: Option<u64>,
        done: impl Fn() -> u64 + Send + 'static,
    ) -> Self {
        let display = io::stderr().is_terminal().then(|| {
            let (stop, stopped) = mpsc::channel();
            (stop, thread::spawn(move || show(doing, total_bytes, done, &|wait| is_over(&stopped, wait))))
        });
        Self { display }
    }
}

fn is_over(stopped: &mpsc::Receiver<()>, wait: Duration) -> bool {
    stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout)
}

fn show(
    doing: &'static str,
    total_bytes: Option<u64>,
    done: impl Fn() -> u64,
    over_after: &dyn Fn(Duration) -> bool,
) {
    let started = Instant::now();
    if over_after(PATIENCE) {
        return;
    }
    let style = if total_bytes.is_some() { STYLE } else { ENDLESS_STYLE };
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total_bytes.unwrap_or(0)).with_style(style).with_prefix(doing);
    while !over_after(TICK) {
        let done = done().min(total_bytes.unwrap_or(u64::MAX));
        bar.set_message(pace(done, total_bytes, started.elapsed()));
        bar.set_position(done);
    }
    bar.finish_and_clear();
}

/// How much is done, how fast, and how long the rest will take at that rate.
fn pace(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let Some(total) = total else {
        return format!("{}, {}", number::bytes(done), number::rate(done, elapsed));
    };
    let so_far = format!("{} of {}", number::bytes(done), number::bytes(total));
    if done == 0 {
        return so_far;
    }
    let left = elapsed.mul_f64((total - done) as f64 / done as f64);
    format!("{so_far}, {}, {} s left", number::rate(done, elapsed), left.as_secs_f64().ceil())
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, shown)) = self.display.take() {
            drop(stop);
            let _ = shown.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done() {
        let second = Duration::from_secs(1);
        assert_eq!(pace(0, Some(4_000_000_000), second), "0 B of 4.00 GB");
        assert_eq!(
            pace(1_000_000_000, Some(4_000_000_000), second),
            "1.00 GB of 4.00 GB, 1.00 GB/s, 3 s left"
        );
        assert_eq!(
            pace(4_000_000_000, Some(4_000_000_000), second),
            "4.00 GB of 4.00 GB, 4.00 GB/s, 0 s left"
        );
        assert_eq!(pace(1_000_000_000, None, second), "1.00 GB, 1.00 GB/s");
    }
}
