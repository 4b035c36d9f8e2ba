//! A full lane, met where waiting for room would never end: by the pool's own threads.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ringmill::Pool;
use ringmill::pool::WhenFull;
use ringmill::pool::task::Refusal;

type Outcome = Result<(), Box<dyn Error>>;

/// As long as no test should take: none of these waits for time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gives a pool of one worker a task that waits until it is told to go on, and then runs `body`.
fn hold<R: Send + 'static>(
    pool: &Pool,
    body: impl FnOnce(&Pool) -> R + Send + 'static,
) -> Result<mpsc::Sender<()>, Box<dyn Error>> {
    let (go_on, wait) = mpsc::channel();
    let (begun, is_begun) = mpsc::channel();
    drop(pool.submit(move |cx| {
        let _ = begun.send(());
        let _ = wait.recv();
        body(cx.pool())
    })?);
    is_begun.recv_timeout(PATIENCE)?;
    Ok(go_on)
}

fn fill(pool: &Pool) {
    while pool.task().when_full(WhenFull::GiveBack).submit(|_| ()).map(drop).is_ok() {}
}

/// Submits more than a lane holds when it is dropped.
struct SubmitsWhenDropped {
    pool: Arc<Pool>,
    ran: Arc<AtomicUsize>,
    done: mpsc::Sender<()>,
}

impl Drop for SubmitsWhenDropped {
    fn drop(&mut self) {
        for _ in 0..8 {
            let ran = Arc::clone(&self.ran);
            let task = self.pool.submit(move |_| ran.fetch_add(1, SeqCst));
            drop(task.expect("the lane is full, and the task runs here"));
        }
        let _ = self.done.send(());
    }
}

#[test]
fn a_result_whose_drop_submits_does_not_wait_for_its_own_thread() -> Outcome {
    // A result that nobody wanted was dropped by its worker outside of any job, and there `submit` waited for room. Of a pool
    // of one worker that was the thread that would have made it: it hung.
    let pool = Arc::new(Pool::builder().workers(1).queue_capacity(2).build()?);
    let ran = Arc::new(AtomicUsize::new(0));
    let (done, is_done) = mpsc::channel();
    let result = SubmitsWhenDropped { pool: Arc::clone(&pool), ran: Arc::clone(&ran), done };
    let go_on = hold(&pool, move |_| result)?;
    go_on.send(())?;
    is_done.recv_timeout(PATIENCE)?;
    let _ = pool.drain(PATIENCE);
    assert_eq!(ran.load(SeqCst), 8);
    Ok(())
}

#[test]
fn a_task_that_submits_its_like_to_a_full_lane_is_refused_before_the_stack_is_used_up() -> Outcome {
    // Each ran inside of the one before, on the only thread, so the lane stayed full for all of them: the stack ran over, and the
    // process ended.
    fn again(pool: &Pool, runs: usize, ended: &mpsc::Sender<(usize, bool)>) {
        let next = ended.clone();
        let is_full = match pool.submit(move |cx| again(cx.pool(), runs + 1, &next)) {
            Ok(task) => return drop(task),
            Err(error) => matches!(error.refusal(), Refusal::Full { .. }),
        };
        let _ = ended.send((runs, is_full));
    }
    let pool = Pool::builder().workers(1).queue_capacity(2).build()?;
    let (ended, has_ended) = mpsc::channel();
    let go_on = hold(&pool, move |pool| again(pool, 0, &ended))?;
    fill(&pool);
    go_on.send(())?;
    assert_eq!(has_ended.recv_timeout(PATIENCE)?, (64, true));
    Ok(())
}

#[test]
fn a_job_does_not_wait_for_lanes_that_only_it_could_drain() -> Outcome {
    // `drained` slept inside the only worker's task, while the lane was full for as long as that slept.
    let pool = Pool::builder().workers(1).queue_capacity(4).build()?;
    let (done, is_done) = mpsc::channel();
    let go_on = hold(&pool, move |pool| {
        pool.drained();
        let _ = done.send(());
    })?;
    fill(&pool);
    go_on.send(())?;
    is_done.recv_timeout(PATIENCE)?;
    Ok(())
}

#[test]
fn a_lane_for_one_thread_is_measured_by_its_own_size() -> Outcome {
    // Such a lane holds 256 tasks, and was called full at three quarters of what the others hold.
    let pool = Pool::builder().workers(1).queue_capacity(4096).build()?;
    let go_on = hold(&pool, |_| ())?;
    assert!(!pool.needs_drain());
    while pool.task().worker(1).when_full(WhenFull::GiveBack).submit(|_| ()).map(drop).is_ok() {}
    assert!(pool.needs_drain());
    go_on.send(())?;
    Ok(())
}

/// Counts itself if it is dropped without having been run.
struct Counted {
    dropped: Arc<AtomicUsize>,
    has_run: bool,
}

impl Counted {
    fn run(mut self) {
        self.has_run = true;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.has_run {
            self.dropped.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn no_more_than_one_task_is_dropped_for_another() -> Outcome {
    // While a worker was just taking a task out, its place was not free yet, and the submitter dropped one after another, all that
    // waited, until it was.
    let pool = Pool::builder().workers(4).queue_capacity(64).build()?;
    let dropped = Arc::new(AtomicUsize::new(0));
    for _ in 0..if cfg!(debug_assertions) { 200_000 } else { 1_000_000 } {
        let before = dropped.load(SeqCst);
        let counted = Counted { dropped: Arc::clone(&dropped), has_run: false };
        drop(pool.task().when_full(WhenFull::DropOldest).submit(move |_| counted.run())?);
        assert!(dropped.load(SeqCst) <= before + 1);
    }
    Ok(())
}
