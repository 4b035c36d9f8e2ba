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
//! A window that is a float, as that of one record is and of many with whole numbers, is kept as that float.
//!
//! - E1: true sum = window * 2^-UNIT + wide. Every step keeps it, so neither order nor shares tell.
//!
//! The value is that of Python's `math.fsum`. Infinities and what is no number add up as IEEE 754 has it: an infinity
//! stays, two opposite ones are not a number. A sum too large for a float is an infinity, though what leads there may come
//! and go without harm. A sum of zero is +0.0, of negative zeros too.

use super::store::grow;
use super::wide::Wide;
use std::collections::HashMap;

/// The unit of windows for values: 2^-74, which holds floats from 2^-22 to 2^53 and zero.
pub(crate) const VALUES: u64 = 74;
/// The unit of windows for what is lost when a value is squared: 2^-127, for what is below 1.
pub(crate) const LOSSES: u64 = 127;

/// An exact sum in few bytes: the float that it is, or else the place of a window aside. Two words, so that what it lies in
/// has no gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed<const UNIT: u64>([u32; 2]);

/// The upper word of a place: as a float it is no number, which no sum in a window is.
const PLACE: u32 = 0x7ff8_0000;

impl<const UNIT: u64> Packed<UNIT> {
    /// Packs a window if it is a float.
    fn of(units: i128) -> Option<Self> {
        let float = units as f64;
        // A float of 2^127 is none of these; `as` would make the greatest number of it.
        let exact = float.abs() < -(i128::MIN as f64) && float as i128 == units;
        exact.then(|| {
            let bits = (float * unit(UNIT)).to_bits();
            Self([bits as u32, (bits >> 32) as u32])
        })
    }

    fn at(place: u32) -> Self {
        Self([place, PLACE])
    }

    /// Returns the place of the window, or the window itself.
    fn place_or_units(self) -> Result<usize, i128> {
        let [low, high] = self.0;
        if high == PLACE {
            return Ok(low as usize);
        }
        // Exact: a power of two times a float that is a whole number of units.
        Err((f64::from_bits(u64::from(high) << 32 | u64::from(low)) / unit(UNIT)) as i128)
    }
}

/// The sums that have left their window, by group.
#[derive(Clone, Debug, Default)]
pub(crate) struct WideSums(HashMap<u32, Box<Wide>>);

impl WideSums {
    /// Returns the wide sum of a group, of which there may be none.
    pub(super) fn get(&self, group: u32) -> Option<&Wide> {
        self.0.get(&group).map(|wide| &**wide)
    }

    /// Returns the wide sum of a group.
    #[cold]
    pub(super) fn of(&mut self, group: u32) -> &mut Wide {
        self.0.entry(group).or_default()
    }

    /// Returns how many bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() * (size_of::<Wide>() + 2 * size_of::<(u32, Box<Wide>)>())
    }
}

/// What packed sums need beside themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aside<const UNIT: u64> {
    /// Windows that are no floats.
    windows: Vec<[u64; 2]>,
    pub(super) wide: WideSums,
}

impl<const UNIT: u64> Aside<UNIT> {
    fn units(&self, sum: Packed<UNIT>) -> i128 {
        let at = |place: usize| {
            let [low, high] = self.windows[place];
            (u128::from(high) << 64 | u128::from(low)) as i128
        };
        sum.place_or_units().map_or_else(|units| units, at)
    }

    /// Adds a whole number of units to the sum of a group.
    pub(super) fn add_units(&mut self, sum: &mut Packed<UNIT>, group: u32, units: i128) {
        let Some(units) = self.units(*sum).checked_add(units) else {
            return self.wide.of(group).add_units(units, UNIT);
        };
        let window = [units as u64, (units as u128 >> 64) as u64];
        match sum.place_or_units() {
            Ok(place) => self.windows[place] = window,
            Err(_) => match Packed::of(units) {
                Some(packed) => *sum = packed,
                None => {
                    *sum = Packed::at(self.windows.len() as u32);
                    grow(&mut self.windows, 1);
                    self.windows.push(window);
                }
            },
        }
    }

    /// Adds the sum of a group to a wide sum.
    pub(crate) fn add_to(&self, all: &mut Wide, sum: Packed<UNIT>, group: u32) {
        all.add_units(self.units(sum), UNIT);
        if let Some(wide) = self.wide.get(group) {
            all.merge(wide);
        }
    }

    /// Returns the float nearest to the sum of a group; ties to even.
    pub(crate) fn value(&self, sum: Packed<UNIT>, group: u32) -> f64 {
        if self.wide.get(group).is_none() {
            // Rounded once: by the conversion to the nearest, ties to even. The product with a power of two is exact,
            // because the sum is 0 or at least one unit.
            return self.units(sum) as f64 * unit(UNIT);
        }
        let mut all = Wide::default();
        self.add_to(&mut all, sum, group);
        all.value()
    }

    /// Returns how many bytes are kept aside.
    pub(crate) fn bytes(&self) -> usize {
        self.wide.bytes() + self.windows.capacity() * size_of::<[u64; 2]>()
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
        sum: Packed<UNIT>,
        aside: Aside<UNIT>,
    }

    impl<const UNIT: u64> Sum<UNIT> {
        fn of(values: &[f64]) -> Self {
            Self::default().with(values)
        }

        fn with(mut self, values: &[f64]) -> Self {
            let (mut limbs, mut aside) = (Limbs::<UNIT>::default(), WideSums::default());
            for (at, &x) in values.iter().enumerate() {
                limbs.add_any(x, &mut aside, 3);
                if at % 5 == 0 {
                    limbs.settle(&mut aside, 3);
                }
            }
            limbs.hand_over(&aside, 3, (&mut self.sum, &mut self.aside, 7));
            self
        }

        fn value(&self) -> f64 {
            self.aside.value(self.sum, 7)
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
        assert!(sum.aside.wide.0.is_empty() && Sum::<VALUES>::of(&mixed).aside.wide.0.is_empty());
    }

    #[test]
    fn a_float_needs_no_window() {
        for values in [&[0.1][..], &[-7.25, 1e9], &[0.5; 1000], &[0.1, -0.1], &[2.0_f64.powi(53), -1.0]] {
            let sum = Sum::<VALUES>::of(values);
            assert!(sum.aside.windows.is_empty() && sum.value() == nearest(values), "{values:?}");
        }
        let sum = Sum::<VALUES>::of(&[0.1]).with(&[0.2]).with(&[-0.1]).with(&[0.3]);
        assert_eq!((sum.aside.windows.len(), sum.value()), (1, nearest(&[0.1, 0.2, -0.1, 0.3])));
    }

    #[test]
    fn a_full_window_is_emptied() {
        let most = f64::from_bits((1023 + 53) << 52) - 1.0; // just below 2^53
        let sum = Sum::<VALUES>::of(&[most; 1000]);
        assert_eq!(sum.value(), nearest(&[most; 1000]));
        assert!(!sum.aside.wide.0.is_empty());
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
