//! What a worker keeps of the numbers of its groups, made for adding: thousands of numbers, each to a group of its own.
//!
//! Numbers are made *ready*, some hundred at a time, by loops that know nothing of groups and that the compiler turns into
//! vector code; then what is ready is added to the groups, a few words each, without a branch. What cannot be made ready is
//! *odd*, and is added by itself. In the end, and whenever the worker's table is full, all is handed over to what is kept
//! of all groups (`numbers.rs`), which is made for being small.

use super::exact_sum::{VALUES, WideSums};
use super::input::NumbersOf;
use super::limbs::{Cut, Limbs, MOST_ADDED};
use super::numbers::{Extremes, Sum, SumAside};
use super::store::{Part, Store};
use super::vector::{Job, on_best};

/// Numbers that are made ready at once: what they are made into stays in the first cache.
const FEW: usize = 256;

/// What is kept of the numbers of one group.
pub(super) trait Running: Clone + Default + Send + Sync + 'static {
    /// What is kept of all groups together, for those that need more.
    type Aside: Default + Send + Sync + 'static;
    /// Numbers that were made ready.
    type Ready: Default;
    /// What they are handed over to.
    type Kept: Part;

    /// Makes numbers ready; returns whether they all are.
    fn make_ready(ready: &mut Self::Ready, numbers: &[f64]) -> bool;

    /// Says whether a number is odd.
    fn is_odd(x: f64) -> bool;

    /// Makes ready nothing in the place of a number.
    fn set_nothing(ready: &mut Self::Ready, at: usize);

    /// Adds what was made ready of one number.
    fn add(&mut self, ready: &Self::Ready, at: usize);

    /// Adds an odd number.
    fn add_odd(&mut self, aside: &mut Self::Aside, group: u32, x: f64);

    /// Makes room for [`MOST_ADDED`] numbers more.
    fn settle(&mut self, aside: &mut Self::Aside, group: u32);

    /// Hands all over to a part of all groups.
    fn hand_over(
        &self,
        aside: &Self::Aside,
        group: u32,
        to: (&mut Self::Kept, &mut <Self::Kept as Part>::Aside, u32),
    );

    /// Returns how many bytes are aside.
    fn aside_bytes(aside: &Self::Aside) -> usize;
}

/// What a worker keeps of the numbers of all its groups.
#[derive(Debug, Default)]
pub(super) struct Runs<R: Running> {
    runs: Vec<R>,
    aside: R::Aside,
    /// Numbers that were added since the last settling.
    added: usize,
}

impl<R: Running> Runs<R> {
    /// Adds numbers, each to the group beside it; there are so many groups now.
    pub(super) fn add(&mut self, count: usize, groups: &[u32], numbers: NumbersOf<'_>) {
        self.runs.resize(count, R::default());
        self.added += groups.len();
        if self.added > MOST_ADDED {
            self.added = groups.len();
            for (group, run) in (0..).zip(&mut self.runs) {
                run.settle(&mut self.aside, group);
            }
        }
        on_best(Adding { runs: &mut self.runs, aside: &mut self.aside, groups, numbers });
    }

    /// Hands a group over to one of a store.
    pub(super) fn hand_over(&self, group: u32, store: &mut Store<R::Kept>, to: u32) {
        let Store { parts, aside, .. } = store;
        self.runs[group as usize].hand_over(&self.aside, group, (&mut parts[to as usize], aside, to));
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.aside = R::Aside::default();
        self.added = 0;
    }

    pub(super) fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<R>() + R::aside_bytes(&self.aside)
    }
}

/// The work of [`Runs::add`].
struct Adding<'a, R: Running> {
    runs: &'a mut [R],
    aside: &'a mut R::Aside,
    groups: &'a [u32],
    numbers: NumbersOf<'a>,
}

impl<R: Running> Job for Adding<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { runs, aside, groups, numbers: NumbersOf { values, valid } } = self;
        let mut ready = R::Ready::default();
        for (part, (groups, values)) in groups.chunks(FEW).zip(values.chunks(FEW)).enumerate() {
            if !R::make_ready(&mut ready, values) | (valid.nulls() > 0) {
                for (at, (&group, &x)) in groups.iter().zip(values).enumerate() {
                    let is_null = !valid.is_valid(part * FEW + at);
                    if is_null | R::is_odd(x) {
                        R::set_nothing(&mut ready, at);
                        if !is_null {
                            runs[group as usize].add_odd(aside, group, x);
                        }
                    }
                }
            }
            for (at, &group) in groups.iter().enumerate() {
                runs[group as usize].add(&ready, at % FEW);
            }
        }
    }
}

/// Numbers cut into limbs.
#[derive(Debug)]
pub(super) struct Cuts([Cut; FEW]);

impl Default for Cuts {
    fn default() -> Self {
        Self([Cut::default(); FEW])
    }
}

impl Cuts {
    /// Cuts numbers; returns whether they all could be.
    #[inline(always)]
    pub(super) fn cut<const UNIT: u64>(&mut self, numbers: impl Iterator<Item = f64>) -> bool {
        let mut all = true;
        for (cut, x) in self.0.iter_mut().zip(numbers) {
            let good;
            (*cut, good) = Limbs::<UNIT>::cut(x);
            all &= good;
        }
        all
    }

    /// Makes nothing of a number.
    pub(super) fn set_nothing(&mut self, at: usize) {
        self.0[at] = Cut::default();
    }

    #[inline(always)]
    pub(super) fn add_to<const UNIT: u64>(&self, limbs: &mut Limbs<UNIT>, at: usize) {
        limbs.add(&self.0[at]);
    }
}

/// A sum and a count.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningSum(Limbs<VALUES>);

impl Running for RunningSum {
    type Aside = WideSums;
    type Ready = Cuts;
    type Kept = Sum;

    #[inline(always)]
    fn make_ready(ready: &mut Cuts, numbers: &[f64]) -> bool {
        ready.cut::<VALUES>(numbers.iter().copied())
    }

    fn is_odd(x: f64) -> bool {
        !Limbs::<VALUES>::cut(x).1
    }

    fn set_nothing(ready: &mut Cuts, at: usize) {
        ready.set_nothing(at);
    }

    #[inline(always)]
    fn add(&mut self, ready: &Cuts, at: usize) {
        ready.add_to(&mut self.0, at);
    }

    fn add_odd(&mut self, aside: &mut Self::Aside, group: u32, x: f64) {
        self.0.add_any(x, aside, group);
    }

    fn settle(&mut self, aside: &mut Self::Aside, group: u32) {
        self.0.settle(aside, group);
    }

    fn hand_over(&self, aside: &Self::Aside, group: u32, to: (&mut Sum, &mut SumAside, u32)) {
        let (sum, others, their) = to;
        sum.count.add(&mut others.counts, their, self.0.count());
        self.0.hand_over(aside, group, (&mut sum.sum, &mut others.sums, their));
    }

    fn aside_bytes(aside: &Self::Aside) -> usize {
        aside.bytes()
    }
}

/// Turns the bits of a float to whole numbers in the same order, and back.
#[inline(always)]
pub(super) fn turn(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The least number, and the bits of the greatest one turned round, so that the lesser is kept of both. Turned floats.
#[derive(Clone, Debug)]
#[repr(C, align(16))]
pub(super) struct RunningExtremes([i64; 2]);

impl Default for RunningExtremes {
    fn default() -> Self {
        Self([i64::MAX; 2])
    }
}

/// Turned numbers, as they are and with their bits turned round.
#[derive(Debug)]
pub(super) struct Turned([[i64; 2]; FEW]);

impl Default for Turned {
    fn default() -> Self {
        Self([[i64::MAX; 2]; FEW])
    }
}

impl Running for RunningExtremes {
    type Aside = ();
    type Ready = Turned;
    type Kept = Extremes;

    #[inline(always)]
    fn make_ready(ready: &mut Turned, numbers: &[f64]) -> bool {
        let mut all = true;
        for (pair, &x) in ready.0.iter_mut().zip(numbers) {
            let turned = turn(x.to_bits() as i64);
            *pair = [turned, !turned];
            all &= !x.is_nan();
        }
        all
    }

    fn is_odd(x: f64) -> bool {
        x.is_nan()
    }

    fn set_nothing(ready: &mut Turned, at: usize) {
        ready.0[at] = [i64::MAX; 2];
    }

    #[inline(always)]
    fn add(&mut self, ready: &Turned, at: usize) {
        for (known, &new) in self.0.iter_mut().zip(&ready.0[at]) {
            *known = new.min(*known);
        }
    }

    fn add_odd(&mut self, (): &mut (), _: u32, x: f64) {
        // What is no number is passed over.
        if !x.is_nan() {
            let turned = turn(x.to_bits() as i64);
            self.0 = [turned.min(self.0[0]), (!turned).min(self.0[1])];
        }
    }

    fn settle(&mut self, (): &mut (), _: u32) {}

    fn hand_over(&self, (): &(), _: u32, (extremes, ..): (&mut Extremes, &mut (), u32)) {
        extremes.least = extremes.least.min(self.0[0]);
        extremes.most = extremes.most.max(!self.0[1]);
    }

    fn aside_bytes((): &()) -> usize {
        0
    }
}

/// Two of the same numbers, side by side so that each group is looked up once.
impl<A: Running, B: Running> Running for (A, B) {
    type Aside = (A::Aside, B::Aside);
    type Ready = (A::Ready, B::Ready);
    type Kept = (A::Kept, B::Kept);

    #[inline(always)]
    fn make_ready(ready: &mut Self::Ready, numbers: &[f64]) -> bool {
        A::make_ready(&mut ready.0, numbers) & B::make_ready(&mut ready.1, numbers)
    }

    fn is_odd(x: f64) -> bool {
        A::is_odd(x) || B::is_odd(x)
    }

    fn set_nothing(ready: &mut Self::Ready, at: usize) {
        A::set_nothing(&mut ready.0, at);
        B::set_nothing(&mut ready.1, at);
    }

    #[inline(always)]
    fn add(&mut self, ready: &Self::Ready, at: usize) {
        self.0.add(&ready.0, at);
        self.1.add(&ready.1, at);
    }

    fn add_odd(&mut self, aside: &mut Self::Aside, group: u32, x: f64) {
        self.0.add_odd(&mut aside.0, group, x);
        self.1.add_odd(&mut aside.1, group, x);
    }

    fn settle(&mut self, aside: &mut Self::Aside, group: u32) {
        self.0.settle(&mut aside.0, group);
        self.1.settle(&mut aside.1, group);
    }

    fn hand_over(
        &self,
        aside: &Self::Aside,
        group: u32,
        (kept, others, their): (&mut Self::Kept, &mut <Self::Kept as Part>::Aside, u32),
    ) {
        self.0.hand_over(&aside.0, group, (&mut kept.0, &mut others.0, their));
        self.1.hand_over(&aside.1, group, (&mut kept.1, &mut others.1, their));
    }

    fn aside_bytes(aside: &Self::Aside) -> usize {
        A::aside_bytes(&aside.0) + B::aside_bytes(&aside.1)
    }
}
