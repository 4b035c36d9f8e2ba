//! What a run of bytes does to the automaton: for each state before it, the state after it.
//!
//! A worker that is handed the middle of a file cannot know whether its first byte lies inside quotes. It need not:
//! a [`Transition`] answers for every case at once, transitions compose, and composing those of all the chunks
//! before gives each chunk its true first state. That is exact for any bytes; nothing is guessed from what the text
//! looks like.
//!
//! A run without a quote, escape or comment byte costs one vector search; where quotes take turns, it is a few
//! instructions for 64 bytes (`scan/quotes.rs`). In other dialects the walks from all states are run side by side,
//! always the hindmost, until they meet; each jumps from one byte that matters to the next.

use super::dialect::{Dialect, State, is_line_end};
use super::scan::{self, quotes};
use memchr::{memchr, memchr2};

/// The state after a run of bytes, for each state before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transition([State; 7]);

impl Transition {
    pub(crate) const IDENTITY: Transition = Transition(State::ALL);

    /// Returns the state after the run when it is entered in `before`.
    pub(crate) fn apply(&self, before: State) -> State {
        self.0[before as usize]
    }

    /// Returns the transition of this run followed by `next`.
    #[cfg(test)]
    pub(crate) fn then(&self, next: &Transition) -> Transition {
        Transition(self.0.map(|middle| next.apply(middle)))
    }

    /// Classifies a run of bytes.
    pub(crate) fn of(dialect: &Dialect, bytes: &[u8]) -> Transition {
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
            return Transition::IDENTITY;
        };
        if !has_special(dialect, bytes) {
            return plain(dialect, bytes, first, last);
        }
        if dialect.only_doubles() {
            return Transition(quotes::walk(dialect, bytes));
        }
        Walks::new(dialect, bytes).finish()
    }
}

/// Returns whether there is a byte that can lead in or out of quotes or comments.
fn has_special(dialect: &Dialect, bytes: &[u8]) -> bool {
    match (dialect.quote, dialect.escape, dialect.comment) {
        (None, _, None) => false,
        (Some(byte), None, None) | (None, _, Some(byte)) => scan::has_any([byte], bytes),
        (Some(quote), Some(other), None) | (Some(quote), None, Some(other)) => {
            scan::has_any([quote, other], bytes)
        }
        (Some(quote), Some(escape), Some(comment)) => scan::has_any([quote, escape, comment], bytes),
    }
}

/// The transition of a run that holds no quote, escape or comment byte.
fn plain(dialect: &Dialect, bytes: &[u8], first: u8, last: u8) -> Transition {
    let outside = dialect.after(last);
    // A quote that was open before its last byte is closed by any first byte, and the rest is outside.
    let comment = match dialect.comment {
        Some(_) if memchr(b'\n', bytes).is_none() => State::Comment,
        _ => outside,
    };
    debug_assert!(Some(first) != dialect.quote);
    let mut after = [outside; 7];
    after[State::Quoted as usize] = State::Quoted;
    after[State::Escaped as usize] = State::Quoted;
    after[State::Comment as usize] = comment;
    Transition(after)
}

/// Moves over bytes from `at` in `state` until a byte that matters has been consumed, and returns where that leads.
fn jump(dialect: &Dialect, bytes: &[u8], at: usize, state: State) -> (usize, State) {
    let rest = &bytes[at..];
    match state {
        State::Escaped | State::QuoteInQuoted => (at + 1, dialect.step(state, rest[0])),
        State::Comment => match memchr(b'\n', rest) {
            Some(found) => (at + found + 1, State::RecordStart),
            None => (bytes.len(), State::Comment),
        },
        State::Quoted => {
            let found = match (dialect.quote, dialect.escape) {
                (Some(quote), Some(escape)) => memchr2(quote, escape, rest),
                (Some(quote), None) => memchr(quote, rest),
                (None, _) => None,
            };
            match found {
                Some(found) => (at + found + 1, dialect.step(State::Quoted, rest[found])),
                None => (bytes.len(), State::Quoted),
            }
        }
        State::RecordStart | State::FieldStart | State::Unquoted => {
            let found = match (dialect.quote, dialect.comment) {
                (Some(quote), Some(comment)) => memchr2(quote, comment, rest),
                (Some(byte), None) | (None, Some(byte)) => memchr(byte, rest),
                (None, None) => None,
            };
            let before = |index: usize| match index {
                0 => state,
                _ => dialect.after(rest[index - 1]),
            };
            match found {
                Some(found) => (at + found + 1, dialect.step(before(found), rest[found])),
                None => (bytes.len(), before(rest.len())),
            }
        }
    }
}

/// Walks over one run of bytes, one from each state, merged as they meet.
struct Walks<'b> {
    dialect: &'b Dialect,
    bytes: &'b [u8],
    /// Where each walk stands; the first `live` are still apart.
    walks: [(usize, State); 7],
    live: usize,
    /// Which walk each first state has become.
    of_state: [usize; 7],
}

impl<'b> Walks<'b> {
    fn new(dialect: &'b Dialect, bytes: &'b [u8]) -> Self {
        Self {
            dialect,
            bytes,
            walks: State::ALL.map(|state| (0, state)),
            live: 7,
            of_state: [0, 1, 2, 3, 4, 5, 6],
        }
    }

    fn finish(mut self) -> Transition {
        loop {
            let hindmost = (0..self.live).min_by_key(|&walk| self.walks[walk].0).unwrap_or(0);
            let (at, state) = self.walks[hindmost];
            if at == self.bytes.len() {
                return Transition(self.of_state.map(|walk| self.walks[walk].1));
            }
            self.walks[hindmost] = jump(self.dialect, self.bytes, at, state);
            self.merge(hindmost);
        }
    }

    /// Drops `walk` if another one stands at the same byte in the same state.
    fn merge(&mut self, walk: usize) {
        let Some(other) =
            (0..self.live).find(|&other| other != walk && self.walks[other] == self.walks[walk])
        else {
            return;
        };
        self.live -= 1;
        let last = self.live;
        for becomes in &mut self.of_state {
            if *becomes == walk {
                *becomes = other;
            }
        }
        self.walks[walk] = self.walks[last];
        for becomes in &mut self.of_state {
            if *becomes == last {
                *becomes = walk;
            }
        }
    }
}

/// Finds the first byte at or after `from`, and before `to`, where a record may start, when the automaton enters
/// `from` in `state`.
pub(crate) fn first_record_start(
    dialect: &Dialect,
    bytes: &[u8],
    from: usize,
    to: usize,
    mut state: State,
) -> Option<usize> {
    let mut at = from;
    while state != State::RecordStart {
        if at >= to {
            return None;
        }
        // Inside quotes and comments there may be much to jump over; a field's rest is short.
        (at, state) = match state {
            State::Quoted | State::Comment => jump(dialect, &bytes[..to], at, state),
            _ => (at + 1, dialect.step(state, bytes[at])),
        };
    }
    Some(at)
}

/// Returns the state before byte `at` of a file in a dialect that knows neither quotes nor comments, or `None` in one
/// that does, where the byte before does not tell.
pub(crate) fn state_from_neighbour(dialect: &Dialect, before: Option<u8>) -> Option<State> {
    match (dialect.quote, dialect.comment, before) {
        (None, None, Some(byte)) if !is_line_end(byte) => Some(State::Unquoted),
        (None, None, _) => Some(State::RecordStart),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(dialect: &Dialect, bytes: &[u8]) -> Transition {
        Transition(State::ALL.map(|state| bytes.iter().fold(state, |state, &byte| dialect.step(state, byte))))
    }

    prop_compose! {
        fn dialects()(
            quote in prop_oneof![Just(None), Just(Some(b'"'))],
            escape in prop_oneof![Just(None), Just(Some(b'\\'))],
            comment in prop_oneof![Just(None), Just(Some(b'#'))],
            double_quote: bool,
        ) -> Dialect {
            Dialect { quote, escape, comment, double_quote, ..Dialect::default() }
        }
    }

    fn nasty() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(proptest::sample::select(&b",,\"\"\r\n\n#\\ab"[..]), 0..40)
    }

    proptest! {
        #[test]
        fn equals_the_naive_walk(dialect in dialects(), bytes in nasty()) {
            let (ours, naive) = (Transition::of(&dialect, &bytes), naive(&dialect, &bytes));
            for state in reachable(&dialect) {
                prop_assert_eq!(ours.apply(state), naive.apply(state), "from {:?}", state);
            }
        }

        #[test]
        fn composes(dialect in dialects(), left in nasty(), right in nasty()) {
            let both = [left.clone(), right.clone()].concat();
            let composed = Transition::of(&dialect, &left).then(&Transition::of(&dialect, &right));
            let whole = Transition::of(&dialect, &both);
            for state in reachable(&dialect) {
                prop_assert_eq!(composed.apply(state), whole.apply(state), "from {:?}", state);
            }
        }

        #[test]
        fn finds_the_first_record(dialect in dialects(), bytes in nasty(), from in 0..40_usize) {
            let from = from.min(bytes.len());
            for state in reachable(&dialect) {
                let mut naive = state;
                let mut at = from;
                while naive != State::RecordStart && at < bytes.len() {
                    naive = dialect.step(naive, bytes[at]);
                    at += 1;
                }
                let expected = (naive == State::RecordStart).then_some(at);
                let found = first_record_start(&dialect, &bytes, from, bytes.len(), state);
                prop_assert_eq!(found, expected, "from {:?}", state);
            }
        }
    }

    /// The states that a dialect can be in at all; a transition promises nothing for the others.
    fn reachable(dialect: &Dialect) -> impl Iterator<Item = State> {
        let dialect = *dialect;
        State::ALL.into_iter().filter(move |state| match state {
            State::Quoted | State::QuoteInQuoted => dialect.quote.is_some(),
            State::Escaped => dialect.quote.is_some() && dialect.escape.is_some(),
            State::Comment => dialect.comment.is_some(),
            _ => true,
        })
    }
}
