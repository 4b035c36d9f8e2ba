//! What others take of the CPUs while a round is measured.

use std::fs;

/// Ticks of all CPUs since the system's start, as the system counts them: most of them last 10 ms.
#[derive(Clone, Copy)]
pub struct Ticks {
    /// In which anything ran.
    busy: u64,
    /// In which this process ran.
    ours: u64,
    all: u64,
}

impl Ticks {
    /// Reads the counts, where the system has them.
    pub fn now() -> Option<Self> {
        let system = fs::read_to_string("/proc/stat").ok()?;
        let cpus: Vec<u64> =
            system.lines().next()?.split_whitespace().skip(1).map_while(|text| text.parse().ok()).collect();
        // User, nice, system, idle, waiting for disks, interrupts, soft interrupts, taken by other machines.
        let all = cpus.get(..8)?.iter().sum();
        let idle = cpus[3] + cpus[4];
        let process = fs::read_to_string("/proc/self/stat").ok()?;
        // After the name in parentheses, which may hold anything: user and system time are the 12th and 13th.
        let mut times = process.rsplit_once(')')?.1.split_whitespace().skip(11);
        let ours = times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?;
        Some(Self { busy: all - idle, ours, all })
    }

    /// Returns which part of the CPUs' time others took since `before`.
    pub fn others_since(self, before: Self) -> f64 {
        let others = (self.busy - before.busy).saturating_sub(self.ours - before.ours);
        others as f64 / (self.all - before.all).max(1) as f64
    }
}
