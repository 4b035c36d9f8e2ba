//! A plan: which columns make the key, what is measured of the others, and where each answer is.

use super::aggregate::Aggregate;
use super::measure::{self, Measure};
use crate::csv::column::Column;
use crate::csv::columns::Columns;

/// Where an aggregate's value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    /// In a measure of the plan.
    Measure { measure: usize, aggregate: Aggregate },
    /// In the number of pairs of a key and a value of one of the plan's distinct columns.
    Distinct { column: usize },
}

/// A group-by that can be run: see [`Pool::group`](crate::pool::Pool::group).
///
/// # Examples
///
/// See [`CsvFile::group_by`](crate::csv::CsvFile::group_by).
#[derive(Debug)]
pub struct GroupPlan<'f> {
    /// Columns that are read as numbers, of which records.
    pub(super) columns: Columns<'f>,
    pub(super) keys: Vec<Column>,
    pub(super) key_names: Vec<String>,
    pub(super) names: Vec<String>,
    /// What is measured, empty.
    pub(super) measures: Vec<Box<dyn Measure>>,
    /// Columns of which different values are counted.
    pub(super) distinct: Vec<Column>,
    pub(super) outputs: Vec<Output>,
    pub(super) memory_limit: u64,
}

impl<'f> GroupPlan<'f> {
    /// Returns the columns that are read as numbers, in the order in which they were first asked for: those that
    /// [`Grouped::report`](super::Grouped::report) speaks of.
    ///
    /// # Examples
    ///
    /// See [`Grouped::report`](super::Grouped::report).
    pub fn columns(&self) -> &Columns<'f> {
        &self.columns
    }

    /// Chooses the measures: one for all that is asked of a column's numbers but quantiles, for which there is another.
    pub(super) fn measure(&mut self, asked: &[(Aggregate, Column)], numbers: &mut Vec<Column>) {
        // By kind and column, where the measure is that answers.
        let mut known: Vec<((u8, Column), usize)> = Vec::new();
        for &(aggregate, column) in asked {
            let kind = match aggregate {
                Aggregate::Count => 0,
                Aggregate::Quantile(_) => 1,
                Aggregate::First => 2,
                Aggregate::Last => 3,
                Aggregate::AboutDistinct => 4,
                Aggregate::Distinct => {
                    let at = place_of(&mut self.distinct, column);
                    self.outputs.push(Output::Distinct { column: at });
                    continue;
                }
                Aggregate::CountOf => 5,
                _ => 6,
            };
            let found = known.iter().find(|(known, _)| *known == (kind, column)).map(|&(_, measure)| measure);
            let measure = found.unwrap_or_else(|| {
                let measure = match kind {
                    0 => measure::records(),
                    1 => measure::quantiles(place_of(numbers, column)),
                    2..=4 => measure::fields(column, aggregate),
                    5 => measure::filled(column),
                    _ => {
                        let all: Vec<Aggregate> = asked
                            .iter()
                            .filter(|(_, other)| *other == column)
                            .map(|&(asked, _)| asked)
                            .collect();
                        measure::numbers(place_of(numbers, column), &all)
                    }
                };
                self.measures.push(measure);
                known.push(((kind, column), self.measures.len() - 1));
                self.measures.len() - 1
            });
            self.outputs.push(Output::Measure { measure, aggregate });
        }
    }
}

/// Returns where a column is among others, to which it is added if it is not.
fn place_of(columns: &mut Vec<Column>, column: Column) -> usize {
    columns.iter().position(|&known| known == column).unwrap_or_else(|| {
        columns.push(column);
        columns.len() - 1
    })
}
