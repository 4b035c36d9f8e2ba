//! Where a helper runs: at home on its CPU while it idles, under the mask of the user while it runs the user's code.
//!
//! A thread hands its mask down to all it starts. If it ran user code with a mask of one CPU, another library that
//! builds its pool there would get one thread for the whole process. So a helper narrows its mask to its home as it
//! lies down, which takes it there, and takes the user's mask back before the first piece it runs: it wakes where it
//! belongs, the scheduler has no reason to move a running thread, and what it starts sees the machine.

use super::builder::JobMask;
use crate::error::SystemError;
use crate::protocol::homes::Homes;
use crate::sys::affinity::{self, CpuSet};

/// A helper's home and how it keeps to it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    home: Option<(usize, CpuSet)>,
    job_mask: JobMask,
    is_home: bool,
}

impl Place {
    /// Makes the place of a helper: its CPU and the mask from before any pinning, or `None` if it has no home.
    pub(crate) fn new(home: Option<(usize, CpuSet)>, job_mask: JobMask) -> Self {
        Self { home, job_mask, is_home: false }
    }

    /// Narrows this thread's mask to its home. Does nothing without one.
    pub(crate) fn go_home(&mut self) -> Result<(), SystemError> {
        match &self.home {
            Some((cpu, _)) if !self.is_home => affinity::pin(*cpu).inspect(|()| self.is_home = true),
            _ => Ok(()),
        }
    }

    /// Takes the widest mask back, and returns how many CPUs the system leaves of it, if it tells.
    pub(crate) fn widest(&mut self) -> Option<usize> {
        if let Some((_, users)) = &self.home {
            affinity::restore(users).ok()?;
            self.is_home = false;
        }
        affinity::affinity().ok().map(|cpus| cpus.len())
    }

    /// Leaves home for a job: takes the user's mask, where jobs are to run under it, and another home, if the one who
    /// woke us is at ours.
    pub(crate) fn go_out(&mut self, homes: &Homes) {
        let Some((home, users)) = self.home.as_mut().filter(|_| self.is_home) else {
            return;
        };
        if let Some(other) = homes.make_way(*home) {
            *home = other;
            // Refused, we stay where we are; then the two of us take turns.
            let _ = affinity::pin(other);
        }
        if self.job_mask == JobMask::Original {
            // A mask that was ours before is refused only if the CPUs are gone; then the narrow one is as good.
            self.is_home = affinity::restore(users).is_err();
        }
    }
}
