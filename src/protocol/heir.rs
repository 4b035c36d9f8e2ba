//! Whoever comes when every number is a dead one's.
//!
//! To sweep one needs a number, and nobody is left who has one. So who comes takes a dead participant's: it gets hold of the lifeline, which
//! proves the death as finding it cut does, sweeps in the name of the number what its last participant left, and then
//! has the number.
//!
//! ```text
//! Joining, Live, Leaving, Dead(g); Sweeping(g, by), by's lifeline cut --inherit--> Sweeping(g + 1, itself) --settle--> Live(g + 2)
//! ```
//! V1 to V4 (`participant`) hold as they stand. V1: the heir holds the lifeline before the word says so. V2: the word that is exchanged was
//! read before the lifeline was had. V3: an heir that dies is taken over, or inherited from, as any sweeper. V4: what the
//! number's last participant left is swept before the number is used. To get hold of a lifeline has PROOF's acquire side too: the
//! kernel gives a lock after the end of who had it.

use super::participant::{Lifelines, Member, Participants, Sweep};
use super::standing::{Standing, State};
use crate::sync::atomic::Ordering;
use crate::sync::step::step;

use Ordering::{Acquire, Relaxed};

/// Takes the number of a dead participant, and its lifeline. What the dead left is swept next, by the number itself, and then
/// the caller `settle`s.
pub(crate) fn inherit(participants: Participants<'_>, lifelines: &impl Lifelines) -> Option<Sweep> {
    participants.numbers().find_map(|number| {
        let record = participants.record(number)?;
        // ORDERING: ESTATE, acquire side; and what comes next comes after it (V2).
        let seen = Standing(record.word.load(Acquire));
        let may_be_dead = match seen.state()? {
            State::Free => false,
            State::Joining | State::Live | State::Leaving | State::Dead => true,
            State::Sweeping(by) => by == number || lifelines.is_cut(by),
        };
        if !may_be_dead || !lifelines.try_hold(number) {
            return None;
        }
        step("heir: lifeline held");
        let ours = seen.handed_on(State::Sweeping(number));
        // ORDERING: Relaxed; it is the word that was read, and whoever takes over from us has PROOF of us.
        if !record.exchange(seen, ours, Relaxed) {
            lifelines.let_go(number);
            return None;
        }
        step("heir: inherited");
        Some(Sweep { dead: number, word: ours })
    })
}

/// Makes the heir a participant, when all is swept that the dead left. The identity is for whoever looks on.
pub(crate) fn settle(participants: Participants<'_>, sweep: Sweep, identity: &[u64]) -> Option<Member> {
    participants.leave_to_others(sweep.dead);
    let record = participants.record(sweep.dead)?;
    record.identify(identity);
    let live = sweep.word.handed_on(State::Live);
    // ORDERING: Relaxed; whoever finds us dead has PROOF.
    let is_ours = record.exchange(sweep.word, live, Relaxed);
    step("heir: settled");
    is_ours.then_some(Member { number: sweep.dead, word: live })
}
