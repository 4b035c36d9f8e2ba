//! How many different values there are, exactly while they are few.

use std::mem;

use ringmill::csv::Groups;

/// The different values seen, until there are more than [`Distinct::MOST`].
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    seen: Groups<'static, ()>,
    many: bool,
}

impl Distinct {
    pub(crate) const MOST: usize = 64;

    /// Takes in a value.
    #[inline]
    pub(crate) fn add(&mut self, value: &[u8]) {
        if !self.many {
            self.seen.of_copied_key(value, || ());
            self.limit();
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.many |= other.many;
        self.seen = mem::take(&mut self.seen).merge(other.seen, |(), ()| ());
        self.limit();
    }

    fn limit(&mut self) {
        if self.many || self.seen.len() > Self::MOST {
            self.many = true;
            self.seen = Groups::new();
        }
    }

    /// The number of different values, if it is known.
    pub(crate) fn count(&self) -> Option<usize> {
        (!self.many).then(|| self.seen.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distinct(values: std::ops::Range<usize>) -> Distinct {
        let mut distinct = Distinct::default();
        for value in values {
            distinct.add(value.to_string().as_bytes());
        }
        distinct
    }

    #[test]
    fn sixty_four_are_counted_and_one_more_is_many() {
        assert_eq!(distinct(0..64).count(), Some(64));
        assert_eq!(distinct(0..65).count(), None);
        assert_eq!(distinct(0..0).count(), Some(0));
    }

    #[test]
    fn joining_counts_a_value_once() {
        let mut some = distinct(0..40);
        some.merge(distinct(30..64));
        assert_eq!(some.count(), Some(64));
        some.merge(distinct(64..65));
        assert_eq!(some.count(), None);
    }
}
