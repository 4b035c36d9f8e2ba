//! The threads of a pool: how one is started, what becomes of its number when it dies, and how to wait until all have left.
//!
//! Whoever counts on threads sees to it that they are there: the builder, the first submitter, who resizes, who blocks, and a
//! thread that dies, whose last act is to start its successor. There is no thread that watches the others.
//!
//! A successor waits before it begins, twice as long after each death in a row; a number whose threads die again and
//! again without having done anything is given up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::builder::JobMask;
use super::current;
use super::handle::Pool;
use super::helper::Helper;
use super::life::homes::Homes;
use super::life::hooks::Hooks;
use super::place::Place;
use super::task::{Panic, drop_quietly};
use crate::error::SystemError;
use crate::protocol::book::{Hired, Successor};
use crate::sync::lock::{Condvar, Mutex, MutexGuard};
use crate::sync::thread::{self, JoinHandle};
use crate::sys::affinity;
use crate::sys::thread::ThreadId;

/// How long the first successor of a number waits; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The longest that a successor waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often one who waits for a thread to leave makes sure that it still exists.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How threads are started, and who is here.
#[derive(Debug)]
pub(crate) struct Staff {
    terms: Terms,
    present: Mutex<Present>,
    left: Condvar,
    /// When somebody who waits may look after the threads again.
    next_round: Mutex<Option<Instant>>,
}

/// What every thread of a pool is started with.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) name: String,
    pub(crate) stack_bytes: Option<usize>,
    pub(crate) job_mask: JobMask,
    pub(crate) homes: Homes,
    pub(crate) hooks: Hooks,
}

#[derive(Debug, Default)]
struct Present {
    threads: Vec<Member>,
    /// What the last thread that died said.
    last_words: Option<String>,
}

/// A thread that was started and has not been joined.
#[derive(Debug)]
struct Member {
    number: usize,
    life: u32,
    /// Not known before it runs.
    id: Option<ThreadId>,
    is_here: bool,
    handle: Option<JoinHandle<()>>,
}

/// A thread that is here; it leaves when this is dropped, be it by a panic.
struct Here {
    pool: Pool,
    number: usize,
    life: u32,
}

impl Drop for Here {
    fn drop(&mut self) {
        let staff = &self.pool.crew().staff;
        staff.present().leave(self.number, self.life);
        staff.left.notify_all();
    }
}

impl Present {
    fn find(&mut self, number: usize, life: u32) -> Option<&mut Member> {
        self.threads.iter_mut().find(|member| member.number == number && member.life == life)
    }

    fn leave(&mut self, number: usize, life: u32) {
        if let Some(member) = self.find(number, life) {
            member.is_here = false;
        }
    }

    fn here(&self) -> usize {
        self.threads.iter().filter(|member| member.is_here).count()
    }
}

impl Staff {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            present: Mutex::new(Present::default()),
            left: Condvar::new(),
            next_round: Mutex::new(None),
        }
    }

    pub(crate) fn homes(&self) -> &Homes {
        &self.terms.homes
    }

    /// Returns what the last thread that died said.
    pub(crate) fn last_words(&self) -> Option<String> {
        self.present().last_words.clone()
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        // Nothing under the lock panics but for want of memory, and then the list is still whole.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread for a number that was hired for. `report` is told on the thread whether it came home, to the CPU it
    /// was given. If the thread does not start, the number is given back.
    pub(crate) fn start<F>(pool: &Pool, hired: Hired, report: F) -> Result<(), SystemError>
    where
        F: FnOnce(Option<usize>, Result<(), SystemError>) + Send + 'static,
    {
        let Hired { number, life, .. } = hired;
        let staff = &pool.crew().staff;
        let mut builder = thread::Builder::new().name(format!("{}-{number}", staff.terms.name));
        if let Some(bytes) = staff.terms.stack_bytes {
            builder = builder.stack_size(bytes);
        }
        staff.sweep_out();
        staff.present().threads.push(Member { number, life, id: None, is_here: true, handle: None });
        let here = Here { pool: pool.of_same_crew(), number, life };
        // If it does not start, `spawn` drops the closure, and `here` in it leaves.
        match builder.spawn(move || here.live(hired, report)) {
            Ok(handle) => {
                if let Some(member) = staff.present().find(number, life) {
                    member.handle = Some(handle);
                }
                Ok(())
            }
            Err(error) => {
                pool.crew().roster.give_back(hired);
                Err(SystemError::new("clone", error))
            }
        }
    }

    /// Starts every thread that is wanted and missing.
    ///
    /// # Errors
    ///
    /// The system starts no more threads. Those that are here go on.
    #[cold]
    pub(crate) fn fill(pool: &Pool) -> Result<(), SystemError> {
        while let Some(hired) = pool.crew().roster.hire() {
            Self::start(pool, hired, |_, _| {})?;
        }
        Ok(())
    }

    /// Sees to it that there are threads for a task, if there can be any; returns whether there are. One that only `worker`
    /// may run wants that one.
    #[cold]
    pub(crate) fn fill_for_tasks(pool: &Pool, worker: Option<usize>) -> Result<bool, SystemError> {
        let roster = &pool.crew().roster;
        roster.want_stand_in();
        let filled = Self::fill(pool);
        let is_there = match worker {
            Some(worker) => roster.is_taken(worker),
            // The others run the tasks, if there are others.
            None => roster.counts().present > 0,
        };
        if is_there { Ok(true) } else { filled.map(|()| false) }
    }

    /// Says that the thread of this life is gone, and starts its successor, if there is to be one.
    pub(crate) fn bury(pool: &Pool, number: usize, life: u32, last_words: String) {
        let crew = pool.crew();
        match crew.roster.died(number, life) {
            Successor::Hire(hired) => {
                crew.staff.present().last_words = Some(last_words);
                // If there is none, the roster is short, and who comes next tries again.
                let _ = Self::start(pool, hired, |_, _| {});
                // What the dead one was woken for, another does meanwhile.
                crew.notify(1);
            }
            Successor::GivenUp => {
                crew.staff.present().last_words = Some(last_words);
                crew.give_up(number);
            }
            Successor::Nobody => {}
        }
    }

    /// Looks after the threads, unless somebody has just now.
    pub(crate) fn look_round(pool: &Pool) {
        if let Ok(mut next) = pool.crew().staff.next_round.try_lock() {
            let now = Instant::now();
            if next.is_some_and(|next| now < next) {
                return;
            }
            *next = now.checked_add(TICK);
            drop(next);
            Self::look_after(pool);
        }
    }

    /// Looks after every thread that is here. Of those that are gone without a word it settles what they were at, and buries
    /// them.
    fn look_after(pool: &Pool) {
        // A fork has none of them, and leaves its parent's alone.
        if pool.crew().is_forked() {
            return;
        }
        let staff = &pool.crew().staff;
        let mut gone = Vec::new();
        for member in staff.present().threads.iter_mut().filter(|member| member.is_here) {
            if member.id.is_some_and(|id| !id.exists()) {
                member.is_here = false;
                // It has left nothing to join, and the standard library would panic at it.
                drop(member.handle.take());
                gone.push((member.number, member.life));
            }
        }
        for (number, life) in gone {
            staff.left.notify_all();
            pool.crew().settle_for(number);
            Self::bury(pool, number, life, "the thread was ended from outside".into());
        }
    }

    /// Joins the threads that have left.
    fn sweep_out(&self) {
        let mut present = self.present();
        let (here, left) =
            std::mem::take(&mut present.threads).into_iter().partition(|member| member.is_here);
        present.threads = here;
        drop(present);
        let left: Vec<Member> = left;
        for handle in left.into_iter().filter_map(|member| member.handle) {
            // It has left our code, and its panics were caught there.
            let _ = handle.join();
        }
    }

    /// Waits until every thread has left; returns how many are still here at the deadline.
    pub(crate) fn wait_until_gone(pool: &Pool, deadline: Option<Instant>) -> usize {
        let staff = &pool.crew().staff;
        let mut present = staff.present();
        while present.here() > 0 {
            let now = Instant::now();
            let left = deadline.map_or(TICK, |deadline| deadline.saturating_duration_since(now));
            if left.is_zero() {
                return present.here();
            }
            let waited = staff.left.wait_timeout(present, left.min(TICK));
            let is_tick;
            (present, is_tick) = waited.map_or_else(
                |poisoned| (poisoned.into_inner().0, false),
                |(present, result)| (present, result.timed_out()),
            );
            if is_tick {
                drop(present);
                Self::look_after(pool);
                present = staff.present();
            }
        }
        drop(present);
        staff.sweep_out();
        0
    }

    /// Forgets all threads: they are another process's, and their handles would wait for ever.
    pub(crate) fn forget(&self) {
        if let Ok(mut present) = self.present.try_lock() {
            std::mem::forget(std::mem::take(&mut present.threads));
        }
    }
}

impl Here {
    /// The life of a thread.
    fn live(self, hired: Hired, report: impl FnOnce(Option<usize>, Result<(), SystemError>)) {
        let Self { ref pool, number, life } = self;
        let crew = pool.crew();
        let staff = &crew.staff;
        if let Some(member) = staff.present().find(number, life) {
            member.id = ThreadId::of_this_thread();
        }
        if let Some(pause) = pause_after(hired.deaths) {
            let deadline = Instant::now() + pause;
            let room = crew.roster.room(number);
            while !room.is_closed() && Instant::now() < deadline {
                let announced = room.announce();
                if room.is_closed() {
                    let _ = room.stay_up(announced);
                } else {
                    room.wait_until(announced, Some(deadline));
                }
            }
        }
        let homes = &staff.terms.homes;
        let home = homes.cpu(number);
        let mut place = Place::new(home.zip(homes.mask.clone()), staff.terms.job_mask);
        if let (None, Some(mask)) = (home, &homes.mask) {
            // It may use those CPUs now; refused, they have gone since, and then any is as good.
            let _ = affinity::restore(mask);
        }
        report(home, place.go_home());
        current::enter(crew, number);
        let hooks = &staff.terms.hooks;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            hooks.start(number);
            let worked = catch_unwind(AssertUnwindSafe(|| Helper::new(pool, number, place).work()));
            // Whatever happened, what was set up is torn down.
            hooks.stop(number);
            worked
        }));
        if let Err(payload) | Ok(Err(payload)) = ended {
            let panic = Panic::new(payload);
            let words = panic.message().unwrap_or("a panic without a message").to_owned();
            drop_quietly(panic);
            Staff::bury(pool, number, life, words);
        }
    }
}

/// Returns how long a successor waits after so many deaths in a row.
fn pause_after(deaths: u32) -> Option<Duration> {
    let doublings = deaths.checked_sub(1)?;
    Some(FIRST_PAUSE.saturating_mul(1 << doublings.min(16)).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        assert_eq!(pause_after(0), None);
        let milliseconds = |deaths| pause_after(deaths).map(|pause| pause.as_millis());
        assert_eq!([1, 2, 4, 11, 40].map(milliseconds), [Some(1), Some(2), Some(8), Some(1000), Some(1000)]);
    }
}
