//! Which workloads there are, and in which ways each is run.

/// The language of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    Node,
    Rust,
}

impl Language {
    pub fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Rust => "ringmill",
        }
    }
}

/// A workload: an example and its twin, under one name.
pub struct Work {
    pub name: &'static str,
    pub title: &'static str,
    /// What the programs get as their size; nothing if they have one only.
    pub size: Option<usize>,
    /// The size that the articles name, where it takes too long for every run.
    pub full_size: Option<usize>,
    pub rounds: usize,
    /// What the table shows beside time and stall: a field of the result, and its heading.
    pub columns: &'static [(&'static str, &'static str)],
    /// The ways of each language; the first is the one that the others are measured by.
    pub ways: &'static [(Language, &'static str, &'static str)],
}

impl Work {
    /// Returns the size that the programs get.
    pub fn size(&self, is_full: bool) -> Option<usize> {
        if is_full { self.full_size.or(self.size) } else { self.size }
    }
}

const PEAK: (&str, &str) = ("peak_mib", "peak, MiB");

use Language::{Node, Rust};

pub const WORKS: &[Work] = &[
    Work {
        name: "fib",
        title: "Five Fibonacci numbers, naively",
        size: Some(40),
        full_size: Some(45),
        rounds: 3,
        columns: &[],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "naive", "a worker for each"),
            (Node, "pool", "pool of 2 by hand"),
            (Node, "piscina", "Piscina, 2 workers"),
            (Rust, "serial", "one thread"),
            (Rust, "naive", "a thread for each"),
            (Rust, "tasks", "5 tasks"),
            (Rust, "join", "`join` inside a task"),
        ],
    },
    Work {
        name: "tokio_ticker",
        title: "Two seconds of computing beside a ticker of 1 ms",
        size: Some(1_000_000_000),
        full_size: None,
        rounds: 2,
        columns: &[],
        ways: &[
            (Node, "inline", "main thread"),
            (Node, "pool", "pool of 2 by hand"),
            (Node, "piscina", "Piscina"),
            (Rust, "inline", "the runtime's thread"),
            (Rust, "pool", "a task, awaited by tokio"),
        ],
    },
    Work {
        name: "images",
        title: "100 images of 4000 x 3000 pixels to 800 x 600",
        size: Some(100),
        full_size: None,
        rounds: 2,
        columns: &[PEAK],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "naive", "a worker for each, copied"),
            (Node, "one-worker", "one worker, transferred"),
            (Node, "pool", "pool of 2 by hand, transferred"),
            (Node, "piscina", "Piscina, 2 workers, transferred"),
            (Rust, "serial", "one thread"),
            (Rust, "naive", "a thread for each, borrowed"),
            (Rust, "tasks", "a task for each, moved"),
            (Rust, "rows", "rows of each, moved"),
        ],
    },
    Work {
        name: "password_hashes",
        title: "8 passwords, bcrypt of cost 12",
        size: Some(12),
        full_size: None,
        rounds: 3,
        columns: &[("per_second", "a second")],
        ways: &[
            (Node, "js-serial", "bcryptjs, main thread"),
            (Node, "js-naive", "bcryptjs, a worker for each"),
            (Node, "js-pool", "bcryptjs, pool of 2 by hand"),
            (Node, "js-piscina", "bcryptjs, Piscina"),
            (Node, "native-serial", "native, main thread"),
            (Node, "native-pool", "native, pool of 2 by hand"),
            (Node, "native-async", "native, libuv's 4 threads"),
            (Rust, "serial", "one thread"),
            (Rust, "naive", "a thread for each"),
            (Rust, "tasks", "8 tasks"),
        ],
    },
    Work {
        name: "sha256_tree",
        title: "SHA-256 over 256 MiB, a tree of mebibytes",
        size: Some(256),
        full_size: None,
        rounds: 3,
        columns: &[("gb_per_s", "GB/s"), PEAK],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "pool-clone", "pool of 2 by hand, copied"),
            (Node, "pool", "pool of 2 by hand, shared"),
            (Node, "piscina", "Piscina, shared"),
            (Rust, "serial", "one thread"),
            (Rust, "tasks", "256 tasks"),
            (Rust, "loop", "a loop inside a task"),
        ],
    },
    Work {
        name: "log_search",
        title: "A regular expression over 2 million lines",
        size: Some(2_000_000),
        full_size: Some(10_000_000),
        rounds: 3,
        columns: &[("m_lines_per_s", "million lines/s"), PEAK],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "naive", "a worker for each 8 MiB, copied"),
            (Node, "pool-strings", "pool of 2 by hand, strings"),
            (Node, "pool", "pool of 2 by hand, shared"),
            (Node, "piscina", "Piscina, shared"),
            (Rust, "serial", "one thread"),
            (Rust, "naive", "a thread for each 8 MiB"),
            (Rust, "tasks", "a task for each MiB"),
            (Rust, "loop", "a loop inside a task"),
        ],
    },
    Work {
        name: "sqrt_sum",
        title: "The sum of ten million square roots",
        size: Some(10_000_000),
        full_size: None,
        rounds: 3,
        columns: &[],
        ways: SQRT_SUM,
    },
    Work {
        name: "sqrt_sum",
        title: "The sum of ten thousand square roots",
        size: Some(10_000),
        full_size: None,
        rounds: 3,
        columns: &[],
        ways: SQRT_SUM,
    },
    Work {
        name: "similarity",
        title: "The ten vectors most like a query, of 200 MB",
        size: Some(50_000_000),
        full_size: None,
        rounds: 3,
        columns: &[("gb_per_s", "GB/s"), PEAK],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "naive", "a worker for each of 16 slices, copied"),
            (Node, "pool-clone", "pool of 2 by hand, copied"),
            (Node, "pool", "pool of 2 by hand, shared"),
            (Node, "piscina", "Piscina, shared"),
            (Rust, "serial", "one thread"),
            (Rust, "naive", "a thread for each of 16 slices"),
            (Rust, "tasks", "16 tasks"),
            (Rust, "loop", "a loop inside a task"),
        ],
    },
    Work {
        name: "passing",
        title: "A buffer to a worker and back",
        size: None,
        full_size: None,
        rounds: 3,
        columns: &[("case", "bytes")],
        ways: &[
            (Node, "clone", "copied both ways"),
            (Node, "transfer", "transferred both ways"),
            (Node, "shared", "shared"),
            (Node, "piscina-transfer", "Piscina, transferred both ways"),
            (Rust, "copied", "copied both ways"),
            (Rust, "moved", "moved both ways"),
            (Rust, "shared", "shared"),
        ],
    },
    Work {
        name: "frames",
        title: "60 frames a second beside analysis",
        size: Some(3),
        full_size: Some(60),
        rounds: 1,
        columns: &[
            ("missed", "frames missed"),
            ("p99_ms", "99 of 100 frames, ms"),
            ("analyses_per_s", "analyses/s"),
        ],
        ways: &[
            (Node, "main", "main thread"),
            (Node, "pool", "pool of 2 by hand"),
            (Node, "piscina", "Piscina"),
            (Node, "own-worker", "pool of 2, and a worker for the frames"),
            (Rust, "main", "one thread"),
            (Rust, "normal", "tasks"),
            (Rust, "latency", "frames in the latency lane"),
        ],
    },
    Work {
        name: "million_tasks",
        title: "Many tasks, a kilobyte each",
        size: Some(100_000),
        full_size: Some(1_000_000),
        rounds: 3,
        columns: &[("us_per_task", "us each"), ("rejected", "rejected"), PEAK],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "pool", "pool of 2 by hand, all queued"),
            (Node, "piscina", "Piscina, all queued"),
            (Node, "piscina-bounded", "Piscina, 1,024 queued, rest rejected"),
            (Rust, "serial", "one thread"),
            (Rust, "map", "`map_unordered`, a window of 1,024"),
            (Rust, "wait", "1,024 queued, submitter waits"),
            (Rust, "give-back", "1,024 queued, rest given back"),
        ],
    },
    Work {
        name: "faults",
        title: "10,000 tasks, one in a hundred fails",
        size: Some(10_000),
        full_size: None,
        rounds: 3,
        columns: &[("failed", "failed"), ("lost", "lost"), ("tasks_per_s", "tasks/s")],
        ways: &[
            (Node, "serial", "main thread"),
            (Node, "healthy", "pool of 2 by hand, none fails"),
            (Node, "pool", "pool of 2 by hand, throws"),
            (Node, "piscina", "Piscina, throws"),
            (Node, "pool-exit", "pool of 2 by hand, worker dies"),
            (Rust, "serial", "one thread"),
            (Rust, "healthy", "tasks, none fails"),
            (Rust, "tasks", "tasks, panics"),
        ],
    },
    Work {
        name: "start_up",
        title: "Start-up of a pool of 2, and memory of a worker",
        size: None,
        full_size: None,
        rounds: 1,
        columns: &[
            ("p99_ms", "longest of 30, ms"),
            ("case", "workers"),
            ("rss_kib", "Rss each, KiB"),
            ("pss_kib", "Pss each, KiB"),
        ],
        ways: &[
            (Node, "pool", "pool by hand"),
            (Node, "piscina", "Piscina"),
            (Node, "memory", "memory"),
            (Rust, "tasks", "pool"),
            (Rust, "memory", "memory"),
        ],
    },
];

const SQRT_SUM: &[(Language, &str, &str)] = &[
    (Node, "serial", "main thread"),
    (Node, "naive", "a new worker"),
    (Node, "pool", "pool of 2 by hand, halves"),
    (Node, "piscina", "Piscina, halves"),
    (Rust, "serial", "one thread"),
    (Rust, "naive", "a new thread"),
    (Rust, "tasks", "tasks, halves"),
    (Rust, "loop", "`map_reduce_range`"),
];
