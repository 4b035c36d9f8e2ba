//! Mean and spread in one pass, by Welford's recurrence, joined by Chan's formula.
//!
//! The textbook's sum of squares minus square of sums cancels: for prices near a million that differ by cents
//! nothing is left. Here only deviations from the running mean are squared.

use super::Sum;

/// Count, sum, mean and squared deviations of the numbers seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    count: u64,
    sum: Sum,
    /// The running mean: good enough to measure deviations from, while `mean` divides the exact sum.
    centre: f64,
    squares: f64,
}

impl Moments {
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        self.count += 1;
        self.sum.add(x);
        let before = x - self.centre;
        self.centre += before / self.count as f64;
        self.squares += before * (x - self.centre);
    }

    #[inline]
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let apart = other.centre - self.centre;
        let share = right / (left + right);
        self.squares += other.squares + apart * apart * left * share;
        self.centre += apart * share;
        self.count += other.count;
        self.sum.merge(&other.sum);
    }

    /// Measures a block that fits in the cache by looking at it twice, which vectorises; for whole arrays.
    pub(crate) fn of_block(block: &[f64]) -> Self {
        let sum = Sum::of(block);
        let centre = if block.is_empty() { 0.0 } else { sum.value() / block.len() as f64 };
        let (groups, rest) = block.as_chunks::<LANES>();
        let mut squares = [0.0; LANES];
        for group in groups {
            for (square, &x) in squares.iter_mut().zip(group) {
                *square += (x - centre) * (x - centre);
            }
        }
        let tail: f64 = rest.iter().map(|&x| (x - centre) * (x - centre)).sum();
        let squares = squares.iter().sum::<f64>() + tail;
        Self { count: block.len() as u64, sum, centre, squares }
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum.value()
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.value() / self.count as f64)
    }

    /// The standard deviation of a sample: squared deviations divided by the count less one.
    pub(crate) fn standard_deviation(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).sqrt())
    }
}

const LANES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(numbers: &[f64]) -> Moments {
        let mut moments = Moments::default();
        numbers.iter().for_each(|&x| moments.add(x));
        moments
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-13 * right.abs(), "{left} is not {right}");
    }

    #[test]
    fn nothing_and_one() {
        let none = Moments::default();
        assert_eq!((none.mean(), none.standard_deviation()), (None, None));
        let one = moments(&[7.0]);
        assert_eq!((one.mean(), one.standard_deviation()), (Some(7.0), None));
    }

    #[test]
    fn a_far_origin_costs_no_digits() {
        let near = [4.0, 7.0, 13.0, 16.0];
        let far = near.map(|x| x + 1e9);
        assert_eq!(moments(&near).standard_deviation(), Some(30f64.sqrt()));
        assert_eq!(moments(&far).standard_deviation(), Some(30f64.sqrt()));
        assert_eq!(moments(&far).mean(), Some(1e9 + 10.0));
    }

    #[test]
    fn joined_parts_equal_the_whole() {
        let numbers: Vec<f64> = (0..5_000).map(|i| (f64::from(i) * 0.7).sin() * 1e3 + 5e5).collect();
        let whole = moments(&numbers);
        for size in [1, 3, 64, 4_999, 5_000] {
            let mut joined = Moments::default();
            numbers.chunks(size).for_each(|part| joined.merge(&moments(part)));
            joined.merge(&Moments::default());
            assert_eq!(joined.len(), whole.len());
            close(joined.mean().unwrap(), whole.mean().unwrap());
            close(joined.standard_deviation().unwrap(), whole.standard_deviation().unwrap());
        }
    }

    #[test]
    fn a_block_equals_one_at_a_time() {
        for len in [0, 1, 2, 7, 8, 9, 4_096, 5_000] {
            let numbers: Vec<f64> = (0..len).map(|i| f64::from(i) * 0.25 - 17.0).collect();
            let (block, single) = (Moments::of_block(&numbers), moments(&numbers));
            assert_eq!((block.len(), block.mean()), (single.len(), single.mean()));
            match (block.standard_deviation(), single.standard_deviation()) {
                (Some(block), Some(single)) => close(block, single),
                pair => assert_eq!(pair.0, pair.1),
            }
        }
    }
}
