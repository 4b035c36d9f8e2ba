//! The float nearest to the true sum of floats, in whatever order they come.
//!
//! Rounding after each addition makes a sum depend on the order, and so on how a file was shared out. Here nothing is
//! rounded until the end: a float is a whole number of units 2^-1074, and whole numbers are added. Almost all that a file
//! holds lies in a small part of that range, so a sum is a *window*, 128 bits of it; what lies outside goes to a [`Wide`] sum, kept
//! aside for the few groups that need one. Floats come here by way of `limbs.rs`, where many are added fast.
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
    #[inline(always)]
    fn get(self) -> i128 {
        (u128::from(self.high) << 64 | u128::from(self.low)) as i128
    }

    #[inline(always)]
    fn set(&mut self, units: i128) {
        *self = Self { low: units as u64, high: (units as u128 >> 64) as u64 };
    }
}

/// The sums that have left their window, by group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aside<const UNIT: u64>(HashMap<u32, Box<Wide>>);

impl<const UNIT: u64> Aside<UNIT> {
    /// Adds a whole number of units to the sum of a group.
    pub(super) fn add_units(&mut self, window: &mut Window<UNIT>, group: u32, units: i128) {
        match window.get().checked_add(units) {
            Some(units) => window.set(units),
            None => self.wide(group).add_units(units, UNIT),
        }
    }

    /// Returns the wide sum of a group, of which there may be none.
    pub(super) fn get(&self, group: u32) -> Option<&Wide> {
        self.0.get(&group).map(|wide| &**wide)
    }

    /// Returns the wide sum of a group.
    #[cold]
    pub(super) fn wide(&mut self, group: u32) -> &mut Wide {
        self.0.entry(group).or_default()
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
    use super::super::limbs::Limbs;
    use super::super::wide::oracle::{floats, nearest};
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Default)]
    struct Sum<const UNIT: u64> {
        window: Window<UNIT>,
        aside: Aside<UNIT>,
    }

    impl<const UNIT: u64> Sum<UNIT> {
        fn of(values: &[f64]) -> Self {
            Self::default().with(values)
        }

        fn with(mut self, values: &[f64]) -> Self {
            let (mut limbs, mut aside) = (Limbs::<UNIT>::default(), Aside::default());
            for (at, &x) in values.iter().enumerate() {
                limbs.add_any(x, &mut aside, 3);
                if at % 5 == 0 {
                    limbs.settle(&mut aside, 3);
                }
            }
            limbs.hand_over(&aside, 3, (&mut self.window, &mut self.aside, 7));
            self
        }

        fn value(&self) -> f64 {
            self.aside.value(self.window, 7)
        }
    }

    proptest! {
        #[test]
        fn is_the_float_nearest_to_the_true_sum(values in proptest::collection::vec(floats(), 0..60)) {
            prop_assert_eq!(Sum::<VALUES>::of(&values).value().to_bits(), nearest(&values).to_bits(), "{:?}", values);
        }

        #[test]
        fn is_the_same_in_any_shares(values in proptest::collection::vec(floats(), 0..60), cut in 0..60_usize) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let all = Sum::<VALUES>::of(&values).value().to_bits();
            prop_assert_eq!(Sum::<VALUES>::of(left).with(right).value().to_bits(), all);
            prop_assert_eq!(Sum::<VALUES>::of(right).with(left).value().to_bits(), all);
        }

        #[test]
        fn of_a_window_is_the_sum_of_its_unit(values in proptest::collection::vec(-1.0..1.0_f64, 0..60)) {
            prop_assert_eq!(Sum::<LOSSES>::of(&values).value().to_bits(), nearest(&values).to_bits());
        }
    }

    #[test]
    fn tenths_stay_in_the_window() {
        let sum = Sum::<VALUES>::of(&[0.1; 10]);
        assert_eq!(sum.value(), 1.0);
        let mixed: Vec<f64> = (-999..=999).map(|tenths| f64::from(tenths) / 10.0).collect();
        assert_eq!(Sum::<VALUES>::of(&mixed).value().to_bits(), 0);
        assert!(sum.aside.0.is_empty() && Sum::<VALUES>::of(&mixed).aside.0.is_empty());
    }

    #[test]
    fn a_full_window_is_emptied() {
        let most = f64::from_bits((1023 + 53) << 52) - 1.0; // just below 2^53
        let sum = Sum::<VALUES>::of(&[most; 1000]);
        assert_eq!(sum.value(), nearest(&[most; 1000]));
        assert!(!sum.aside.0.is_empty());
    }

    #[test]
    fn what_is_no_finite_number() {
        let value = |values: &[f64]| Sum::<VALUES>::of(values).value();
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
