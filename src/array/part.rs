//! Disjoint parts of an array, to be moved to other threads and put together again.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::span::{Span, Watch};
use super::{ArrayError, SharedArray};
use crate::memory::{Element, layout};

/// The only way to some consecutive elements of an array.
///
/// Parts are `Send` and borrow nothing, so each can go its own way; together they keep the array's memory alive. They
/// are joined again by [`join`](Self::join), or all at once by [`SharedArray::reunite`].
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// use std::thread;
/// let array = SharedArray::<u64>::anonymous(&[1000])?;
/// let (mut left, mut right) = array.split_at(400);
/// let filler = thread::spawn(move || {
///     right.fill(2);
///     right
/// });
/// left.fill(1);
/// let array = SharedArray::reunite([filler.join().unwrap(), left])?;
/// assert_eq!(array.iter().sum::<u64>(), 400 + 2 * 600);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Part<T: Element> {
    span: Span<T>,
}

impl<T: Element> SharedArray<T> {
    /// Divides the array between two parts, the first with `middle` elements.
    ///
    /// # Panics
    ///
    /// If it has fewer.
    ///
    /// # Examples
    ///
    /// See [`Part`].
    pub fn split_at(self, middle: usize) -> (Part<T>, Part<T>) {
        Part { span: self.into_span() }.split_at(middle)
    }

    /// Divides the array into `count` nearly equal parts, cut where no two of them share a cache line.
    ///
    /// Where the array is too short, the last parts are empty.
    ///
    /// # Panics
    ///
    /// If `count` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let parts = SharedArray::<f32>::anonymous(&[1000])?.parts(3);
    /// assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [352, 352, 296]);
    /// let array = SharedArray::reunite(parts)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parts(self, count: usize) -> Vec<Part<T>> {
        assert!(count > 0, "an array cannot be divided into no parts");
        let len = self.len();
        let mut rest = Part { span: self.into_span() };
        let mut parts = Vec::with_capacity(count);
        for index in 0..count - 1 {
            let (part, behind) = rest.split_at(layout::part::<T>(len, count, index).len());
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        parts
    }

    /// Puts all parts of an array together again, in whatever order they come.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], which holds the parts, if they are not all the parts of one array.
    ///
    /// # Examples
    ///
    /// See [`Part`].
    pub fn reunite(parts: impl IntoIterator<Item = Part<T>>) -> Result<Self, ReuniteError<T>> {
        let mut parts: Vec<_> = parts.into_iter().collect();
        // An empty part stands before the part that begins at the same element.
        parts.sort_by_key(|part| (part.offset(), part.len()));
        let mut joined: Vec<Part<T>> = Vec::new();
        for part in parts {
            let Some(before) = joined.pop() else {
                joined.push(part);
                continue;
            };
            match before.join(part) {
                Ok(both) => joined.push(both),
                Err(JoinError { left, right }) => joined.extend([left, right]),
            }
        }
        match joined.pop() {
            Some(part) if joined.is_empty() && part.span.is_whole() => Ok(Self::from_span(part.span)),
            last => {
                joined.extend(last);
                Err(ReuniteError { parts: joined })
            }
        }
    }
}

impl<T: Element> Part<T> {
    /// Returns the index in the whole array of this part's first element.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let (_, right) = SharedArray::<u8>::anonymous(&[10])?.split_at(4);
    /// assert_eq!((right.offset(), right.len()), (4, 6));
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn offset(&self) -> usize {
        self.span.start()
    }

    /// Divides the part in two, the first with `middle` elements.
    ///
    /// # Panics
    ///
    /// If it has fewer.
    ///
    /// # Examples
    ///
    /// As [`SharedArray::split_at`].
    pub fn split_at(self, middle: usize) -> (Self, Self) {
        let (left, right) = self.span.cut(middle);
        (Self { span: left }, Self { span: right })
    }

    /// Joins two parts of one array that lie next to each other, in either order.
    ///
    /// # Errors
    ///
    /// [`JoinError`], which holds both, if they do not.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let (left, right) = SharedArray::<u8>::anonymous(&[10])?.split_at(4);
    /// let (middle, right) = right.split_at(2);
    /// let error = left.join(right).unwrap_err();
    /// let whole = error.left.join(middle)?.join(error.right)?;
    /// assert_eq!(whole.len(), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join(self, other: Self) -> Result<Self, JoinError<T>> {
        let span = self.span.join(other.span).or_else(|(left, right)| right.join(left));
        match span {
            Ok(span) => Ok(Self { span }),
            Err((right, left)) => Err(JoinError { left: Self { span: left }, right: Self { span: right } }),
        }
    }

    /// Returns what keeps watch over the elements' memory.
    pub(crate) fn watch(&self) -> Watch<'_> {
        self.span.watch()
    }

    /// Returns the elements for change, and beside them what keeps watch over their memory.
    pub(crate) fn as_watched_mut(&mut self) -> (&mut [T], Watch<'_>) {
        self.span.as_watched_mut()
    }

    /// Says whether all that was read so far was the file's. As [`SharedArray::check`].
    ///
    /// # Errors
    ///
    /// As [`SharedArray::check`].
    pub fn check(&self) -> Result<(), ArrayError> {
        Ok(self.span.storage().region.check()?)
    }
}

impl<T: Element> Deref for Part<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.span.as_slice()
    }
}

impl<T: Element> DerefMut for Part<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.span.as_mut_slice()
    }
}

/// Two parts that do not lie next to each other in one array, given back.
///
/// # Examples
///
/// See [`Part::join`].
#[derive(Debug)]
pub struct JoinError<T: Element> {
    /// The part that was to be joined.
    pub left: Part<T>,
    /// The part that it was to be joined with.
    pub right: Part<T>,
}

impl<T: Element> fmt::Display for JoinError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |part: &Part<T>| part.offset() + part.len();
        let (left, right) = (&self.left, &self.right);
        write!(
            f,
            "elements {} to {} and {} to {} are no neighbours in one array",
            left.offset(),
            end(left),
            right.offset(),
            end(right)
        )
    }
}

impl<T: Element> std::error::Error for JoinError<T> {}

/// Parts that are not the whole of one array, given back, joined as far as they go.
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// let mut parts = SharedArray::<u8>::anonymous(&[1000])?.parts(3);
/// let last = parts.pop().unwrap();
/// let mut error = SharedArray::reunite(parts).unwrap_err();
/// assert_eq!(error.parts.len(), 1); // two of them, joined
/// error.parts.push(last);
/// assert_eq!(SharedArray::reunite(error.parts)?.len(), 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReuniteError<T: Element> {
    /// What there is of the array, or of several.
    pub parts: Vec<Part<T>>,
}

impl<T: Element> fmt::Display for ReuniteError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parts are not the whole of one array: {} pieces remain", self.parts.len())
    }
}

impl<T: Element> std::error::Error for ReuniteError<T> {}
