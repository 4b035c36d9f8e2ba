//! What is known of one column, built field by field and joined part by part.

use ringmill::csv::Field;

use super::distinct::Distinct;
use super::spread::Spread;
use super::text_range::TextRange;
use crate::aggregate::{Extremes, Moments};
use crate::look::{Kind, Look, look};

/// What is known of one column.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) kind: Kind,
    pub(crate) filled: u64,
    pub(crate) empty: u64,
    /// Of numbers only, and abandoned once the column is known to hold something else.
    pub(crate) moments: Moments,
    pub(crate) extremes: Extremes,
    pub(crate) integers: Option<(i64, i64)>,
    pub(crate) text: TextRange,
    pub(crate) distinct: Distinct,
    /// Of numbers, if it is to be drawn and cannot be read again.
    pub(crate) spread: Option<Spread>,
}

impl Summary {
    pub(crate) fn new(spreads: bool) -> Self {
        Self {
            kind: Kind::Empty,
            filled: 0,
            empty: 0,
            moments: Moments::default(),
            extremes: Extremes::default(),
            integers: None,
            text: TextRange::default(),
            distinct: Distinct::default(),
            spread: spreads.then(Spread::new),
        }
    }

    /// Takes in the field that a record has in the column; what a short record lacks is empty.
    #[inline]
    pub(crate) fn add(&mut self, field: Option<Field<'_>>) {
        let field = field.map(|field| field.bytes()).unwrap_or_default();
        if field.is_empty() {
            self.empty += 1;
            return;
        }
        self.filled += 1;
        if self.kind != Kind::Text {
            self.add_look(look(&field));
        }
        self.text.add(&field);
        self.distinct.add(&field);
    }

    #[inline]
    fn add_look(&mut self, look: Look) {
        match look {
            Look::Integer(x) => {
                self.kind = self.kind.join(Kind::Integer);
                let (min, max) = self.integers.unwrap_or((x, x));
                self.integers = Some((min.min(x), max.max(x)));
                self.add_number(x as f64);
            }
            Look::Float(x) => {
                self.kind = self.kind.join(Kind::Float);
                self.add_number(x);
            }
            Look::Boolean => self.kind = self.kind.join(Kind::Boolean),
            Look::Text => self.kind = Kind::Text,
        }
    }

    #[inline]
    fn add_number(&mut self, x: f64) {
        self.moments.add(x);
        self.extremes.add(x);
        if let Some(spread) = &mut self.spread {
            spread.add(x);
        }
    }

    /// Counts a column's fields that records before its first lack.
    pub(crate) fn lacked(records: u64, spreads: bool) -> Self {
        Self { empty: records, ..Self::new(spreads) }
    }

    /// Takes in what was found in a later part of the column.
    pub(crate) fn merge(&mut self, later: Self) {
        self.kind = self.kind.join(later.kind);
        self.filled += later.filled;
        self.empty += later.empty;
        self.moments.merge(&later.moments);
        self.extremes.merge(&later.extremes);
        self.integers = match (self.integers, later.integers) {
            (Some(left), Some(right)) => Some((left.0.min(right.0), left.1.max(right.1))),
            (left, right) => left.or(right),
        };
        self.text.merge(later.text);
        self.distinct.merge(later.distinct);
        if let (Some(spread), Some(later)) = (&mut self.spread, later.spread) {
            spread.merge(later);
        }
    }
}
