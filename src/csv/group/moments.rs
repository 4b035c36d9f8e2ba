//! Means and variances: the exact sums of numbers and of their squares.

use super::aggregate::{Aggregate, Measured};
use super::exact_sum::{Aside, LOSSES, Packed, VALUES, WideSums};
use super::limbs::Limbs;
use super::numbers::{Sum, SumAside};
use super::running::{Cuts, Running, RunningSum};
use super::store::Part;
use super::wide::Wide;

/// The sums of numbers, of their squares, and of what squares lack.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningMoments {
    sum: RunningSum,
    squares: Limbs<VALUES>,
    lacks: Limbs<LOSSES>,
}

/// Returns the float nearest to a square and what it lacks.
#[inline(always)]
fn square(x: f64) -> (f64, f64) {
    let square = x * x;
    (square, x.mul_add(x, -square))
}

impl Running for RunningMoments {
    type Aside = [WideSums; 3];
    type Ready = [Cuts; 3];
    type Kept = Moments;

    #[inline(always)]
    fn make_ready([sums, squares, lacks]: &mut [Cuts; 3], numbers: &[f64]) -> bool {
        sums.cut::<VALUES>(numbers.iter().copied())
            & squares.cut::<VALUES>(numbers.iter().map(|&x| square(x).0))
            & lacks.cut::<LOSSES>(numbers.iter().map(|&x| square(x).1))
    }

    fn is_odd(x: f64) -> bool {
        let (square, lack) = square(x);
        !(Limbs::<VALUES>::cut(x).1 & Limbs::<VALUES>::cut(square).1 & Limbs::<LOSSES>::cut(lack).1)
    }

    fn set_nothing(ready: &mut [Cuts; 3], at: usize) {
        ready.iter_mut().for_each(|cuts| cuts.set_nothing(at));
    }

    #[inline(always)]
    fn add(&mut self, [sums, squares, lacks]: &[Cuts; 3], at: usize) {
        self.sum.add(sums, at);
        squares.add_to(&mut self.squares, at);
        lacks.add_to(&mut self.lacks, at);
    }

    fn add_odd(&mut self, [sums, squares, lacks]: &mut [WideSums; 3], group: u32, x: f64) {
        self.sum.add_odd(sums, group, x);
        let (square, lack) = square(x);
        self.squares.add_any(square, squares, group);
        // Of an infinite square nothing is lacking.
        if lack.is_finite() {
            self.lacks.add_any(lack, lacks, group);
        }
    }

    fn settle(&mut self, [sums, squares, lacks]: &mut [WideSums; 3], group: u32) {
        self.sum.settle(sums, group);
        self.squares.settle(squares, group);
        self.lacks.settle(lacks, group);
    }

    fn hand_over(
        &self,
        [sums, squares, lacks]: &[WideSums; 3],
        group: u32,
        (moments, others, their): (&mut Moments, &mut MomentsAside, u32),
    ) {
        self.sum.hand_over(sums, group, (&mut moments.sum, &mut others.sums, their));
        self.squares.hand_over(squares, group, (&mut moments.squares, &mut others.squares, their));
        self.lacks.hand_over(lacks, group, (&mut moments.lacks, &mut others.lacks, their));
    }

    fn aside_bytes(aside: &[WideSums; 3]) -> usize {
        aside.iter().map(WideSums::bytes).sum()
    }
}

/// The sums of numbers and of their squares, both exact: a square is two floats, the nearest one and what it lacks.
///
/// The variance is computed of these without rounding before the end, so that it is the float nearest to the true one, but
/// for ties, however far the numbers are from zero. Squares above the range of floats make it infinite or no number, and what
/// squares below 10^-290 lack is lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    pub(super) sum: Sum,
    pub(super) squares: Packed<VALUES>,
    pub(super) lacks: Packed<LOSSES>,
}

/// What the sums of moments need beside themselves.
#[derive(Debug, Default)]
pub(super) struct MomentsAside {
    pub(super) sums: SumAside,
    pub(super) squares: Aside<VALUES>,
    pub(super) lacks: Aside<LOSSES>,
}

impl Part for Moments {
    type Aside = MomentsAside;

    fn value(&self, aside: &MomentsAside, group: u32, aggregate: Aggregate) -> Measured<'_> {
        let count = self.sum.count.get(&aside.sums.counts, group);
        let variance = |least: u64| {
            (count >= least)
                .then(|| self.squares_about_the_mean(aside, group, count).over((count + 1 - least) as f64))
        };
        Measured::number(match aggregate {
            Aggregate::Variance => variance(2).map(Double::value),
            Aggregate::PopulationVariance => variance(1).map(Double::value),
            Aggregate::Deviation => variance(2).map(Double::root),
            Aggregate::PopulationDeviation => variance(1).map(Double::root),
            _ => return self.sum.value(&aside.sums, group, aggregate),
        })
    }

    fn aside_bytes(aside: &MomentsAside) -> usize {
        aside.sums.sums.bytes() + aside.squares.bytes() + aside.lacks.bytes()
    }
}

impl Moments {
    /// The sum of the squared distances from the mean.
    ///
    /// About any float c it is sum of squares - 2 c sum + count c^2, where every product is two floats, and so exact; with c
    /// next to the mean little is left to take off.
    fn squares_about_the_mean(&self, aside: &MomentsAside, group: u32, count: u64) -> Double {
        let count = count as f64;
        let mut sum = Wide::default();
        aside.sums.sums.add_to(&mut sum, self.sum.sum, group);
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
        let (about, rest) = about.value_and_rest();
        // Rounding can leave a little less than nothing.
        if about < 0.0 { Double(0.0, 0.0) } else { Double(about, rest - off * off / count) }
    }
}

/// A float and what it lacks: twice as many digits.
#[derive(Clone, Copy, Debug)]
struct Double(f64, f64);

impl Double {
    fn value(self) -> f64 {
        self.0 + self.1
    }

    /// Divides by a float.
    fn over(self, divisor: f64) -> Self {
        let quotient = self.0 / divisor;
        let left = (-quotient).mul_add(divisor, self.0) + self.1;
        // Of what is no finite number nothing is left.
        if left.is_finite() { Self(quotient, left / divisor) } else { Self(quotient, 0.0) }
    }

    /// Returns the square root.
    fn root(self) -> f64 {
        let root = self.0.sqrt();
        let left = (-root).mul_add(root, self.0) + self.1;
        let rest = left / (2.0 * root);
        if rest.is_finite() { root + rest } else { root }
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers::tests::{number, store};
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

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
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_classic_of_lost_variances() {
        let values = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(number(&store::<RunningMoments>(&values), Aggregate::Variance), Some(30.0));
    }

    /// The root of the variance that the floats themselves have.
    #[test]
    fn deviations_are_rounded_once() {
        for (values, expected) in [
            (&[0.1, 0.2][..], 0.07071067811865475),
            (&[0.1, 0.2, 0.3], 0.09999999999999999),
            (&[3.0, 5.0], 2.0_f64.sqrt()),
            (&[7.0, 7.0], 0.0),
        ] {
            let store = store::<RunningMoments>(values);
            assert_eq!(number(&store, Aggregate::Deviation), Some(expected), "{values:?}");
        }
    }
}
