//! Promise: whatever bytes the words of a ring hold, every operation returns, and none looks outside.

use proptest::prelude::*;

use super::words::Words;
use crate::protocol::participant::Lifelines;
use crate::protocol::queue::{Popped, Refused};
use crate::protocol::recovery::Dirty;
use crate::protocol::slot::{FREE, Held, Owner, Slot, Time};
use crate::protocol::word::{READY, Word};

const ME: Owner = 1;

/// A kernel that says of everybody the same.
struct Said {
    is_cut: bool,
}

impl Lifelines for Said {
    fn try_hold(&self, _: Owner) -> bool {
        self.is_cut
    }

    fn let_go(&self, _: Owner) {}

    fn is_cut(&self, _: Owner) -> bool {
        self.is_cut
    }
}

/// Words that are near to good ones, and words that are not.
fn words() -> impl Strategy<Value = u64> {
    let small = 0u64..200;
    let cell = (0u64..4, 0u64..1 << 24).prop_map(|(lap, slot)| lap << 24 | slot);
    let listed = (0u64..4, 0u64..5).prop_map(|(lap, slot)| lap << 24 | slot);
    let closed = (0u64..4).prop_map(|lap| lap << 24 | 0xff_ffff);
    let slot = (0u64..3, 0u64..8, 0u64..3, 0u64..4, 0u64..6)
        .prop_map(|(g, owner, queue, flags, state)| g << 24 | owner << 14 | queue << 8 | flags << 4 | state);
    let standing = (0u64..3, 0u64..9, 0u64..7).prop_map(|(g, by, state)| g << 16 | by << 4 | state);
    prop_oneof![small, cell, listed, closed, slot, standing, any::<u64>(), Just(u64::MAX)]
}

/// A slot of one's own, whatever its word said.
fn held(slots: &[Slot], number: u32) -> Held {
    let seen = Word::new(0, ME, FREE, 0, READY);
    let slot = Slot::new(ME, 0);
    let held = slot.try_take(number, seen, ME).unwrap();
    slots[number as usize].post(&held, FREE, ME, Time::First);
    held
}

fn try_all(words: Words, me: Owner, said: &Said, dirty: Dirty, position: u64) {
    for number in [FREE, 1] {
        let queue = words.queue(number);
        for _ in 0..3 {
            if let Popped::Taken(held, listing) = queue.pop(me) {
                assert!((held.slot as usize) < words.slots().len());
                let _ = queue.listed(listing.wrapping_add(1));
                let bound = if listing % 2 == 0 { 1 } else { u64::MAX };
                match queue.push(held, me, Time::Again, bound) {
                    Ok(()) => {}
                    Err(Refused::Full(held) | Refused::Closed(held) | Refused::Corrupt(held, _)) => {
                        words.slots()[held.slot as usize].set_aside(held, me);
                    }
                }
            }
        }
        let _ = queue.push(held(words.slots(), 0), me, Time::First, 2);
        assert!(queue.depth() <= words.slots().len() as u64);
        let _ = (queue.is_closed(), queue.high_water(), queue.listed(position));
    }
    let participants = words.participants();
    for _ in 0..8 {
        let Some(sweep) = participants.find_dead(me, said) else { break };
        words.recovery(me, dirty).sweep(sweep, participants, |_| {});
    }
    if let Some(mut member) = participants.join(said, &[1, 2, 3])
        && participants.begin_leave(&mut member)
    {
        participants.leave(member, said);
    }
    for number in [FREE, 1] {
        let _ = words.queue(number).close();
        let _ = words.queue(number).pop(me);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 200 }, ..ProptestConfig::default() })]

    #[test]
    fn any_words_at_all(
        content in prop::collection::vec(words(), 1..400),
        slots in 1usize..5,
        is_cut: bool,
        dirty in prop::sample::select(vec![Dirty::Skip, Dirty::SendAgain, Dirty::SetAside]),
        position: u64,
    ) {
        let file = tempfile::tempfile().unwrap();
        let words = Words::create(&file, slots);
        let mut content = content.iter().cycle();
        words.scribble(|| *content.next().unwrap());
        try_all(words, ME, &Said { is_cut }, dirty, position);
    }
}

/// The worst there is: each cell says that it was overwritten laps ago, or that it is listed with what is long taken.
#[test]
fn cells_that_lead_on_for_ever() {
    for content in [u64::MAX >> 1 << 24, 1 << 63 | 1, (1 << 40) << 24, 1 << 24] {
        for end in [0, 1 << 40, u64::MAX - 3] {
            let file = tempfile::tempfile().unwrap();
            let words = Words::create(&file, 2);
            let mut count = 0;
            words.scribble(|| {
                count += 1;
                if count <= 64 { end } else { content }
            });
            try_all(words, ME, &Said { is_cut: true }, Dirty::SendAgain, 7);
        }
    }
}
