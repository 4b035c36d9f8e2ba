//! A window on the parts that an input is worked on in: done in any order, taken in the order of the input.
//!
//! ```text
//! taken <= begun <= taken + width         parts from `taken` to `begun` are being worked on, or wait to be taken
//! ```
//! - D1: no more than `width` parts are begun and not taken. So a taker that is slow holds up those who work, and what
//!   waits for it is bounded.
//! - D2: only the taker waits, and only for a part that somebody works on, who waits for nobody. If that one panics, the
//!   window is closed.

use crate::sync::lock::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::PoisonError;

/// A window on parts, with what those in it came to.
#[derive(Debug)]
pub(super) struct Window<T> {
    state: Mutex<State<T>>,
    put: Condvar,
    width: u64,
}

#[derive(Debug)]
struct State<T> {
    begun: u64,
    taken: u64,
    end: u64,
    /// What parts came to, from `taken` on.
    done: VecDeque<Option<T>>,
}

/// What there is to take.
#[derive(Debug)]
pub(super) enum Next<T> {
    Part(T),
    /// The next part is not done.
    NotYet,
    /// All parts were taken.
    Over,
}

/// Closes a window when it is dropped by a panic.
pub(super) struct CloseOnUnwind<'w, T>(&'w Window<T>);

impl<T> Drop for CloseOnUnwind<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

impl<T> Window<T> {
    /// Makes a window on parts up to `end`.
    pub(super) fn new(width: usize, end: u64) -> Self {
        let state = State { begun: 0, taken: 0, end, done: VecDeque::new() };
        Self { state: Mutex::new(state), put: Condvar::new(), width: width as u64 }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the next part, if the window reaches so far and there is one. Whoever has begun it puts it.
    pub(super) fn begin(&self) -> Option<u64> {
        let mut state = self.state();
        let part = state.begun;
        if part >= state.end || part >= state.taken + self.width {
            return None;
        }
        state.begun += 1;
        Some(part)
    }

    /// Begins the next part for the taker itself, who holds part `held` in hand: also where the window does not reach, if
    /// that is the part which would be waited for. Returns whether it did.
    pub(super) fn begin_holding(&self, held: Option<u64>) -> bool {
        let mut state = self.state();
        let reaches = state.begun < state.taken + self.width || held == Some(state.taken);
        let begins = reaches && state.begun < state.end;
        state.begun += u64::from(begins);
        begins
    }

    /// Puts what a part came to.
    pub(super) fn put(&self, part: u64, value: T) {
        let mut state = self.state();
        let Some(at) = part.checked_sub(state.taken) else { return };
        let at = at as usize;
        if state.done.len() <= at {
            state.done.resize_with(at + 1, || None);
        }
        state.done[at] = Some(value);
        if at == 0 {
            self.put.notify_one();
        }
    }

    /// Leaves out the parts behind `part`.
    pub(super) fn end_behind(&self, part: u64) {
        let mut state = self.state();
        state.end = state.end.min(part + 1);
    }

    /// Leaves out all that is not taken.
    pub(super) fn close(&self) {
        self.state().end = 0;
        self.put.notify_one();
    }

    /// Closes the window if whoever works on a part panics before this is dropped.
    pub(super) fn guard(&self) -> CloseOnUnwind<'_, T> {
        CloseOnUnwind(self)
    }

    /// Takes the next part, if it is done.
    pub(super) fn take(&self) -> Next<T> {
        self.state().take()
    }

    /// Takes the next part when it is done; somebody has begun it.
    pub(super) fn wait(&self) -> Next<T> {
        let mut state = self.state();
        loop {
            match state.take() {
                Next::NotYet => state = self.put.wait(state).unwrap_or_else(PoisonError::into_inner),
                next => return next,
            }
        }
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Next<T> {
        if self.taken >= self.end {
            return Next::Over;
        }
        let Some(part) = self.done.front_mut().and_then(Option::take) else { return Next::NotYet };
        self.done.pop_front();
        self.taken += 1;
        Next::Part(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_in_order_and_no_more_are_begun_than_the_window_is_wide() {
        let window = Window::new(3, 5);
        assert_eq!([(); 4].map(|()| window.begin()), [Some(0), Some(1), Some(2), None]);
        window.put(2, 'c');
        window.put(1, 'b');
        assert!(matches!(window.take(), Next::NotYet));
        window.put(0, 'a');
        assert!(matches!(window.wait(), Next::Part('a')));
        assert_eq!((window.begin(), window.begin()), (Some(3), None));
        assert!(matches!(window.take(), Next::Part('b')));
        assert!(matches!(window.take(), Next::Part('c')));
        assert_eq!((window.begin(), window.begin()), (Some(4), None));
        window.end_behind(3);
        window.put(4, 'e');
        assert!(matches!(window.take(), Next::NotYet));
        window.put(3, 'd');
        assert!(matches!(window.wait(), Next::Part('d')));
        assert!(matches!(window.wait(), Next::Over));
    }

    #[test]
    fn nobody_waits_for_what_it_holds() {
        let window = Window::new(2, u64::MAX);
        assert_eq!((window.begin(), window.begin()), (Some(0), Some(1)));
        assert!(!window.begin_holding(Some(1)));
        assert!(window.begin_holding(Some(0)));
        window.put(0, 'a');
        assert!(matches!(window.take(), Next::Part('a')));
        assert!(!window.begin_holding(None) && window.begin_holding(Some(1)));
    }

    #[test]
    fn a_panic_closes_the_window() {
        let window = Window::<u8>::new(2, 5);
        assert_eq!(window.begin(), Some(0));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = window.guard();
            panic!("as a worker may");
        }));
        assert!(panicked.is_err());
        assert!(matches!(window.wait(), Next::Over));
    }
}
