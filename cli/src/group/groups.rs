//! The groups of a part of the file, built record by record and joined part by part.

use std::borrow::Cow;

use ringmill::csv::{self, CsvError, Record};

use super::key::PackedKey;
use super::plan::{Input, Plan};
use super::tally::Tally;
use crate::csv_file::is_empty;

/// The tallies of one group, one for each input: in place where there are none or one, which is the usual case.
pub(super) trait Tallies: Send {
    type Tally: Tally;

    fn new(inputs: usize) -> Self;
    fn all(&self) -> &[Self::Tally];
    fn all_mut(&mut self) -> &mut [Self::Tally];
}

impl<T: Tally, const N: usize> Tallies for [T; N] {
    type Tally = T;

    fn new(_inputs: usize) -> Self {
        std::array::from_fn(|_| T::default())
    }

    fn all(&self) -> &[T] {
        self
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T: Tally> Tallies for Box<[T]> {
    type Tally = T;

    fn new(inputs: usize) -> Self {
        vec![T::default(); inputs].into()
    }

    fn all(&self) -> &[T] {
        self
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [T] {
        self
    }
}

/// One group.
#[derive(Debug)]
pub(super) struct Group<S> {
    pub(super) records: u64,
    pub(super) tallies: S,
}

impl<S: Tallies> Group<S> {
    #[inline]
    fn add(&mut self, record: &Record<'_>, inputs: &[Input]) -> Result<(), CsvError> {
        self.records += 1;
        for (tally, input) in self.tallies.all_mut().iter_mut().zip(inputs) {
            if !input.numeric {
                tally.count(u64::from(!is_empty(record, input.column)));
            } else if let Some(number) = record.some_f64(input.column)? {
                tally.add(number);
            }
        }
        Ok(())
    }
}

/// The groups of a part of the file.
#[derive(Debug)]
pub(super) struct Groups<'f, S> {
    groups: csv::Groups<'f, Group<S>>,
    packed: PackedKey,
}

impl<'f, S: Tallies> Groups<'f, S> {
    pub(super) fn new() -> Self {
        Self { groups: csv::Groups::new(), packed: PackedKey::default() }
    }

    /// Takes in one record. A key field that a short record lacks is empty.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'f>, plan: &Plan) -> Result<(), CsvError> {
        let new = || Group { records: 0, tallies: S::new(plan.inputs.len()) };
        let group = match *plan.keys {
            [only] if only.index() < record.len() => self.groups.of_record(record, only, new)?,
            [_] => self.groups.of_copied_key(&[], new),
            ref several => {
                self.packed.clear();
                for &column in several {
                    self.packed.push(&record.get(column).map(|field| field.bytes()).unwrap_or_default());
                }
                self.groups.of_copied_key(self.packed.bytes(), new)
            }
        };
        group.add(record, &plan.inputs)
    }

    /// Takes in the groups of the part that follows.
    pub(super) fn merge(self, later: Self) -> Self {
        let join = |left: &mut Group<S>, right: Group<S>| {
            left.records += right.records;
            for (left, right) in left.tallies.all_mut().iter_mut().zip(right.tallies.all()) {
                left.merge(right);
            }
        };
        Self { groups: self.groups.merge(later.groups, join), packed: self.packed }
    }

    /// All groups by key.
    pub(super) fn into_pairs(self) -> impl Iterator<Item = (Cow<'f, [u8]>, Group<S>)> {
        self.groups.into_entries()
    }
}
