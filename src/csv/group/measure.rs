//! Stores behind one face, so that a plan may ask for any of them.

use super::aggregate::{Aggregate, Measured};
use super::ends::End;
use super::input::Inputs;
use super::moments::RunningMoments;
use super::numbers::Count;
use super::registers::Registers;
use super::run::AHEAD;
use super::running::{Running, RunningExtremes, RunningSum, Runs};
use super::sketch::Sketch;
use super::store::{OfFields, OwnPart, Part, Store};
use crate::csv::column::Column;
use crate::sys::prefetch;
use std::any::Any;
use std::fmt;

/// What is measured of groups, by their numbers: of those of a worker, or of all.
pub(super) trait Measure: Any + Send + Sync {
    /// Makes one of the same kind with no groups.
    fn fresh(&self) -> Box<dyn Measure>;

    /// Forgets all groups of a worker.
    fn clear(&mut self);

    /// Returns how many bytes all takes.
    fn bytes(&self) -> usize;

    /// Adds the records of a block, each to the group of a worker beside it; there are `count` groups now.
    fn add(&mut self, count: usize, groups: &[u32], inputs: Inputs<'_>);

    /// Takes in groups of a worker that measured the same: those numbered `theirs`, each to the one of all beside it in
    /// `ours`; there are `count` groups now.
    fn take(&mut self, count: usize, worker: &mut dyn Measure, ours: &[u32], theirs: &[u32]);

    /// Returns what an aggregate comes to in a group of all.
    fn value(&self, group: u32, aggregate: Aggregate) -> Measured<'_>;
}

impl fmt::Debug for dyn Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Measure of {} bytes", self.bytes())
    }
}

/// A kind of measure: how records are added, and handed over to what is kept of all groups.
trait Kind: Clone + Send + Sync + 'static {
    type Own: OwnGroups<Self::Part>;
    type Part: Part;

    fn add(&self, own: &mut Self::Own, count: usize, groups: &[u32], inputs: Inputs<'_>);
}

/// What a worker measures of its groups.
trait OwnGroups<P: Part>: Default + Send + Sync + 'static {
    fn clear(&mut self);

    fn bytes(&self) -> usize;

    /// Hands a group over to one of a store.
    fn hand_over(&mut self, group: u32, store: &mut Store<P>, to: u32);
}

impl<P: OwnPart> OwnGroups<P> for Store<P> {
    fn clear(&mut self) {
        self.clear();
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn hand_over(&mut self, group: u32, store: &mut Store<P>, to: u32) {
        store.change(to, |part| part.merge(&mut self.parts[group as usize]));
    }
}

impl<R: Running> OwnGroups<R::Kept> for Runs<R> {
    fn clear(&mut self) {
        self.clear();
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn hand_over(&mut self, group: u32, store: &mut Store<R::Kept>, to: u32) {
        Runs::hand_over(self, group, store, to);
    }
}

/// A measure of a kind: either of the two is empty.
struct Kept<K: Kind> {
    kind: K,
    own: K::Own,
    store: Store<K::Part>,
}

fn kept<K: Kind>(kind: K) -> Box<dyn Measure> {
    Box::new(Kept { kind, own: K::Own::default(), store: Store::default() })
}

impl<K: Kind> Measure for Kept<K> {
    fn fresh(&self) -> Box<dyn Measure> {
        kept(self.kind.clone())
    }

    fn clear(&mut self) {
        self.own.clear();
    }

    fn bytes(&self) -> usize {
        self.own.bytes() + self.store.bytes()
    }

    fn add(&mut self, count: usize, groups: &[u32], inputs: Inputs<'_>) {
        self.kind.add(&mut self.own, count, groups, inputs);
    }

    fn take(&mut self, count: usize, worker: &mut dyn Measure, ours: &[u32], theirs: &[u32]) {
        let worker: &mut dyn Any = worker;
        let Some(worker) = worker.downcast_mut::<Self>() else {
            unreachable!("measures at one place of a plan are of one kind");
        };
        self.store.resize(count);
        for (at, (&our, &their)) in ours.iter().zip(theirs).enumerate() {
            if let Some(&next) = ours.get(at + AHEAD) {
                prefetch::for_write(&raw const self.store.parts[next as usize]);
            }
            worker.own.hand_over(their, &mut self.store, our);
        }
    }

    fn value(&self, group: u32, aggregate: Aggregate) -> Measured<'_> {
        self.store.value(group, aggregate)
    }
}

/// A worker's counts.
#[derive(Default)]
struct Counts(Vec<u64>);

impl Counts {
    /// Counts one for each of some groups; there are so many now.
    fn add(&mut self, count: usize, groups: impl Iterator<Item = u32>) {
        self.0.resize(count, 0);
        for group in groups {
            self.0[group as usize] += 1;
        }
    }
}

impl OwnGroups<Count> for Counts {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u64>()
    }

    fn hand_over(&mut self, group: u32, store: &mut Store<Count>, to: u32) {
        store.parts[to as usize].add(&mut store.aside, to, self.0[group as usize]);
    }
}

/// Counts records.
#[derive(Clone)]
struct Records;

impl Kind for Records {
    type Own = Counts;
    type Part = Count;

    fn add(&self, own: &mut Counts, count: usize, groups: &[u32], _: Inputs<'_>) {
        own.add(count, groups.iter().copied());
    }
}

/// Counts the fields of a column that say something.
#[derive(Clone)]
struct Filled {
    column: Column,
}

impl Kind for Filled {
    type Own = Counts;
    type Part = Count;

    fn add(&self, own: &mut Counts, count: usize, groups: &[u32], inputs: Inputs<'_>) {
        let filled = groups.iter().enumerate().filter(|&(row, _)| inputs.is_filled(row, self.column));
        own.add(count, filled.map(|(_, &group)| group));
    }
}

/// Adds the numbers of one input.
struct Numbers<R> {
    input: usize,
    part: std::marker::PhantomData<fn() -> R>,
}

impl<R> Clone for Numbers<R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<R: Running> Kind for Numbers<R> {
    type Own = Runs<R>;
    type Part = R::Kept;

    fn add(&self, own: &mut Runs<R>, count: usize, groups: &[u32], inputs: Inputs<'_>) {
        own.add(count, groups, inputs.numbers(self.input));
    }
}

/// Adds the numbers of one input to sketches.
#[derive(Clone)]
struct Sketches {
    input: usize,
}

impl Kind for Sketches {
    type Own = Store<Sketch>;
    type Part = Sketch;

    fn add(&self, own: &mut Store<Sketch>, count: usize, groups: &[u32], inputs: Inputs<'_>) {
        own.resize(count);
        let input = inputs.numbers(self.input);
        for (row, (&group, &x)) in groups.iter().zip(input.values).enumerate() {
            if input.valid.is_valid(row) {
                own.change(group, |sketch| sketch.add(x));
            }
        }
    }
}

/// Adds the fields of one column, where a record has it.
struct Fields<P> {
    column: Column,
    part: std::marker::PhantomData<fn() -> P>,
}

impl<P> Clone for Fields<P> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<P: OfFields> Kind for Fields<P> {
    type Own = Store<P>;
    type Part = P;

    fn add(&self, own: &mut Store<P>, count: usize, groups: &[u32], inputs: Inputs<'_>) {
        own.resize(count);
        inputs.each_field(self.column, |at, field| {
            own.change(groups[at], |part| part.add(field, inputs.place(at)));
        });
    }
}

/// Makes the measure that counts records.
pub(super) fn records() -> Box<dyn Measure> {
    kept(Records)
}

/// Makes the measure that counts the fields of a column that are not empty.
pub(super) fn filled(column: Column) -> Box<dyn Measure> {
    kept(Filled { column })
}

/// Makes one measure for what is asked of the numbers of one input, all but quantiles.
pub(super) fn numbers(input: usize, aggregates: &[Aggregate]) -> Box<dyn Measure> {
    fn of<R: Running>(input: usize) -> Box<dyn Measure> {
        kept(Numbers::<R> { input, part: std::marker::PhantomData })
    }
    let (mut sums, mut moments, mut extremes) = (false, false, false);
    for aggregate in aggregates {
        match aggregate {
            Aggregate::Min | Aggregate::Max => extremes = true,
            Aggregate::Sum | Aggregate::Mean => sums = true,
            Aggregate::Variance
            | Aggregate::PopulationVariance
            | Aggregate::Deviation
            | Aggregate::PopulationDeviation => moments = true,
            // Another measure's.
            _ => {}
        }
    }
    match (sums, moments, extremes) {
        (_, true, true) => of::<(RunningMoments, RunningExtremes)>(input),
        (_, true, false) => of::<RunningMoments>(input),
        (true, false, true) => of::<(RunningSum, RunningExtremes)>(input),
        (false, false, true) => of::<RunningExtremes>(input),
        (_, false, false) => of::<RunningSum>(input),
    }
}

/// Makes the measure of the quantiles of one input.
pub(super) fn quantiles(input: usize) -> Box<dyn Measure> {
    kept(Sketches { input })
}

/// Makes the measure for what is asked of the fields of a column.
pub(super) fn fields(column: Column, aggregate: Aggregate) -> Box<dyn Measure> {
    fn of<P: OfFields>(column: Column) -> Box<dyn Measure> {
        kept(Fields::<P> { column, part: std::marker::PhantomData })
    }
    match aggregate {
        Aggregate::First => of::<End<false>>(column),
        Aggregate::Last => of::<End<true>>(column),
        _ => of::<Registers>(column),
    }
}
