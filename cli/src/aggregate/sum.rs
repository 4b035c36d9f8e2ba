//! A sum that does not lose the small to the large.
//!
//! Each addition's rounding error is found exactly (Knuth's TwoSum, six operations, no branch) and kept in a
//! second word, so the result is as good as one computed in twice the precision and then rounded.

/// Sums kept side by side, so that each addition need not wait for the last one.
const LANES: usize = 8;

/// A compensated sum of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    /// Sums numbers that lie in a row, several at a time.
    pub(crate) fn of<T: Copy + Into<f64>>(numbers: &[T]) -> Self {
        let mut lanes = [Self::ZERO; LANES];
        let (groups, rest) = numbers.as_chunks::<LANES>();
        for group in groups {
            for (lane, &x) in lanes.iter_mut().zip(group) {
                lane.add(x.into());
            }
        }
        let mut sum = Self::ZERO;
        lanes.iter().for_each(|lane| sum.merge(lane));
        rest.iter().for_each(|&x| sum.add(x.into()));
        sum
    }

    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        let total = self.high + x;
        let taken = total - self.high;
        self.low += (self.high - (total - taken)) + (x - taken);
        self.high = total;
    }

    #[inline]
    pub(crate) fn merge(&mut self, other: &Self) {
        self.add(other.high);
        self.low += other.low;
    }

    pub(crate) fn value(&self) -> f64 {
        // Once the sum is infinite its error is not a number, and the infinity is the answer.
        if self.high.is_finite() { self.high + self.low } else { self.high }
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;

    fn sum(numbers: &[f64]) -> f64 {
        let mut sum = Sum::ZERO;
        numbers.iter().for_each(|&x| sum.add(x));
        sum.value()
    }

    #[test]
    fn the_small_is_not_lost_to_the_large() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
    }

    #[test]
    fn infinite_and_not_a_number() {
        assert_eq!(sum(&[1.0, f64::INFINITY, 1.0]), f64::INFINITY);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert!(sum(&[1.0, f64::NAN]).is_nan());
    }

    #[test]
    fn joined_parts_are_as_good_as_the_whole() {
        let numbers: Vec<f64> = (0..10_000).map(|i| f64::from(i) * 0.1 - 300.0).collect();
        let mut joined = Sum::ZERO;
        for part in numbers.chunks(77) {
            let mut sum = Sum::ZERO;
            part.iter().for_each(|&x| sum.add(x));
            joined.merge(&sum);
        }
        assert_eq!(joined.value(), sum(&numbers));
        assert!((joined.value() - 1_999_500.0).abs() < 1e-9);
    }
}
