//! What is measured, group by group.
//!
//! A [`Part`] is what is kept of one group, small and plain, so that a [`Store`] of them is an array that is gone through a
//! block at a time, by the numbers of the groups. What few groups need lies [aside](Part::Aside).
//!
//! Every part is order-free: what it says depends on what was added and on nothing else, neither on the order nor on how
//! the records were shared out between stores that were merged. So each worker has stores of its own and the answers still
//! have the same bits on any number of workers.

use super::aggregate::{Aggregate, Measured};

/// What is kept of one group.
pub(super) trait Part: Clone + Default + Send + Sync + 'static {
    /// What is kept of all groups together, for those that need more than a part.
    type Aside: Default + Send + Sync + 'static;

    /// Returns what an aggregate comes to.
    fn value(&self, aside: &Self::Aside, group: u32, aggregate: Aggregate) -> Measured<'_>;

    /// Returns how many bytes the part keeps elsewhere.
    fn heap_bytes(&self) -> usize {
        0
    }

    /// Returns how many bytes are aside.
    fn aside_bytes(_: &Self::Aside) -> usize {
        0
    }
}

/// A part that workers keep too, with nothing aside.
pub(super) trait OwnPart: Part<Aside = ()> {
    /// Takes in another part, which need not make sense afterwards.
    fn merge(&mut self, other: &mut Self);
}

/// A part that fields are added to, each with the place of its record in the input.
pub(super) trait OfFields: OwnPart {
    fn add(&mut self, field: &[u8], place: u64);
}

/// What is kept of all groups.
#[derive(Debug, Default)]
pub(super) struct Store<P: Part> {
    pub(super) parts: Vec<P>,
    pub(super) aside: P::Aside,
    /// What the parts keep elsewhere, as far as it was counted.
    heap_bytes: usize,
}

impl<P: Part> Store<P> {
    /// Makes room for so many groups.
    pub(super) fn resize(&mut self, groups: usize) {
        let more = groups.saturating_sub(self.parts.len());
        grow(&mut self.parts, more);
        if groups > self.parts.len() {
            self.parts.resize(groups, P::default());
        }
    }

    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.aside = P::Aside::default();
        self.heap_bytes = 0;
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.capacity() * size_of::<P>() + self.heap_bytes + P::aside_bytes(&self.aside)
    }

    /// Changes a part that may come to keep more elsewhere, or less.
    pub(super) fn change(&mut self, group: u32, change: impl FnOnce(&mut P)) {
        let part = &mut self.parts[group as usize];
        let before = part.heap_bytes();
        change(part);
        self.heap_bytes = self.heap_bytes + part.heap_bytes() - before;
    }

    pub(super) fn value(&self, group: u32, aggregate: Aggregate) -> Measured<'_> {
        self.parts[group as usize].value(&self.aside, group, aggregate)
    }
}

/// Makes room for some more elements, and if there is not enough for an eighth more: what is reserved is not at hand for
/// others, and what is large is moved by its pages and not by its bytes.
pub(super) fn grow<T>(elements: &mut Vec<T>, more: usize) {
    if elements.capacity() - elements.len() < more {
        elements.reserve_exact(more.max(elements.len() / 8).max(8));
    }
}
