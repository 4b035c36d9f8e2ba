//! Conditions as records are held against them.

use std::cmp::Ordering;

use memchr::memmem;
use ringmill::csv::{Column, Record};

use crate::args::{Condition, Operator, Where};
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::look::{Look, look};

/// Conditions that a record has to pass, their columns found.
#[derive(Clone, Debug)]
pub(crate) struct Filter(Vec<(Column, Test)>);

impl Filter {
    pub(crate) fn new(input: &Input, taken: &Where) -> Result<Self, Failure> {
        let found = |condition: &Condition| Ok((input.column(&condition.column)?, Test::new(condition)));
        taken.conditions().map(found).collect::<Result<_, _>>().map(Self)
    }

    /// Whether all records pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The conditions one by one, for what takes them apart.
    pub(crate) fn into_tests(self) -> impl Iterator<Item = (Column, Test)> {
        self.0.into_iter()
    }

    /// Whether a record passes. What a short one lacks is empty.
    #[inline]
    pub(crate) fn passes(&self, record: &Record<'_>) -> bool {
        self.0.iter().all(|(column, test)| match record.get(*column) {
            Some(field) => test.passes(&field.bytes()),
            None => test.passes(b""),
        })
    }
}

/// What a field has to be.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    operator: Operator,
    value: Vec<u8>,
    /// The value, if it is a number and not in quotes.
    number: Option<Look>,
}

impl Test {
    fn new(condition: &Condition) -> Self {
        let value = condition.value.as_bytes();
        // Words that stand for infinity and not-a-number are words here.
        let is_number =
            |first: &u8| !condition.is_quoted && (first.is_ascii_digit() || b"+-.".contains(first));
        let number = value.first().filter(|first| is_number(first)).map(|_| look(value));
        let number = number.filter(|number| matches!(number, Look::Integer(_) | Look::Float(_)));
        Self { operator: condition.operator, value: value.to_vec(), number }
    }

    /// Whether a field, its quotes taken off, is what it has to be.
    #[inline]
    pub(crate) fn passes(&self, field: &[u8]) -> bool {
        if self.operator == Operator::Contains {
            return memmem::find(field, &self.value).is_some();
        }
        let order = match self.number {
            Some(number) => against(field, number),
            None => Some(field.cmp(&self.value)),
        };
        match self.operator {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::Different => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operator::More => order == Some(Ordering::Greater),
            Operator::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Operator::Contains => false,
        }
    }
}

/// How a field compares with a number; not at all, if it is none. Whole numbers are compared in full.
#[inline]
fn against(field: &[u8], number: Look) -> Option<Ordering> {
    if field.is_empty() {
        return None;
    }
    match (look(field), number) {
        (Look::Integer(field), Look::Integer(number)) => Some(field.cmp(&number)),
        (field, number) => field.number()?.partial_cmp(&number.number()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Conditions;

    #[track_caller]
    fn check(condition: &str, passes: &[&str], fails: &[&str]) {
        let Conditions(conditions) = condition.parse().unwrap();
        let test = Test::new(&conditions[0]);
        for field in passes {
            assert!(test.passes(field.as_bytes()), "{field} should pass {condition}");
        }
        for field in fails {
            assert!(!test.passes(field.as_bytes()), "{field} should not pass {condition}");
        }
    }

    #[test]
    fn numbers_compare_as_numbers() {
        check("x > 10", &["10.5", "11", "1e2", "inf"], &["10", "9", "-11", "", "eleven", "nan"]);
        check("x = 1", &["1", "1.0", "01", "1e0"], &["", "2", "one"]);
        check("x != 1", &["", "2", "one"], &["1", "1.0"]);
        check("x <= -1.5", &["-1.5", "-2"], &["-1", ""]);
        check("x < 9007199254740993", &["9007199254740992"], &["9007199254740993", "9007199254740994"]);
        check("x = 9007199254740993", &["9007199254740993"], &["9007199254740992"]);
    }

    #[test]
    fn all_else_compares_as_bytes() {
        check("x = Lima", &["Lima"], &["lima", "Lima ", ""]);
        check("x >= b", &["b", "ba", "c"], &["a", "B", ""]);
        check("x = '1'", &["1"], &["1.0", "01"]);
        check("x =", &[""], &["x"]);
        check("x != ''", &["x"], &[""]);
        check("x > inf", &["infinite", "zebra"], &["inf", "1", "9e999"]);
        check("x ~ ai", &["rain", "ai"], &["", "RAIN", "a i"]);
    }
}
