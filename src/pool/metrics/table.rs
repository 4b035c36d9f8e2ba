//! A snapshot as people read it.

use std::fmt;
use std::time::Duration;

use super::figures::{TaskFigures, lane_text};
use super::histogram::Histogram;
use super::snapshot::Snapshot;

impl fmt::Display for Snapshot {
    /// Shows a table: tasks by name and lane, then lanes, then workers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:?}: {} submitted, {} completed, {} panicked, {} cancelled, {} overdue, {} rejected, {} dropped",
            self.age(),
            self.submitted(),
            self.completed(),
            self.panicked(),
            self.cancelled(),
            self.overdue(),
            self.rejected(),
            self.dropped(),
        )?;
        writeln!(
            f,
            "{:20} {:10} {:>10} {:>8} {:>8} {:>8} {:>23} {:>23}",
            "task",
            "lane",
            "completed",
            "panicked",
            "cancel.",
            "overdue",
            "wait 50/99/100 %",
            "run 50/99/100 %"
        )?;
        for TaskFigures { name, lane, completed, panicked, cancelled, overdue, wait, run } in self.tasks() {
            let name = if name.is_empty() { "-" } else { name };
            let lane = lane.map_or("", lane_text);
            let (wait, run) = (times(wait), times(run));
            writeln!(
                f,
                "{name:20} {lane:10} {completed:10} {panicked:8} {cancelled:8} {overdue:8} {wait:>23} {run:>23}"
            )?;
        }
        for lane in self.lanes().iter().filter(|lane| lane.submitted + lane.rejected > 0) {
            writeln!(
                f,
                "lane {}: {} submitted, {} now, {} at most, {} rejected, {} + {} dropped, {} run by submitters",
                lane_text(lane.lane),
                lane.submitted,
                lane.depth,
                lane.most,
                lane.rejected,
                lane.oldest_dropped,
                lane.newest_dropped,
                lane.ran_here
            )?;
        }
        for worker in self.workers() {
            write!(
                f,
                "worker {}: {} tasks, {} pieces of {} loops, {} parks, {} spins, wake-up {}",
                worker.worker,
                worker.tasks,
                worker.steals,
                worker.loops,
                worker.parks,
                worker.spins,
                times(&worker.wake_up)
            )?;
            match worker.running {
                Some(task) => writeln!(f, ", runs {:?} for {}", task.name, short(task.elapsed))?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

fn times(histogram: &Histogram) -> String {
    let quantile = |q| histogram.quantile(q).map_or_else(|| "-".to_string(), short);
    [0.5, 0.99, 1.0].map(quantile).join("/")
}

/// Shows a duration by three digits and its unit.
fn short(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos() as f64;
    let (value, unit) = match nanoseconds {
        ..1e3 => return format!("{nanoseconds}ns"),
        1e3..1e6 => (nanoseconds / 1e3, "us"),
        1e6..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let shown =
            [7, 1_234, 45_678, 999_999, 12_000_000, 3_000_000_000].map(Duration::from_nanos).map(short);
        assert_eq!(shown, ["7ns", "1.23us", "45.7us", "1000us", "12.0ms", "3.00s"]);
    }
}
