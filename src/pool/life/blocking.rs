//! Leaving one's place to another thread while one blocks.

use std::cell::Cell;

use super::super::crew::{AWAY, Crew};
use super::super::current;
use super::super::handle::Pool;
use super::super::metrics::Kind;
use super::super::staff::Staff;
use crate::protocol::roster::Blocked;

thread_local! {
    /// This thread has left its place already.
    static IS_AWAY: Cell<bool> = const { Cell::new(false) };
}

/// Takes the place back when it is dropped.
struct Away<'a> {
    crew: &'a Crew,
    number: usize,
    blocked: Option<Blocked>,
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        IS_AWAY.set(false);
        if let Some(blocked) = self.blocked.take() {
            self.crew.whereabouts.leave(self.number, AWAY);
            self.crew.roster.unblock(blocked);
        }
    }
}

impl Pool {
    /// Runs `f`, which may block, and has another thread work in the meantime.
    ///
    /// To be called inside a job of the pool, around what waits for something other than the pool: a file, a lock, a
    /// channel. A spare thread takes the job's place until `f` returns; it is started when it is first needed and stands by
    /// afterwards. When [`max_blocking`](super::super::PoolBuilder::max_blocking) threads are away already, `f` just runs, and so it does
    /// outside a job, or inside another `blocking`. While `f` returns the spare thread may still be at work, so for that long there is one
    /// thread too many.
    ///
    /// # Panics
    ///
    /// Goes on with a panic of `f`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use ringmill::Pool;
    ///
    /// // One worker, and a task that waits for another: without `blocking` neither would end.
    /// let pool = Pool::builder().workers(1).build()?;
    /// let (give, take) = mpsc::channel();
    /// let first = pool.submit(move |cx| cx.pool().blocking(|| take.recv()))?;
    /// let second = pool.submit(move |_| give.send(42))?;
    /// while !first.is_done() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(first.wait()?, Ok(42));
    /// # drop(second);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        let crew = self.crew();
        let is_ours = current::is_inside_job() && (current::number_in(crew) > 0 || !current::is_of_a_pool());
        if !is_ours || IS_AWAY.get() || crew.is_forked() || crew.bed.is_closed() {
            return f();
        }
        let Some(blocked) = crew.roster.block() else { return f() };
        IS_AWAY.set(true);
        let number = current::number_in(crew);
        crew.whereabouts.enter(number, AWAY);
        let away = Away { crew, number, blocked: Some(blocked) };
        // If it does not start, there is nobody to take the place, and it stays empty.
        let _ = Staff::fill(self);
        let start = crew.metrics.trace_start();
        let result = f();
        crew.metrics.trace_since(Kind::Blocked, number, start);
        drop(away);
        result
    }
}
