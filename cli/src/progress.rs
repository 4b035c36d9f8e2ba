//! A bar with rate and time left, for work that lasts over a second and is watched on a terminal.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Bytes done of all bytes, shown on standard error while this lives.
#[derive(Debug)]
#[must_use = "dropping it takes the bar away"]
pub(crate) struct Progress {
    display: Option<(Sender<()>, JoinHandle<()>)>,
}

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);
const STYLE: &str =
    "{msg} [{bar:32}] {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";

impl Progress {
    /// Starts to look, now and then, at how many of `total_bytes` are `done`.
    pub(crate) fn start(
        doing: &'static str,
        total_bytes: u64,
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
    total_bytes: u64,
    done: impl Fn() -> u64,
    over_after: &dyn Fn(Duration) -> bool,
) {
    if over_after(PATIENCE) {
        return;
    }
    let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total_bytes).with_style(style).with_message(doing).with_elapsed(PATIENCE);
    while !over_after(TICK) {
        bar.set_position(done().min(total_bytes));
    }
    bar.finish_and_clear();
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, shown)) = self.display.take() {
            drop(stop);
            let _ = shown.join();
        }
    }
}
