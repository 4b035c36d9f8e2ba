//! How many workers a pool has, and why.
//!
//! A pure decision over four facts: how many CPUs the calling thread may use, the quota of its control groups, the
//! text of `RINGMILL_THREADS`, and the number that the builder was given. The builder wins over the environment, the
//! environment over the machine; the machine's own answer is min(usable CPUs, quota rounded up), and at least one.
//!
//! A quota is rounded up because a worker more costs little and a worker less wastes the rest of the quota. While a
//! quota binds, though, every turn of a spinning thread is paid for with work that is then throttled, and a pinned
//! thread whose group is throttled holds its share of a loop back: so with a fractional quota nobody spins and
//! pinning "if supported" stays off.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use crate::sys::limits::{self, Quota};

/// The environment variable that overrides the number of workers.
pub(crate) const VARIABLE: &str = "RINGMILL_THREADS";

/// More workers than this are refused: the word that counts a loop's helpers has room for no more.
pub(crate) const MOST_WORKERS: usize = 4096;

/// Says how many workers a pool has, and why.
///
/// Its `Display` is the sentence that a run's summary prints.
///
/// # Examples
///
/// ```
/// let pool = ringmill::pool::Pool::builder().workers(2).build()?;
/// let sizing = pool.sizing();
/// assert_eq!(sizing.workers(), 2);
/// assert!(sizing.to_string().starts_with("2 workers: asked for by the builder"));
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sizing {
    workers: usize,
    chosen_by: ChosenBy,
    usable_cpus: usize,
    quota: Option<Quota>,
}

/// Says who chose the number of workers.
///
/// # Examples
///
/// ```
/// use ringmill::pool::{ChosenBy, Pool};
/// let pool = Pool::builder().workers(2).build()?;
/// assert_eq!(pool.sizing().chosen_by(), ChosenBy::Builder);
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The program, by the pool's builder.
    Builder,
    /// The user, by the environment variable `RINGMILL_THREADS`.
    Environment,
    /// The machine: usable CPUs and quota.
    Machine,
    /// The program, by [`Pool::resize`](super::Pool::resize).
    Resize,
}

/// A number of workers that no pool can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SizeError {
    /// The builder was given this number.
    Builder { workers: usize },
    /// `RINGMILL_THREADS` holds this text.
    Environment { text: String },
}

impl Sizing {
    /// Decides for a thread that can use so many CPUs, with the number that the builder was given.
    pub(crate) fn measure(builder: Option<usize>, usable_cpus: usize) -> Result<Self, SizeError> {
        Self::decide(builder, std::env::var_os(VARIABLE).as_deref(), usable_cpus, limits::quota())
    }

    /// Decides from the facts. Surrounding blanks in the environment's text are ignored, and an empty text is none.
    pub(crate) fn decide(
        builder: Option<usize>,
        environment: Option<&OsStr>,
        usable_cpus: usize,
        quota: Option<Quota>,
    ) -> Result<Self, SizeError> {
        let possible = |workers: &usize| (1..=MOST_WORKERS).contains(workers);
        let environment = environment.filter(|text| !text.is_empty());
        let (workers, chosen_by) = if let Some(workers) = builder {
            let known = Some(workers).filter(possible);
            (known.ok_or(SizeError::Builder { workers })?, ChosenBy::Builder)
        } else if let Some(text) = environment {
            let known = text.to_str().and_then(|text| text.trim().parse().ok()).filter(possible);
            let refused = || SizeError::Environment { text: text.to_string_lossy().into_owned() };
            (known.ok_or_else(refused)?, ChosenBy::Environment)
        } else {
            // A float beyond the integers becomes the largest of them.
            let granted = quota.as_ref().map_or(usize::MAX, |quota| quota.cpus.ceil() as usize);
            (usable_cpus.min(granted).clamp(1, MOST_WORKERS), ChosenBy::Machine)
        };
        Ok(Self { workers, chosen_by, usable_cpus, quota })
    }

    /// Decides again, for a pool whose number is the machine's to say and which can have so many at most.
    pub(crate) fn follow(&mut self, usable_cpus: usize, quota: Option<Quota>, most: usize) {
        if let Ok(again) = Self::decide(None, None, usable_cpus, quota) {
            *self = Self { workers: again.workers.min(most), ..again };
        }
    }

    /// Notes that the program has asked for another number.
    pub(crate) fn resized(&mut self, workers: usize) {
        (self.workers, self.chosen_by) = (workers, ChosenBy::Resize);
    }

    /// Returns the number of workers, the calling thread included.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Returns who chose the number.
    pub fn chosen_by(&self) -> ChosenBy {
        self.chosen_by
    }

    /// Returns how many CPUs the thread that built the pool could use, of those that the pool's
    /// [`Placement`](super::Placement) and node leave.
    pub fn usable_cpus(&self) -> usize {
        self.usable_cpus
    }

    /// Returns the CPU time that the control groups grant, in CPUs, if they grant less than everything.
    pub fn quota_cpus(&self) -> Option<f64> {
        self.quota.as_ref().map(|quota| quota.cpus)
    }

    /// Returns the file that sets the quota.
    pub fn quota_file(&self) -> Option<&Path> {
        self.quota.as_ref().map(|quota| quota.from.as_path())
    }

    /// Tells whether the quota is no whole number of CPUs. Then no worker spins before it sleeps, and pinning "if
    /// supported" stays off.
    pub fn fractional_quota(&self) -> bool {
        self.quota_cpus().is_some_and(|cpus| cpus.fract() != 0.0)
    }

    /// Tells whether each worker has a CPU, and a quota for it: only then may it spin, and only then does it gain by
    /// being pinned.
    pub(crate) fn has_cpu_each(&self) -> bool {
        let granted = self.quota_cpus().is_none_or(|cpus| self.workers as f64 <= cpus);
        self.workers <= self.usable_cpus && granted && !self.fractional_quota()
    }
}

impl fmt::Display for Sizing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{} worker{}: ", self.workers, plural(self.workers))?;
        match self.chosen_by {
            ChosenBy::Builder => write!(f, "asked for by the builder; ")?,
            ChosenBy::Resize => write!(f, "asked for while it ran; ")?,
            ChosenBy::Environment => write!(f, "asked for by {VARIABLE}; ")?,
            ChosenBy::Machine => {}
        }
        write!(f, "{} usable CPU{} (affinity), ", self.usable_cpus, plural(self.usable_cpus))?;
        match &self.quota {
            None => write!(f, "no quota"),
            Some(quota) => write!(f, "a quota of {} CPUs ({})", quota.cpus, quota.from.display()),
        }
    }
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builder { workers } => write!(f, "{workers} workers asked for")?,
            Self::Environment { text } => write!(f, "{VARIABLE} is {text:?}")?,
        }
        write!(f, ", but a pool has 1 to {MOST_WORKERS}")
    }
}

impl std::error::Error for SizeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(cpus: f64) -> Option<Quota> {
        Some(Quota { cpus, from: "/sys/fs/cgroup/cpu.max".into() })
    }

    fn decide(builder: Option<usize>, text: Option<&str>, cpus: usize, quota: Option<Quota>) -> Sizing {
        Sizing::decide(builder, text.map(OsStr::new), cpus, quota).unwrap()
    }

    #[test]
    fn the_sentence() {
        assert_eq!(decide(None, None, 2, None).to_string(), "2 workers: 2 usable CPUs (affinity), no quota");
        assert_eq!(
            decide(None, Some(""), 1, quota(0.5)).to_string(),
            "1 worker: 1 usable CPU (affinity), a quota of 0.5 CPUs (/sys/fs/cgroup/cpu.max)"
        );
        assert_eq!(
            decide(None, Some(" 3 "), 2, None).to_string(),
            "3 workers: asked for by RINGMILL_THREADS; 2 usable CPUs (affinity), no quota"
        );
    }

    #[test]
    fn the_builder_wins_over_the_environment() {
        let sizing = decide(Some(5), Some("7"), 2, None);
        assert_eq!((sizing.workers(), sizing.chosen_by()), (5, ChosenBy::Builder));
        // What is not asked is not judged either.
        assert_eq!(decide(Some(5), Some("seven"), 2, None).workers(), 5);
    }

    #[test]
    fn limits_are_followed_within_what_the_pool_can_have() {
        let mut sizing = decide(None, None, 8, None);
        for (cpus, granted, workers) in
            [(8, quota(2.5), 3), (2, quota(2.5), 2), (1, None, 1), (8, None, 6), (8, quota(0.1), 1)]
        {
            sizing.follow(cpus, granted, 6);
            assert_eq!((sizing.workers(), sizing.usable_cpus()), (workers, cpus));
            assert_eq!(sizing.chosen_by(), ChosenBy::Machine);
        }
    }

    #[test]
    fn a_quota_is_rounded_up() {
        for (cpus, workers) in [(0.01, 1), (0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2), (7.2, 8), (100.0, 16)] {
            assert_eq!(decide(None, None, 16, quota(cpus)).workers(), workers, "quota {cpus}");
        }
    }

    #[test]
    fn a_worker_without_a_whole_cpu_neither_spins_nor_is_pinned() {
        assert!(decide(None, None, 2, None).has_cpu_each());
        assert!(decide(None, None, 2, quota(2.0)).has_cpu_each());
        assert!(!decide(None, None, 2, quota(1.5)).has_cpu_each());
        assert!(!decide(Some(1), None, 2, quota(1.5)).has_cpu_each());
        assert!(!decide(Some(2), None, 2, quota(1.0)).has_cpu_each());
        assert!(!decide(Some(3), None, 2, None).has_cpu_each());
        assert!(decide(None, None, 2, quota(1.5)).fractional_quota());
        assert!(!decide(None, None, 2, quota(1.0)).fractional_quota());
    }

    #[test]
    fn numbers_that_no_pool_can_have_are_named() {
        for text in ["0", "-1", "2.5", "two", "5000", "99999999999999999999"] {
            let error = Sizing::decide(None, Some(OsStr::new(text)), 2, None).unwrap_err();
            assert_eq!(error.to_string(), format!("RINGMILL_THREADS is {text:?}, but a pool has 1 to 4096"));
        }
        let error = Sizing::decide(Some(0), None, 2, None).unwrap_err();
        assert_eq!(error.to_string(), "0 workers asked for, but a pool has 1 to 4096");
    }

    #[test]
    fn this_machine_has_an_answer() {
        assert_eq!(Sizing::measure(Some(3), 1).unwrap().workers(), 3);
    }

    proptest! {
        #[test]
        fn the_machines_answer_is_within_its_bounds(cpus in 0_usize..10_000, granted in proptest::option::of(0.001_f64..1e9)) {
            let sizing = decide(None, None, cpus, granted.and_then(quota));
            prop_assert!((1..=MOST_WORKERS).contains(&sizing.workers()));
            prop_assert!(sizing.workers() <= cpus.max(1));
            if let Some(granted) = granted {
                prop_assert!((sizing.workers() as f64) < granted + 1.0);
            }
        }
    }
}
