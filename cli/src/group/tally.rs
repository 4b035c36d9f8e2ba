//! What is kept of one column in one group: no more than the measures that were asked for need.

use crate::aggregate::{Extremes, Moments, Sum};
use crate::args::Measure;
use crate::output::Value;

/// Numbers of a column in a group, taken in one at a time.
pub(super) trait Tally: Clone + Default + Send {
    /// Takes in one number.
    fn add(&mut self, x: f64);

    /// Counts so many fields that need not be numbers.
    fn count(&mut self, fields: u64);

    /// Takes in what was found in a later part of the file.
    fn merge(&mut self, later: &Self);

    fn measure(&self, measure: Measure) -> Value;
}

/// Enough for everything but the standard deviation; no division per number.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    count: u64,
    sum: Sum,
    extremes: Extremes,
}

impl Tally for Totals {
    #[inline]
    fn add(&mut self, x: f64) {
        self.count += 1;
        self.sum.add(x);
        self.extremes.add(x);
    }

    #[inline]
    fn count(&mut self, fields: u64) {
        self.count += fields;
    }

    fn merge(&mut self, later: &Self) {
        self.count += later.count;
        self.sum.merge(&later.sum);
        self.extremes.merge(&later.extremes);
    }

    fn measure(&self, measure: Measure) -> Value {
        match measure {
            Measure::Count => Value::Count(self.count),
            Measure::Sum => Value::sum(self.sum.value()),
            Measure::Mean => Value::rounded((self.count > 0).then(|| self.sum.value() / self.count as f64)),
            Measure::Min => Value::exact(self.extremes.min()),
            Measure::Max => Value::exact(self.extremes.max()),
            Measure::Std => Value::Missing,
        }
    }
}

/// Enough for everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    moments: Moments,
    extremes: Extremes,
}

impl Tally for Spread {
    #[inline]
    fn add(&mut self, x: f64) {
        self.moments.add(x);
        self.extremes.add(x);
    }

    #[inline]
    fn count(&mut self, fields: u64) {
        self.moments.count(fields);
    }

    fn merge(&mut self, later: &Self) {
        self.moments.merge(&later.moments);
        self.extremes.merge(&later.extremes);
    }

    fn measure(&self, measure: Measure) -> Value {
        match measure {
            Measure::Count => Value::Count(self.moments.len()),
            Measure::Sum => Value::sum(self.moments.sum()),
            Measure::Mean => Value::rounded(self.moments.mean()),
            Measure::Min => Value::exact(self.extremes.min()),
            Measure::Max => Value::exact(self.extremes.max()),
            Measure::Std => Value::rounded(self.moments.standard_deviation()),
        }
    }
}
