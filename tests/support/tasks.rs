//! Tasks whose ends are known beforehand.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::{Duration, Instant};

use ringmill::Pool;
use ringmill::pool::{Lane, TaskError};

/// Keeps every thread of the pool busy until the sender is dropped.
pub(crate) fn occupy(pool: &Pool) -> Result<mpsc::Sender<()>, Box<dyn Error>> {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let busy = Arc::new(Barrier::new(pool.workers() + 1));
    for worker in 1..=pool.workers() {
        let (wait, busy) = (Arc::clone(&wait), Arc::clone(&busy));
        drop(pool.task().name("occupy").worker(worker).submit(move |_| {
            busy.wait();
            let _ = wait.lock().expect("nobody panics here").recv();
        })?);
    }
    busy.wait();
    Ok(release)
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Completed,
    Panicked,
    Cancelled,
    Overdue,
}

/// Names of tasks, one of which has to be escaped.
pub(crate) const NAMES: [&str; 3] = ["", "parse", "say \"hi\"\\\n"];

/// Submits a task for each fate and waits for all; returns how many there are of each name, lane and fate.
pub(crate) fn run(pool: &Pool, tasks: &[(usize, usize, Fate)]) -> BTreeMap<(usize, usize, Fate), u64> {
    let release = occupy(pool).expect("the pool is open");
    let mut expected = BTreeMap::new();
    let submitted: Vec<_> = tasks
        .iter()
        .map(|&(name, lane, fate)| {
            *expected.entry((name, lane, fate)).or_insert(0) += 1;
            let options = pool.task().name(NAMES[name]).lane(Lane::ALL[lane]);
            let options =
                if fate == Fate::Overdue { options.queue_deadline(Duration::ZERO) } else { options };
            let task = options.submit(move |_| {
                if fate == Fate::Panicked {
                    // Without the hook's words on the terminal.
                    std::panic::resume_unwind(Box::new("as planned"));
                }
            });
            (task.expect("there is room"), fate)
        })
        .collect();
    // The deadline was the moment of submission, and the clock has to move on.
    let past = Instant::now();
    while Instant::now() == past {}
    for (task, fate) in &submitted {
        if *fate == Fate::Cancelled {
            task.cancel();
        }
    }
    drop(release);
    for (task, fate) in submitted {
        let end = task.wait();
        let met = match fate {
            Fate::Completed => end.is_ok(),
            Fate::Panicked => matches!(end, Err(TaskError::Panicked(_))),
            Fate::Cancelled => matches!(end, Err(TaskError::Cancelled)),
            Fate::Overdue => matches!(end, Err(TaskError::Overdue)),
        };
        assert!(met, "{fate:?}: {end:?}");
    }
    expected
}
