//! The groups of a part of the file, built record by record and joined part by part.

use std::borrow::Cow;

use ringmill::csv::{Column, CsvError, Record};

use super::key::PackedKey;
use super::plan::{Input, Plan};
use super::tally::Tally;
use crate::csv_file::{is_empty, number};
use crate::keyed::{Hashing, Head, Keyed};

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
            } else if let Some(number) = number(record, input.column)? {
                tally.add(number);
            }
        }
        Ok(())
    }
}

/// The groups of a part of the file.
#[derive(Debug)]
pub(super) struct Groups<'f, S> {
    /// The file's bytes, in which most keys lie.
    text: &'f [u8],
    groups: Keyed<'f, Group<S>>,
    packed: PackedKey,
}

impl<'f, S: Tallies> Groups<'f, S> {
    pub(super) fn new(text: &'f [u8], hashing: &Hashing) -> Self {
        Self { text, groups: Keyed::new(hashing), packed: PackedKey::default() }
    }

    /// Takes in one record.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'f>, plan: &Plan) -> Result<(), CsvError> {
        let new = || Group { records: 0, tallies: S::new(plan.inputs.len()) };
        let update = |group: &mut Group<S>| group.add(record, &plan.inputs);
        if let [only] = *plan.keys {
            let key = field(record, only);
            self.groups.update(Head::within(self.text, &key), &key, || key.clone(), new, update)
        } else {
            self.packed.clear();
            plan.keys.iter().for_each(|&column| self.packed.push(&field(record, column)));
            let key = self.packed.bytes();
            self.groups.update(Head::of(key), key, || Cow::Owned(key.to_vec()), new, update)
        }
    }

    /// Takes in the groups of the part that follows.
    pub(super) fn merge(mut self, later: Self) -> Self {
        self.groups.merge(later.groups, |left, right| {
            left.records += right.records;
            for (left, right) in left.tallies.all_mut().iter_mut().zip(right.tallies.all()) {
                left.merge(right);
            }
        });
        self
    }

    /// All groups by key, in no particular order.
    pub(super) fn into_pairs(self) -> impl Iterator<Item = (Cow<'f, [u8]>, Group<S>)> {
        self.groups.into_pairs()
    }
}

/// A key field; one that a short record lacks is empty.
#[inline(always)]
fn field<'f>(record: &Record<'f>, column: Column) -> Cow<'f, [u8]> {
    record.get(column).map(|field| field.bytes()).unwrap_or_default()
}
