//! Whether a pool has all its threads, and what becomes of work that was for one it lost.

#![allow(unsafe_code)]

use super::super::crew::{AWAY, Crew, Seat};
use super::super::handle::Pool;
use super::super::task::Unrun;

/// What became of a pool's threads, as [`Pool::health`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    threads: usize,
    given_up: usize,
    blocked: usize,
    deaths: u32,
    last_words: Option<String>,
}

impl Health {
    /// Returns how many threads there are, those that stand by included; the calling thread is none of them.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Returns how many threads are inside [`Pool::blocking`].
    pub fn blocked(&self) -> usize {
        self.blocked
    }

    /// Returns how many threads have died since the pool was built.
    pub fn deaths(&self) -> u32 {
        self.deaths
    }

    /// Returns how many workers have no thread any more: five in a row died without having done anything.
    pub fn given_up(&self) -> usize {
        self.given_up
    }

    /// Returns what the last thread that died said as it panicked.
    pub fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    /// Returns whether every worker has its thread.
    pub fn is_whole(&self) -> bool {
        self.given_up == 0
    }
}

impl Pool {
    /// Tells what became of the pool's threads.
    ///
    /// A thread dies if a hook of the user's panics, or if a job ends it by a bare system call. Another takes its place, after
    /// a pause that doubles from a millisecond to a second; after five deaths in a row without a job done in between the worker is given
    /// up, until [`mend`](Self::mend).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(2).build()?;
    /// assert_eq!((pool.health().threads(), pool.health().deaths()), (1, 0));
    /// assert!(pool.health().is_whole());
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn health(&self) -> Health {
        let crew = self.crew();
        let counts = crew.roster.counts();
        Health {
            threads: counts.present,
            given_up: counts.given_up,
            blocked: counts.blocked,
            deaths: counts.deaths,
            last_words: crew.staff.last_words(),
        }
    }

    /// Tries workers again that were given up, when what killed them has been put right. Their threads start when they are
    /// next counted on.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(2).build()?;
    /// pool.mend();
    /// assert!(pool.health().is_whole());
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn mend(&self) {
        self.crew().roster.mend();
    }
}

impl Crew {
    /// Settles what thread `number` was at, which is gone without a word: leaves the loops that it was in, gives its place back if it was
    /// away, and calls those who may wait for its task. Its caller is the only one to have learned that it is gone.
    pub(crate) fn settle_for(&self, number: usize) {
        for place in self.whereabouts.find_gone(number) {
            if place == AWAY {
                self.roster.unblock_lost();
                continue;
            }
            let Seat { board, shares } = self.seat(place);
            // SAFETY: the thread noted the place when it had entered, and notes before it leaves that it has left; it is gone,
            // as the kernel says; and nobody else settles for it (V1).
            let entered = unsafe { board.stand_in() };
            if let Some(posting) = &entered.posting {
                posting.lose(shares, number);
            }
            board.leave(entered);
        }
        self.metrics.worker(number).is_gone();
        self.tasks.audience.call();
    }

    /// Ends what only thread `number` would have done, which will not come; and all tasks, if no thread is left.
    pub(crate) fn give_up(&self, number: usize) {
        for Seat { board, shares } in self.seats() {
            let Some(entered) = board.posted().and_then(|_| board.try_enter()) else { continue };
            if let Some(posting) = &entered.posting {
                posting.skip(shares, number);
            }
            board.leave(entered);
        }
        if self.roster.is_lost() {
            self.tasks.sweep(self, Unrun::Closed);
        } else {
            self.tasks.sweep_own(self, number, Unrun::Closed);
        }
    }
}
