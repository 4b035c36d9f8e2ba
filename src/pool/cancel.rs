//! Cancellation: tokens in a tree, and in `under` the one under which a thread works just now.
//!
//! A token is a flag and the way to its parent. Who cancels raises one flag; who works looks at its own, at its
//! ancestors', and at the clock if there is a deadline, and notes what it finds. Nothing is registered anywhere, so a
//! token costs nobody anything but those who look.

mod under;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use under::with_token;
pub(crate) use under::{Watch, current, heeded, stopped_here, with_current};

use crate::protocol::token::{Flag, Reason};

/// Why work was told to stop.
///
/// # Examples
///
/// ```
/// use ringmill::pool::{Stopped, Token};
///
/// let token = Token::new();
/// token.cancel();
/// assert_eq!(token.check(), Err(Stopped::Cancelled));
/// assert_eq!(Stopped::Overdue.to_string(), "the deadline has passed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stopped {
    /// Somebody cancelled it.
    Cancelled,
    /// Its deadline has passed.
    Overdue,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the work was cancelled",
            Self::Overdue => "the deadline has passed",
        })
    }
}

impl std::error::Error for Stopped {}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Cancelled => Self::Cancelled,
            Reason::Overdue => Self::Overdue,
        }
    }
}

/// What a token is made of: a node of its own, or something that has one inside.
pub(crate) trait Stop: Send + Sync {
    fn node(&self) -> &Node;
    fn node_mut(&mut self) -> &mut Node;

    /// Returns whether it was told to stop by other means than its node's flag.
    fn is_asked(&self) -> bool {
        false
    }
}

/// What a thread heeds while it works: a token, or the task that it runs.
pub(crate) trait Heeded: Sync + fmt::Debug {
    /// Returns why to stop, if so.
    fn stopped(&self) -> Option<Stopped>;

    /// Returns a token that stops when this does.
    fn token(&self) -> Token;
}

/// A place in the tree of tokens.
pub(crate) struct Node {
    flag: Flag,
    parent: Option<Token>,
    /// Not later than the parent's.
    deadline: Option<Instant>,
}

impl Node {
    /// Makes a node below `parent`. A deadline later than the parent's is the parent's.
    pub(crate) fn new(parent: Option<Token>, deadline: Option<Instant>) -> Self {
        let inherited = parent.as_ref().and_then(Token::deadline);
        let deadline = inherited.into_iter().chain(deadline).min();
        Self { flag: Flag::new(), parent, deadline }
    }

    /// Tells all that is below to stop.
    pub(crate) fn cancel(&self) {
        self.flag.raise(Reason::Cancelled);
    }

    fn above(&self) -> Option<Reason> {
        let mut parent = &self.parent;
        while let Some(token) = parent {
            let node = token.0.node();
            let asked = || token.0.is_asked().then_some(Reason::Cancelled);
            if let Some(reason) = node.flag.raised().or_else(asked) {
                return Some(reason);
            }
            parent = &node.parent;
        }
        None
    }

    fn overdue(&self) -> Option<Reason> {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline).then_some(Reason::Overdue)
    }
}

impl Stop for Node {
    fn node(&self) -> &Node {
        self
    }

    fn node_mut(&mut self) -> &mut Node {
        self
    }
}

impl Drop for Node {
    /// Not by recursion: a line of descendants may be longer than the stack is deep.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(mut token) = parent {
            parent = Arc::get_mut(&mut token.0).and_then(|last| last.node_mut().parent.take());
        }
    }
}

/// Tells work to stop, wherever it runs: whoever has the token cancels it, and whoever works under it polls it.
///
/// Tokens form a tree: what is cancelled takes all its descendants along, and nobody else. A clone is the same token. To
/// cancel is to raise one flag. Nothing is interrupted: loops of a [`Pool`](super::Pool) look between two pieces, and
/// your own code looks by [`check`](Self::check) where it can end. A look costs a load for the token and for each of its
/// ancestors, and one at the clock where there is a deadline.
///
/// # Memory ordering
///
/// Who finds a token cancelled sees all that was written before the call of [`cancel`](Self::cancel) that stopped it.
///
/// # Examples
///
/// ```
/// use ringmill::pool::{LoopError, Pool, Stopped, Token, with_token};
///
/// let pool = Pool::new()?;
/// let request = Token::new();
/// let mut samples = vec![1.0_f32; 100_000];
/// request.cancel(); // from any thread, at any time
/// let error = with_token(&request, || pool.for_each_chunk(&mut samples, |chunk| chunk.fill(0.0))).unwrap_err();
/// assert!(matches!(error, LoopError::Stopped(Stopped::Cancelled)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Token(Arc<dyn Stop>);

impl Token {
    /// Makes a token that nothing stops but itself.
    ///
    /// # Examples
    ///
    /// See [`Token`].
    pub fn new() -> Self {
        Self::below(None, None)
    }

    /// Makes a token that stops when this one does, and can be stopped without it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::Token;
    ///
    /// let request = Token::new();
    /// let (parse, render) = (request.child(), request.child());
    /// parse.cancel();
    /// assert!(parse.is_stopped() && !render.is_stopped());
    /// request.cancel();
    /// assert!(render.is_stopped());
    /// ```
    pub fn child(&self) -> Self {
        Self::below(Some(self.clone()), None)
    }

    /// Makes a child that stops by itself when `deadline` comes; this token's deadline, if that comes sooner.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use ringmill::pool::{Stopped, Token};
    ///
    /// let late = Token::new().child_with_deadline(Instant::now());
    /// assert_eq!(late.check(), Err(Stopped::Overdue));
    /// ```
    pub fn child_with_deadline(&self, deadline: Instant) -> Self {
        Self::below(Some(self.clone()), Some(deadline))
    }

    /// Makes a child that stops by itself after `timeout`; with this token's deadline, if that comes sooner. A timeout
    /// that no clock can count to is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::pool::Token;
    ///
    /// let patient = Token::new().child_with_timeout(Duration::from_secs(3600));
    /// assert!(!patient.is_stopped());
    /// let hasty = patient.child_with_timeout(Duration::ZERO);
    /// assert!(hasty.is_stopped());
    /// ```
    pub fn child_with_timeout(&self, timeout: Duration) -> Self {
        Self::below(Some(self.clone()), Instant::now().checked_add(timeout))
    }

    fn below(parent: Option<Self>, deadline: Option<Instant>) -> Self {
        Self(Arc::new(Node::new(parent, deadline)))
    }

    /// Makes the token of something that has a node inside.
    pub(crate) fn of(stop: Arc<dyn Stop>) -> Self {
        Self(stop)
    }

    /// Stops this token and all its descendants, at once and for good. It never waits.
    ///
    /// A token that has stopped already keeps its reason.
    ///
    /// # Examples
    ///
    /// See [`Token`].
    pub fn cancel(&self) {
        self.0.node().cancel();
    }

    /// Returns whether work under this token should stop.
    ///
    /// # Examples
    ///
    /// See [`child`](Self::child).
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped().is_some()
    }

    /// Says by an error that work under this token should stop. The answer of a stopped token never changes.
    ///
    /// # Errors
    ///
    /// [`Stopped`], with the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{Stopped, Token};
    ///
    /// fn sum(numbers: &[u64], token: &Token) -> Result<u64, Stopped> {
    ///     let mut sum = 0;
    ///     for chunk in numbers.chunks(10_000) {
    ///         token.check()?;
    ///         sum += chunk.iter().sum::<u64>();
    ///     }
    ///     Ok(sum)
    /// }
    /// assert_eq!(sum(&[1, 2, 3], &Token::new()), Ok(6));
    /// ```
    #[inline]
    pub fn check(&self) -> Result<(), Stopped> {
        self.stopped().map_or(Ok(()), Err)
    }

    /// Returns when this token stops by itself, if it does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use ringmill::pool::Token;
    ///
    /// let soon = Instant::now() + Duration::from_secs(1);
    /// let token = Token::new().child_with_deadline(soon);
    /// assert_eq!(token.child().deadline(), Some(soon));
    /// ```
    pub fn deadline(&self) -> Option<Instant> {
        self.0.node().deadline
    }

    /// Returns why to stop, if so. One load for each ancestor, and a look at the clock if there is a deadline.
    #[inline]
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        let node = self.0.node();
        let asked = || self.0.is_asked().then_some(Reason::Cancelled);
        node.flag.look(|| asked().or_else(|| node.above()).or_else(|| node.overdue())).map(Stopped::from)
    }

    /// Returns the token under which the calling thread works just now, if there is one: that of the task it runs, or what
    /// the caller of its loop had, or what [`with_token`] was given.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{Token, with_token};
    ///
    /// let token = Token::new();
    /// assert!(Token::current().is_none());
    /// with_token(&token, || {
    ///     token.cancel();
    ///     assert!(Token::current().is_some_and(|current| current.is_stopped()));
    /// });
    /// ```
    pub fn current() -> Option<Self> {
        current(|heeded| heeded.map(Heeded::token))
    }
}

impl Heeded for Token {
    #[inline]
    fn stopped(&self) -> Option<Stopped> {
        self.stopped()
    }

    fn token(&self) -> Token {
        self.clone()
    }
}

// A flag that is raised once has no half-changed state for a panic to leave behind.
impl UnwindSafe for Token {}
impl RefUnwindSafe for Token {}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.0.node();
        let reason = node.flag.raised().map(Stopped::from);
        f.debug_struct("Token")
            .field("reason", &reason)
            .field("deadline", &node.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_noted() {
        let token = Token::new().child_with_deadline(Instant::now());
        assert_eq!(token.0.node().flag.raised(), None);
        assert!(token.is_stopped());
        assert_eq!(token.0.node().flag.raised(), Some(Reason::Overdue));
    }

    #[test]
    fn a_long_line_of_descendants_ends_without_recursion() {
        let first = Token::new();
        let mut last = first.clone();
        for _ in 0..if cfg!(miri) { 2_000 } else { 300_000 } {
            last = last.child();
        }
        first.cancel();
        assert_eq!(last.check(), Err(Stopped::Cancelled));
        drop(first);
        drop(last);
    }
}
