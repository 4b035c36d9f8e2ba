//! What the threads of this process have used, as the system counts it.

use std::fs;

/// Sums over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Threads that there are.
    pub threads: u64,
    /// Time that they ran, in ns.
    pub cpu_ns: u64,
    /// How often one of them stopped running because it waited.
    pub waits: u64,
    /// How often another took its place.
    pub preemptions: u64,
}

impl Usage {
    /// Reads the counts of the threads whose name `counts`, where the system has them. The first thread never does.
    pub fn now(counts: impl Fn(&str) -> bool) -> Option<Self> {
        let mut usage = Self::default();
        for entry in fs::read_dir("/proc/self/task").ok()? {
            let path = entry.ok()?.path();
            let is_first = path.file_name()?.to_str()? == std::process::id().to_string();
            if is_first || !counts(fs::read_to_string(path.join("comm")).ok()?.trim_end()) {
                continue;
            }
            let times = fs::read_to_string(path.join("schedstat")).ok()?;
            usage.threads += 1;
            usage.cpu_ns += times.split_whitespace().next()?.parse::<u64>().ok()?;
            let status = fs::read_to_string(path.join("status")).ok()?;
            usage.waits += field(&status, "voluntary_ctxt_switches:")?;
            usage.preemptions += field(&status, "nonvoluntary_ctxt_switches:")?;
        }
        Some(usage)
    }

    /// Returns what was used since `before`, by as many threads.
    pub fn since(self, before: Self) -> Self {
        Self {
            threads: self.threads,
            cpu_ns: self.cpu_ns - before.cpu_ns,
            waits: self.waits - before.waits,
            preemptions: self.preemptions - before.preemptions,
        }
    }
}

/// Returns the resident memory of this process in KiB.
pub fn resident_kib() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/smaps_rollup").ok()?, "Rss:")
}

/// Returns the number behind a name at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
