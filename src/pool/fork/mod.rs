//! Fork and join: trees of work, cut where they are and given away only when somebody has nothing to do.
//!
//! A fork that nobody takes a part of costs a few nanoseconds. Its second half is a node on its own stack, linked to
//! those of the forks around it; then the first half runs, then the second. Only now and then, by a count of forks that comes
//! to a few microseconds, does a thread look whether somebody idles, and then gives away its *oldest* node, which has
//! the most below it: it posts it on a board, as a loop of one piece.
//!
//! ```text
//! node: Listed --pop--> run by its own thread
//!       Listed --give--> Given --offer taken by its own thread--> run there
//!                        Given --offer taken by another--> Running --leaves the board--> Done
//! ```
//! Where forks follow each other by nanoseconds, to list each would cost more than the work. So a thread lists only the
//! first few that it meets and runs others' halves in turn, with nothing but a count; when one of the few is given away or has had
//! its turn, the next fork is listed in its place. Where the few are leaves and all the work lies deep below them, they are given away
//! first, one with each look, and then the deep ones are listed. Where forks are far apart, all are listed: the second halves may
//! be long, and wait above a place where nothing forks any more. A fork that was short when it last ran begins as if the few were
//! listed: so none is before the first look finds it still running.
//!
//! - F1: a thread's nodes form a list in the order in which they were pushed, and each is popped before its frame ends, by
//!   return or by unwinding. So what is listed is alive.
//! - F2: those given away are the oldest: `given` is the youngest of them.
//! - F3: of a node that is listed, the half is its own thread's. Of one that is given, it is whose take of the offer succeeded (O1).
//! - F4: a node that is given is on a board until its thread has taken it down, which it does before the node's frame
//!   ends: so whoever is inside may use the node (L2).
//! - F5: a thread is within one crew's frame at a time; frames are entered and left like calls, and keep what was before.
//! - F6: all halves of a frame heed one token, which its thread heeds until the frame is left: work under another token is
//!   outside of the frame.
//! - K1: a `Kin` says inside what something was posted. Whoever posts waits for it, so the kin above it outlive it.
//!
//! Whoever waits for a half runs meanwhile what was posted from inside it, and nothing else. So it never meets a stranger's
//! work while it holds the user's locks, and its stack grows no deeper than the user's own recursion.

pub(crate) mod frame;
mod give;
mod in_turn;
mod join;
pub(crate) mod kin;
mod node;
mod scope;
mod waiting;

pub use scope::{OnPanic, Panics, Scope, ScopeError};
