//! Whatever is done with tasks, each is accounted for exactly once: it ran, or it ended unrun, or its closure came back.
//!
//! A round makes a pool, lets threads inside and outside do at random what the library allows, ends the pool in one of its
//! ways, and then compares three accounts: what the closures saw, what the handles say, what the metrics say. A round is
//! made from a number; `RINGMILL_STRESS_SEED` begins with another and `RINGMILL_STRESS_ROUNDS` asks for more of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/accounts.rs"]
mod accounts;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use accounts::{Answer, Counted, Dice, Ledger, drop_caught};
use ringmill::Pool;
use ringmill::pool::{Cx, Lane, Refusal, SubmitError, Task, TaskError, TaskOptions, Token, WhenFull};

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// How long the test goes on with further rounds.
const BUDGET: Duration = Duration::from_secs(4);

/// How a pool ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Drain,
    Cancel,
    Kill,
    Drop,
}

/// One closure's record: how often it ran.
struct Record {
    counted: Counted,
    runs: Arc<AtomicU32>,
}

/// The body of a task.
fn body(record: Record, ledger: Arc<Ledger>, mut dice: Dice, depth: u32) -> impl FnOnce(&Cx<'_>) -> Answer {
    move |cx| {
        if record.runs.fetch_add(1, SeqCst) > 0 {
            ledger.wrong("a task ran twice".into());
        }
        ledger.ran.fetch_add(1, SeqCst);
        let mut answer = Answer { _counted: Counted::new(&ledger), is_bomb: false };
        match dice.below(10) {
            0 => {
                ledger.panicked.fetch_add(1, SeqCst);
                resume_unwind(Box::new("as planned"));
            }
            1 => {
                let until = Instant::now() + Duration::from_micros(dice.below(1000));
                while cx.check().is_ok() && Instant::now() < until {
                    std::thread::yield_now();
                }
            }
            2 => cx.pool().blocking(|| std::thread::sleep(Duration::from_micros(dice.below(200)))),
            3 if depth < 3 => {
                for _ in 0..dice.below(4) {
                    act(cx.pool(), &ledger, &mut dice, depth + 1, true);
                }
            }
            4 => {
                let end = dice.below(2000) as usize;
                let _ = cx.pool().for_each_index(0..end, |k| _ = std::hint::black_box(k));
            }
            5 => {
                let sums = cx.pool().join(|| (0..100_u64).sum::<u64>(), || (100..200_u64).sum::<u64>());
                assert_eq!(sums, (4950, 14950));
            }
            6 => ledger.tokens.lock().unwrap().push(cx.token()),
            7 => answer.is_bomb = true,
            _ => {}
        }
        drop(record.counted);
        answer
    }
}

/// Chooses how a task is submitted.
fn options<'p>(pool: &'p Pool, ledger: &Ledger, dice: &mut Dice) -> TaskOptions<'p> {
    let mut options = pool.task().name("stress").lane(Lane::ALL[dice.below(3) as usize]);
    options = options.when_full(match dice.below(6) {
        0 => WhenFull::Wait,
        1 => WhenFull::WaitFor(Duration::from_micros(dice.below(300))),
        2 => WhenFull::GiveBack,
        3 => WhenFull::RunHere,
        4 => WhenFull::DropOldest,
        _ => WhenFull::DropNewest,
    });
    if dice.one_in(5) {
        options = options.worker(1 + dice.below(pool.workers() as u64 + 1) as usize);
    }
    if dice.one_in(8) {
        options = options.queue_deadline(Duration::from_micros(dice.below(300)));
    }
    if dice.one_in(8) {
        options = options.run_budget(Duration::from_micros(dice.below(300)));
    }
    if dice.one_in(6) {
        let mut tokens = ledger.tokens.lock().unwrap();
        if tokens.is_empty() || dice.one_in(4) {
            tokens.push(Token::new());
        }
        let token = tokens[dice.below(tokens.len() as u64) as usize].clone();
        options = options.token(&token);
    }
    options
}

/// Submits a task and does something with its handle.
fn act(pool: &Pool, ledger: &Arc<Ledger>, dice: &mut Dice, depth: u32, is_inside: bool) {
    let runs = Arc::new(AtomicU32::new(0));
    let record = Record { counted: Counted::new(ledger), runs: Arc::clone(&runs) };
    let its_dice = Dice(dice.roll());
    let body = body(record, Arc::clone(ledger), its_dice, depth);
    let options = options(pool, ledger, dice);
    if dice.one_in(6) {
        let value = Counted::new(ledger);
        match options.submit_with(value, |cx, _: &mut Counted| body(cx)) {
            Ok(carrier) => {
                ledger.accepted.fetch_add(1, SeqCst);
                match dice.below(3) {
                    0 => drop_caught(carrier),
                    1 => {
                        carrier.cancel();
                        drop_caught(carrier);
                    }
                    _ => match carrier.wait() {
                        Ok((_value, answer)) => {
                            ledger.said_ran.fetch_add(1, SeqCst);
                            drop_caught(answer);
                        }
                        Err(error) => {
                            let (value, cause) = error.into_parts();
                            let runs_on = matches!(cause, TaskError::Abandoned | TaskError::InsideJob);
                            if value.is_none() && !runs_on {
                                ledger.wrong(format!("the value is gone: {cause}"));
                            }
                            settle(Err(cause), &runs, ledger, is_inside);
                        }
                    },
                }
            }
            Err(error) => refuse(error, &runs, ledger),
        }
        return;
    }
    match options.submit(body) {
        Ok(task) => {
            ledger.accepted.fetch_add(1, SeqCst);
            handle(task, &runs, ledger, dice, is_inside);
        }
        Err(error) => refuse(error, &runs, ledger),
    }
}

fn refuse<F>(error: SubmitError<F>, runs: &AtomicU32, ledger: &Ledger) {
    match error.refusal() {
        Refusal::Full { .. } => _ = ledger.full.fetch_add(1, SeqCst),
        Refusal::Closed | Refusal::NoSuchWorker { .. } => {}
        other => ledger.wrong(format!("refused: {other}")),
    }
    if runs.load(SeqCst) > 0 {
        ledger.wrong("a closure came back that had run".into());
    }
}

/// Does something with a handle.
fn handle(mut task: Task<Answer>, runs: &AtomicU32, ledger: &Ledger, dice: &mut Dice, is_inside: bool) {
    match dice.below(8) {
        0 | 1 => drop_caught(task),
        2 => {
            task.cancel();
            drop_caught(task);
        }
        3 => {
            task.cancel();
            settle(task.wait(), runs, ledger, is_inside);
        }
        4 => {
            if let Some(ended) = task.try_get() {
                return settle(ended, runs, ledger, is_inside);
            }
            drop_caught(task);
        }
        5 => {
            let patience = Duration::from_micros(dice.below(500));
            if let Some(ended) = task.wait_timeout(patience) {
                return settle(ended, runs, ledger, is_inside);
            }
            drop_caught(task);
        }
        // It may wait for what only its own thread would run.
        6 if !is_inside => settle(pollster::block_on(task), runs, ledger, is_inside),
        _ => settle(task.wait(), runs, ledger, is_inside),
    }
}

/// Compares what a handle says with what the closure saw.
fn settle(ended: Result<Answer, TaskError>, runs: &AtomicU32, ledger: &Ledger, is_inside: bool) {
    let ran = runs.load(SeqCst) == 1;
    match ended {
        Ok(answer) => {
            ledger.said_ran.fetch_add(1, SeqCst);
            if !ran {
                ledger.wrong("a result without a run".into());
            }
            drop_caught(answer);
        }
        Err(TaskError::Panicked(_)) => {
            ledger.said_ran.fetch_add(1, SeqCst);
            if !ran {
                ledger.wrong("a panic without a run".into());
            }
        }
        Err(TaskError::Abandoned) if ledger.is_killed.load(SeqCst) => {
            ledger.abandoned.fetch_add(1, SeqCst);
        }
        Err(TaskError::InsideJob) if is_inside => {}
        Err(cause @ (TaskError::Cancelled | TaskError::Overdue | TaskError::Dropped | TaskError::Closed)) => {
            ledger.said_unrun.fetch_add(1, SeqCst);
            if ran {
                ledger.wrong(format!("it ran, and its handle says: {cause}"));
            }
        }
        Err(other) => ledger.wrong(format!("a handle says: {other}")),
    }
}

/// What another thread does to a pool that is at work.
fn disturb(pool: &Pool, ledger: &Ledger, dice: &mut Dice, most: usize) {
    match dice.below(6) {
        0 => _ = pool.resize(1 + dice.below(most as u64) as usize),
        1 => {
            let sum = pool.map_reduce_range(0..1000, 10, |range| range.sum::<usize>(), |a, b| a + b);
            if sum.ok() != Some(499_500) {
                ledger.wrong("a loop's sum is wrong".into());
            }
        }
        2 => {
            let tokens = std::mem::take(&mut *ledger.tokens.lock().unwrap());
            for token in tokens {
                token.cancel();
                // It may be the last that holds its task, and the task's result.
                drop_caught(token);
            }
        }
        3 => pool.drained(),
        4 if ledger.may_map.load(SeqCst) => {
            ledger.has_mapped.store(true, SeqCst);
            let doubled = pool.map_ordered(0..20_u64, 4, |k| 2 * k);
            let sum = catch_unwind(AssertUnwindSafe(|| doubled.sum::<u64>()));
            if !matches!(sum, Ok(380)) && !ledger.is_killed.load(SeqCst) {
                ledger.wrong("a map's sum is wrong".into());
            }
        }
        _ => _ = pool.metrics(),
    }
}

fn round(seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed);
    let workers = 1 + dice.below(4) as usize;
    let most = workers + dice.below(3) as usize;
    let builder = Pool::builder().workers(workers).max_workers(most).max_blocking(dice.below(4) as usize);
    let pool = Arc::new(builder.queue_capacity(2 << dice.below(6)).build().map_err(|e| e.to_string())?);
    let verb = [Verb::Drain, Verb::Cancel, Verb::Kill, Verb::Drop][dice.below(4) as usize];
    let ledger = Arc::new(Ledger::default());
    ledger.may_map.store(dice.one_in(4), SeqCst);
    let submitters: Vec<_> = (0..1 + dice.below(3))
        .map(|k| {
            let (pool, ledger, mut dice) = (Arc::clone(&pool), Arc::clone(&ledger), Dice(dice.roll()));
            let count = 20 + dice.below(150);
            std::thread::spawn(move || {
                for _ in 0..count {
                    if k == 0 && dice.one_in(10) {
                        disturb(&pool, &ledger, &mut dice, most);
                    } else {
                        act(&pool, &ledger, &mut dice, 0, false);
                    }
                }
            })
        })
        .collect();
    let early = verb != Verb::Drop && dice.one_in(2);
    if early {
        std::thread::sleep(Duration::from_micros(dice.below(5000)));
    }
    let join = |submitters: Vec<std::thread::JoinHandle<()>>| {
        submitters
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a submitter panicked".to_string()))
    };
    let mut waiting = Some(submitters);
    if !early {
        waiting.take().map_or(Ok(()), join)?;
    }
    let patience = if dice.one_in(2) { LONG } else { Duration::ZERO };
    match verb {
        Verb::Drain => _ = pool.drain(patience),
        Verb::Cancel => _ = pool.cancel(patience),
        Verb::Kill => {
            ledger.is_killed.store(true, SeqCst);
            let _ = pool.kill(patience);
        }
        Verb::Drop => {}
    }
    waiting.take().map_or(Ok(()), join)?;
    if verb == Verb::Drop {
        // What its tasks hold of the pool ends nothing, and lets us look at what was counted.
        let (give, take) = mpsc::channel();
        let lasting = pool.submit(move |cx| _ = give.send(cx.pool().metrics()));
        drop(lasting);
        drop(take);
        ledger.accepted.fetch_add(1, SeqCst);
        let start = Instant::now();
        drop(Arc::into_inner(pool).ok_or("somebody else holds the pool")?);
        if start.elapsed() > Duration::from_secs(9) {
            return Err("dropping the pool took as long as it may".into());
        }
        forget_tokens(&ledger);
        return balance(&ledger, None, seed, verb);
    }
    let ended = pool.drain(LONG);
    if !ended.is_complete() {
        return Err(format!("{} threads are left", ended.threads_left()));
    }
    let metrics = pool.metrics();
    forget_tokens(&ledger);
    drop(Arc::into_inner(pool).ok_or("somebody else holds the pool")?);
    balance(&ledger, Some(&metrics), seed, verb)
}

fn forget_tokens(ledger: &Ledger) {
    let tokens = std::mem::take(&mut *ledger.tokens.lock().unwrap());
    tokens.into_iter().for_each(drop_caught);
}

/// Compares the accounts.
fn balance(
    ledger: &Ledger,
    metrics: Option<&ringmill::pool::Snapshot>,
    seed: u64,
    verb: Verb,
) -> Result<(), String> {
    let of = |count: &AtomicU64| count.load(SeqCst);
    let mut wrong = std::mem::take(&mut *ledger.wrong.lock().unwrap());
    let (accepted, ran) = (of(&ledger.accepted), of(&ledger.ran));
    if of(&ledger.live) != 0 {
        wrong.push(format!("{} closures and results were never dropped", of(&ledger.live)));
    }
    if let Some(metrics) = metrics.filter(|_| !ledger.has_mapped.load(SeqCst)) {
        let stress = metrics.named("stress");
        let mut expect = |what: &str, counted: u64, is: u64| {
            if counted != is {
                wrong.push(format!("{what}: {counted} by the metrics, {is} in truth"));
            }
        };
        let lanes =
            |count: fn(&ringmill::pool::LaneFigures) -> u64| metrics.lanes().iter().map(count).sum::<u64>();
        expect("ended", stress.ended() + metrics.dropped(), accepted);
        expect("ran", stress.run.count(), ran);
        expect("panicked", stress.panicked, of(&ledger.panicked));
        expect("rejected", metrics.rejected(), of(&ledger.full));
        expect("depth", metrics.depth(), 0);
        let entered = accepted - lanes(|lane| lane.ran_here) - lanes(|lane| lane.newest_dropped);
        expect("submitted", metrics.submitted(), entered);
        let unrun = accepted - ran - metrics.dropped();
        if stress.cancelled + stress.overdue < unrun {
            wrong.push(format!("{unrun} did not run, {} were counted", stress.cancelled + stress.overdue));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("seed {seed}, {verb:?}: {}", wrong.join("; "))) }
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_task_is_accounted_for_once() {
    let seed = variable("RINGMILL_STRESS_SEED").unwrap_or(1);
    let rounds = variable("RINGMILL_STRESS_ROUNDS");
    let start = Instant::now();
    for seed in seed.. {
        let done = seed - variable("RINGMILL_STRESS_SEED").unwrap_or(1);
        if rounds.map_or(start.elapsed() >= BUDGET, |rounds| done >= rounds) {
            return;
        }
        let (over, is_over) = mpsc::channel::<()>();
        // What hangs is named; the test's process has no other way to end then.
        let watch = std::thread::spawn(move || {
            if is_over.recv_timeout(2 * LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("round {seed} hangs");
                std::process::abort();
            }
        });
        let ended = round(seed);
        drop(over);
        watch.join().unwrap();
        if let Err(what) = ended {
            panic!("{what}");
        }
    }
}
