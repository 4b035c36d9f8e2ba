//! Which values of a column are there: a bit for each row.

/// A bit for each row, set where there is a value; none at all where every row has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Valid {
    words: Vec<u64>,
    rows: usize,
    nulls: usize,
}

impl Valid {
    /// Says that all of so many rows have a value.
    pub(crate) fn reset(&mut self, rows: usize) {
        if self.nulls > 0 || self.rows != rows {
            self.words.clear();
            self.words.resize(rows.div_ceil(64), u64::MAX);
            self.rows = rows;
            self.nulls = 0;
        }
    }

    /// Says that a row has none; once for each row.
    pub(crate) fn set_null(&mut self, row: usize) {
        self.words[row / 64] &= !(1 << (row % 64));
        self.nulls += 1;
    }

    #[inline]
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.nulls == 0 || self.words[row / 64] >> (row % 64) & 1 == 1
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn nulls(&self) -> usize {
        self.nulls
    }

    /// Forgets all rows but the first.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.nulls -= (rows..self.rows).filter(|&row| !self.is_valid(row)).count();
        self.rows = rows;
        self.words.truncate(rows.div_ceil(64));
    }

    /// Keeps the rows at whose index there is true.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut kept = Self::default();
        kept.reset(keep.iter().filter(|&&keep| keep).count());
        for (to, from) in (0..self.rows).filter(|&row| keep[row]).enumerate() {
            if !self.is_valid(from) {
                kept.set_null(to);
            }
        }
        *self = kept;
    }

    /// Takes over the rows of another behind so many of its own.
    pub(crate) fn copy_nulls(&mut self, from: &Self, at: usize) {
        if from.nulls > 0 {
            (0..from.rows).filter(|&row| !from.is_valid(row)).for_each(|row| self.set_null(at + row));
        }
    }

    /// Returns the bits, 64 to a word from the lowest on, unless every row has a value.
    pub(crate) fn words(&self) -> Option<&[u64]> {
        (self.nulls > 0).then_some(&self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_are_counted_through_all_changes() {
        let mut valid = Valid::default();
        valid.reset(130);
        assert_eq!((valid.nulls(), valid.words()), (0, None));
        [0, 64, 65, 129].into_iter().for_each(|row| valid.set_null(row));
        assert_eq!((0..130).filter(|&row| !valid.is_valid(row)).collect::<Vec<_>>(), [0, 64, 65, 129]);
        let keep: Vec<bool> = (0..130).map(|row| row != 64 && row != 3).collect();
        valid.retain(&keep);
        assert_eq!((0..128).filter(|&row| !valid.is_valid(row)).collect::<Vec<_>>(), [0, 63, 127]);
        valid.truncate(64);
        assert_eq!(valid.nulls(), 2);
        let mut more = Valid::default();
        more.reset(200);
        more.copy_nulls(&valid, 100);
        assert_eq!((0..200).filter(|&row| !more.is_valid(row)).collect::<Vec<_>>(), [100, 163]);
        more.reset(200);
        assert_eq!((more.nulls(), more.is_valid(100)), (0, true));
    }
}
