//! How often and how long the kernel stopped this process because its quota was used up.
//!
//! A quota is kept by stopping all threads of a control group until the next period begins. Each group that the process
//! is in counts how often that happened to it (`cpu.stat`); the process is stopped whenever one of them is, so the counts
//! are added up. The second version of control groups tells the time in microseconds (`throttled_usec`), the first in
//! nanoseconds (`throttled_time`). Both count from the making of the group. Source: the kernel's documents on
//! cgroup-v2 and on CFS bandwidth control.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::limits::{self, Mount};

/// What the groups of this process have counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throttled {
    /// Periods in which a group was stopped.
    pub(crate) periods: u64,
    /// For how long.
    pub(crate) time: Duration,
}

/// Returns what the groups of this process have counted, none if none of them counts.
pub(crate) fn throttled() -> Option<Throttled> {
    limits::with_groups(|memberships, mounts| sum(Path::new("/"), memberships, mounts))?
}

/// Adds up what the groups of a process with these memberships and mounts have counted, in a machine whose files lie
/// under `root`.
fn sum(root: &Path, memberships: &str, mounts: &[Mount]) -> Option<Throttled> {
    let mut sum: Option<Throttled> = None;
    limits::for_each_group(root, memberships, mounts, |_, directory| {
        let Ok(text) = fs::read_to_string(directory.join("cpu.stat")) else { return };
        if let Some(Throttled { periods, time }) = parse(&text) {
            let sum = sum.get_or_insert_default();
            sum.periods = sum.periods.saturating_add(periods);
            sum.time = sum.time.saturating_add(time);
        }
    });
    sum
}

/// Parses a group's `cpu.stat`, of either version; none if it has no quota to count for.
fn parse(text: &str) -> Option<Throttled> {
    let mut periods = None;
    let mut time = Duration::ZERO;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(key), Some(value)) = (words.next(), words.next()) else { continue };
        let Ok(value) = value.parse::<u64>() else { continue };
        match key {
            "nr_throttled" => periods = Some(value),
            "throttled_usec" => time = Duration::from_micros(value),
            "throttled_time" => time = Duration::from_nanos(value),
            _ => {}
        }
    }
    Some(Throttled { periods: periods?, time })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a machine that lies under `tests/fixtures/`.
    fn fixture(name: &str) -> Option<Throttled> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let text = |file| fs::read_to_string(root.join("proc/self").join(file)).unwrap();
        let mounts: Vec<Mount> = text("mountinfo").lines().filter_map(Mount::parse).collect();
        sum(&root, &text("cgroup"), &mounts)
    }

    #[test]
    fn version_two_adds_up_the_group_and_those_above() {
        let time = Duration::from_micros(5_200_000 + 30_007);
        assert_eq!(fixture("cgroup-v2"), Some(Throttled { periods: 42, time }));
    }

    #[test]
    fn version_one_counts_nanoseconds() {
        assert_eq!(
            fixture("cgroup-v1"),
            Some(Throttled { periods: 7, time: Duration::from_nanos(123_456_789) })
        );
    }

    #[test]
    fn no_group_counts() {
        assert_eq!(fixture("cgroup-hybrid"), None);
        assert_eq!(parse("usage_usec 5\nuser_usec 3\nsystem_usec 2\n"), None);
    }

    #[test]
    fn lines_that_are_not_understood_count_nothing() {
        let text = "nr_periods\nnr_throttled x\nnr_throttled 3 4\nthrottled_usec -1\n";
        assert_eq!(parse(text), Some(Throttled { periods: 3, time: Duration::ZERO }));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-z_]{0,15} ?[0-9]{0,25}\n)*") {
            let _ = parse(&text);
        }
    }
}
