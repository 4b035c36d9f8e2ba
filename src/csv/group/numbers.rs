//! What is kept of the numbers of all groups: counts, sums, extremes.

use super::aggregate::{Aggregate, Measured};
use super::exact_sum::{Aside, Packed, VALUES};
use super::running::turn;
use super::store::Part;
use std::collections::HashMap;

/// A count, of which what does not go into 32 bits is aside.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count(u32);

/// How often counts have passed 2^32, by group.
#[derive(Debug, Default)]
pub(super) struct Passed(HashMap<u32, u32>);

impl Count {
    pub(super) fn add(&mut self, passed: &mut Passed, group: u32, count: u64) {
        let total = u64::from(self.0) + count;
        self.0 = total as u32;
        if total >> 32 > 0 {
            *passed.0.entry(group).or_default() += (total >> 32) as u32;
        }
    }

    pub(super) fn get(self, passed: &Passed, group: u32) -> u64 {
        let times = if passed.0.is_empty() { 0 } else { passed.0.get(&group).copied().unwrap_or(0) };
        u64::from(times) << 32 | u64::from(self.0)
    }
}

impl Part for Count {
    type Aside = Passed;

    fn value(&self, passed: &Passed, group: u32, _: Aggregate) -> Measured<'_> {
        Measured::Count(self.get(passed, group))
    }
}

/// How many numbers there are, and their exact sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) sum: Packed<VALUES>,
    pub(super) count: Count,
}

/// What sums and counts need beside themselves.
#[derive(Debug, Default)]
pub(super) struct SumAside {
    pub(super) sums: Aside<VALUES>,
    pub(super) counts: Passed,
}

impl Part for Sum {
    type Aside = SumAside;

    fn value(&self, aside: &SumAside, group: u32, aggregate: Aggregate) -> Measured<'_> {
        let sum = aside.sums.value(self.sum, group);
        match aggregate {
            Aggregate::Sum => Measured::Number(sum),
            _ => {
                let count = self.count.get(&aside.counts, group);
                Measured::number((count > 0).then(|| sum / count as f64))
            }
        }
    }

    fn aside_bytes(aside: &SumAside) -> usize {
        aside.sums.bytes()
    }
}

/// The least and the greatest number. What is no number is passed over; -0.0 is less than 0.0.
#[derive(Clone, Debug)]
pub(super) struct Extremes {
    pub(super) least: i64,
    pub(super) most: i64,
}

impl Default for Extremes {
    fn default() -> Self {
        Self { least: i64::MAX, most: i64::MIN }
    }
}

impl Part for Extremes {
    type Aside = ();

    fn value(&self, (): &(), _: u32, aggregate: Aggregate) -> Measured<'_> {
        let float = |turned| f64::from_bits(turn(turned) as u64);
        match aggregate {
            _ if self.least > self.most => Measured::Missing,
            Aggregate::Min => Measured::Number(float(self.least)),
            _ => Measured::Number(float(self.most)),
        }
    }
}

/// Two parts of the same numbers, side by side so that each group is looked up once.
impl<A: Part, B: Part> Part for (A, B) {
    type Aside = (A::Aside, B::Aside);

    /// The second part answers for extremes, the first for all else.
    fn value(&self, aside: &Self::Aside, group: u32, aggregate: Aggregate) -> Measured<'_> {
        match aggregate {
            Aggregate::Min | Aggregate::Max => self.1.value(&aside.1, group, aggregate),
            _ => self.0.value(&aside.0, group, aggregate),
        }
    }

    fn aside_bytes(aside: &Self::Aside) -> usize {
        A::aside_bytes(&aside.0) + B::aside_bytes(&aside.1)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::input::NumbersOf;
    use super::super::moments::RunningMoments;
    use super::super::running::{Running, RunningExtremes, Runs};
    use super::super::store::Store;
    use super::*;
    use crate::csv::columns::valid::Valid;
    use proptest::prelude::*;

    type Both = (RunningMoments, RunningExtremes);

    /// Adds values to the one group of a store.
    fn add<R: Running>(store: &mut Store<R::Kept>, values: &[f64]) {
        let mut valid = Valid::default();
        valid.reset(values.len());
        let mut runs = Runs::<R>::default();
        runs.add(4, &vec![3; values.len()], NumbersOf { values, valid: &valid });
        runs.hand_over(3, store, 0);
    }

    pub(in super::super) fn store<R: Running>(values: &[f64]) -> Store<R::Kept> {
        let mut store = Store::default();
        store.resize(1);
        add::<R>(&mut store, values);
        store
    }

    pub(in super::super) fn number<P: Part>(store: &Store<P>, aggregate: Aggregate) -> Option<f64> {
        match store.value(0, aggregate) {
            Measured::Number(number) => Some(number),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn shares_and_order_do_not_tell(values in proptest::collection::vec(super::super::wide::oracle::floats(), 1..50), cut in 0..50_usize) {
            let all = store::<Both>(&values);
            let (left, right) = values.split_at(cut.min(values.len()));
            let reversed: Vec<f64> = left.iter().rev().copied().collect();
            let mut merged = store::<Both>(right);
            add::<Both>(&mut merged, &reversed);
            for aggregate in [Aggregate::Sum, Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Variance, Aggregate::Deviation] {
                prop_assert_eq!(number(&all, aggregate).map(f64::to_bits), number(&merged, aggregate).map(f64::to_bits));
            }
        }

        #[test]
        fn extremes_are_those_of_the_total_order(values in proptest::collection::vec(super::super::wide::oracle::floats(), 1..20)) {
            let extremes = store::<RunningExtremes>(&values);
            let least = values.iter().copied().min_by(f64::total_cmp).unwrap();
            let most = values.iter().copied().max_by(f64::total_cmp).unwrap();
            prop_assert_eq!(number(&extremes, Aggregate::Min).unwrap().to_bits(), least.to_bits());
            prop_assert_eq!(number(&extremes, Aggregate::Max).unwrap().to_bits(), most.to_bits());
        }
    }

    #[test]
    fn what_there_is_none_of() {
        let none = store::<Both>(&[]);
        assert_eq!(number(&none, Aggregate::Sum), Some(0.0));
        for aggregate in [
            Aggregate::Mean,
            Aggregate::Min,
            Aggregate::Max,
            Aggregate::Variance,
            Aggregate::PopulationVariance,
        ] {
            assert_eq!(none.value(0, aggregate), Measured::Missing);
        }
        let one = store::<Both>(&[4.5]);
        assert_eq!(
            (number(&one, Aggregate::Variance), number(&one, Aggregate::PopulationVariance)),
            (None, Some(0.0))
        );
        let odd = store::<Both>(&[f64::NAN, 1.0]);
        assert_eq!((number(&odd, Aggregate::Min), number(&odd, Aggregate::Max)), (Some(1.0), Some(1.0)));
        assert!(number(&odd, Aggregate::Sum).unwrap().is_nan());
    }
}
