//! Stores behind one face, so that a plan may ask for any of them.

use super::aggregate::{Aggregate, Measured};
use super::ends::End;
use super::input::Inputs;
use super::numbers::{Count, Extremes, Moments, Sum};
use super::registers::Registers;
use super::sketch::Sketch;
use super::store::{OfFields, OfNumbers, Part, Store};
use crate::csv::column::Column;
use std::any::Any;
use std::fmt;

/// What is measured of all groups, by their numbers.
pub(super) trait Measure: Any + Send + Sync {
    /// Makes one of the same kind with no groups.
    fn fresh(&self) -> Box<dyn Measure>;

    /// Makes room for so many groups.
    fn resize(&mut self, groups: usize);

    /// Forgets all groups.
    fn clear(&mut self);

    /// Returns how many bytes all takes.
    fn bytes(&self) -> usize;

    /// Adds the records of a block, each to the group beside it.
    fn add(&mut self, groups: &[u32], inputs: Inputs<'_>);

    /// Takes in groups of another one of the same kind: those numbered `theirs`, each to the one of `ours` beside it.
    fn merge(&mut self, other: &mut dyn Measure, ours: &[u32], theirs: &[u32]);

    /// Returns what an aggregate comes to in a group.
    fn value(&self, group: u32, aggregate: Aggregate) -> Measured<'_>;
}

impl fmt::Debug for dyn Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Measure of {} bytes", self.bytes())
    }
}

/// A kind of measure: how records are added to a store.
trait Kind: Clone + Send + Sync + 'static {
    type Part: Part;

    fn add(&self, store: &mut Store<Self::Part>, groups: &[u32], inputs: Inputs<'_>);
}

/// A store and how records are added to it.
struct Kept<K: Kind> {
    kind: K,
    store: Store<K::Part>,
}

fn kept<K: Kind>(kind: K) -> Box<dyn Measure> {
    Box::new(Kept { kind, store: Store::default() })
}

impl<K: Kind> Measure for Kept<K> {
    fn fresh(&self) -> Box<dyn Measure> {
        kept(self.kind.clone())
    }

    fn resize(&mut self, groups: usize) {
        self.store.resize(groups);
    }

    fn clear(&mut self) {
        self.store.clear();
    }

    fn bytes(&self) -> usize {
        self.store.bytes()
    }

    fn add(&mut self, groups: &[u32], inputs: Inputs<'_>) {
        self.kind.add(&mut self.store, groups, inputs);
    }

    fn merge(&mut self, other: &mut dyn Measure, ours: &[u32], theirs: &[u32]) {
        let other: &mut dyn Any = other;
        match other.downcast_mut::<Self>() {
            Some(other) => self.store.merge(&mut other.store, ours, theirs),
            None => unreachable!("measures at one place of a plan are of one kind"),
        }
    }

    fn value(&self, group: u32, aggregate: Aggregate) -> Measured<'_> {
        self.store.value(group, aggregate)
    }
}

/// Counts records.
#[derive(Clone)]
struct Records;

impl Kind for Records {
    type Part = Count;

    fn add(&self, store: &mut Store<Count>, groups: &[u32], _: Inputs<'_>) {
        for &group in groups {
            store.parts[group as usize].0 += 1;
        }
    }
}

/// Adds the numbers of one input.
struct Numbers<P> {
    input: usize,
    part: std::marker::PhantomData<fn() -> P>,
}

impl<P> Clone for Numbers<P> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<P: OfNumbers> Kind for Numbers<P> {
    type Part = P;

    #[inline(never)]
    fn add(&self, store: &mut Store<P>, groups: &[u32], inputs: Inputs<'_>) {
        let Store { parts, aside, .. } = store;
        let parts = &mut parts[..];
        let input = inputs.numbers(self.input);
        if input.valid.nulls() == 0 {
            for (&group, &x) in groups.iter().zip(input.values) {
                parts[group as usize].add(aside, group, x);
            }
            return;
        }
        for (row, (&group, &x)) in groups.iter().zip(input.values).enumerate() {
            if input.valid.is_valid(row) {
                parts[group as usize].add(aside, group, x);
            }
        }
    }
}

/// Adds the numbers of one input to sketches.
#[derive(Clone)]
struct Sketches {
    input: usize,
}

impl Kind for Sketches {
    type Part = Sketch;

    fn add(&self, store: &mut Store<Sketch>, groups: &[u32], inputs: Inputs<'_>) {
        let input = inputs.numbers(self.input);
        for (row, (&group, &x)) in groups.iter().zip(input.values).enumerate() {
            if input.valid.is_valid(row) {
                store.change(group, |sketch| sketch.add(x));
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
    type Part = P;

    fn add(&self, store: &mut Store<P>, groups: &[u32], inputs: Inputs<'_>) {
        inputs.each_field(self.column, |at, field| {
            store.change(groups[at], |part| part.add(field, inputs.place(at)));
        });
    }
}

/// Makes the measure that counts records.
pub(super) fn records() -> Box<dyn Measure> {
    kept(Records)
}

/// Makes one measure for what is asked of the numbers of one input, all but quantiles.
pub(super) fn numbers(input: usize, aggregates: &[Aggregate]) -> Box<dyn Measure> {
    fn of<P: OfNumbers>(input: usize) -> Box<dyn Measure> {
        kept(Numbers::<P> { input, part: std::marker::PhantomData })
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
        (_, true, true) => of::<(Moments, Extremes)>(input),
        (_, true, false) => of::<Moments>(input),
        (true, false, true) => of::<(Sum, Extremes)>(input),
        (false, false, true) => of::<Extremes>(input),
        (_, false, false) => of::<Sum>(input),
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
