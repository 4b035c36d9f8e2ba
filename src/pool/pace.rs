//! How many pieces to take at once where a token is looked at between two takes.
//!
//! Without a token a worker takes half of what it has left, and a loop over numbers calls its body with millions of them.
//! With one it takes what it runs in some tens of microseconds: it finds out by doubling. A single piece may take longer.

use std::time::{Duration, Instant};

/// How long the pieces of one take should run: the look at the token and the clock is not felt beside it.
const TAKE: Duration = Duration::from_micros(50);

/// The pace of one worker in one loop.
#[derive(Debug)]
pub(crate) struct Pace {
    pieces: u32,
    most: u32,
    since: Instant,
}

impl Pace {
    /// Begins with one piece; it never takes more than `most`.
    pub(crate) fn new(most: u32) -> Self {
        Self { pieces: 1, most: most.max(1), since: Instant::now() }
    }

    /// Returns how many pieces to take now.
    pub(crate) fn pieces(&self) -> u32 {
        self.pieces
    }

    /// Learns from the take that has just run.
    pub(crate) fn keep(&mut self) {
        let now = Instant::now();
        let took = now.duration_since(self.since);
        self.since = now;
        self.pieces = if took > TAKE {
            (self.pieces / 2).max(1)
        } else if took < TAKE / 2 {
            self.pieces.saturating_mul(2).min(self.most)
        } else {
            self.pieces
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pieces_are_taken_in_growing_numbers_and_long_ones_one_by_one() {
        let mut pace = Pace::new(1000);
        let mut since = |took: Duration| {
            pace.since = Instant::now().checked_sub(took).unwrap();
            pace.keep();
            pace.pieces()
        };
        // A thread that is held up between two looks at the clock makes it slower, so only what must hold is asked.
        for _ in 0..5 {
            since(TAKE * 3);
        }
        assert_eq!(since(TAKE * 3), 1);
        assert!((0..1000).map(|_| since(Duration::ZERO)).max() == Some(1000));
    }
}
