//! What the running thread knows of itself: whose thread it is, and whether it runs somebody's job.

use std::cell::Cell;

use super::crew::Crew;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static THREAD: Cell<(*const Crew, usize)> = const { Cell::new((std::ptr::null(), 0)) };
}

/// Says that this is thread `number` of the crew, for the rest of its life.
pub(crate) fn enter(crew: &Crew, number: usize) {
    THREAD.set((crew, number));
}

/// Returns the number of this thread in the crew; 0 for a thread that is none of the crew's.
#[inline]
pub(crate) fn number_in(crew: &Crew) -> usize {
    let (mine, number) = THREAD.get();
    if std::ptr::eq(mine, crew) { number } else { 0 }
}

/// Returns whether this is a thread of some pool.
pub(crate) fn is_of_a_pool() -> bool {
    !THREAD.get().0.is_null()
}

/// Runs `f` while `is_inside_job` says yes.
#[inline]
pub(crate) fn inside_job<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let _restore = Restore(INSIDE.replace(true));
    f()
}

/// Returns whether this thread is running a job of some pool: a piece of a loop, or a task.
#[inline]
pub(crate) fn is_inside_job() -> bool {
    INSIDE.get()
}

/// Returns whether this thread may be in the way of others' tasks while it waits: it runs a job, or it is some pool's, which
/// runs a user's code outside of jobs too: the drop of a result, a waker, a hook.
pub(crate) fn is_in_the_way() -> bool {
    is_inside_job() || is_of_a_pool()
}
