//! What is kept of the numbers of all groups: sums, extremes, moments.

use super::aggregate::{Aggregate, Measured};
use super::exact_sum::{Aside, LOSSES, VALUES, Window};
use super::running::turn;
use super::store::{OwnPart, Part};
use super::wide::Wide;

/// How many records a group has.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(pub(super) u64);

impl Part for Count {
    type Aside = ();

    fn value(&self, (): &(), _: u32, _: Aggregate) -> Measured<'_> {
        Measured::Count(self.0)
    }
}

impl OwnPart for Count {
    fn merge(&mut self, other: &mut Self) {
        self.0 += other.0;
    }
}

/// How many numbers there are, and their exact sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) window: Window<VALUES>,
    pub(super) count: u64,
}

impl Part for Sum {
    type Aside = Aside<VALUES>;

    fn value(&self, aside: &Self::Aside, group: u32, aggregate: Aggregate) -> Measured<'_> {
        let sum = aside.value(self.window, group);
        match aggregate {
            Aggregate::Sum => Measured::Number(sum),
            _ => Measured::number((self.count > 0).then(|| sum / self.count as f64)),
        }
    }

    fn aside_bytes(aside: &Self::Aside) -> usize {
        aside.bytes()
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

/// The sums of numbers and of their squares, both exact: a square is two floats, the nearest one and what it lacks.
///
/// The variance is computed of these without rounding before the end, so that it is right to a few units in its last place
/// however far the numbers are from zero. Squares above the range of floats make it infinite or no number, and what squares
/// below 10^-290 lack is lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    pub(super) sum: Sum,
    pub(super) squares: Window<VALUES>,
    pub(super) lacks: Window<LOSSES>,
}

/// What lies outside the windows of moments.
#[derive(Debug, Default)]
pub(super) struct MomentsAside {
    pub(super) sums: Aside<VALUES>,
    pub(super) squares: Aside<VALUES>,
    pub(super) lacks: Aside<LOSSES>,
}

impl Part for Moments {
    type Aside = MomentsAside;

    fn value(&self, aside: &MomentsAside, group: u32, aggregate: Aggregate) -> Measured<'_> {
        let variance = |least: u64| {
            (self.sum.count >= least)
                .then(|| self.squares_about_the_mean(aside, group) / (self.sum.count + 1 - least) as f64)
        };
        Measured::number(match aggregate {
            Aggregate::Variance => variance(2),
            Aggregate::PopulationVariance => variance(1),
            Aggregate::Deviation => variance(2).map(f64::sqrt),
            Aggregate::PopulationDeviation => variance(1).map(f64::sqrt),
            _ => return self.sum.value(&aside.sums, group, aggregate),
        })
    }

    fn aside_bytes(aside: &MomentsAside) -> usize {
        aside.sums.bytes() + aside.squares.bytes() + aside.lacks.bytes()
    }
}

impl Moments {
    /// The sum of the squared distances from the mean.
    ///
    /// About any float c it is sum of squares - 2 c sum + count c^2, where every product is two floats, and so exact; with c
    /// next to the mean little is left to take off.
    fn squares_about_the_mean(&self, aside: &MomentsAside, group: u32) -> f64 {
        let count = self.sum.count as f64;
        let mut sum = Wide::default();
        aside.sums.add_to(&mut sum, self.sum.window, group);
        let mut about = Wide::default();
        aside.squares.add_to(&mut about, self.squares, group);
        aside.lacks.add_to(&mut about, self.lacks, group);
        let (total, rest) = sum.clone().value_and_rest();
        let near = total / count;
        for part in [total, rest] {
            about.add_product(-2.0 * near, part);
        }
        let many = near * count;
        for part in [many, near.mul_add(count, -many)] {
            about.add_product(near, part);
        }
        sum.add_product(-near, count);
        let off = sum.value();
        let about = about.value() - off * off / count;
        // Rounding can leave a little less than nothing.
        if about < 0.0 { 0.0 } else { about }
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
mod tests {
    use super::super::input::NumbersOf;
    use super::super::running::{Running, RunningExtremes, RunningMoments, Runs};
    use super::super::store::Store;
    use super::*;
    use crate::csv::columns::valid::Valid;
    use num_bigint::BigInt;
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

    fn store<R: Running>(values: &[f64]) -> Store<R::Kept> {
        let mut store = Store::default();
        store.resize(1);
        add::<R>(&mut store, values);
        store
    }

    fn number<P: Part>(store: &Store<P>, aggregate: Aggregate) -> Option<f64> {
        match store.value(0, aggregate) {
            Measured::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The variance of whole numbers in units of 2^-20, by whole numbers, rounded in the end.
    fn true_variance(units: &[i64], least: i64) -> f64 {
        let count = BigInt::from(units.len());
        let sum: BigInt = units.iter().map(|&x| BigInt::from(x)).sum();
        let squares: BigInt = units.iter().map(|&x| BigInt::from(x) * x).sum();
        let about = squares * &count - &sum * &sum;
        let divisor = &count * (count.clone() + 1 - least);
        // A quotient with more places than a float has, as a decimal.
        let scaled = about * BigInt::from(10).pow(60) / divisor;
        format!("{scaled}e-60").parse::<f64>().unwrap() / 2.0_f64.powi(40)
    }

    proptest! {
        #[test]
        fn variances_are_right_far_from_zero(
            units in proptest::collection::vec(-1_000_000..1_000_000_i64, 2..50),
            offset in prop_oneof![Just(0), Just(1_i64 << 40), Just(1_i64 << 52), -1_i64 << 45..1 << 45],
        ) {
            let units: Vec<i64> = units.into_iter().map(|unit| unit + offset).collect();
            let values: Vec<f64> = units.iter().map(|&unit| unit as f64 / 2.0_f64.powi(20)).collect();
            let store = store::<RunningMoments>(&values);
            for (aggregate, least) in [(Aggregate::Variance, 2), (Aggregate::PopulationVariance, 1)] {
                let (found, expected) = (number(&store, aggregate).unwrap(), true_variance(&units, least));
                prop_assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "{found} {expected}");
            }
        }

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

    #[test]
    fn a_classic_of_lost_variances() {
        let values = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(number(&store::<RunningMoments>(&values), Aggregate::Variance), Some(30.0));
    }
}
