//! What a stage's closure returns.

use std::error::Error;

/// Whether a source has more.
///
/// # Examples
///
/// See [`Pipeline`](super::Pipeline).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The buffer is filled and goes to the first stage.
    More,
    /// The input has ended. There is nothing in this buffer; it goes nowhere.
    End,
}

/// Any error of the user's, as a run gives it back.
pub(super) type AnyError = Box<dyn Error + Send + Sync>;

/// What a closure of a pipeline may return: what it is to say, or a [`Result`] of that, whose error stops the run.
///
/// A stage says nothing, `()`; a source says [`Flow`]. An error is anything that the standard library makes a boxed error
/// of, strings included; each stage can have its own kind.
pub trait Outcome<V>: sealed::Sealed<V> {}

pub(super) mod sealed {
    use super::AnyError;

    pub trait Sealed<V> {
        fn into_result(self) -> Result<V, AnyError>;
    }
}

impl Outcome<()> for () {}
impl Outcome<Flow> for Flow {}
impl<V, E: Into<AnyError>> Outcome<V> for Result<V, E> {}

impl sealed::Sealed<()> for () {
    #[inline]
    fn into_result(self) -> Result<(), AnyError> {
        Ok(())
    }
}

impl sealed::Sealed<Flow> for Flow {
    #[inline]
    fn into_result(self) -> Result<Flow, AnyError> {
        Ok(self)
    }
}

impl<V, E: Into<AnyError>> sealed::Sealed<V> for Result<V, E> {
    #[inline]
    fn into_result(self) -> Result<V, AnyError> {
        self.map_err(Into::into)
    }
}
