//! Which CPUs the calling thread may run on, and binding it to one of them.
//!
//! `core_affinity` pins, and three of its habits are kept from the rooms above: it aborts on an id past its mask, so
//! such an id is refused here; it answers yes or no, so the mask is read again afterwards; and the list of CPUs that
//! it offers shrinks once the caller has pinned itself, so the list is ours, taken before, and can be given back.

#![allow(unsafe_code)]

use std::io;

use crate::error::SystemError;

/// The ids that fit the mask which `core_affinity` passes to the system.
const LARGEST_MASK: usize = 1024;

/// The CPUs that a thread may run on, in rising order, as they were when asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CpuSet {
    ids: Vec<usize>,
}

impl CpuSet {
    /// Returns the ids, in rising order.
    pub(crate) fn ids(&self) -> &[usize] {
        &self.ids
    }

    /// Returns how many CPUs there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns those that are in `others` too.
    pub(crate) fn among(&self, others: &[usize]) -> Self {
        Self { ids: self.ids.iter().copied().filter(|id| others.contains(id)).collect() }
    }
}

/// Returns the CPUs that the calling thread may run on.
///
/// # Errors
///
/// The system refuses on machines with more than 1024 CPUs, whose masks are wider than what is asked for.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn affinity() -> Result<CpuSet, SystemError> {
    use rustix::thread;
    let mask = thread::sched_getaffinity(None)
        .map_err(|errno| SystemError::new("sched_getaffinity", errno.into()))?;
    Ok(CpuSet { ids: (0..thread::CpuSet::MAX_CPU).filter(|&id| mask.is_set(id)).collect() })
}

/// Returns the CPUs of the machine, as far as the standard library counts them.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn affinity() -> Result<CpuSet, SystemError> {
    let count = std::thread::available_parallelism()
        .map_err(|error| SystemError::new("available_parallelism", error))?;
    Ok(CpuSet { ids: (0..count.get()).collect() })
}

/// Returns how many CPUs the calling thread or the process's first one may run on, whichever are more: a thread that
/// bound itself to one does not speak for the others. At least one.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn widest() -> usize {
    use rustix::process::getpid;
    use rustix::thread::sched_getaffinity;
    [None, Some(getpid())]
        .into_iter()
        .filter_map(|thread| Some(sched_getaffinity(thread).ok()?.count() as usize))
        .fold(1, usize::max)
}

/// Returns how many CPUs there are, as far as the standard library counts them.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn widest() -> usize {
    affinity().map_or(1, |cpus| cpus.len())
}

/// Returns the CPU that the calling thread runs on at this moment, where the system tells.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn current_cpu() -> Option<usize> {
    // SAFETY: no duties. The C library reads where the kernel keeps this for the thread, without a call.
    let cpu = unsafe { libc::sched_getcpu() };
    usize::try_from(cpu).ok()
}

/// Returns nothing: this system does not tell.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn current_cpu() -> Option<usize> {
    None
}

/// Binds the calling thread to one CPU, and makes sure that it is.
///
/// # Errors
///
/// The id is 1024 or above, no such CPU may be used, or the thread was bound to something else.
pub(crate) fn pin(cpu: usize) -> Result<(), SystemError> {
    let refused = |why: String| SystemError::new("sched_setaffinity", io::Error::other(why));
    if cpu >= LARGEST_MASK {
        return Err(refused(format!("cpu {cpu} is past the {LARGEST_MASK} that a mask holds")));
    }
    if !core_affinity::set_for_current(core_affinity::CoreId { id: cpu }) {
        return Err(SystemError::new("sched_setaffinity", io::Error::last_os_error()));
    }
    if cfg!(any(target_os = "linux", target_os = "android")) {
        let found = affinity()?;
        if found.ids != [cpu] {
            return Err(refused(format!("asked for cpu {cpu}, bound to {:?}", found.ids)));
        }
    }
    Ok(())
}

/// Lets the calling thread run on `cpus` again.
///
/// # Errors
///
/// None of them may be used any more, or the system has no such call.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn restore(cpus: &CpuSet) -> Result<(), SystemError> {
    use rustix::thread;
    let mut mask = thread::CpuSet::new();
    cpus.ids.iter().filter(|&&id| id < thread::CpuSet::MAX_CPU).for_each(|&id| mask.set(id));
    thread::sched_setaffinity(None, &mask)
        .map_err(|errno| SystemError::new("sched_setaffinity", errno.into()))
}

/// Refuses: this system binds threads by hints, and a hint cannot be taken back.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn restore(_cpus: &CpuSet) -> Result<(), SystemError> {
    Err(SystemError::new("sched_setaffinity", io::ErrorKind::Unsupported.into()))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Runs `test` on a thread of its own: a test runner's thread keeps its mask.
    fn apart(test: fn()) {
        std::thread::scope(|scope| scope.spawn(test).join()).unwrap();
    }

    #[test]
    fn pins_to_each_usable_cpu_and_restores() {
        apart(|| {
            let before = affinity().unwrap();
            assert!(!before.ids().is_empty());
            for &cpu in before.ids() {
                pin(cpu).unwrap();
                assert_eq!(affinity().unwrap().ids(), [cpu]);
                restore(&before).unwrap();
                assert_eq!(affinity().unwrap(), before);
            }
        });
    }

    #[test]
    fn a_thread_that_is_bound_does_not_speak_for_the_process() {
        let all = widest();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pin(affinity().unwrap().ids()[0]).unwrap();
                assert_eq!(widest(), all);
            });
        });
    }

    #[test]
    fn ids_past_the_mask_are_errors() {
        apart(|| {
            let before = affinity().unwrap();
            for cpu in [1024, 1025, usize::MAX] {
                assert!(pin(cpu).unwrap_err().to_string().contains(&cpu.to_string()));
            }
            assert_eq!(affinity().unwrap(), before);
        });
    }

    #[test]
    fn a_cpu_that_is_not_there_is_an_error() {
        apart(|| {
            let before = affinity().unwrap();
            let absent = (0..1024).rev().find(|id| !before.ids().contains(id)).unwrap();
            assert_eq!(pin(absent).unwrap_err().io().kind(), io::ErrorKind::InvalidInput);
            assert_eq!(affinity().unwrap(), before);
        });
    }

    #[test]
    fn no_cpu_at_all_cannot_be_restored() {
        assert!(restore(&CpuSet { ids: vec![] }).is_err());
    }
}
