//! A block: where the fields of up to a few thousand records lie.
//!
//! What works on columns wants many records at once, few enough that they and what is made of them stay in the cache.
//! A block is a table of places, one list for all columns: a field starts where its place says and ends one byte before
//! the next place, because between two fields there is one delimiter. The last place of a record is behind its line end.
//!
//! ```text
//! a,bc\nd,ef\n          places 0 2 5 7 10         a row every 2 places: its fields start there, and the next row does
//! a,bc\r\nd,ef\r\n      places 0 2 5 6 8 11 12    a row every 3 places: the third lies between \r and \n
//! ```
//!
//! So the places of a regular part of a file are those behind its marks, as the scan wrote them; `blocks.rs` makes sure
//! that the part is regular, or else makes rows of that kind by hand.
//!
//! - B1: row `r` has `width + 1` places from `first + r * stride` on, none of them before the one to its left.
//! - B2: a field that a record does not have lies between two equal places, and neither is 0.
//! - B3: `base` and each place but a field's start are within the bytes of the segment, added up.

/// Where the fields of some thousand records lie. Places count from `base`, an index into the bytes of the segment.
#[derive(Debug)]
pub(crate) struct Block {
    pub(super) base: usize,
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) stride: usize,
    pub(super) first: usize,
    pub(super) places: Vec<u32>,
}

impl Block {
    /// Returns the index in the segment's bytes from which places count.
    #[inline]
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// Returns how many records there are, at least one.
    #[inline]
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many fields the longest record has; in a file that is not flexible, each of them.
    #[cfg(test)]
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns where a record starts.
    #[inline]
    pub(crate) fn start_of(&self, row: usize) -> usize {
        self.places[self.first + row * self.stride] as usize
    }

    /// Returns where a field starts and ends; it ends before it starts if the record has no such field.
    #[inline]
    pub(crate) fn span(&self, row: usize, column: usize) -> (usize, usize) {
        let places = &self.places[self.first + row * self.stride..];
        let (from, behind) = self.places_of(column);
        (places[from] as usize, places[behind] as usize - 1)
    }

    /// Returns where each record's field of a column starts and ends, as [`span`](Self::span) does.
    #[inline]
    pub(crate) fn spans(&self, column: usize) -> impl ExactSizeIterator<Item = (usize, usize)> + '_ {
        let (mut from, mut behind) = self.places_of(column);
        let (places, stride) = (&self.places[self.first..], self.stride);
        // By hand: `step_by` knows a first step from the others, which costs whoever takes spans one by one.
        (0..self.rows).map(move |_| {
            let span = (places[from] as usize, places[behind] as usize - 1);
            from += stride;
            behind += stride;
            span
        })
    }

    /// Writes where each record's field of a column starts and ends, as [`spans`](Self::spans) does, all at once.
    ///
    /// # Panics
    ///
    /// If there is not room for as many as there are records.
    pub(crate) fn copy_spans(&self, column: usize, starts: &mut [u32], ends: &mut [u32]) {
        let (from, behind) = self.places_of(column);
        let places = &self.places[self.first..];
        let copy = match self.stride {
            2 => every::<2>,
            3 => every::<3>,
            4 => every::<4>,
            _ => every_of,
        };
        copy(&places[from..], self.stride, 0, &mut starts[..self.rows]);
        copy(&places[behind..], self.stride, 1, &mut ends[..self.rows]);
    }

    /// Returns how many fields a record has.
    pub(crate) fn fields_of(&self, row: usize) -> usize {
        let has = |&column: &usize| {
            let (start, end) = self.span(row, column);
            start <= end
        };
        (0..self.width).take_while(has).count()
    }

    /// Returns which of a row's places a field lies between: for a column that no record has, twice the same (B2).
    #[inline]
    fn places_of(&self, column: usize) -> (usize, usize) {
        if column < self.width { (column, column + 1) } else { (1, 1) }
    }
}

/// Takes every `S`th place from the first on, less so much: a loop for vectors.
fn every<const S: usize>(places: &[u32], _: usize, less: u32, to: &mut [u32]) {
    let (rows, rest) = places.as_chunks::<S>();
    // Of the last row there may be no more than this place.
    let (whole, last) = to.split_at_mut(to.len().min(rows.len()));
    for (to, row) in whole.iter_mut().zip(rows) {
        *to = row[0] - less;
    }
    last.iter_mut().zip(rest).for_each(|(to, place)| *to = place - less);
}

/// The same for any stride.
fn every_of(places: &[u32], stride: usize, less: u32, to: &mut [u32]) {
    for (to, place) in to.iter_mut().zip(places.iter().step_by(stride)) {
        *to = place - less;
    }
}
