//! What does a pool take from the program around it: while it has next to nothing to do, and while it works?
//!
//! Units: % of a core that the whole process takes; us until sleeping workers have begun, us by which the main thread is
//! late. CPUs: two. Excluded: the start of threads and pools. LIMIT is a thread that the
//! system wakes from a word, and bare threads by hand; what the machine does to a main thread beside which one thread works, or
//! none, is shown too. All rounds of a row of the first tables last for `RINGMILL_BENCH_IDLE_SECONDS` together, or 5 s. The main
//! thread's ticks mean something only where it has no higher priority than the workers, so without `chrt`.

#[path = "common/mod.rs"]
mod common;

use common::idling::{control, fan_out, now_and_then, stalls};
use common::our_tasks::Ours;

fn main() {
    let ours = Ours::start();
    now_and_then(&ours, |table, _| table);
    fan_out(&ours, |table, _| table);
    stalls(&ours, |table, _| table);
    control::table(&ours, |table| table);
}
