//! What a participant's word says. Pure arithmetic.
//!
//! ```text
//! generation:48 | by:12 | state:4
//! ```
//! The generation counts how often the record changed hands: a participant that leaves, a sweeper that begins, one that takes
//! over. So whoever learned something of a word and then exchanges exactly that word changes nothing that has happened since.

use super::word::Owner;

/// The most participants: what a slot's word can name, less the number 0, which is nobody's.
pub(crate) const MOST_PARTICIPANTS: usize = 1022;

const STATE_BITS: u32 = 4;
const BY_SHIFT: u32 = STATE_BITS;
const GENERATION_SHIFT: u32 = 16;
const BY_MASK: u64 = (1 << (GENERATION_SHIFT - BY_SHIFT)) - 1;

/// How it stands with a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has the number.
    Free,
    /// Somebody comes.
    Joining,
    Live,
    /// It gives back what it holds.
    Leaving,
    /// Proven to have died, and nobody looks after what it held.
    Dead,
    /// This participant looks after what it held.
    Sweeping(Owner),
}

const FREE: u64 = 0;
const JOINING: u64 = 1;
const LIVE: u64 = 2;
const LEAVING: u64 = 3;
const DEAD: u64 = 4;
const SWEEPING: u64 = 5;

/// What a participant's word says. A word of zeros is that of a number that nobody has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing(pub(crate) u64);

impl Standing {
    pub(crate) fn new(generation: u64, state: State) -> Self {
        let (state, by) = match state {
            State::Free => (FREE, 0),
            State::Joining => (JOINING, 0),
            State::Live => (LIVE, 0),
            State::Leaving => (LEAVING, 0),
            State::Dead => (DEAD, 0),
            State::Sweeping(by) => (SWEEPING, by),
        };
        // What runs over the top of a generation is lost: it comes round.
        Self(generation << GENERATION_SHIFT | u64::from(by) << BY_SHIFT | state)
    }

    /// Returns the state, or `None` if no participant writes such a word.
    pub(crate) fn state(self) -> Option<State> {
        let by = (self.0 >> BY_SHIFT & BY_MASK) as Owner;
        let state = match self.0 & ((1 << STATE_BITS) - 1) {
            FREE => State::Free,
            JOINING => State::Joining,
            LIVE => State::Live,
            LEAVING => State::Leaving,
            DEAD => State::Dead,
            SWEEPING if (1..=MOST_PARTICIPANTS).contains(&usize::from(by)) => State::Sweeping(by),
            _ => return None,
        };
        (matches!(state, State::Sweeping(_)) || by == 0).then_some(state)
    }

    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }

    /// Returns the word with another state, of the same generation.
    pub(crate) fn with(self, state: State) -> Self {
        Self::new(self.generation(), state)
    }

    /// Returns the word with another state, after the record has changed hands.
    pub(crate) fn handed_on(self, state: State) -> Self {
        Self::new(self.generation().wrapping_add(1), state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn states() -> impl Strategy<Value = State> {
        use State::{Dead, Free, Joining, Leaving, Live, Sweeping};
        let plain = prop::sample::select(vec![Free, Joining, Live, Leaving, Dead]);
        prop_oneof![plain, (1..=MOST_PARTICIPANTS as Owner).prop_map(Sweeping)]
    }

    proptest! {
        #[test]
        fn a_word_gives_back_what_it_was_made_of(generation in 0u64..1 << 48, state in states(), then in states()) {
            let word = Standing::new(generation, state);
            prop_assert_eq!((word.generation(), word.state()), (generation, Some(state)));
            prop_assert_eq!(word.with(then), Standing::new(generation, then));
            prop_assert_ne!(word.handed_on(state), word);
            prop_assert_eq!(word.handed_on(then).state(), Some(then));
        }

        #[test]
        fn any_bits_are_a_state_or_none(bits: u64) {
            let word = Standing(bits);
            if let Some(state) = word.state() {
                prop_assert_eq!(Standing::new(word.generation(), state), word);
            }
        }
    }

    #[test]
    fn zeros_are_a_free_number() {
        assert_eq!(Standing(0).state(), Some(State::Free));
        let last = Standing::new((1 << 48) - 1, State::Live);
        assert_eq!(last.handed_on(State::Free), Standing(0));
    }
}
