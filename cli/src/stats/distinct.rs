//! How many different values there are, exactly while they are few.

use std::borrow::Cow;

use crate::keyed::{Hashing, Head, Keyed};

/// The different values seen, until there are more than [`Distinct::MOST`].
#[derive(Debug)]
pub(crate) struct Distinct<'f> {
    seen: Keyed<'f, ()>,
    many: bool,
}

impl<'f> Distinct<'f> {
    pub(crate) const MOST: usize = 64;

    pub(crate) fn new(hashing: &Hashing) -> Self {
        Self { seen: Keyed::new(hashing), many: false }
    }

    #[expect(clippy::ptr_arg, reason = "what is kept is the slice of the file")]
    #[inline]
    pub(crate) fn add(&mut self, head: Head, value: &Cow<'f, [u8]>) {
        if !self.many {
            self.seen.update(head, value, || value.clone(), || (), |()| ());
            self.limit();
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.many |= other.many;
        self.seen.merge(other.seen, |(), ()| ());
        self.limit();
    }

    fn limit(&mut self) {
        if self.many || self.seen.len() > Self::MOST {
            self.many = true;
            self.seen.clear();
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

    fn distinct(values: &[String]) -> Distinct<'_> {
        let mut distinct = Distinct::new(&Hashing::default());
        values
            .iter()
            .for_each(|value| distinct.add(Head::of(value.as_bytes()), &Cow::Borrowed(value.as_bytes())));
        distinct
    }

    #[test]
    fn sixty_four_are_counted_and_one_more_is_many() {
        let values: Vec<String> = (0..65).map(|i| (i % 65).to_string()).collect();
        assert_eq!(distinct(&values[..64]).count(), Some(64));
        assert_eq!(distinct(&values).count(), None);
        assert_eq!(distinct(&[values[0].clone(), values[0].clone()]).count(), Some(1));
    }

    #[test]
    fn joining_counts_a_value_once() {
        let hashing = Hashing::default();
        let of = |range: std::ops::Range<usize>| {
            let mut distinct = Distinct::new(&hashing);
            for value in range.map(|i| i.to_string().into_bytes()) {
                distinct.add(Head::of(&value), &Cow::Owned(value));
            }
            distinct
        };
        let mut some = of(0..40);
        some.merge(of(30..64));
        assert_eq!(some.count(), Some(64));
        some.merge(of(64..65));
        assert_eq!(some.count(), None);
    }
}
