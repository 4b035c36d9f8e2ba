//! Which rows of a block go on, and which of those are left out in the end.

use crate::csv::block::Block;

/// The rows of a block that are read, in order: all of the first few, or a list.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    len: usize,
    /// The rows, if they are not simply the first.
    list: Option<Vec<u32>>,
    /// Room for a list, when there is none.
    room: Vec<u32>,
}

impl Rows {
    /// Takes the first rows.
    pub(crate) fn take_first(&mut self, len: usize) {
        if let Some(list) = self.list.take() {
            self.room = list;
        }
        self.len = len;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the number in its block of the `index`th row.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> usize {
        match &self.list {
            Some(list) => list[index] as usize,
            None => index,
        }
    }

    /// Returns the list, unless the rows are simply the first.
    pub(crate) fn list(&self) -> Option<&[u32]> {
        self.list.as_ref().map(|list| &list[..self.len])
    }

    /// Keeps the first of them.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Keeps those at whose index there is true.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let len = self.len;
        let list = self.list.get_or_insert_with(|| {
            let mut list = std::mem::take(&mut self.room);
            list.clear();
            list.extend(0..len as u32);
            list
        });
        let mut kept = 0;
        for (index, &keep) in keep[..len].iter().enumerate() {
            // Written whether it is kept or not, which spares a branch that no predictor guesses.
            list[kept] = list[index];
            kept += usize::from(keep);
        }
        self.len = kept;
    }

    /// Calls one of two closures with the spans of a column's fields, as indices into the segment's bytes.
    #[inline(always)]
    pub(crate) fn with_spans<R>(&self, block: &Block, column: usize, work: impl SpanWork<Output = R>) -> R {
        let base = block.base();
        let behind = move |(start, end): (usize, usize)| (base + start, base.wrapping_add(end));
        match self.list() {
            None => work.run(block.spans(column).take(self.len).map(behind)),
            Some(list) => work.run(list.iter().map(|&row| behind(block.span(row as usize, column)))),
        }
    }
}

/// Work on the spans of fields, however they are found.
pub(crate) trait SpanWork {
    type Output;

    fn run(self, spans: impl Iterator<Item = (usize, usize)>) -> Self::Output;
}

/// Rows that a column's policy leaves out, by their index among those read.
#[derive(Debug, Default)]
pub(crate) struct Skips {
    keep: Vec<bool>,
    any: bool,
}

impl Skips {
    pub(crate) fn clear(&mut self, rows: usize) {
        if self.any || self.keep.len() != rows {
            self.keep.clear();
            self.keep.resize(rows, true);
            self.any = false;
        }
    }

    pub(crate) fn skip(&mut self, index: usize) {
        self.keep[index] = false;
        self.any = true;
    }

    pub(crate) fn is_skipped(&self, index: usize) -> bool {
        self.any && !self.keep[index]
    }

    /// Returns which rows are kept, unless all are.
    pub(crate) fn keep(&self) -> Option<&[bool]> {
        self.any.then_some(&self.keep)
    }
}
