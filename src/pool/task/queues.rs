//! Where a pool's tasks wait: three lanes for everybody, and a lane of its own for each thread.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::super::crew::Crew;
use super::super::metrics::DroppedTask;
use super::ageing::Turn;
use super::audience::Audience;
use super::hand::Hand;
use super::job::{Head, Unrun, Work, end_unrun};
use super::options::{LANES, Lane as Level, after};
use crate::protocol::lane::Lane;
use crate::protocol::turns::Turns;
use crate::ring::{Gate, Wait, Waiting};
use crate::sync::thread;
use crate::sys::prefetch;

type Tickets = Lane<Hand<dyn Work>>;

/// What the lanes say of themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings {
    /// How many workers the pool has; the lanes do not know.
    pub(crate) workers: usize,
    /// How many tasks wait in each lane.
    pub(crate) depths: [u64; LANES],
    /// How many wait for each thread, from the first on.
    pub(crate) own_depths: Vec<u64>,
    /// How many were ever put into each lane.
    pub(crate) pushed: [u64; LANES],
}

/// How long who waits for room sleeps at a time.
const TICK: Duration = Duration::from_millis(1);

/// The same for who waits until it is calm.
const CALM_TICK: Duration = Duration::from_millis(100);

/// The most tasks that wait for one thread: a lane of 8 KiB.
const MOST_OF_ITS_OWN: usize = 256;

/// The tasks that wait.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// Made when the first task comes: a pool that runs loops alone pays nothing.
    lanes: [OnceLock<Tickets>; LANES],
    /// By the thread's number, from 1.
    own: Box<[OnceLock<Tickets>]>,
    capacity: usize,
    /// Where submitters wait for room.
    room: Gate,
    /// Where they wait until most is done.
    calm: Gate,
    /// Set once, when those that run are to stop.
    stopping: OnceLock<()>,
    /// Set once, when nobody is to wait any longer for those that run.
    abandoned: OnceLock<()>,
    /// Who is no thread and waits for one that runs.
    pub(crate) audience: Audience,
}

impl Tasks {
    pub(crate) fn new(capacity: usize, threads: usize) -> Self {
        Self {
            lanes: std::array::from_fn(|_| OnceLock::new()),
            own: (0..threads).map(|_| OnceLock::new()).collect(),
            capacity: capacity.clamp(2, 1 << 24).next_power_of_two(),
            // Notified after every task, so the fence that it needs is the cheap one.
            room: Gate::new(Waiting::IdleZero),
            calm: Gate::new(Waiting::IdleZero),
            stopping: OnceLock::new(),
            abandoned: OnceLock::new(),
            audience: Audience::new(),
        }
    }

    /// Returns how many tasks a lane holds.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    fn lane(&self, level: Level, worker: Option<usize>) -> &Tickets {
        match worker {
            Some(worker) => {
                self.own[worker - 1].get_or_init(|| Lane::new(self.capacity.min(MOST_OF_ITS_OWN)))
            }
            None => self.lanes[level as usize].get_or_init(|| Lane::new(self.capacity)),
        }
    }

    /// Puts a task into its lane, or gives it back if that is full.
    #[inline]
    pub(super) fn push(&self, work: Hand<dyn Work>) -> Result<(), Hand<dyn Work>> {
        let lane = self.lane(work.head().lane, work.head().worker());
        prefetch::for_write(lane.next_place());
        lane.push(work)
    }

    /// Waits until a task is in its lane; gives it back at the deadline, or when `is_over`.
    pub(super) fn push_when_there_is_room(
        &self,
        work: Hand<dyn Work>,
        turns: &Turns,
        deadline: Option<Instant>,
        is_over: impl Fn() -> bool,
    ) -> Result<(), Hand<dyn Work>> {
        let mut waiting = Some(work);
        let mut attempt = || {
            if let Some(work) = waiting.take() {
                waiting = self.push(work).err();
            }
            (waiting.is_none() || is_over()).then_some(())
        };
        let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut done = Waiting::Balanced.look_on(turns, deadline, &mut attempt);
        while done.is_none() && !passed() {
            // Nobody wakes us for the first places, and who made them may be at a task that waits for us.
            done = self.room.wait(after(TICK).into_iter().chain(deadline).min(), &mut attempt);
        }
        waiting.map_or(Ok(()), Err)
    }

    /// Drops the task that has waited longest in the lane of this one, if that is full; returns whether it did.
    pub(super) fn drop_oldest(&self, crew: &Crew, like: &Hand<dyn Work>) -> bool {
        let lane = self.lane(like.head().lane, like.head().worker());
        if lane.len() < lane.capacity() {
            // Somebody is just taking a task out, and makes the room that is wanted.
            return false;
        }
        let Some(oldest) = lane.pop() else { return false };
        let lane = oldest.head().lane;
        let is_dropped = end_unrun(oldest, crew, Unrun::Dropped);
        if is_dropped {
            crew.metrics.dropped(lane as usize, DroppedTask::Oldest);
        }
        is_dropped
    }

    /// Takes a task for thread `number`: of its own lane first.
    pub(crate) fn take(&self, number: usize, turn: &mut Turn) -> Option<Hand<dyn Work>> {
        if let Some(own) = self.take_own(number) {
            return Some(own);
        }
        for lane in turn.first().into_iter().chain(0..LANES) {
            if let Some(tickets) = self.lanes[lane].get()
                && let Some(work) = tickets.pop()
            {
                prefetch::for_write(work.head());
                turn.took(Level::ALL[lane], |lane| self.lanes[lane].get().is_some_and(Lane::has_any));
                return Some(work);
            }
        }
        None
    }

    fn own(&self, number: usize) -> Option<&Tickets> {
        self.own.get(number.wrapping_sub(1)).and_then(OnceLock::get)
    }

    /// Takes a task that is for thread `number` alone.
    pub(crate) fn take_own(&self, number: usize) -> Option<Hand<dyn Work>> {
        self.own(number)?.pop()
    }

    /// Returns whether there is a task for thread `number` alone.
    pub(crate) fn has_own(&self, number: usize) -> bool {
        self.own(number).is_some_and(Lane::has_any)
    }

    /// Lets those go on who wait for room, once there is some in the lane that this task was in: to wake them for each place by
    /// itself costs a wake for each task. They all look again, as their lanes are not told apart. The caller has taken it out, and
    /// made an exchange since.
    #[inline]
    pub(super) fn made_room(&self, head: &Head) {
        let (room, calm) = (self.room.is_waited_at(), self.calm.is_waited_at());
        if room || calm {
            self.let_go_on(self.lane(head.lane, head.worker()), room, calm);
        }
    }

    #[cold]
    fn let_go_on(&self, lane: &Tickets, room: bool, calm: bool) {
        if room && lane.len() * 4 <= lane.capacity() * 3 {
            self.room.notify_all();
        }
        if calm && self.is_calm() {
            self.calm.notify_all();
        }
    }

    /// Returns whether some lane has a task for everybody.
    pub(crate) fn has_any(&self) -> bool {
        self.lanes.iter().any(|lane| lane.get().is_some_and(Lane::has_any))
    }

    /// Returns whether there is a task that thread `number` may take.
    pub(crate) fn has_any_for(&self, number: usize) -> bool {
        self.has_own(number) || self.has_any()
    }

    /// Returns whether there is no task for thread `number` alone, nor one for everybody if it is on duty, and none on its way
    /// into those lanes.
    pub(crate) fn is_empty_for(&self, number: usize, is_on_duty: bool) -> bool {
        let common = if is_on_duty { &self.lanes[..] } else { &[] };
        let own = self.own.get(number.wrapping_sub(1));
        common.iter().chain(own).all(|lane| lane.get().is_none_or(Lane::is_empty))
    }

    /// Ends every task that waits, or is on its way into a lane, without running it; returns how many.
    pub(crate) fn sweep(&self, crew: &Crew, why: Unrun) -> usize {
        let mut swept = 0;
        for lane in self.all() {
            // Who is between the two steps of a push hides those behind it.
            while !lane.is_empty() {
                match lane.pop() {
                    Some(work) => swept += usize::from(end_unrun(work, crew, why)),
                    None => thread::yield_now(),
                }
            }
        }
        self.room.notify_all();
        self.calm.notify_all();
        swept
    }

    /// Ends every task that waits for thread `number` alone.
    pub(crate) fn sweep_own(&self, crew: &Crew, number: usize, why: Unrun) {
        while let Some(work) = self.take_own(number) {
            end_unrun(work, crew, why);
        }
        self.room.notify_all();
        self.calm.notify_all();
    }

    /// Lets those look again who wait for room: there will be none.
    pub(crate) fn close(&self) {
        self.room.notify_all();
        self.calm.notify_all();
    }

    /// Asks every task that runs to stop.
    pub(crate) fn stop(&self) {
        let _ = self.stopping.set(());
    }

    /// Returns whether every task that runs is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get().is_some()
    }

    /// Lets those go who wait for tasks that run.
    pub(crate) fn abandon(&self) {
        let _ = self.abandoned.set(());
        self.audience.call();
    }

    /// Returns whether nobody is to wait any longer for a task that runs.
    pub(crate) fn are_abandoned(&self) -> bool {
        self.abandoned.get().is_some()
    }

    /// Returns how many tasks wait.
    pub(crate) fn depth(&self) -> usize {
        self.all().map(Lane::len).sum()
    }

    /// Returns about how many tasks wait in a lane.
    pub(super) fn depth_of(&self, lane: Level) -> u64 {
        self.lanes[lane as usize].get().map_or(0, Lane::len) as u64
    }

    /// Returns how many tasks were ever taken from a lane.
    #[inline]
    pub(super) fn taken_from(&self, lane: Level) -> u64 {
        self.lanes[lane as usize].get().map_or(0, Lane::popped)
    }

    /// Returns what the lanes say of themselves. What came in is read last.
    pub(crate) fn readings(&self) -> Readings {
        let depth = |lane: &OnceLock<Tickets>| lane.get().map_or(0, Lane::len) as u64;
        Readings {
            workers: 0,
            depths: self.lanes.each_ref().map(depth),
            own_depths: self.own.iter().map(depth).collect(),
            pushed: self.lanes.each_ref().map(|lane| lane.get().map_or(0, Lane::pushed)),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Tickets> {
        self.lanes.iter().chain(&self.own).filter_map(OnceLock::get)
    }

    /// Returns whether some lane is three quarters full.
    pub(crate) fn needs_drain(&self) -> bool {
        self.all().any(|lane| lane.len() * 4 >= lane.capacity() * 3)
    }

    /// Returns whether every lane is at most a quarter full.
    fn is_calm(&self) -> bool {
        self.all().all(|lane| lane.len() * 4 <= lane.capacity())
    }

    /// Waits until every lane is at most a quarter full, or it `is_over`.
    pub(super) fn wait_until_calm(&self, is_over: impl Fn() -> bool) {
        // Two workers that make two lanes calm at one moment may each see the other's as it was: so we look again by ourselves.
        while self.calm.wait(after(CALM_TICK), || (self.is_calm() || is_over()).then_some(())).is_none() {}
    }

    /// Is ready when every lane is at most a quarter full, or it `is_over`.
    pub(super) fn calm(
        &self,
        is_over: impl Fn() -> bool + Unpin,
    ) -> Wait<'_, impl FnMut() -> Option<()> + Unpin> {
        Wait::new(&self.calm, move || (self.is_calm() || is_over()).then_some(()))
    }
}
