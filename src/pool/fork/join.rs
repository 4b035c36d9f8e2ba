//! `Pool::join`.

use super::frame::{self, Frame, Local, Start};
use super::give::{PAUSE, UNKNOWN, WORTH_A_WAKE};
use super::in_turn;
use super::node::Node;
use crate::pool::cancel::heeded;
use crate::pool::crew::Crew;
use crate::pool::current::{inside_job, is_inside_job};
use crate::pool::handle::Pool;
use crate::protocol::cost::Kind;

impl Pool {
    /// Runs both closures, perhaps at the same time, and returns what they return.
    ///
    /// `first` runs on the calling thread, at once. `second` runs on it too, afterwards, unless another worker had time for
    /// it before. While nobody has, a call costs a few nanoseconds, so there is no need to stop forking early; joins inside
    /// of joins are what this is for. A thread that waits for a half runs meanwhile what is forked inside that half, and
    /// nothing else.
    ///
    /// One closure must not wait for the other to begin: on a busy pool they run one after the other. In a forked process
    /// they always do.
    ///
    /// # Panics
    ///
    /// If a closure does, when both have ended; with the panic of `first` if both do. If `first` panics before
    /// `second` has begun, `second` does not run.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// fn sum(pool: &Pool, numbers: &[u64]) -> u64 {
    ///     match numbers {
    ///         [] => 0,
    ///         [one] => *one,
    ///         _ => {
    ///             let (left, right) = numbers.split_at(numbers.len() / 2);
    ///             let (left, right) = pool.join(|| sum(pool, left), || sum(pool, right));
    ///             left + right
    ///         }
    ///     }
    /// }
    ///
    /// let pool = Pool::new()?;
    /// let numbers: Vec<u64> = (1..=1000).collect();
    /// assert_eq!(sum(&pool, &numbers), 500_500);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    #[inline]
    pub fn join<A, B, RA, RB>(&self, first: A, second: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        frame::with(|local| {
            if local.is_full(self.crew()) {
                in_turn::join(local, first, second)
            } else {
                self.crew().join(local, first, second)
            }
        })
    }
}

impl Crew {
    /// Lists the second half. Called, so that joins that need no list stay small.
    #[inline(never)]
    fn join<A, B, RA, RB>(&self, local: &Local, first: A, second: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        if local.is_in(self) { Node::join(local, first, second) } else { self.fork(local, first, second) }
    }

    /// Enters a frame, and joins in it.
    #[cold]
    #[inline(never)]
    fn fork<A, B, RA, RB>(&self, local: &Local, first: A, second: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        if self.is_forked() {
            return (first(), second());
        }
        let from_outside = !is_inside_job();
        if self.workers() == 1 {
            let start = Start { is_short: true, from_outside, ..Start::default() };
            let frame = Frame::new(start, None);
            return local.run_in(self, &frame, || inside_job(|| self.begin(local, first, second)));
        }
        let address = Self::fork::<A, B, RA, RB> as *const () as usize;
        let (whole, grain) = (Kind::new(address), Kind::new(address + 1));
        let now = self.nanoseconds();
        let known = self.costs.recall(whole).zip(self.costs.recall(grain));
        // Half of it has to be worth a wake. What nobody knows may be.
        let is_long = known.is_none_or(|(whole, _)| u64::from(whole) / 2 >= WORTH_A_WAKE);
        let each = known.map_or(UNKNOWN, |(_, grain)| u64::from(grain));
        let start = Start {
            now,
            began: now,
            grain: each,
            average: known.map_or(0, |_| each),
            is_eager: is_long,
            is_short: known.is_some_and(|(whole, _)| u64::from(whole) < 2 * PAUSE),
            from_outside,
            heeded: heeded(),
        };
        let frame = Frame::new(start, Some(PAUSE));
        local.run_in(self, &frame, || {
            let joined = inside_job(|| self.begin(local, first, second));
            let ended = self.nanoseconds();
            let done = frame.done(ended, local.countdown.get());
            let each = done.nanoseconds / done.forks.max(1);
            let spent = ended.saturating_sub(now);
            self.remember_most(whole, known.map(|known| known.0), spent);
            self.remember_most(grain, known.map(|known| known.1), each);
            joined
        })
    }

    /// Joins for the first time in a frame.
    fn begin<A, B, RA, RB>(&self, local: &Local, first: A, second: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        if local.is_full(self) {
            in_turn::join(local, first, second)
        } else {
            Node::join(local, first, second)
        }
    }

    /// Remembers what this kind cost. What it cost before fades, so that one short run does not hide that others are long.
    fn remember_most(&self, kind: Kind, before: Option<u32>, now: u64) {
        let now = now.try_into().unwrap_or(u32::MAX);
        self.costs.remember(kind, before.map_or(now, |before| now.max(before / 2)));
    }
}
