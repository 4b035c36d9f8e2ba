//! What a pool counted can be read by others: by Prometheus, and by those who view traces.

#[path = "support/tasks.rs"]
mod tasks;

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{PrometheusType, PrometheusValue};
use ringmill::Pool;
use ringmill::pool::{Histogram, Lane};
use tasks::{Fate, NAMES, occupy, run};

type Outcome = Result<(), Box<dyn Error>>;

fn lane_name(lane: Lane) -> &'static str {
    ["latency", "normal", "background"][lane as usize]
}

#[test]
fn a_pool_that_does_not_count_shows_nothing() -> Outcome {
    let pool = Pool::builder().workers(2).metrics(false).trace(100).build()?;
    pool.task().name("parse").submit(|_| ())?.wait()?;
    let snapshot = pool.metrics();
    assert_eq!((snapshot.completed(), snapshot.tasks().len()), (0, 0));
    let mut json = Vec::new();
    pool.write_trace(&mut json)?;
    let json: serde_json::Value = serde_json::from_slice(&json)?;
    assert!(
        json["traceEvents"].as_array().is_some_and(|events| events.iter().all(|event| event["ph"] == "M"))
    );
    Ok(())
}

/// Finds every value of a snapshot in its text, by a parser that is not ours.
#[test]
fn prometheus_reads_every_value() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    let all = [Fate::Completed, Fate::Panicked, Fate::Cancelled, Fate::Overdue, Fate::Completed];
    let tasks: Vec<_> = (0..60).map(|k| (k % 3, k / 3 % 3, all[k % 5])).collect();
    run(&pool, &tasks);
    pool.broadcast(|_| ())?;
    let snapshot = pool.metrics();
    let mut text = Text::parse(&snapshot.to_prometheus())?;

    for task in snapshot.tasks() {
        let escaped = task.name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels = [("name", &*escaped), ("lane", task.lane.map_or("", lane_name))];
        for (outcome, count) in [
            ("completed", task.completed),
            ("panicked", task.panicked),
            ("cancelled", task.cancelled),
            ("overdue", task.overdue),
        ] {
            let labels = [labels[0], labels[1], ("outcome", outcome)];
            assert_eq!(text.counter("ringmill_tasks_ended_total", &labels), Some(count as f64));
        }
        text.check_histogram("ringmill_task_wait_seconds", &labels, &task.wait);
        text.check_histogram("ringmill_task_run_seconds", &labels, &task.run);
    }
    for lane in snapshot.lanes() {
        let labels = [("lane", lane_name(lane.lane))];
        assert_eq!(text.counter("ringmill_tasks_submitted_total", &labels), Some(lane.submitted as f64));
        assert_eq!(text.gauge("ringmill_lane_depth", &labels), Some(lane.depth as f64));
        assert_eq!(text.gauge("ringmill_lane_depth_most", &labels), Some(lane.most as f64));
        for (how, count) in [
            ("given_back", lane.rejected),
            ("oldest_dropped", lane.oldest_dropped),
            ("newest_dropped", lane.newest_dropped),
            ("run_by_submitter", lane.ran_here),
        ] {
            let labels = [labels[0], ("how", how)];
            assert_eq!(text.counter("ringmill_tasks_refused_total", &labels), Some(count as f64));
        }
    }
    for worker in snapshot.workers() {
        let number = worker.worker.to_string();
        let labels = [("worker", &*number)];
        for (name, count) in [
            ("tasks", worker.tasks),
            ("steals", worker.steals),
            ("parks", worker.parks),
            ("wakes", worker.wakes),
            ("spins", worker.spins),
            ("loops", worker.loops),
        ] {
            let name = format!("ringmill_worker_{name}_total");
            assert_eq!(text.counter(&name, &labels), Some(count as f64));
        }
        assert_eq!(text.gauge("ringmill_worker_depth", &labels), Some(worker.depth as f64));
        let busy = worker.running.map_or(0.0, |task| task.elapsed.as_nanos() as f64 / 1e9);
        assert_eq!(text.gauge("ringmill_worker_busy_seconds", &labels), Some(busy));
        text.check_histogram("ringmill_worker_wake_up_seconds", &labels, &worker.wake_up);
    }
    if let Some(throttled) = snapshot.throttled() {
        let [periods, time] = [throttled.periods as f64, throttled.time.as_nanos() as f64 / 1e9];
        assert_eq!(text.counter("ringmill_throttled_periods_total", &[]), Some(periods));
        assert_eq!(text.counter("ringmill_throttled_seconds_total", &[]), Some(time));
    }
    assert_eq!(text.gauge("ringmill_age_seconds", &[]), Some(snapshot.age().as_nanos() as f64 / 1e9));
    assert!(text.samples.is_empty(), "in the text but not in the snapshot: {:?}", text.samples);
    Ok(())
}

/// A metric's name, and its labels in order.
type Series = (String, Vec<(String, String)>);

/// Samples as the parser read them, by name and sorted labels; what is looked at is taken out.
struct Text {
    samples: HashMap<Series, (PrometheusType, PrometheusValue)>,
}

impl Text {
    fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let mut samples = HashMap::new();
        for (name, family) in parse_prometheus(text).map_err(|error| error.to_string())?.families {
            assert!(!family.help.is_empty(), "{name} has a help text");
            for sample in family.iter_samples() {
                let labels = sample.get_labelset().map_err(|error| error.to_string())?;
                let mut labels: Vec<_> = labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                labels.sort();
                let value = (family.family_type.clone(), sample.value.clone());
                assert!(samples.insert((name.clone(), labels), value).is_none(), "{name} twice");
            }
        }
        Ok(Self { samples })
    }

    fn take(&mut self, name: &str, labels: &[(&str, &str)]) -> Option<(PrometheusType, PrometheusValue)> {
        let mut labels: Vec<_> = labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        labels.sort();
        self.samples.remove(&(name.to_string(), labels))
    }

    fn counter(&mut self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.take(name, labels)? {
            (PrometheusType::Counter, PrometheusValue::Counter(counter)) => Some(counter.value.as_f64()),
            _ => None,
        }
    }

    fn gauge(&mut self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.take(name, labels)? {
            (PrometheusType::Gauge, PrometheusValue::Gauge(gauge)) => Some(gauge.as_f64()),
            _ => None,
        }
    }

    /// Compares count, sum and every bucket.
    fn check_histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let Some((PrometheusType::Histogram, PrometheusValue::Histogram(read))) = self.take(name, labels)
        else {
            panic!("{name} {labels:?} is no histogram");
        };
        assert_eq!(read.count, Some(histogram.count()));
        assert_eq!(read.sum.map(|sum| sum.as_f64()), Some(histogram.sum().as_nanos() as f64 / 1e9));
        assert_eq!(read.buckets.last().map(|last| last.upper_bound), Some(f64::INFINITY));
        let mut before = 0.0;
        for bucket in &read.buckets {
            let below =
                histogram.buckets().filter(|(end, _)| end.as_nanos() as f64 / 1e9 <= bucket.upper_bound);
            assert_eq!(bucket.count.as_f64(), below.map(|(_, count)| count).sum::<u64>() as f64);
            assert!(bucket.upper_bound > before);
            before = bucket.upper_bound;
        }
    }
}

#[test]
fn the_trace_is_json_that_shows_who_did_what() -> Outcome {
    let pool = Pool::builder().workers(2).trace(1_000).build()?;
    for k in 0..50 {
        pool.task().name(NAMES[k % 3]).submit(|_| std::thread::sleep(Duration::from_micros(10)))?.wait()?;
    }
    pool.broadcast(|_| std::thread::sleep(Duration::from_millis(1)))?;
    let others = [(); 2].map(|()| pool.task().name("at once"));
    std::thread::scope(|scope| {
        for options in others {
            scope.spawn(|| {
                options.submit(|_| std::thread::sleep(Duration::from_millis(1))).map(|task| task.wait())
            });
        }
    });
    pool.submit_to(1, |cx| cx.pool().blocking(|| ()))?.wait()?;
    let mut json = Vec::new();
    pool.write_trace(&mut json)?;
    let json: serde_json::Value = serde_json::from_slice(&json)?;
    let events = json["traceEvents"].as_array().ok_or("there are events")?;

    let of = |kind: &str| events.iter().filter(|event| event["cat"] == kind).collect::<Vec<_>>();
    let tasks = of("task");
    assert_eq!(tasks.len(), 53);
    for (name, count) in [("task", 18), (NAMES[1], 17), (NAMES[2], 16), ("at once", 2)] {
        assert_eq!(tasks.iter().filter(|event| event["name"] == name).count(), count, "{name:?}");
    }
    let helped = of("loop");
    assert!(helped.iter().any(|event| event["tid"] == 1), "the helper of the broadcast: {helped:?}");

    let blocked = of("blocked");
    assert!(blocked.len() == 1 && blocked[0]["tid"] == 1, "{blocked:?}");

    let mut tracks: HashMap<u64, Vec<(f64, f64)>> = HashMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X" && event["cat"] != "blocked") {
        let number = |key| event[key].as_f64().ok_or("a number");
        let start = number("ts")?;
        let track = event["tid"].as_u64().ok_or("a track")?;
        tracks.entry(track).or_default().push((start, start + number("dur")?));
    }
    for (track, mut spans) in tracks {
        let named = events.iter().any(|event| event["ph"] == "M" && event["tid"] == track);
        assert!(named, "track {track} has a name");
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The clock may turn a span's edges by a few nanoseconds.
        assert!(spans.windows(2).all(|pair| pair[1].0 > pair[0].1 - 0.1), "{track}: {spans:?}");
    }
    Ok(())
}

#[test]
fn the_trace_keeps_the_last_events() -> Outcome {
    let pool = Pool::builder().workers(1).trace(8).build()?;
    let release = occupy(&pool)?;
    let submit = |name| pool.task().name(name).worker(1).submit(|_| ());
    let tasks: Vec<_> =
        (0..20).map(|k| submit(if k < 12 { "early" } else { "late" })).collect::<Result<_, _>>()?;
    drop(release);
    for task in tasks {
        task.wait()?;
    }
    let mut json = Vec::new();
    pool.write_trace(&mut json)?;
    let json: serde_json::Value = serde_json::from_slice(&json)?;
    let events = json["traceEvents"].as_array().ok_or("there are events")?;
    let names: Vec<_> =
        events.iter().filter(|event| event["ph"] == "X").map(|event| &event["name"]).collect();
    assert_eq!(names, ["late"; 8]);
    Ok(())
}
