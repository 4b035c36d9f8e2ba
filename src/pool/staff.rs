//! The threads of a pool: how one is started, how many are here, and how to wait until they have left.

use std::sync::{OnceLock, PoisonError};
use std::time::Instant;

use super::builder::JobMask;
use super::current;
use super::handle::Pool;
use super::helper::Helper;
use super::life::homes::Homes;
use super::place::Place;
use crate::error::SystemError;
use crate::sync::lock::{Condvar, Mutex, MutexGuard};
use crate::sync::thread::{self, JoinHandle};
use crate::sys::affinity;

/// How threads are started, and who is here.
#[derive(Debug)]
pub(crate) struct Staff {
    terms: Terms,
    present: Mutex<Present>,
    left: Condvar,
    stand_in: OnceLock<()>,
}

/// What every thread of a pool is started with.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) name: String,
    pub(crate) stack_bytes: Option<usize>,
    pub(crate) job_mask: JobMask,
    pub(crate) homes: Homes,
}

#[derive(Debug, Default)]
struct Present {
    handles: Vec<JoinHandle<()>>,
    here: usize,
}

/// A thread that is here; it leaves when this is dropped, be it by a panic.
struct Here(Pool);

impl Drop for Here {
    fn drop(&mut self) {
        let staff = &self.0.crew().staff;
        staff.present().here -= 1;
        staff.left.notify_all();
    }
}

impl Staff {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            present: Mutex::new(Present::default()),
            left: Condvar::new(),
            stand_in: OnceLock::new(),
        }
    }

    pub(crate) fn homes(&self) -> &Homes {
        &self.terms.homes
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        // Nothing under the lock panics but for want of memory, and then the counts are still whole.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts thread `number` of the pool. `report` is told on the thread whether it came home, to the CPU it was given.
    pub(crate) fn start<F>(pool: &Pool, number: usize, report: F) -> Result<(), SystemError>
    where
        F: FnOnce(Option<usize>, Result<(), SystemError>) + Send + 'static,
    {
        let staff = &pool.crew().staff;
        let (home, mask) = (staff.terms.homes.cpu(number), staff.terms.homes.mask.clone());
        let mut place = Place::new(home.zip(mask.clone()), staff.terms.job_mask);
        let mut builder = thread::Builder::new().name(format!("{}-{number}", staff.terms.name));
        if let Some(bytes) = staff.terms.stack_bytes {
            builder = builder.stack_size(bytes);
        }
        staff.present().here += 1;
        let here = Here(pool.of_same_crew());
        let life = move || {
            if let (None, Some(mask)) = (home, &mask) {
                // It may use those CPUs now; refused, they have gone since, and then any is as good.
                let _ = affinity::restore(mask);
            }
            report(home, place.go_home());
            current::enter(here.0.crew(), number);
            Helper::new(&here.0, number, place).work();
            drop(here);
        };
        // If it does not start, `spawn` drops the closure, and `here` in it is counted off.
        let handle = builder.spawn(life).map_err(|error| SystemError::new("clone", error))?;
        staff.present().handles.push(handle);
        Ok(())
    }

    /// Sees to it that there is the thread that stands in for the caller.
    #[inline]
    pub(crate) fn stand_in(pool: &Pool) -> Result<(), SystemError> {
        let crew = pool.crew();
        if crew.staff.stand_in.get().is_some() {
            return Ok(());
        }
        let mut started = Ok(());
        crew.staff.stand_in.get_or_init(|| started = Self::start(pool, crew.workers, |_, _| {}));
        // Without it the others run the tasks, if there are others.
        if crew.workers > 1 { Ok(()) } else { started }
    }

    /// Waits until every thread has left; returns how many are still here at the deadline.
    pub(crate) fn wait_until_gone(&self, deadline: Option<Instant>) -> usize {
        let mut present = self.present();
        while present.here > 0 {
            let Some(deadline) = deadline else {
                present = self.left.wait(present).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return present.here;
            }
            present = self.left.wait_timeout(present, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let handles = std::mem::take(&mut present.handles);
        drop(present);
        for handle in handles {
            // It has left our code. A helper catches the panics of jobs and has none of its own.
            let _ = handle.join();
        }
        0
    }

    /// Forgets all threads: they are another process's, and their handles would wait for ever.
    pub(crate) fn forget(&self) {
        if let Ok(mut present) = self.present.try_lock() {
            std::mem::forget(std::mem::take(&mut present.handles));
        }
    }
}
