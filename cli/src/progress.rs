//! A bar with rate and time left, for work that lasts over a second and is watched on a terminal.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Bytes done of all bytes, shown on standard error while this lives.
#[derive(Debug)]
pub(crate) struct Progress {
    done: Arc<AtomicU64>,
    display: Option<(Sender<()>, JoinHandle<()>)>,
}

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);
const STYLE: &str = "{msg} [{bar:32}] {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left";

impl Progress {
    pub(crate) fn start(doing: &'static str, total_bytes: u64) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let display = io::stderr().is_terminal().then(|| {
            let (stop, stopped) = mpsc::channel();
            let seen = Arc::clone(&done);
            let shown = thread::spawn(move || {
                if stopped.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    let bar = ProgressBar::new(total_bytes).with_message(doing);
                    bar.set_style(
                        ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar()),
                    );
                    bar.reset_elapsed();
                    while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                        // ORDERING: Relaxed; a figure to show, nothing rides on it.
                        bar.set_position(seen.load(Relaxed).min(total_bytes));
                    }
                    bar.finish_and_clear();
                }
            });
            (stop, shown)
        });
        Self { done, display }
    }

    pub(crate) fn advance(&self, bytes: u64) {
        // ORDERING: Relaxed; a figure to show, nothing rides on it.
        self.done.fetch_add(bytes, Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, shown)) = self.display.take() {
            drop(stop);
            let _ = shown.join();
        }
    }
}
