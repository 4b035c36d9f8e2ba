//! Buckets that are as wide as an eighth of what falls into them: how times are counted in a fixed space.
//!
//! Below 8 each value has a bucket. Above, each power of two is cut into 8 buckets of equal width. So a bucket is at most
//! an eighth as wide as its least value, and its middle at most a sixteenth (6.25 %) away from any value in it. What is
//! longer than the last bucket's end, some 9.7 hours in nanoseconds, counts there. Source: G. Tene's HdrHistogram.

/// Buckets in a power of two.
const PARTS: u32 = 8;
const PARTS_LOG2: u32 = PARTS.trailing_zeros();
/// The power of two at which the last bucket ends.
const MOST_LOG2: u32 = 45;

/// How many buckets there are.
pub(super) const BUCKETS: usize = ((MOST_LOG2 - PARTS_LOG2 + 1) * PARTS) as usize;

/// Returns the bucket of a value.
#[inline]
pub(super) fn bucket(value: u64) -> usize {
    // Values below 8 have exponent 3 as well: their parts are their own.
    let exponent = (value | u64::from(PARTS)).ilog2();
    let steps = exponent - PARTS_LOG2;
    let part = (value >> steps) as usize;
    (part + (steps * PARTS) as usize).min(BUCKETS - 1)
}

/// Returns the least value of a bucket.
pub(super) fn least(bucket: usize) -> u64 {
    let (bucket, parts) = (bucket as u64, u64::from(PARTS));
    let steps = (bucket / parts).saturating_sub(1);
    (bucket - steps * parts) << steps
}

/// Returns the greatest value of a bucket.
pub(super) fn greatest(bucket: usize) -> u64 {
    least(bucket + 1) - 1
}

/// Returns the value in the middle of a bucket.
pub(super) fn middle(bucket: usize) -> u64 {
    least(bucket).midpoint(greatest(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_values_are_exact() {
        for value in 0..16 {
            assert_eq!(
                (bucket(value), least(value as usize), middle(value as usize)),
                (value as usize, value, value)
            );
        }
        assert_eq!(bucket(16), 16);
        assert_eq!(bucket(17), 16);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(greatest(BUCKETS - 1), (1 << MOST_LOG2) - 1);
    }

    #[test]
    fn buckets_follow_each_other() {
        for k in 0..BUCKETS {
            assert_eq!((bucket(least(k)), bucket(greatest(k))), (k, k));
        }
    }

    proptest! {
        #[test]
        fn the_middle_is_near(value in (0u32..MOST_LOG2).prop_flat_map(|log| 0..1u64 << (log + 1))) {
            let middle = middle(bucket(value));
            prop_assert!(middle.abs_diff(value) * 16 <= value, "{value} {middle}");
        }
    }
}
