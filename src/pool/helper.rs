//! The life of a helper: look for a posted loop or a task, do it, look around a little, sleep.
//!
//! A helper that comes from looking or sleeping and finds something looks whether there is more, and if so wakes another:
//! so wakes that met one another, or were not made because somebody looked, are made up for (K1 of `lookout`).

use std::time::{Duration, Instant};

use super::attention::Attention;
use super::crew::{Crew, Seat, Seen};
use super::handle::Pool;
use super::life::limits;
use super::metrics::{Kind, WorkerMetrics};
use super::place::Place;
use super::task::{Hand, Turn, Work, run_by};
use crate::ring::Permit;
use crate::sync::{hint, thread};

/// How long a helper that finds nothing looks on before it sleeps: about what it costs to wake it.
pub(crate) const SPIN: Duration = Duration::from_micros(20);

/// What comes so soon after a helper has had nothing to do is worth a spin: that it was woken for it takes most of the time.
const SOON: Duration = Duration::from_micros(100);

/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

/// Jobs between two glances at the clock, to see whether the machine's limits are to be looked at.
const JOBS: u32 = 16;

/// A thread of a pool.
#[derive(Debug)]
pub(crate) struct Helper<'a> {
    pool: &'a Pool,
    crew: &'a Crew,
    /// The worker's number; 0 is the caller.
    number: usize,
    place: Place,
    seen: Seen,
    turn: Turn,
    attention: Attention<'a>,
    /// Whether it spins before it sleeps: what came last came soon. So of tasks that come now and then only the first is
    /// spun for in vain.
    is_eager: bool,
    jobs: u32,
    /// It has done something, so it is none that dies at once.
    is_proved: bool,
}

/// What a helper finds to do.
enum Found {
    Loop(usize),
    Task(Hand<dyn Work>),
}

impl<'a> Helper<'a> {
    pub(crate) fn new(pool: &'a Pool, number: usize, place: Place) -> Self {
        let crew = pool.crew();
        Self {
            pool,
            crew,
            number,
            place,
            seen: crew.nothing_seen(),
            turn: Turn::default(),
            attention: Attention::of_thread(crew),
            is_eager: true,
            jobs: 0,
            is_proved: false,
        }
    }

    /// Works until the pool is closed and nothing is left to do.
    pub(crate) fn work(mut self) {
        loop {
            while let Some(found) = self.find() {
                self.attention.turn_away();
                self.act(found);
            }
            if let Some(found) = self.look_around() {
                self.act(found);
            } else if self.crew.bed.may_leave(|| self.nothing_is_left()) {
                return;
            } else if self.crew.bed.is_closed() {
                // A task is on its way into a lane.
                thread::yield_now();
            } else {
                let idle_since = Instant::now();
                self.sleep();
                self.seen.forget();
                match self.find() {
                    Some(found) => {
                        self.is_eager = idle_since.elapsed() < SOON;
                        self.crew.call_for_help();
                        self.act(found);
                    }
                    // We may have been woken for a loop that is not ours to help with.
                    None if self.number >= self.crew.roster.limit() => _ = self.crew.notify(1),
                    None => {}
                }
            }
        }
    }

    /// Returns whether we have nothing more to do, nor anything that is on its way into a lane.
    fn nothing_is_left(&self) -> bool {
        self.crew.tasks.is_empty_for(self.number, self.crew.roster.is_on_duty(self.number))
    }

    /// Finds a loop that is posted, or else a task; the other way round after each loop, so that neither starves.
    /// Off duty it finds what is for it alone.
    fn find(&mut self) -> Option<Found> {
        if !self.crew.roster.is_on_duty(self.number) {
            return self.crew.tasks.take_own(self.number).map(Found::Task);
        }
        if self.turn.is_for_tasks()
            && let Some(task) = self.crew.tasks.take(self.number, &mut self.turn)
        {
            return Some(Found::Task(task));
        }
        if let Some(seat) = self.crew.posted(&self.seen) {
            return Some(Found::Loop(seat));
        }
        self.crew.tasks.take(self.number, &mut self.turn).map(Found::Task)
    }

    fn act(&mut self, found: Found) {
        match found {
            Found::Loop(seat) => self.help(seat),
            Found::Task(task) => {
                self.place.go_out(&self.crew.homes);
                self.turn.ran_task();
                task.head().look_at_depth(self.crew);
                run_by(task, self.pool, self.number, &mut self.attention);
            }
        }
        self.jobs = self.jobs.wrapping_add(1);
        if self.jobs.is_multiple_of(JOBS) {
            limits::follow(self.pool, &mut self.place);
        }
        if !self.is_proved {
            self.is_proved = true;
            self.crew.roster.proved(self.number);
        }
    }

    /// Looks for something to do, for as long as spinning is worth it.
    fn look_around(&mut self) -> Option<Found> {
        let spins = self.crew.spins > 0 && self.is_eager;
        let permit = if spins { Permit::of_process() } else { None };
        let found = permit.and_then(|_permit| self.spin());
        match found {
            Some(_) => self.attention.turn_away(),
            None => self.attention.doze_off(),
        }
        found
    }

    fn spin(&mut self) -> Option<Found> {
        self.attention.look();
        self.counts().spun();
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                hint::spin_loop();
                let found = self.find();
                if found.is_some() {
                    return found;
                }
            }
            if start.elapsed() >= SPIN {
                self.is_eager = false;
                return None;
            }
        }
    }

    /// Helps with the loop on a seat until nothing is left of it for us.
    fn help(&mut self, seat: usize) {
        // First, because the loop's caller waits for those who are inside.
        self.place.go_out(&self.crew.homes);
        let Seat { board, shares } = self.crew.seat(seat);
        let Some(entered) = board.try_enter() else {
            return;
        };
        self.seen.see(seat, entered.generation);
        if let Some(posting) = entered.posting.filter(|posting| self.may_help(posting.is_from_outside())) {
            let start = self.crew.metrics.trace_start();
            self.crew.whereabouts.enter(self.number, seat);
            self.counts().helped(posting.help(shares, self.number));
            self.crew.whereabouts.leave(self.number, seat);
            self.crew.metrics.trace_since(Kind::Loop, self.number, start);
        }
        board.leave(entered);
        self.turn.ran_loop();
    }

    fn counts(&self) -> &'a WorkerMetrics {
        self.crew.metrics.worker(self.number)
    }

    /// The thread that stands in for the caller leaves the caller its CPU.
    fn may_help(&self, is_from_outside: bool) -> bool {
        !is_from_outside || self.number < self.crew.roster.limit()
    }

    /// Sleeps until there may be something to do, and off duty until it is on duty again.
    fn sleep(&mut self) {
        limits::follow(self.pool, &mut self.place);
        if !self.turn.ran_task_last() {
            // Away from home we are slower to wake, no more. Who submits tasks may run anywhere, also there: for those the
            // system finds us a CPU as we wake.
            let _ = self.place.go_home();
        }
        let wait = |announced| {
            let parked = self.crew.metrics.now();
            self.counts().parked();
            self.crew.bed.wait(announced);
            self.crew.lookout.arrive();
            self.crew.metrics.woke(self.number, parked);
        };
        let has_own = || self.crew.tasks.has_own(self.number);
        self.crew.roster.sleep(&self.crew.bed, self.number, || self.is_wanted(), wait, has_own);
    }

    /// Returns whether some loop has pieces for us, or there is a task. A loop that looks like one we have seen the end of
    /// may be another, because generations come round, and its caller may wait for nobody but us: so each that is up is asked.
    fn is_wanted(&self) -> bool {
        self.crew.tasks.has_any_for(self.number)
            || self.crew.seats().any(|Seat { board, shares }| {
                let entered = board.posted().and_then(|_| board.try_enter());
                entered.is_some_and(|entered| {
                    let is_wanted = entered.posting.is_some_and(|posting| {
                        self.may_help(posting.is_from_outside()) && posting.has_any_for(shares, self.number)
                    });
                    board.leave(entered);
                    is_wanted
                })
            })
    }
}
