//! A whole number wide enough for the sum of any floats: the part of an exact sum that its window cannot hold.
//!
//! Bit 0 is worth 2^-1074, the least float above zero, and the number is a two's complement. The greatest float ends at
//! bit 2097; the 77 bits above it take more additions than there is time for.

const WORDS: usize = 34;
const WORD_BITS: usize = 64;
/// The exponent, without its sign, of bit 0.
const LEAST: u64 = 1074;
const MANTISSA_BITS: usize = 53;

/// A sum of floats, of all sizes, exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wide {
    words: [u64; WORDS],
    /// Whether there was an infinity of each sign, or what is no number.
    plus: bool,
    minus: bool,
    neither: bool,
}

impl Default for Wide {
    fn default() -> Self {
        Self { words: [0; WORDS], plus: false, minus: false, neither: false }
    }
}

impl Wide {
    /// Adds a float.
    pub(crate) fn add(&mut self, x: f64) {
        if !x.is_finite() {
            self.plus |= x == f64::INFINITY;
            self.minus |= x == f64::NEG_INFINITY;
            self.neither |= x.is_nan();
            return;
        }
        let bits = x.abs().to_bits();
        let (exponent, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
        // Floats without an exponent have the scale of those with the first, and no leading one.
        let mantissa = fraction | u64::from(exponent > 0) << 52;
        let mantissa = i128::from(mantissa);
        self.add_at(if x < 0.0 { -mantissa } else { mantissa }, exponent.max(1) as usize - 1);
    }

    /// Adds the product of two floats, exactly unless it is below 10^-290.
    pub(crate) fn add_product(&mut self, left: f64, right: f64) {
        let product = left * right;
        self.add(product);
        if product.is_finite() {
            self.add(left.mul_add(right, -product));
        }
    }

    /// Adds a whole number of units 2^-unit.
    pub(crate) fn add_units(&mut self, units: i128, unit: u64) {
        self.add_at(units, (LEAST - unit) as usize);
    }

    /// Adds a whole number of which bit 0 stands at bit `at` of ours.
    fn add_at(&mut self, number: i128, at: usize) {
        let (first, shift) = (at / WORD_BITS, at % WORD_BITS);
        let sign = (number >> 127) as u64;
        // The number over three words: its upper bits reach the third by the shift, or else repeat the sign.
        let [low, high] = [number as u64, (number >> 64) as u64];
        let upper =
            |lower: u64, upper: u64| ((u128::from(upper) << 64 | u128::from(lower)) << shift >> 64) as u64;
        let parts = [low << shift, upper(low, high), upper(high, sign)];
        let mut carry = false;
        for (index, word) in self.words[first..].iter_mut().enumerate() {
            let part = parts.get(index).copied().unwrap_or(sign);
            (*word, carry) = word.carrying_add(part, carry);
            if index >= 2 && u64::from(carry) == sign & 1 {
                // From here on nothing is added, or -1 and 1.
                return;
            }
        }
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut carry = false;
        for (word, &part) in self.words.iter_mut().zip(&other.words) {
            (*word, carry) = word.carrying_add(part, carry);
        }
        self.plus |= other.plus;
        self.minus |= other.minus;
        self.neither |= other.neither;
    }

    /// Returns the nearest float, ties to even.
    pub(crate) fn value(&self) -> f64 {
        match (self.plus, self.minus) {
            _ if self.neither => return f64::NAN,
            (true, true) => return f64::NAN,
            (true, false) => return f64::INFINITY,
            (false, true) => return f64::NEG_INFINITY,
            (false, false) => {}
        }
        let negative = self.words[WORDS - 1] >> 63 == 1;
        let mut size = self.words;
        if negative {
            let mut carry = true;
            for word in &mut size {
                (*word, carry) = (!*word).carrying_add(0, carry);
            }
        }
        let size = f64::from_bits(nearest_bits(&size));
        if negative { -size } else { size }
    }

    /// Returns the nearest float and the float nearest to what is then missing.
    pub(crate) fn value_and_rest(mut self) -> (f64, f64) {
        let value = self.value();
        if !value.is_finite() {
            return (value, 0.0);
        }
        self.add(-value);
        (value, self.value())
    }
}

/// The bits of the float that is nearest to a whole number of units 2^-1074.
fn nearest_bits(words: &[u64; WORDS]) -> u64 {
    let Some(top_word) = words.iter().rposition(|&word| word != 0) else { return 0 };
    let bits = top_word * WORD_BITS + (WORD_BITS - words[top_word].leading_zeros() as usize);
    if bits <= MANTISSA_BITS {
        // Small floats are their own bits.
        return words[0];
    }
    let cut = bits - MANTISSA_BITS;
    let bit = |at: usize| words[at / WORD_BITS] >> (at % WORD_BITS) & 1;
    let (word, shift) = (cut / WORD_BITS, cut % WORD_BITS);
    let upper = words.get(word + 1).copied().unwrap_or(0);
    let mantissa = ((u128::from(upper) << 64 | u128::from(words[word])) >> shift) as u64;
    let mantissa = mantissa & ((1 << MANTISSA_BITS) - 1);
    let half = bit(cut - 1) == 1;
    let more = || {
        let below = cut - 1;
        words[..below / WORD_BITS].iter().any(|&word| word != 0)
            || words[below / WORD_BITS] & ((1 << (below % WORD_BITS)) - 1) != 0
    };
    let up = half && (mantissa & 1 == 1 || more());
    // The leading one adds one to the exponent, and so does a mantissa that is rounded up to the next power.
    let rounded = ((cut as u64) << 52) + mantissa + u64::from(up);
    rounded.min(f64::INFINITY.to_bits())
}

#[cfg(test)]
pub(crate) mod oracle {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    /// Floats of all kinds: plain ones, and those at the edges of the range and of the window.
    pub(crate) fn floats() -> impl Strategy<Value = f64> {
        let finite = |bits: u64| Some(f64::from_bits(bits)).filter(|x| x.is_finite());
        prop_oneof![
            4 => (-9999..9999_i32).prop_map(|tenths| f64::from(tenths) / 10.0),
            2 => -1e9..1e9_f64,
            2 => any::<u64>().prop_filter_map("finite", finite),
            1 => any::<u64>().prop_filter_map("finite", move |bits| finite(bits & 0x800f_ffff_ffff_ffff)),
            2 => (any::<u64>(), 995..1080_u64).prop_map(|(bits, exponent)| {
                f64::from_bits(bits & 0x800f_ffff_ffff_ffff | exponent << 52)
            }),
            1 => proptest::sample::select(&[0.0, -0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324][..]),
            1 => (0..2098_i32).prop_map(|power| 2.0_f64.powi(power - 1074)),
        ]
    }

    /// The float nearest to the true sum: added as whole numbers, written as a decimal, and read by the standard library.
    pub(crate) fn nearest(values: &[f64]) -> f64 {
        let exact = |x: f64| -> BigInt {
            let bits = x.to_bits();
            let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
            let mantissa = BigInt::from(fraction + (u64::from(exponent > 0) << 52)) << (exponent.max(1) - 1);
            if bits >> 63 == 1 { -mantissa } else { mantissa }
        };
        let sum: BigInt = values.iter().map(|&x| exact(x)).sum();
        if sum == BigInt::ZERO {
            return 0.0;
        }
        format!("{}e-1074", sum * BigInt::from(5).pow(1074)).parse().expect("a decimal number")
    }
}

#[cfg(test)]
mod tests {
    use super::oracle::{floats, nearest};
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f64]) -> Wide {
        let mut sum = Wide::default();
        values.iter().for_each(|&x| sum.add(x));
        sum
    }

    proptest! {
        #[test]
        fn is_the_float_nearest_to_the_true_sum(values in proptest::collection::vec(floats(), 0..40)) {
            prop_assert_eq!(sum(&values).value().to_bits(), nearest(&values).to_bits(), "{:?}", values);
        }

        #[test]
        fn half_way_goes_to_even(x in floats(), y in floats(), units in -3..=3_i8) {
            // Two floats and a little: where they are far apart, the smaller one decides a tie.
            let values = [x, y, f64::from(units) * 5e-324];
            prop_assert_eq!(sum(&values).value().to_bits(), nearest(&values).to_bits());
        }

        #[test]
        fn whole_numbers_are_added_where_they_belong(units: i128, unit in 0..=LEAST) {
            let mut wide = sum(&[]);
            wide.add_units(units, unit);
            // In halves, which floats can hold.
            let scale = |part: i128, power: i32| (part as f64) * 2.0_f64.powi(power / 2) * 2.0_f64.powi(power - power / 2);
            let power = -(unit as i32);
            let parts: Vec<f64> = (0..4).map(|quarter| {
                let part = (units as u128 >> (32 * quarter)) as u32;
                scale(i128::from(part), power + 32 * quarter)
            }).chain((units < 0).then(|| -scale(1, 127 + power + 1))).collect();
            prop_assume!(parts.iter().all(|part| part.is_finite()));
            prop_assert_eq!(wide.value().to_bits(), nearest(&parts).to_bits());
        }

        #[test]
        fn the_rest_is_what_rounding_took(values in proptest::collection::vec(floats(), 0..10)) {
            let (value, rest) = sum(&values).value_and_rest();
            prop_assume!(value.is_finite());
            let mut with_negative = values.clone();
            with_negative.push(-value);
            prop_assert_eq!(rest.to_bits(), nearest(&with_negative).to_bits());
        }
    }
}
