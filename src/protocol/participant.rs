//! Who takes part in a region: a record for each number, and the proof that somebody is gone.
//!
//! A participant is one handle's share in a region, in one process; slots' words name it by its number. It holds a lifeline
//! as long as its process runs: something outside the shared words that the kernel cuts when the process ends, and only
//! then (`sys::lock`). Neither time nor silence proves a death: a stopped participant owns what it held.
//!
//! ```text
//! Free(g) --join--> Joining(g) --> Live(g) --leave--> Leaving(g) --> Free(g + 1)
//! Joining, Live, Leaving(g) --declare, lifeline cut--> Dead(g) --take--> Sweeping(g + 1, by)
//! Sweeping(g, by) --take, by's lifeline cut--> Sweeping(g + 1, other);  --its sweeper swept--> Dead(g);  --free--> Free(g + 1)
//! ```
//! - V1: whoever has a number that is `Joining`, `Live` or `Leaving` has held its lifeline since before the word said so, and
//!   lets go of it after the word says `Free`.
//! - V2: a word is exchanged for `Dead`, or taken from a sweeper, by exactly the word that was read before the lifeline was found
//!   cut. With V1: what was read is the word of somebody who is gone.
//! - V3: a dead participant has one sweeper at most that lives. Each take is another generation, so a take-over that was
//!   proven of an earlier sweeper of the same number does not hit a later one.
//! - V4: a number is free again only when no slot's word names it as owner and no record as sweeper.
//! - PROOF: the end of a lifeline's holder to `is_cut`, carries all that it did. The kernel's.
//! - ESTATE: `declare`, and `free` of a sweeper, to `take`, carries what the dead did.
//! - VACANCY: `leave` and `free` to `join`, carries that nobody uses the number any more.

use super::standing::{MOST_PARTICIPANTS, Standing, State};
use super::word::Owner;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::step::step;

use Ordering::{Acquire, Relaxed, Release};

/// Words of a participant's identity.
pub(crate) const IDENTITY_WORDS: usize = 16;

/// What the kernel knows of who lives, by number.
pub(crate) trait Lifelines {
    /// Takes hold of a number's lifeline; `false` if another has it, or nothing can be said.
    fn try_hold(&self, number: Owner) -> bool;

    /// Lets go of a lifeline that the caller holds.
    fn let_go(&self, number: Owner);

    /// Returns whether nobody holds a number's lifeline. Never of one that the caller holds itself; `false` if in doubt.
    fn is_cut(&self, number: Owner) -> bool;
}

/// The record of one number: the word alone on its line, the identity on the next.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Record {
    pub(crate) word: AtomicU64,
    identity: Line<[AtomicU64; IDENTITY_WORDS]>,
}

#[derive(Debug)]
#[repr(C, align(128))]
struct Line<T>(T);

impl Record {
    /// Makes the record of a number that has changed hands `generation` times and is nobody's.
    pub(crate) fn new(generation: u64) -> Self {
        Self {
            word: AtomicU64::new(Standing::new(generation, State::Free).0),
            identity: Line(std::array::from_fn(|_| AtomicU64::new(0))),
        }
    }

    pub(crate) fn exchange(&self, from: Standing, to: Standing, order: Ordering) -> bool {
        // ORDERING: as the caller argues.
        self.word.compare_exchange(from.0, to.0, order, Relaxed).is_ok()
    }

    /// Notes who has the number.
    pub(crate) fn identify(&self, identity: &[u64]) {
        for (word, value) in self.identity.0.iter().zip(identity) {
            // ORDERING: Relaxed; for the eye.
            word.store(*value, Relaxed);
        }
    }
}

/// The token of whoever has a number.
#[derive(Debug)]
#[must_use = "a number whose token is lost is taken until the process ends"]
pub(crate) struct Member {
    pub(crate) number: Owner,
    pub(crate) word: Standing,
}

/// The token of whoever looks after what a dead participant held.
#[derive(Debug)]
#[must_use = "nobody else sweeps until this process ends"]
pub(crate) struct Sweep {
    pub(crate) dead: Owner,
    pub(crate) word: Standing,
}

/// The records of a region, of which the first is number 1's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Participants<'a>(&'a [Record]);

impl<'a> Participants<'a> {
    pub(crate) fn new(records: &'a [Record]) -> Self {
        Self(&records[..records.len().min(MOST_PARTICIPANTS)])
    }

    /// Returns all numbers.
    pub(crate) fn numbers(self) -> impl Iterator<Item = Owner> {
        1..=self.0.len() as Owner
    }

    pub(crate) fn record(self, number: Owner) -> Option<&'a Record> {
        self.0.get(usize::from(number).checked_sub(1)?)
    }

    /// Returns how it stands with a number; `None` if its word is no participant's writing, or there is no such number.
    pub(crate) fn state(self, number: Owner) -> Option<State> {
        // ORDERING: Relaxed; to look at. Whoever goes by it exchanges it.
        Standing(self.record(number)?.word.load(Relaxed)).state()
    }

    /// Returns what a participant says of itself; of one that comes or goes meanwhile, any mixture.
    pub(crate) fn identity(self, number: Owner) -> Option<[u64; IDENTITY_WORDS]> {
        let record = self.record(number)?;
        // ORDERING: Relaxed; to look at.
        Some(std::array::from_fn(|k| record.identity.0[k].load(Relaxed)))
    }

    /// Takes a free number, and its lifeline; `None` if all are taken. The identity is for whoever looks on, and proves nothing;
    /// words beyond `IDENTITY_WORDS` are left out.
    pub(crate) fn join(self, lifelines: &impl Lifelines, identity: &[u64]) -> Option<Member> {
        self.numbers().find_map(|number| self.join_as(number, lifelines, identity))
    }

    fn join_as(self, number: Owner, lifelines: &impl Lifelines, identity: &[u64]) -> Option<Member> {
        let record = self.record(number)?;
        // ORDERING: Relaxed; the exchange confirms it.
        let free = Standing(record.word.load(Relaxed));
        if free.state() != Some(State::Free) || !lifelines.try_hold(number) {
            return None;
        }
        step("participant: lifeline held");
        let joining = free.with(State::Joining);
        // ORDERING: VACANCY, acquire side. Model: loom-tests/participant.rs.
        if !record.exchange(free, joining, Acquire) {
            // Somebody had the number meanwhile.
            lifelines.let_go(number);
            return None;
        }
        step("participant: joining");
        record.identify(identity);
        let live = free.with(State::Live);
        // ORDERING: Relaxed; whoever finds us dead has PROOF. It fails if somebody proved the death of whoever lives: then a
        // lifeline was cut that was not the kernel's to cut, and the number is not ours any more.
        record.exchange(joining, live, Relaxed).then_some(Member { number, word: live })
    }

    /// Returns whether the number is still its holder's. It is unless its lifeline was cut while it lived: by closing a
    /// descriptor that is not one's own, say.
    pub(crate) fn is_live(self, member: &Member) -> bool {
        // ORDERING: Relaxed; a look, nothing rides on it.
        self.record(member.number).is_some_and(|record| record.word.load(Relaxed) == member.word.0)
    }

    /// Says that the caller gives back what it holds; `false` if the number is not the caller's any more.
    pub(crate) fn begin_leave(self, member: &mut Member) -> bool {
        let Some(record) = self.record(member.number) else { return false };
        let leaving = member.word.with(State::Leaving);
        // ORDERING: Relaxed; whoever finds us dead has PROOF.
        let is_ours = record.exchange(member.word, leaving, Relaxed);
        if is_ours {
            step("participant: leaving");
            member.word = leaving;
        }
        is_ours
    }

    /// Gives the number back. The caller has begun to leave, and holds nothing any more (V4).
    pub(crate) fn leave(self, member: Member, lifelines: &impl Lifelines) {
        let Some(record) = self.record(member.number) else { return };
        // ORDERING: VACANCY, release side; letting go of the lifeline orders as much.
        let is_ours = record.exchange(member.word, member.word.handed_on(State::Free), Release);
        step("participant: left");
        // What is not ours is not ours to cut (V1).
        if is_ours {
            lifelines.let_go(member.number);
        }
    }

    /// Declares a participant dead if it is; returns whether the caller did.
    pub(crate) fn declare(self, number: Owner, me: Owner, lifelines: &impl Lifelines) -> bool {
        let Some(record) = self.record(number).filter(|_| number != me) else { return false };
        // ORDERING: Acquire, so that the question below comes after it (V2). Nothing rides on it.
        let seen = Standing(record.word.load(Acquire));
        let is_somebody = matches!(seen.state(), Some(State::Joining | State::Live | State::Leaving));
        // ORDERING: ESTATE, release side: what the dead did is known by PROOF, and told on. Model: loom-tests/participant.rs.
        let is_dead =
            is_somebody && lifelines.is_cut(number) && record.exchange(seen, seen.with(State::Dead), Release);
        if is_dead {
            step("participant: declared dead");
        }
        is_dead
    }

    /// Makes the caller the sweeper of a dead participant, unless one is at it that lives.
    pub(crate) fn take(self, number: Owner, me: Owner, lifelines: &impl Lifelines) -> Option<Sweep> {
        let record = self.record(number)?;
        // ORDERING: ESTATE, acquire side, and as in `declare`. Model: loom-tests/participant.rs.
        let seen = Standing(record.word.load(Acquire));
        let is_to_be_had = match seen.state()? {
            State::Dead => true,
            State::Sweeping(by) => by != me && lifelines.is_cut(by),
            _ => false,
        };
        let ours = seen.handed_on(State::Sweeping(me));
        // ORDERING: Relaxed; it is the word that was read, and whoever takes over from us has PROOF of us.
        if !is_to_be_had || !record.exchange(seen, ours, Relaxed) {
            return None;
        }
        step("participant: taken to sweep");
        Some(Sweep { dead: number, word: ours })
    }

    /// Declares the dead among all, and makes the caller the sweeper of one.
    pub(crate) fn find_dead(self, me: Owner, lifelines: &impl Lifelines) -> Option<Sweep> {
        self.numbers().find_map(|number| {
            self.declare(number, me, lifelines);
            self.take(number, me, lifelines)
        })
    }

    /// Frees the number of a dead participant for whom there is nothing left to do in the slots (V4).
    pub(crate) fn free(self, sweep: Sweep) {
        self.leave_to_others(sweep.dead);
        let Some(record) = self.record(sweep.dead) else { return };
        // ORDERING: VACANCY, release side.
        record.exchange(sweep.word, sweep.word.handed_on(State::Free), Release);
        step("participant: freed");
    }

    /// Leaves to others whom a dead participant was sweeping. Nobody else can prove of their words that the sweeper is dead once its
    /// number is another's.
    pub(crate) fn leave_to_others(self, dead: Owner) {
        for number in self.numbers().filter(|&number| number != dead) {
            let Some(record) = self.record(number) else { continue };
            // ORDERING: Relaxed; the exchange confirms it. By PROOF or ESTATE the last words of the dead are seen.
            let seen = Standing(record.word.load(Relaxed));
            if seen.state() == Some(State::Sweeping(dead)) {
                // ORDERING: ESTATE, release side: what their sweeper did is known to us, and told on.
                record.exchange(seen, seen.with(State::Dead), Release);
                step("participant: its own dead left to others");
            }
        }
    }
}
