//! Exact sums of floats without a branch or a shift: each float is cut into three whole numbers, and those are added.
//!
//! To add 1.5 * 2^(52 + k) to a float rounds it to a multiple of 2^k, and leaves in the low bits of the sum how many of them
//! there are. So three such additions, each to what the one before has left, cut a float into three *limbs*, and whoever
//! adds up the bits of those sums as whole numbers adds up the limbs, and as often the bits of the constant, which are taken
//! off in the end. What is left behind the last limb tells whether the float was cut without a rest; if not, or if it is too
//! large, it is added by other means.
//!
//! ```text
//! bits of a float   2^(128 - UNIT) [ limb 2 ] 2^(86 - UNIT) [ limb 1 ] 2^(43 - UNIT) [ limb 0 ] 2^-UNIT
//! ```
//! - L1: a limb is at most 2^42 above or below zero, so 2^20 of them and what is left after [`settle`](Limbs::settle) stay in
//!   63 bits.
//! - L2: a word is, but for multiples of 2^64, the sum of its limbs and `count` times its constant's bits.

use super::exact_sum::{Aside, Packed, WideSums};
use super::wide::Wide;

/// Floats that may be added before the limbs are settled (L1).
pub(super) const MOST_ADDED: usize = 1 << 20;
const LIMBS: usize = 3;
const LIMB_BITS: u64 = 43;
/// The greatest third limb that is kept when limbs are settled.
const MOST_SETTLED: i64 = 1 << 40;

/// The words of three limbs, and 1 for the count; all are 0 for nothing to add.
pub(super) type Cut = [u64; LIMBS + 1];

/// Part of an exact sum, and how many floats it is of.
#[derive(Clone, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Limbs<const UNIT: u64> {
    words: Cut,
}

impl<const UNIT: u64> Limbs<UNIT> {
    /// What is added to round a float to a multiple of the unit of each limb.
    const ROUND: [f64; LIMBS] = {
        let mut round = [0.0; LIMBS];
        let mut limb = 0;
        while limb < LIMBS {
            let exponent = 1023 + 52 + LIMB_BITS * limb as u64 - UNIT;
            round[limb] = f64::from_bits(exponent << 52 | 1 << 51);
            limb += 1;
        }
        round
    };
    /// Floats up to this one have no more than three limbs.
    const MOST: f64 = f64::from_bits((1023 + 128 - UNIT) << 52);

    /// Cuts a float; false if it cannot be cut.
    #[inline(always)]
    pub(super) fn cut(x: f64) -> (Cut, bool) {
        let [round0, round1, round2] = Self::ROUND;
        let sum2 = x + round2;
        let left = x - (sum2 - round2);
        let sum1 = left + round1;
        let left = left - (sum1 - round1);
        let sum0 = left + round0;
        let good = (sum0 - round0 == left) & (x.abs() <= Self::MOST);
        ([sum0.to_bits(), sum1.to_bits(), sum2.to_bits(), 1], good)
    }

    #[inline(always)]
    pub(super) fn add(&mut self, cut: &Cut) {
        for (word, limb) in self.words.iter_mut().zip(cut) {
            *word = word.wrapping_add(*limb);
        }
    }

    /// Adds a float, to a wide sum if it cannot be cut.
    pub(super) fn add_any(&mut self, x: f64, aside: &mut WideSums, group: u32) {
        match Self::cut(x) {
            (cut, true) => self.add(&cut),
            _ => {
                aside.of(group).add(x);
                // Counted here.
                self.add(&Self::cut(0.0).0);
            }
        }
    }

    /// Returns how many floats were added, those to the wide sum too.
    pub(super) fn count(&self) -> u64 {
        self.words[LIMBS]
    }

    fn limbs(&self) -> [i64; LIMBS] {
        let [word0, word1, word2, count] = self.words;
        let [round0, round1, round2] = Self::ROUND.map(|round| count.wrapping_mul(round.to_bits()));
        // L2.
        [word0.wrapping_sub(round0), word1.wrapping_sub(round1), word2.wrapping_sub(round2)]
            .map(u64::cast_signed)
    }

    /// Carries what is too much for a limb to the next one, so that as many floats may be added again (L1).
    pub(super) fn settle(&mut self, aside: &mut WideSums, group: u32) {
        let [limb0, limb1, limb2] = self.limbs();
        let limb1 = limb1 + (limb0 >> LIMB_BITS);
        let mut limb2 = limb2 + (limb1 >> LIMB_BITS);
        if limb2.abs() > MOST_SETTLED {
            Self::add_third(aside.of(group), limb2);
            limb2 = 0;
        }
        let low = (1 << LIMB_BITS) - 1;
        let count = self.count();
        for ((word, limb), round) in
            self.words.iter_mut().zip([limb0 & low, limb1 & low, limb2]).zip(Self::ROUND)
        {
            *word = limb.cast_unsigned().wrapping_add(count.wrapping_mul(round.to_bits()));
        }
    }

    /// Adds the sum of a group, and what is aside of it, to another sum.
    pub(super) fn hand_over(
        &self,
        aside: &WideSums,
        group: u32,
        to: (&mut Packed<UNIT>, &mut Aside<UNIT>, u32),
    ) {
        let (sum, others, their) = to;
        let [limb0, limb1, limb2] = self.limbs().map(i128::from);
        others.add_units(sum, their, limb0 + (limb1 << LIMB_BITS));
        if limb2.unsigned_abs() >> 40 == 0 {
            others.add_units(sum, their, limb2 << (2 * LIMB_BITS));
        } else {
            Self::add_third(others.wide.of(their), limb2 as i64);
        }
        if let Some(wide) = aside.get(group) {
            others.wide.of(their).merge(wide);
        }
    }

    fn add_third(wide: &mut Wide, limb: i64) {
        let (limb, exponent) = (i128::from(limb), 2 * LIMB_BITS);
        if UNIT >= exponent {
            wide.add_units(limb, UNIT - exponent);
        } else {
            wide.add_units(limb << (exponent - UNIT), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exact_sum::VALUES;
    use super::super::wide::oracle::{floats, nearest};
    use super::*;
    use proptest::prelude::*;

    fn value(limbs: &Limbs<VALUES>) -> f64 {
        let (mut window, mut aside) = Default::default();
        limbs.hand_over(&WideSums::default(), 0, (&mut window, &mut aside, 0));
        aside.value(window, 0)
    }

    proptest! {
        #[test]
        fn a_float_that_is_cut_is_whole(x in prop_oneof![floats(), (-9_999_999..9_999_999_i32).prop_map(|x| f64::from(x) / 1000.0)]) {
            let (cut, good) = Limbs::<VALUES>::cut(x);
            let mut limbs = Limbs::<VALUES>::default();
            limbs.add(&cut);
            if good {
                prop_assert_eq!(value(&limbs).to_bits(), nearest(&[x]).to_bits());
            }
            let units = x * 2.0_f64.powi(VALUES as i32);
            prop_assert_eq!(good, units == units.trunc() && x.abs() <= 2.0_f64.powi(54));
        }
    }

    /// The most that may be added, each as far from zero as limbs go, and again after settling.
    #[test]
    fn limbs_take_as_many_as_they_say() {
        let most = if cfg!(miri) { 1 << 10 } else { MOST_ADDED };
        // Limbs of 2^42, and of just below half a unit of the next.
        let greatest = 2.0_f64.powi(54);
        let odd = 2.0_f64.powi(11) - 2.0_f64.powi(-31);
        for x in [greatest, -greatest, odd, -odd] {
            let (mut limbs, mut aside) = (Limbs::<VALUES>::default(), WideSums::default());
            for _ in 0..3 {
                let (cut, good) = Limbs::<VALUES>::cut(x);
                assert!(good);
                (0..most).for_each(|_| limbs.add(&cut));
                limbs.settle(&mut aside, 0);
            }
            let (mut window, mut others) = Default::default();
            limbs.hand_over(&aside, 0, (&mut window, &mut others, 0));
            assert_eq!((others.value(window, 0), limbs.count()), (x * (3 * most) as f64, 3 * most as u64));
        }
    }
}
