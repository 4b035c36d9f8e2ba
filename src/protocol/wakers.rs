//! Threads and tasks that wait for the same thing: a bed, and beside it a list of tasks' wakers.
//!
//! A thread sleeps in the bed. A task cannot: it leaves its waker in the list and returns to whoever runs it. Both look
//! again after they announced themselves, so a notifier that finds neither of them has nothing to do, and finding out
//! is one load: the bed's state has a bit for the list.
//!
//! ```text
//! place:  out --enlist--> listed --notify--> called --settle, or enlist again--> out or listed
//!                           |                  |
//!                           +--leave--> out    +--leave--> out, and the call goes to the next who waits
//! ```
//! - W1: a task's number is in the list exactly while nobody has called it: it comes in by the task's own hand, and goes
//!   out by a notifier's or by the task's own, under the lock.
//! - W2: under the lock, the bed's bit says whether the list has anybody in it.
//! - W3: no call is lost. Whoever was called and does not look after that passes the call on: a task that is dropped, a
//!   task or a thread that found something just before it was called.
//! - W4, of wakers that panic, is that of `calls.rs`.
//! - CALLED: `notify` to `settle` and `enlist`, by way of the lock, carries what was published before.
//!
//! Wakers run code of the executor's, so none is called, cloned or dropped under the lock.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::Waker;
use std::time::Instant;

use super::calls::Calls;
use super::sleep::{Announced, Bed};
use crate::sync::fence::Fences;
use crate::sync::lock::{Mutex, MutexGuard};

/// Where threads and tasks wait.
#[derive(Debug)]
pub(crate) struct Wakers {
    bed: Bed,
    tasks: Mutex<Tasks>,
}

/// The tasks that nobody has called yet, longest waiting first.
#[derive(Debug)]
struct Tasks {
    /// In the order of their numbers.
    queue: VecDeque<(u64, Waker)>,
    next: u64,
    /// Whose turn it is where both kinds wait.
    threads_first: bool,
}

/// The token of a task: its number in the list, from its first `enlist` on until it is `out`.
#[derive(Debug, Default)]
pub(crate) struct Place(Option<u64>);

impl Wakers {
    /// Makes a place to wait in. The side that waits runs the heavy fence.
    pub(crate) fn new(fences: Fences) -> Self {
        let tasks = Tasks { queue: VecDeque::new(), next: 0, threads_first: false };
        Self { bed: Bed::new(fences), tasks: Mutex::new(tasks) }
    }

    /// Counts the calling thread as a sleeper. It must look once more before it waits.
    pub(crate) fn announce(&self) -> Announced {
        self.bed.announce()
    }

    /// Sleeps until a notifier wakes it, not past `deadline`, or returns for no reason at all. It must look once more.
    pub(crate) fn wait_until(&self, announced: Announced, deadline: Option<Instant>) {
        self.bed.wait_until(announced, deadline);
    }

    /// Takes the announcement back: the second look found something.
    pub(crate) fn stay_up(&self, announced: Announced) {
        if self.bed.stay_up(announced) {
            // A notifier may have taken us for one that would look, and passed over a task (W3).
            self.call(1, u64::MAX).go_on();
        }
    }

    /// Takes the announcement back, though nothing was found. It must look once more.
    pub(crate) fn give_up(&self, announced: Announced) {
        self.bed.stay_up(announced);
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        // Nothing under the lock panics but for want of memory, and then the list is still whole.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the call of a task that was called: its next look is the answer to it. Others are left where they are.
    pub(crate) fn settle(&self, place: &mut Place) {
        if let Some(number) = place.0
            && self.tasks().find(number).is_err()
        {
            place.0 = None;
        }
    }

    /// Puts a task into the list, with the waker by which to call it; one that is there already gets the new waker.
    ///
    /// Returns whether it must look once more: it was not in the list all the while.
    pub(crate) fn enlist(&self, place: &mut Place, waker: &Waker) -> bool {
        let newer = waker.clone();
        let mut tasks = self.tasks();
        if let Some(number) = place.0
            && let Ok(index) = tasks.find(number)
        {
            let older = std::mem::replace(&mut tasks.queue[index].1, newer);
            drop(tasks);
            drop(older);
            return false;
        }
        let number = tasks.next;
        tasks.next += 1;
        tasks.queue.push_back((number, newer));
        place.0 = Some(number);
        if tasks.queue.len() == 1 {
            // Under the lock: who finds the bit set comes after its fence, and needs none for its second look.
            self.bed.others_wait();
        }
        true
    }

    /// Takes a task out of the list. If it was called in the meantime, the call goes to the next who waits (W3); returns
    /// whether it was.
    pub(crate) fn leave(&self, place: &mut Place) -> bool {
        let Some(number) = place.0.take() else { return false };
        let mut tasks = self.tasks();
        let Ok(index) = tasks.find(number) else {
            drop(tasks);
            self.notify(1);
            return true;
        };
        let removed = tasks.queue.remove(index);
        self.tell_bed(&tasks);
        drop(tasks);
        drop(removed);
        false
    }

    /// Returns whether anybody waits who is not being woken. The caller has published its work.
    #[inline]
    pub(crate) fn anyone(&self) -> bool {
        self.bed.waiting() != (0, false)
    }

    /// Returns the same to a caller that has made an exchange since it published its work.
    #[inline]
    pub(crate) fn anyone_after_exchange(&self) -> bool {
        self.bed.waiting_after_exchange() != (0, false)
    }

    /// Wakes at most `count` of those who wait, threads and tasks together; returns how many.
    pub(crate) fn notify(&self, count: u32) -> u32 {
        let (threads, others) = self.bed.waiting();
        if !others {
            return self.bed.notify(count);
        }
        let (threads_first, end) = self.take_turn(threads);
        // Each kind takes as many as it has, so what is left for the second is left because the first has no more.
        if threads_first {
            let woken = self.bed.notify(count);
            woken + self.call(count - woken, end).go_on()
        } else {
            let calls = self.call(count, end);
            let woken = self.bed.notify(count - calls.made);
            woken + calls.go_on()
        }
    }

    /// Wakes one thread, or returns a task's waker for the caller to wake.
    ///
    /// For a caller that must not run an executor's code where it is.
    pub(crate) fn notify_one(&self) -> Option<Waker> {
        let (threads, others) = self.bed.waiting();
        if !others {
            self.bed.notify(1);
            return None;
        }
        let (threads_first, end) = self.take_turn(threads);
        if threads_first && self.bed.notify(1) == 1 {
            return None;
        }
        let task = self.next_task(end);
        if task.is_none() && !threads_first {
            self.bed.notify(1);
        }
        task
    }

    /// Returns whether threads come first this time, and the number from which on tasks have looked after us.
    fn take_turn(&self, threads: u32) -> (bool, u64) {
        let mut tasks = self.tasks();
        tasks.threads_first ^= threads > 0;
        (tasks.threads_first && threads > 0, tasks.next)
    }

    /// Calls at most `count` tasks whose numbers are below `end`. Who comes later has looked.
    fn call(&self, count: u32, end: u64) -> Calls {
        let mut calls = Calls::new();
        while calls.made < count
            && let Some(waker) = self.next_task(end)
        {
            calls.call(waker);
        }
        calls
    }

    /// Takes the longest waiting task out of the list, if its number is below `end`.
    fn next_task(&self, end: u64) -> Option<Waker> {
        let mut tasks = self.tasks();
        if tasks.queue.front().is_none_or(|&(number, _)| number >= end) {
            return None;
        }
        let (_, waker) = tasks.queue.pop_front()?;
        self.tell_bed(&tasks);
        Some(waker)
    }

    /// Sees to it that the bed's bit is off while nobody is in the list (W2).
    fn tell_bed(&self, tasks: &MutexGuard<'_, Tasks>) {
        if tasks.queue.is_empty() {
            self.bed.no_others_wait();
        }
    }

    /// Returns how many threads and tasks wait whom nobody is waking yet.
    pub(crate) fn waiting(&self) -> usize {
        let (threads, others) = self.bed.waiting();
        let tasks = if others { self.tasks().queue.len() } else { 0 };
        threads as usize + tasks
    }
}

impl Tasks {
    /// Finds a task by its number; fails if it has been called.
    fn find(&self, number: u64) -> Result<usize, usize> {
        self.queue.binary_search_by_key(&number, |&(number, _)| number)
    }
}
