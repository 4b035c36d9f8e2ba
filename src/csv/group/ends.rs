//! Parts of fields: what the first and the last record of a group say.

use super::aggregate::{Aggregate, Measured};
use super::store::{OfFields, OwnPart, Part};

/// The field of the record that comes first in the input, or last if `LAST`.
#[derive(Clone, Debug, Default)]
pub(super) struct End<const LAST: bool> {
    found: Option<(u64, Vec<u8>)>,
}

impl<const LAST: bool> End<LAST> {
    fn comes_before(&self, place: u64) -> bool {
        self.found.as_ref().is_some_and(|(known, _)| if LAST { *known > place } else { *known <= place })
    }
}

impl<const LAST: bool> Part for End<LAST> {
    type Aside = ();

    fn value(&self, (): &(), _: u32, _: Aggregate) -> Measured<'_> {
        self.found.as_ref().map_or(Measured::Missing, |(_, field)| Measured::Field(field))
    }

    fn heap_bytes(&self) -> usize {
        self.found.as_ref().map_or(0, |(_, field)| field.capacity())
    }
}

impl<const LAST: bool> OwnPart for End<LAST> {
    fn merge(&mut self, other: &mut Self) {
        if let Some((place, field)) = other.found.take()
            && !self.comes_before(place)
        {
            self.found = Some((place, field));
        }
    }
}

impl<const LAST: bool> OfFields for End<LAST> {
    fn add(&mut self, field: &[u8], place: u64) {
        if self.comes_before(place) {
            return;
        }
        let (known, bytes) = self.found.get_or_insert_default();
        *known = place;
        bytes.clear();
        bytes.extend_from_slice(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end<const LAST: bool>(fields: &[(&str, u64)]) -> End<LAST> {
        let mut end = End::default();
        fields.iter().for_each(|(field, place)| end.add(field.as_bytes(), *place));
        end
    }

    #[test]
    fn places_tell_and_order_does_not() {
        let fields = [("b", 20), ("a", 10), ("", 30), ("c", 15)];
        assert_eq!(end::<false>(&fields).found, Some((10, b"a".to_vec())));
        assert_eq!(end::<true>(&fields).found, Some((30, Vec::new())));
        for cut in 0..=fields.len() {
            let (left, right) = fields.split_at(cut);
            let (mut first, mut last) = (end::<false>(left), end::<true>(left));
            first.merge(&mut end(right));
            last.merge(&mut end(right));
            assert_eq!((first.found, last.found), (end::<false>(&fields).found, end::<true>(&fields).found));
        }
    }
}
