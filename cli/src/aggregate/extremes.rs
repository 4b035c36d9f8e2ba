//! The least and the greatest of the numbers seen.

/// The least and the greatest of the numbers seen; what is not a number is neither.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extremes {
    min: f64,
    max: f64,
}

impl Default for Extremes {
    fn default() -> Self {
        Self { min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Extremes {
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        self.min = if x < self.min { x } else { self.min };
        self.max = if x > self.max { x } else { self.max };
    }

    #[inline]
    pub(crate) fn merge(&mut self, other: &Self) {
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }

    pub(crate) fn min(&self) -> Option<f64> {
        (self.min <= self.max).then_some(self.min)
    }

    pub(crate) fn max(&self) -> Option<f64> {
        (self.min <= self.max).then_some(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::Extremes;

    #[test]
    fn nothing_seen_has_no_extremes() {
        let mut extremes = Extremes::default();
        assert_eq!((extremes.min(), extremes.max()), (None, None));
        extremes.add(f64::NAN);
        assert_eq!((extremes.min(), extremes.max()), (None, None));
        extremes.add(-3.0);
        assert_eq!((extremes.min(), extremes.max()), (Some(-3.0), Some(-3.0)));
    }

    #[test]
    fn joined_parts_equal_the_whole() {
        let (mut left, mut right) = (Extremes::default(), Extremes::default());
        [4.0, f64::NEG_INFINITY].iter().for_each(|&x| left.add(x));
        [9.5, f64::NAN, 1.0].iter().for_each(|&x| right.add(x));
        left.merge(&right);
        left.merge(&Extremes::default());
        assert_eq!((left.min(), left.max()), (Some(f64::NEG_INFINITY), Some(9.5)));
    }
}
