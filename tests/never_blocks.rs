//! A runtime with one thread goes on ticking while the pool computes for it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringmill::Pool;
use tokio::runtime;
use tokio::time::interval;

/// Ticks that the work waits for. If the runtime's thread did the work, there would be none.
const TICKS: u64 = 5;

/// When the work gives up and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_runtime_ticks_while_a_task_that_it_awaits_computes() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().workers(2).build()?;
    let ticks = Arc::new(AtomicU64::new(0));
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    let (seen, sum) = runtime.block_on(async {
        let ticking = tokio::spawn(tick(Arc::clone(&ticks)));
        let answer = pool.submit(move |_| compute(&ticks))?.await?;
        ticking.abort();
        Ok::<_, Box<dyn Error>>(answer)
    })?;
    assert!(seen >= TICKS, "only {seen} ticks while the work ran");
    assert_eq!(sum, 333_332_833_333_500_000);
    Ok(())
}

/// The same with a loop inside the task, which both of the pool's threads work at.
#[test]
fn a_runtime_ticks_while_a_loop_inside_a_task_runs() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().workers(2).build()?;
    let ticks = Arc::new(AtomicU64::new(0));
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    let (seen, sums) = runtime.block_on(async {
        let ticking = tokio::spawn(tick(Arc::clone(&ticks)));
        let task = pool.submit(move |cx| {
            cx.pool().map_reduce_range(
                0..4,
                1,
                |range| range.map(|_| compute(&ticks)).fold((u64::MAX, 0), add),
                add,
            )
        })?;
        let answer = task.await??;
        ticking.abort();
        Ok::<_, Box<dyn Error>>(answer)
    })?;
    assert!(seen >= TICKS, "only {seen} ticks while a piece ran");
    assert_eq!(sums, 4 * 333_332_833_333_500_000);
    Ok(())
}

/// Ticks once in a millisecond, for ever.
async fn tick(ticks: Arc<AtomicU64>) {
    let mut interval = interval(Duration::from_millis(1));
    loop {
        interval.tick().await;
        ticks.fetch_add(1, Ordering::Relaxed);
    }
}

/// Adds up squares, again and again, until the ticker was seen to go on; returns how many ticks there were, and the sum.
fn compute(ticks: &AtomicU64) -> (u64, u64) {
    let (first, began) = (ticks.load(Ordering::Relaxed), Instant::now());
    loop {
        let sum = (0..1_000_000_u64).map(|k| k * k).sum();
        let seen = ticks.load(Ordering::Relaxed) - first;
        if seen >= TICKS || began.elapsed() > PATIENCE {
            return (seen, sum);
        }
    }
}

/// The fewest ticks of two pieces, and the sum of both.
fn add(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0.min(b.0), a.1 + b.1)
}
