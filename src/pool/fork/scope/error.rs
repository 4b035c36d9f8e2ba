//! What can go wrong in a scope.

use std::any::Any;
use std::fmt;

use crate::pool::posting::let_go;

/// Reports that not all jobs of a scope did what they should.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScopeError {
    /// Some jobs panicked. All have ended.
    Panicked(Panics),
    /// The scope was stopped, by [`Scope::stop`](super::Scope::stop) or by the token that it ran under, and some jobs did not
    /// begin.
    Stopped {
        /// How many.
        skipped: usize,
    },
}

/// What the jobs of a scope panicked with, all of them, in no order.
///
/// Dropping it drops the payloads; what panics then is let go.
pub struct Panics(Vec<Box<dyn Any + Send>>);

impl Panics {
    pub(super) fn new(payloads: Vec<Box<dyn Any + Send>>) -> Self {
        Self(payloads)
    }

    /// Returns how many jobs panicked: at least one.
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the messages of those that have one.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| payload.downcast_ref::<&'static str>().copied())
        })
    }

    /// Returns what they panicked with.
    pub fn into_payloads(mut self) -> Vec<Box<dyn Any + Send>> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        self.0.drain(..).for_each(let_go);
    }
}

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panics")
            .field("len", &self.len())
            .field("messages", &self.messages().collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panics) if panics.len() == 1 => write!(f, "a job of the scope panicked")?,
            Self::Panicked(panics) => write!(f, "{} jobs of the scope panicked", panics.len())?,
            Self::Stopped { skipped: 1 } => return write!(f, "the scope was stopped before a job began"),
            Self::Stopped { skipped } => {
                return write!(f, "the scope was stopped before {skipped} jobs began");
            }
        }
        let Self::Panicked(panics) = self else { return Ok(()) };
        panics.messages().next().map_or(Ok(()), |first| write!(f, ": {first}"))
    }
}

impl std::error::Error for ScopeError {}
