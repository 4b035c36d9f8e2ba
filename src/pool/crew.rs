//! What a pool's caller and its helpers share: the boards, the bed, and who is aboard.

#![allow(unsafe_code)]

use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::builder::PoolBuilder;
use super::handle::Pool;
use super::life::limits::Limits;
use super::metrics::{Metrics, MetricsOptions};
use super::posting::Posting;
use super::size::Sizing;
use super::staff::{Staff, TICK};
use super::task::{Tasks, Unrun, after};
use crate::error::SystemError;
use crate::protocol::cost::{Costs, Streak};
use crate::protocol::homes::Homes;
use crate::protocol::lookout::Lookout;
use crate::protocol::loop_board::{Board, Generation, Owned};
use crate::protocol::roster::Roster;
use crate::protocol::shares::Shares;
use crate::protocol::sleep::Bed;
use crate::protocol::turns::Turns;
use crate::protocol::whereabouts::{PLACES, Whereabouts};
use crate::sync::fence::Fences;
use crate::sync::lock::Mutex;
use crate::sys::thread::IS_TOLD;
use crate::sys::{affinity, fork};

/// Loops that can be posted at a time; a further one runs on its caller alone.
const SEATS: std::ops::RangeInclusive<usize> = 4..=16;

/// A board and the pieces of the loop that is posted on it.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) board: Board<Option<Posting<'static>>>,
    pub(crate) shares: Shares,
}

/// A seat that a caller has to itself, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedSeat<'a> {
    pub(crate) seat: &'a Seat,
    crew: &'a Crew,
    owned: Option<Owned>,
}

/// A loop that is up on a board. Dropping it takes the loop down and waits until every helper has left.
#[derive(Debug)]
#[must_use = "the loop is taken down as soon as this is dropped"]
pub(crate) struct Posted<'a> {
    seat: OwnedSeat<'a>,
}

/// Everything that the workers of one pool share.
#[derive(Debug)]
pub(crate) struct Crew {
    seats: Box<[Seat]>,
    pub(crate) tasks: Tasks,
    pub(crate) staff: Staff,
    pub(crate) lookout: Lookout,
    pub(crate) bed: CachePadded<Bed>,
    pub(crate) homes: CachePadded<Homes>,
    pub(crate) costs: Costs,
    pub(crate) streak: CachePadded<Streak>,
    pub(crate) metrics: Metrics,
    /// Where the crew's clock starts.
    pub(crate) birth: Instant,
    pub(crate) roster: CachePadded<Roster>,
    /// The most workers that can be asked for.
    pub(crate) most_workers: usize,
    pub(crate) sizing: Mutex<Sizing>,
    pub(crate) limits: Limits,
    /// Whether those who wait for tasks take turns with those who run them, on one CPU.
    pub(crate) turns: Turns,
    /// How often a waiting thread looks before it sleeps: none where spinning takes another's turn.
    pub(crate) spins: u32,
    /// The process that has the helpers.
    process: u32,
    pub(crate) whereabouts: Whereabouts,
    origin: OnceLock<Origin>,
}

/// Where a crew comes from.
#[derive(Debug)]
struct Origin {
    /// For those of its methods that start threads.
    itself: Weak<Crew>,
    /// For another like it.
    recipe: PoolBuilder,
}

/// Among the places that a thread can be in, behind the seats: away, in a blocking call.
pub(crate) const AWAY: usize = PLACES - 1;

const _: () = assert!(*SEATS.end() <= AWAY);

/// The generation of each seat that a helper has seen the end of.
#[derive(Debug)]
pub(crate) struct Seen(Box<[Option<Generation>]>);

impl Crew {
    pub(crate) fn new(
        sizing: Sizing,
        (most_workers, threads, places): (usize, usize, usize),
        spins: u32,
        spare_cpu: Option<usize>,
        staff: Staff,
        tasks: Tasks,
        metrics: MetricsOptions,
    ) -> Result<Self, SystemError> {
        let workers = sizing.workers();
        let seats = (workers + 3).clamp(*SEATS.start(), *SEATS.end());
        // One more than threads: the caller is number 0.
        let seat = |_| Seat { board: Board::new(None), shares: Shares::new(threads + 1) };
        let birth = Instant::now();
        Ok(Self {
            seats: (0..seats).map(seat).collect(),
            tasks,
            staff,
            lookout: Lookout::new(),
            bed: CachePadded::new(Bed::new(Fences::symmetric())),
            homes: CachePadded::new(Homes::new(spare_cpu)),
            costs: Costs::new(),
            streak: CachePadded::new(Streak::new()),
            metrics: Metrics::new(birth, threads, metrics),
            birth,
            most_workers,
            roster: CachePadded::new(Roster::new(workers, threads, threads - most_workers)),
            sizing: Mutex::new(sizing),
            limits: Limits::new(places),
            turns: Turns::new(),
            spins,
            process: fork::watch()?,
            whereabouts: Whereabouts::new(threads),
            origin: OnceLock::new(),
        })
    }

    /// Notes where the crew comes from.
    pub(crate) fn remember_origin(self: &Arc<Self>, recipe: PoolBuilder) {
        let _ = self.origin.set(Origin { itself: Arc::downgrade(self), recipe });
    }

    /// Returns what the pool was built from.
    pub(crate) fn recipe(&self) -> Option<PoolBuilder> {
        self.origin.get().map(|origin| origin.recipe.clone())
    }

    /// Looks after the threads, if it is time again; for those who wait for them. Returns until when to sleep before the next
    /// look: for ever, where the system does not tell that a thread is gone.
    pub(crate) fn look_round(&self) -> Option<Instant> {
        if !IS_TOLD {
            return None;
        }
        if let Some(itself) = self.origin.get().and_then(|origin| origin.itself.upgrade()) {
            Staff::look_round(&Pool::of_others(itself));
        }
        after(TICK)
    }

    /// Returns whether the helpers live in another process: this one is a fork of it.
    #[inline]
    pub(crate) fn is_forked(&self) -> bool {
        fork::generation() != self.process
    }

    /// Returns the number of workers, the calling thread included.
    #[inline]
    pub(crate) fn workers(&self) -> usize {
        self.roster.workers()
    }

    /// Takes a free seat; the first one, so that one caller meets the same lines again.
    #[inline]
    pub(crate) fn own_seat(&self) -> Option<OwnedSeat<'_>> {
        self.seats.iter().find_map(|seat| {
            let owned = seat.board.try_own()?;
            Some(OwnedSeat { seat, crew: self, owned: Some(owned) })
        })
    }

    /// Closes the pool: its threads leave when nothing is left to do, and no further task is taken in.
    pub(crate) fn close(&self) {
        self.bed.close();
        self.roster.end();
        self.tasks.close();
    }

    /// Ends the tasks that wait, and asks those that run to stop; returns how many it ended.
    pub(crate) fn stop_tasks(&self) -> usize {
        self.tasks.stop();
        self.tasks.sweep(self, Unrun::Closed)
    }

    /// Wakes at most `wanted` sleeping helpers.
    pub(crate) fn wake(&self, wanted: u32) {
        self.homes.waker_is_on(affinity::current_cpu());
        self.notify(wanted);
    }

    /// Wakes at most `wanted` sleeping helpers, wherever they sleep; returns how many.
    pub(crate) fn notify(&self, wanted: u32) -> u32 {
        self.bed.notify_after(wanted, || self.metrics.notified())
    }

    /// Returns how many helpers look around for work: a hint.
    pub(crate) fn looking(&self) -> usize {
        self.lookout.count() as usize
    }

    /// Wakes as many as there are tasks for, at once: one after another would be late.
    pub(crate) fn call_for_help(&self) {
        if self.tasks.has_any() {
            self.notify(self.tasks.depth().try_into().unwrap_or(u32::MAX));
        }
    }

    pub(crate) fn nothing_seen(&self) -> Seen {
        Seen(vec![None; self.seats.len()].into())
    }

    /// Returns a seat with a loop that `seen` does not know the end of.
    pub(crate) fn posted(&self, seen: &Seen) -> Option<usize> {
        (0..self.seats.len())
            .find(|&k| self.seats[k].board.posted().is_some_and(|now| seen.0[k] != Some(now)))
    }

    pub(crate) fn seat(&self, k: usize) -> &Seat {
        &self.seats[k]
    }

    /// Returns the number of a seat of this crew.
    pub(crate) fn number_of(&self, seat: &Seat) -> usize {
        self.seats.iter().position(|other| std::ptr::eq(other, seat)).unwrap_or(0)
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter()
    }
}

impl Seen {
    pub(crate) fn see(&mut self, seat: usize, generation: Generation) {
        self.0[seat] = Some(generation);
    }

    pub(crate) fn forget(&mut self) {
        self.0.fill(None);
    }
}

impl<'a> OwnedSeat<'a> {
    /// Posts a loop.
    ///
    /// # Safety
    ///
    /// - What this returns is dropped before `'p` is over: neither forgotten nor leaked.
    pub(crate) unsafe fn post<'p>(self, posting: Posting<'p>) -> Posted<'a> {
        if let Some(owned) = &self.owned {
            // SAFETY: helpers use it inside the board; `Posted`'s drop waits until they have left (L2), and that is
            // within `'p` (caller's duty).
            let posting = unsafe { posting.for_board() };
            self.seat.board.post(owned, Some(posting));
        }
        Posted { seat: self }
    }
}

impl Posted<'_> {
    fn board(&self) -> Option<(&Board<Option<Posting<'static>>>, &Owned)> {
        self.seat.owned.as_ref().map(|owned| (&self.seat.seat.board, owned))
    }

    /// Returns whether nobody is inside.
    pub(crate) fn is_deserted(&self) -> bool {
        self.board().is_none_or(|(board, owned)| board.is_deserted(owned))
    }

    /// Sleeps until the last has left or somebody calls, or for no reason at all; not if `look_again` finds something.
    pub(crate) fn sleep_unless(&self, look_again: impl FnOnce() -> bool) {
        if let Some((board, owned)) = self.board() {
            let announced = board.announce(owned);
            if look_again() {
                board.stay_up(owned, announced);
            } else {
                board.sleep(owned, announced, self.seat.crew.look_round());
            }
        }
    }
}

impl Drop for Posted<'_> {
    fn drop(&mut self) {
        if let Some(owned) = &self.seat.owned {
            let crew = self.seat.crew;
            self.seat.seat.board.take_down(owned, crew.spins, || crew.look_round());
        }
    }
}

impl Drop for OwnedSeat<'_> {
    fn drop(&mut self) {
        if let Some(owned) = self.owned.take() {
            self.seat.board.release(owned);
        }
    }
}
