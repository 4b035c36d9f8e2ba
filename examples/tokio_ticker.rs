//! Two seconds of computing under a single-threaded async runtime, which goes on ticking meanwhile.
//!
//! `cargo run --release --example tokio_ticker -- 1000000000 pool` takes the steps and the ways to run: `inline` computes on
//! the runtime's thread, as a server does that forgets about it; `pool` gives the work away and awaits the task.

#![allow(clippy::print_stdout)]

mod common;

use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::{TICK, Ticker, Timing, spin, wanted};
use ringmill::Pool;
use tokio::runtime;
use tokio::time::{Instant, interval, sleep};

fn main() -> Result<(), Box<dyn Error>> {
    let (ways, steps) = wanted(&["inline", "pool"], 1_000_000_000)?;
    let steps = u32::try_from(steps)?;
    let pool = Pool::builder().workers(2).build()?;
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    for way in ways {
        let (answer, timing) = runtime.block_on(async {
            let ticker = Arc::new(Mutex::new(Ticker::start()));
            let ticking = tokio::spawn(tick(Arc::clone(&ticker)));
            // So that the ticker has begun.
            sleep(Duration::from_millis(20)).await;
            let began = Instant::now();
            let answer = match way {
                "inline" => spin(black_box(steps), 1),
                // A task is a future. It never runs on the thread that awaits it.
                _ => pool.submit(move |_| spin(black_box(steps), 1))?.await?,
            };
            let taken = began.elapsed();
            sleep(Duration::from_millis(20)).await;
            ticking.abort();
            let blocked = ticker.lock().unwrap_or_else(PoisonError::into_inner).longest();
            Ok::<_, Box<dyn Error>>((answer, Timing { taken, blocked }))
        })?;
        timing.report("tokio_ticker", way, answer, &[]);
    }
    Ok(())
}

/// Ticks once in a millisecond, for ever.
async fn tick(ticker: Arc<Mutex<Ticker>>) {
    let mut interval = interval(TICK);
    loop {
        interval.tick().await;
        ticker.lock().unwrap_or_else(PoisonError::into_inner).tick();
    }
}
