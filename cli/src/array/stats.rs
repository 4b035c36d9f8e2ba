//! Count, extremes, mean, spread and sum of an array in one pass over its memory.

use super::number::Number;
use crate::aggregate::Moments;
use crate::output::{Facts, Value};

/// What is known of a part of an array. What is not a number is counted and otherwise left out.
#[derive(Debug)]
pub(super) struct Summary<T: Number> {
    min: T,
    max: T,
    moments: Moments,
    not_numbers: u64,
    total: T::Total,
}

/// Elements looked at twice, for the mean and for the deviations from it; as `f64` they fit in the nearest cache.
const BLOCK: usize = 1024;
const LANES: usize = 8;

impl<T: Number> Summary<T> {
    pub(super) fn of(chunk: &[T]) -> Self {
        let (min, max) = extremes(chunk);
        let mut summary =
            Self { min, max, moments: Moments::default(), not_numbers: 0, total: T::Total::default() };
        let mut numbers = Vec::with_capacity(BLOCK);
        for block in chunk.chunks(BLOCK) {
            numbers.clear();
            numbers.extend(block.iter().map(|x| x.to_f64()));
            let moments = Moments::of_block(&numbers);
            if moments.sum().is_nan() {
                summary.add_numbers_of(block);
            } else {
                summary.moments.merge(&moments);
                summary.total = T::join(std::mem::take(&mut summary.total), T::total(block));
            }
        }
        summary
    }

    /// Takes in a block that holds something that is not a number, without it.
    #[cold]
    fn add_numbers_of(&mut self, block: &[T]) {
        let kept: Vec<T> = block.iter().copied().filter(|x| !x.to_f64().is_nan()).collect();
        let numbers: Vec<f64> = kept.iter().map(|x| x.to_f64()).collect();
        self.not_numbers += (block.len() - kept.len()) as u64;
        self.moments.merge(&Moments::of_block(&numbers));
        self.total = T::join(std::mem::take(&mut self.total), T::total(&kept));
    }

    pub(super) fn join(mut self, right: Self) -> Self {
        self.min = lesser(self.min, right.min);
        self.max = greater(self.max, right.max);
        self.moments.merge(&right.moments);
        self.not_numbers += right.not_numbers;
        self.total = T::join(self.total, right.total);
        self
    }

    pub(super) fn facts(self) -> Facts {
        let some = self.moments.len() > 0;
        let bound = |x: T| if some { x.value() } else { Value::Missing };
        Facts::from([
            ("type", Value::Text(T::TYPE.name().to_owned())),
            ("count", Value::Count(self.moments.len())),
            ("nan", Value::Count(self.not_numbers)),
            ("min", bound(self.min)),
            ("max", bound(self.max)),
            ("mean", Value::rounded(self.moments.mean())),
            ("std", Value::rounded(self.moments.standard_deviation())),
            ("sum", T::total_value(self.total)),
        ])
    }
}

/// The least and the greatest element; what is not a number is neither.
fn extremes<T: Number>(chunk: &[T]) -> (T, T) {
    let mut least = [T::HIGHEST; LANES];
    let mut greatest = [T::LOWEST; LANES];
    let (groups, rest) = chunk.as_chunks::<LANES>();
    for group in groups {
        for lane in 0..LANES {
            least[lane] = lesser(least[lane], group[lane]);
            greatest[lane] = greater(greatest[lane], group[lane]);
        }
    }
    let min = least.iter().chain(rest).copied().fold(T::HIGHEST, lesser);
    let max = greatest.iter().chain(rest).copied().fold(T::LOWEST, greater);
    (min, max)
}

/// The lesser of two; the first if the second is not a number.
#[inline]
fn lesser<T: Number>(known: T, x: T) -> T {
    if x < known { x } else { known }
}

#[inline]
fn greater<T: Number>(known: T, x: T) -> T {
    if x > known { x } else { known }
}
