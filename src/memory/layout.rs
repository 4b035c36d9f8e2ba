//! Layout arithmetic: pages, lines, and where a sequence of elements is cut. Pure, and checked for overflow.

use std::ops::Range;

/// The least page size there is; every region starts on one.
pub(crate) const PAGE_BYTES: usize = 4096;

/// What two workers must not share: a cache line and the neighbour that the processor fetches with it.
pub(crate) const LINE_BYTES: usize = 128;

/// Rounds `bytes` up to a multiple of `align`, a power of two; `None` on overflow.
pub(crate) const fn align_up(bytes: usize, align: usize) -> Option<usize> {
    debug_assert!(align.is_power_of_two());
    match bytes.checked_add(align - 1) {
        Some(bytes) => Some(bytes & !(align - 1)),
        None => None,
    }
}

/// Rounds `bytes` down to a multiple of `align`, a power of two.
pub(crate) const fn align_down(bytes: usize, align: usize) -> usize {
    debug_assert!(align.is_power_of_two());
    bytes & !(align - 1)
}

/// Returns the whole pages that hold the bytes of `range`, for calls that speak of pages; `None` on overflow.
pub(crate) fn pages(range: Range<usize>) -> Option<Range<usize>> {
    Some(align_down(range.start, PAGE_BYTES)..align_up(range.end, PAGE_BYTES)?)
}

/// Returns the whole pages that lie within `range`.
pub(crate) fn pages_within(range: Range<usize>) -> Range<usize> {
    let end = align_down(range.end, PAGE_BYTES);
    let start = align_up(range.start, PAGE_BYTES).map_or(end, |start| start.min(end));
    start..end
}

/// Returns the size of `len` elements of type `T`, if an object of that size can exist.
pub(crate) const fn array_bytes<T>(len: usize) -> Option<usize> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Some(bytes),
        _ => None,
    }
}

/// Returns the number of elements of an array of this shape; 1 for no dimension at all; `None` on overflow.
///
/// A dimension of zero makes the array empty whatever the others are, as in numpy.
pub(crate) fn shape_len(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |len, &dimension| len.checked_mul(dimension))
}

/// Returns how many elements of type `T` lie on one line; at least one.
const fn elements_per_line<T>() -> usize {
    let size = if size_of::<T>() == 0 { 1 } else { size_of::<T>() };
    if size >= LINE_BYTES { 1 } else { LINE_BYTES / size }
}

/// Returns part `index` of `0..len` cut into `parts` nearly equal ranges on borders of whole lines.
///
/// The parts follow each other and cover everything; where there are fewer lines than parts, the last ones are empty.
/// The first element is taken to lie on a border.
///
/// # Panics
///
/// If `index` is not less than `parts`.
pub(crate) fn part<T>(len: usize, parts: usize, index: usize) -> Range<usize> {
    assert!(index < parts, "part {index} of {parts}");
    let per_line = elements_per_line::<T>();
    let lines = len.div_ceil(per_line);
    let border = |index: usize| {
        // The first `lines % parts` parts are one line longer.
        let line = (lines / parts) * index + index.min(lines % parts);
        line.saturating_mul(per_line).min(len)
    };
    border(index)..border(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes_count_their_elements() {
        assert_eq!(shape_len(&[]), Some(1));
        assert_eq!(shape_len(&[3, 4]), Some(12));
        assert_eq!(shape_len(&[usize::MAX, 0, usize::MAX]), Some(0));
        assert_eq!(shape_len(&[usize::MAX, 2]), None);
    }

    fn parts_cover<T>(len: usize, parts: usize) {
        let mut at = 0;
        let (mut shortest, mut longest) = (usize::MAX, 0);
        for index in 0..parts {
            let range = part::<T>(len, parts, index);
            assert_eq!(range.start, at, "parts follow each other");
            assert!(range.start == len || (range.start * size_of::<T>()).is_multiple_of(LINE_BYTES));
            shortest = shortest.min(range.len().div_ceil(elements_per_line::<T>()));
            longest = longest.max(range.len().div_ceil(elements_per_line::<T>()));
            at = range.end;
        }
        assert_eq!(at, len, "parts cover everything");
        assert!(longest - shortest <= 1, "parts are nearly equal");
    }

    proptest! {
        #[test]
        fn rounding_brackets(bytes: usize, shift in 0u32..20) {
            let align = 1usize << shift;
            let down = align_down(bytes, align);
            prop_assert!(down <= bytes && bytes - down < align && down.is_multiple_of(align));
            match align_up(bytes, align) {
                Some(up) => prop_assert!(up >= bytes && up - bytes < align && up.is_multiple_of(align)),
                None => prop_assert!(bytes > usize::MAX - align),
            }
        }

        #[test]
        fn pages_hold_and_lie_within(start in 0usize..1 << 40, len in 0usize..1 << 30) {
            let range = start..start + len;
            let outer = pages(range.clone()).unwrap();
            prop_assert!(outer.start <= range.start && outer.end >= range.end);
            let inner = pages_within(range.clone());
            prop_assert!(inner.start <= inner.end);
            prop_assert!(inner.is_empty() || (inner.start >= range.start && inner.end <= range.end));
        }

        #[test]
        fn parts_are_disjoint_and_whole(len in 0usize..5000, parts in 1usize..70) {
            parts_cover::<u8>(len, parts);
            parts_cover::<f32>(len, parts);
            parts_cover::<u64>(len, parts);
        }

        #[test]
        fn sizes_do_not_overflow(len: usize) {
            match array_bytes::<u64>(len) {
                Some(bytes) => prop_assert!(bytes / 8 == len && bytes <= isize::MAX as usize),
                None => prop_assert!(len > isize::MAX as usize / 8),
            }
        }
    }

    #[test]
    fn the_largest_length_is_cut_too() {
        let last = part::<u8>(usize::MAX, 3, 2);
        assert_eq!(last.end, usize::MAX);
    }
}
