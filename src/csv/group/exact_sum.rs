//! The float nearest to the true sum of floats, in whatever order they come.
//!
//! Rounding after each addition makes a sum depend on the order, and so on how a file was shared out. Here nothing is
//! rounded until the end: a float is a whole number of units 2^-1074, and whole numbers are added. Almost all that a file
//! holds lies in a small part of that range, so a sum is a *window*, 128 bits of it, to which an addition is a shift and
//! an add with carry; what lies outside goes to a [`Wide`] sum, kept aside for the few groups that need one.
//!
//! ```text
//! bits of the true sum   2^1023 ....... 2^53 [ window of 128 bits, UNIT 74 ] 2^-74 ................ 2^-1074
//!                        wide: all of them
//! ```
//! - E1: true sum = window * 2^-UNIT + wide. Every step keeps it, so neither order nor shares tell.
//!
//! The value is that of Python's `math.fsum`. Infinities and what is no number add up as IEEE 754 has it: an infinity
//! stays, two opposite ones are not a number. A sum too large for a float is an infinity, though what leads there may come
//! and go without harm. A sum of zero is +0.0, of negative zeros too.

use super::wide::Wide;
use std::collections::HashMap;

const MANTISSA: u64 = (1 << 52) - 1;
/// The biased exponent of a float whose last bit is worth 1.
const EXPONENT_OF_ONES: u64 = 1075;
/// Exponents in a window: a mantissa of 53 bits may be shifted up by 0 to 74 and still leave the sign bit.
const SHIFTS: u64 = 128 - 53;

/// The unit of windows for values: 2^-74, which holds floats from 2^-22 to 2^53 and zero.
pub(crate) const VALUES: u64 = 74;
/// The unit of windows for what is lost when a value is squared: 2^-127, for what is below 1.
pub(crate) const LOSSES: u64 = 127;

/// A part of an exact sum: a whole number of units 2^-UNIT. Two words, so that what it lies in has no gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window<const UNIT: u64> {
    low: u64,
    high: u64,
}

impl<const UNIT: u64> Window<UNIT> {
    const LOWEST: u64 = EXPONENT_OF_ONES - UNIT;

    #[inline(always)]
    fn get(self) -> i128 {
        (u128::from(self.high) << 64 | u128::from(self.low)) as i128
    }

    #[inline(always)]
    fn set(&mut self, units: i128) {
        *self = Self { low: units as u64, high: (units as u128 >> 64) as u64 };
    }

    /// Adds a float if it and the sum lie in the window; if not, nothing has changed.
    #[inline(always)]
    #[must_use]
    pub(crate) fn add(&mut self, x: f64) -> bool {
        let Some(units) = Self::units(x) else { return false };
        let (sum, over) = self.get().overflowing_add(units);
        if over {
            return false;
        }
        self.set(sum);
        true
    }

    /// Returns how many units a float is, if it is a whole number of them that has a place in the window.
    #[inline(always)]
    fn units(x: f64) -> Option<i128> {
        let bits = x.to_bits();
        let shift = (bits >> 52 & 0x7ff).wrapping_sub(Self::LOWEST);
        let zero = bits << 1 == 0;
        // One branch for both, which files without extremes never take.
        if (shift >= SHIFTS) & !zero {
            return None;
        }
        let mantissa = if zero { 0 } else { bits & MANTISSA | (MANTISSA + 1) };
        let units = (u128::from(mantissa) << (shift & 127)) as i128;
        // The sign as arithmetic, since in many files it is a coin toss that no predictor guesses.
        let sign = i128::from(bits as i64 >> 63);
        Some((units ^ sign) - sign)
    }
}

/// The sums that have left their window, by group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aside<const UNIT: u64>(HashMap<u32, Box<Wide>>);

impl<const UNIT: u64> Aside<UNIT> {
    /// Adds a float to the sum of a group.
    #[inline(always)]
    pub(crate) fn add(&mut self, window: &mut Window<UNIT>, group: u32, x: f64) {
        if !window.add(x) {
            self.add_outside(window, group, x);
        }
    }

    /// Adds what the window refused: a float that it cannot hold, or one too many.
    #[cold]
    #[inline(never)]
    fn add_outside(&mut self, window: &mut Window<UNIT>, group: u32, x: f64) {
        let wide = self.0.entry(group).or_default();
        match Window::<UNIT>::units(x) {
            None => wide.add(x),
            Some(units) => {
                wide.add_units(window.get(), UNIT);
                window.set(units);
            }
        }
    }

    /// Adds the sum of a group of other sums to one of these.
    pub(crate) fn merge(
        &mut self,
        window: &mut Window<UNIT>,
        group: u32,
        others: &Self,
        other: Window<UNIT>,
        other_group: u32,
    ) {
        match window.get().checked_add(other.get()) {
            Some(units) => window.set(units),
            None => self.0.entry(group).or_default().add_units(other.get(), UNIT),
        }
        if let Some(wide) = others.0.get(&other_group) {
            self.0.entry(group).or_default().merge(wide);
        }
    }

    /// Adds the sum of a group to a wide sum.
    pub(crate) fn add_to(&self, all: &mut Wide, window: Window<UNIT>, group: u32) {
        all.add_units(window.get(), UNIT);
        if let Some(wide) = self.0.get(&group) {
            all.merge(wide);
        }
    }

    /// Returns the float nearest to the sum of a group; ties to even.
    pub(crate) fn value(&self, window: Window<UNIT>, group: u32) -> f64 {
        if !self.0.contains_key(&group) {
            // Rounded once: by the conversion to the nearest, ties to even. The product with a power of two is exact,
            // because the sum is 0 or at least one unit.
            return window.get() as f64 * unit(UNIT);
        }
        let mut all = Wide::default();
        self.add_to(&mut all, window, group);
        all.value()
    }

    /// Returns how many bytes are kept aside.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() * (size_of::<Wide>() + 2 * size_of::<(u32, Box<Wide>)>())
    }
}

/// Returns 2^-exponent, for exponents of normal floats.
const fn unit(exponent: u64) -> f64 {
    f64::from_bits((1023 - exponent) << 52)
}

#[cfg(test)]
mod tests {
    use super::super::wide::oracle::{floats, nearest};
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Default)]
    struct Sum {
        window: Window<VALUES>,
        aside: Aside<VALUES>,
    }

    impl Sum {
        fn of(values: &[f64]) -> Self {
            let mut sum = Self::default();
            for &x in values {
                sum.aside.add(&mut sum.window, 7, x);
            }
            sum
        }

        fn merge(mut self, other: &Self) -> Self {
            self.aside.merge(&mut self.window, 7, &other.aside, other.window, 7);
            self
        }

        fn value(&self) -> f64 {
            self.aside.value(self.window, 7)
        }
    }

    proptest! {
        #[test]
        fn is_the_float_nearest_to_the_true_sum(values in proptest::collection::vec(floats(), 0..60)) {
            prop_assert_eq!(Sum::of(&values).value().to_bits(), nearest(&values).to_bits(), "{:?}", values);
        }

        #[test]
        fn is_the_same_in_any_shares(values in proptest::collection::vec(floats(), 0..60), cut in 0..60_usize) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let (left, right) = (Sum::of(left), Sum::of(right));
            let all = Sum::of(&values).value().to_bits();
            prop_assert_eq!(left.clone().merge(&right).value().to_bits(), all);
            prop_assert_eq!(right.merge(&left).value().to_bits(), all);
        }

        #[test]
        fn of_a_window_is_the_sum_of_its_unit(values in proptest::collection::vec(-1.0..1.0_f64, 0..60)) {
            let mut window = Window::<LOSSES>::default();
            let mut aside = Aside::default();
            values.iter().for_each(|&x| aside.add(&mut window, 0, x));
            prop_assert_eq!(aside.value(window, 0).to_bits(), nearest(&values).to_bits());
        }
    }

    #[test]
    fn tenths_stay_in_the_window() {
        let sum = Sum::of(&[0.1; 10]);
        assert_eq!(sum.value(), 1.0);
        let mixed: Vec<f64> = (-999..=999).map(|tenths| f64::from(tenths) / 10.0).collect();
        assert_eq!(Sum::of(&mixed).value().to_bits(), 0);
        assert!(sum.aside.0.is_empty() && Sum::of(&mixed).aside.0.is_empty());
    }

    #[test]
    fn a_full_window_is_emptied() {
        let most = f64::from_bits((1023 + 52) << 52 | MANTISSA); // just below 2^53
        let sum = Sum::of(&[most; 1000]);
        assert_eq!(sum.value(), nearest(&[most; 1000]));
        assert!(!sum.aside.0.is_empty());
    }

    #[test]
    fn what_is_no_finite_number() {
        let value = |values: &[f64]| Sum::of(values).value();
        let (infinity, max) = (f64::INFINITY, f64::MAX);
        assert_eq!(value(&[1.0, infinity, -5.0]), infinity);
        assert_eq!(value(&[1.0, -infinity, max]), -infinity);
        assert!(value(&[infinity, 1.0, -infinity]).is_nan());
        assert!(value(&[f64::NAN, infinity]).is_nan());
        assert_eq!(value(&[max, max]), infinity);
        assert_eq!(value(&[max, max, -max]), max);
        assert_eq!(value(&[-0.0]).to_bits(), 0);
        assert_eq!(value(&[]).to_bits(), 0);
    }
}
