//! A snapshot as Prometheus reads it: text exposition, version 0.0.4.
//!
//! The bounds of the histograms are powers of two of nanoseconds, which are edges of our own buckets: what they count is
//! exact, and the same bounds come with every scrape. A duration is cut off to whole nanoseconds, so the one that is
//! counted as a bound itself was longer. Source: the "Exposition formats" page of the Prometheus documentation.

use std::fmt::{self, Write};
use std::time::Duration;

use super::figures::lane_text;
use super::histogram::Histogram;
use super::snapshot::Snapshot;

/// The bounds of histograms in nanoseconds, by their powers of two: from 256 ns to 69 s.
const BOUNDS: std::ops::RangeInclusive<u32> = 8..=36;

/// Labels of a sample: names and values.
type Labels<'a> = &'a [(&'a str, &'a str)];

impl Snapshot {
    /// Returns the snapshot as text that Prometheus scrapes. Times are in seconds, names begin with `ringmill_`. Serve it
    /// as `text/plain; version=0.0.4`. Counters that go back after [`reset_metrics`](crate::Pool::reset_metrics) are
    /// taken for those of a restarted process, as they should be.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let text = pool.metrics().to_prometheus();
    /// assert!(text.contains("\nringmill_tasks_submitted_total{lane=\"normal\"} 0\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_prometheus(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _ = self.write_prometheus(&mut Exposition { out: &mut text });
        text
    }

    fn write_prometheus(&self, out: &mut Exposition<'_>) -> fmt::Result {
        self.write_tasks(out)?;
        self.write_lanes(out)?;
        self.write_workers(out)?;
        if let Some(throttled) = self.throttled() {
            out.head(
                "throttled_periods_total",
                "counter",
                "Periods in which the control groups were throttled.",
            )?;
            out.sample("throttled_periods_total", &[], throttled.periods)?;
            out.head(
                "throttled_seconds_total",
                "counter",
                "Time for which the control groups were throttled.",
            )?;
            out.sample("throttled_seconds_total", &[], seconds(throttled.time))?;
        }
        out.head("age_seconds", "gauge", "Time since the pool was made or its counts were reset.")?;
        out.sample("age_seconds", &[], seconds(self.age()))
    }

    fn write_tasks(&self, out: &mut Exposition<'_>) -> fmt::Result {
        out.head("tasks_ended_total", "counter", "Tasks that ended, by how they did.")?;
        for task in self.tasks() {
            let ends = [
                ("completed", task.completed),
                ("panicked", task.panicked),
                ("cancelled", task.cancelled),
                ("overdue", task.overdue),
            ];
            for (outcome, count) in ends {
                let labels =
                    [("name", task.name), ("lane", task.lane.map_or("", lane_text)), ("outcome", outcome)];
                out.sample("tasks_ended_total", &labels, count)?;
            }
        }
        out.head("task_wait_seconds", "histogram", "Time from a task's submission to its start.")?;
        for task in self.tasks() {
            out.histogram(
                "task_wait_seconds",
                &[("name", task.name), ("lane", task.lane.map_or("", lane_text))],
                &task.wait,
            )?;
        }
        out.head("task_run_seconds", "histogram", "Time from a task's start to its end.")?;
        for task in self.tasks() {
            out.histogram(
                "task_run_seconds",
                &[("name", task.name), ("lane", task.lane.map_or("", lane_text))],
                &task.run,
            )?;
        }
        Ok(())
    }

    fn write_lanes(&self, out: &mut Exposition<'_>) -> fmt::Result {
        let lanes = self.lanes();
        out.head("tasks_submitted_total", "counter", "Tasks that were put into a lane.")?;
        for lane in lanes {
            out.sample("tasks_submitted_total", &[("lane", lane_text(lane.lane))], lane.submitted)?;
        }
        out.head(
            "tasks_refused_total",
            "counter",
            "Tasks that a full lane did not take, by what became of them.",
        )?;
        for lane in lanes {
            let refused = [
                ("given_back", lane.rejected),
                ("oldest_dropped", lane.oldest_dropped),
                ("newest_dropped", lane.newest_dropped),
                ("run_by_submitter", lane.ran_here),
            ];
            for (how, count) in refused {
                out.sample("tasks_refused_total", &[("lane", lane_text(lane.lane)), ("how", how)], count)?;
            }
        }
        out.head("lane_depth", "gauge", "Tasks that wait in a lane.")?;
        for lane in lanes {
            out.sample("lane_depth", &[("lane", lane_text(lane.lane))], lane.depth)?;
        }
        out.head("lane_depth_most", "gauge", "The most tasks that waited in a lane at a time.")?;
        for lane in lanes {
            out.sample("lane_depth_most", &[("lane", lane_text(lane.lane))], lane.most)?;
        }
        Ok(())
    }

    fn write_workers(&self, out: &mut Exposition<'_>) -> fmt::Result {
        type Count = fn(&super::WorkerFigures) -> u64;
        let counters: [(&str, &str, Count); 6] = [
            ("worker_tasks_total", "Tasks that a worker ran.", |worker| worker.tasks),
            ("worker_parks_total", "How often a worker lay down.", |worker| worker.parks),
            ("worker_wakes_total", "How often a worker got up.", |worker| worker.wakes),
            ("worker_spins_total", "How often a worker looked around without sleeping.", |worker| {
                worker.spins
            }),
            ("worker_loops_total", "Loops and forks of others that a worker helped with.", |worker| {
                worker.loops
            }),
            ("worker_steals_total", "Pieces and halves that it took of them.", |worker| worker.steals),
        ];
        for (name, help, count) in counters {
            out.head(name, "counter", help)?;
            for worker in self.workers() {
                out.sample(name, &[("worker", &worker.worker.to_string())], count(worker))?;
            }
        }
        out.head("worker_depth", "gauge", "Tasks submitted to this worker alone that wait.")?;
        for worker in self.workers() {
            out.sample("worker_depth", &[("worker", &worker.worker.to_string())], worker.depth)?;
        }
        out.head("worker_busy_seconds", "gauge", "How long a worker's task has run; 0 if none runs.")?;
        for worker in self.workers() {
            let busy = worker.running.map_or(0.0, |task| seconds(task.elapsed));
            out.sample("worker_busy_seconds", &[("worker", &worker.worker.to_string())], busy)?;
        }
        out.head("worker_wake_up_seconds", "histogram", "Time from a worker's being woken to its running.")?;
        for worker in self.workers() {
            let labels = [("worker", &*worker.worker.to_string())];
            out.histogram("worker_wake_up_seconds", &labels, &worker.wake_up)?;
        }
        Ok(())
    }
}

/// Writes families and samples.
struct Exposition<'a> {
    out: &'a mut String,
}

impl Exposition<'_> {
    fn head(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(self.out, "# HELP ringmill_{name} {help}\n# TYPE ringmill_{name} {kind}")
    }

    fn sample(&mut self, name: &str, labels: Labels<'_>, value: impl fmt::Display) -> fmt::Result {
        write!(self.out, "ringmill_{name}")?;
        for (k, (label, value)) in labels.iter().enumerate() {
            let before = if k == 0 { '{' } else { ',' };
            write!(self.out, "{before}{label}=\"{}\"", Escaped(value))?;
        }
        let end = if labels.is_empty() { "" } else { "}" };
        writeln!(self.out, "{end} {value}")
    }

    fn histogram(&mut self, name: &str, labels: Labels<'_>, histogram: &Histogram) -> fmt::Result {
        let bucket = format!("{name}_bucket");
        for log in BOUNDS {
            let nanoseconds = 1_u64 << log;
            let bound = seconds(Duration::from_nanos(nanoseconds)).to_string();
            let labels = [labels, &[("le", bound.as_str())]].concat();
            self.sample(&bucket, &labels, histogram.shorter_than(nanoseconds))?;
        }
        self.sample(&bucket, &[labels, &[("le", "+Inf")]].concat(), histogram.count())?;
        self.sample(&format!("{name}_sum"), labels, seconds(histogram.sum()))?;
        self.sample(&format!("{name}_count"), labels, histogram.count())
    }
}

/// A label's value, as the format wants it.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e9
}
