//! Lane, lookout, bed and task cell together, as a pool uses them: no task lies there while a helper sleeps that could run
//! it, none is left behind by a pool that ends, and no submitter waits where there is room.
//!
//! Actors: submitters that put a task into the lane and wake somebody unless somebody looks around; helpers that look
//! around, announce themselves, look again and sleep; one that closes the pool, to drain it or to end what is left. Where
//! helpers are waited for, a task goes on for ever, so a helper that has one comes back no more: two tasks need two helpers
//! *at the same time*, and a wake too few is a deadlock. A pusher that stops between its two steps hides the task behind its
//! own, whose wake is then spent on a helper that finds nothing. Bound: five threads, of which one only
//! waits; two cells; two tasks, or four where submitters wait for room.
//!
//! - Invariants: K1 of the lookout, E1 of the pool, T1.
//! - FORBIDDEN: a helper that sleeps while a task lies there and nobody is on the way to it; a task that was taken in and
//!   is neither run nor ended when all are gone; one that was taken in before a drain and is not run; a submitter that waits
//!   while the lane has room, or for a pool that is closed.
//! - NOT OBSERVABLE: the second half of "nobody is on the way, or fewer are than there are tasks". It wakes a second helper for a
//!   second task at once. Without it the submitter relies on the one whom it has seen on the way, who had not yet departed from
//!   the bed then: it departs later, fences, finds a task, and calls for help if there is another (K1; without that call the
//!   twins fail). To wake more than needed is acceptable anyway. So no weakening of it fails: it is there for speed.
//! - ACCEPTABLE: a helper that is woken and finds nothing; a task that ends as closed though it was submitted just before.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::lane::Lane;
use super::protocol::lookout::Lookout;
use super::protocol::sleep::Bed;
use super::protocol::task_cell::{Claim, End, LetGo};
use super::protocol::wakers::Wakers;
use crate::scenario::Scenario;
use crate::sync::fence::Fences;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("submit: one task, one helper", Some(3), one_task_one_helper),
        Scenario::over_futexes("submit: one task, one helper that looks", Some(2), one_task_one_that_looks),
        Scenario::over_futexes("submit: two tasks, two helpers", Some(2), two_tasks_two_helpers),
        vec![
            Scenario::new("submit: a hidden task, two helpers", Some(1), hidden_task),
            Scenario::new("submit: closed meanwhile", Some(3), closed_meanwhile),
            Scenario::new("submit: closed while one looks", Some(2), closed_while_one_looks),
            Scenario::new("submit: closed while two submit", Some(2), closed_while_two_submit),
            Scenario::new("submit: drained", Some(3), drained),
            Scenario::new("submit: drained while one submits", Some(2), drained_while_one_submits),
            Scenario::new("submit: closed while one waits for room", Some(3), closed_while_one_waits),
            Scenario::new("submit: one waits for room", Some(3), one_waits_for_room),
            Scenario::new("submit: two wait for room", Some(1), two_wait_for_room),
        ],
    ]
    .concat()
}

/// What is in a task's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Nothing,
    Pending,
    Ran,
    Closed,
}

struct Task {
    claim: Claim,
    end: End,
    body: Watched<Body>,
}

struct World {
    lane: Lane<usize>,
    lookout: Lookout,
    bed: Bed,
    room: Wakers,
    tasks: [Task; 4],
}

impl World {
    fn new() -> Arc<Self> {
        let task = |()| Task { claim: Claim::new(), end: End::new(1), body: Watched::new(Body::Nothing) };
        Arc::new(Self {
            lane: Lane::new(2),
            lookout: Lookout::new(),
            bed: Bed::new(Fences::symmetric()),
            room: Wakers::new(Fences::symmetric()),
            tasks: [(); 4].map(task),
        })
    }

    /// Takes a task in; returns whether it did.
    fn submit(&self, task: usize) -> bool {
        if self.bed.is_closed() {
            return false;
        }
        self.tasks[task].body.set(Body::Pending);
        if self.lane.push(task).is_err() && !self.push_when_there_is_room(task) {
            return false;
        }
        if !self.lookout.anyone() && self.is_worth_a_wake() {
            self.bed.notify(1);
        }
        if self.bed.is_closed() {
            self.end(task, Body::Closed);
        }
        true
    }

    /// Waits at the gate as a thread does that sleeps at once.
    fn push_when_there_is_room(&self, task: usize) -> bool {
        let attempt =
            || if self.lane.push(task).is_ok() { Some(true) } else { self.bed.is_closed().then_some(false) };
        loop {
            let announced = self.room.announce();
            if let Some(pushed) = attempt() {
                self.room.stay_up(announced);
                return pushed;
            }
            self.room.wait_until(announced, None);
            if let Some(pushed) = attempt() {
                return pushed;
            }
        }
    }

    fn end(&self, task: usize, outcome: Body) {
        let Task { claim, end, body } = &self.tasks[task];
        if let Some(claimed) = claim.try_claim() {
            assert_eq!(body.get(), Body::Pending);
            body.set(outcome);
            // The one hand that it has.
            assert!(matches!(end.end(claimed), Ok(LetGo::Last)));
        }
    }

    /// Takes a task out, and tells those who wait for room.
    fn take_and_tell(&self) -> Option<usize> {
        let task = self.lane.pop()?;
        // The exchange is the claim of who takes a task out.
        if self.room.anyone_after_exchange() && self.lane.len() * 4 <= 2 * 3 {
            self.room.notify(u32::MAX);
        }
        Some(task)
    }

    /// Returns whether fewer are on their way than there are tasks.
    fn is_worth_a_wake(&self) -> bool {
        let (asleep, waking) = self.bed.asleep_and_waking();
        asleep > 0 && (waking == 0 || (waking as usize) < self.lane.len())
    }

    fn call_for_help(&self) {
        if self.lane.has_any() {
            self.bed.notify(self.lane.len() as u32);
        }
    }

    fn look_around(&self) -> Option<usize> {
        let looking = self.lookout.begin();
        if let Some(task) = self.lane.pop() {
            self.lookout.end_with_work(looking);
            self.call_for_help();
            return Some(task);
        }
        self.lookout.end(looking);
        None
    }

    fn sleep(&self) {
        let announced = self.bed.announce();
        if self.bed.is_closed() || self.lane.has_any() {
            self.bed.stay_up(announced);
        } else {
            self.bed.wait(announced);
            self.lookout.arrive();
        }
    }

    /// Goes on until it has a task, or may leave.
    fn find(&self, looks: bool) -> Option<usize> {
        loop {
            if looks && let Some(task) = self.look_around() {
                return Some(task);
            }
            if self.bed.may_leave(|| self.lane.is_empty()) {
                return None;
            }
            if self.bed.is_closed() {
                thread::yield_now();
            } else {
                self.sleep();
                if let Some(task) = self.lane.pop() {
                    self.call_for_help();
                    return Some(task);
                }
            }
            if let Some(task) = self.lane.pop() {
                return Some(task);
            }
        }
    }

    /// Finds a task that goes on for ever.
    fn help(&self, looks: bool) -> usize {
        let task = self.find(looks).unwrap();
        self.end(task, Body::Ran);
        task
    }

    /// Runs what there is until it may leave.
    fn work(&self, looks: bool) {
        while let Some(task) = self.find(looks) {
            self.end(task, Body::Ran);
        }
    }

    fn close(&self) {
        self.bed.close();
        if self.room.anyone() {
            self.room.notify(u32::MAX);
        }
    }

    /// Ends what is left in the lane, or on its way into it.
    fn sweep(&self) {
        while !self.lane.is_empty() {
            match self.lane.pop() {
                Some(task) => self.end(task, Body::Closed),
                None => thread::yield_now(),
            }
        }
    }

    fn outcome(&self, task: usize) -> Body {
        self.tasks[task].body.get()
    }

    /// Checks that a task that was taken in has ended.
    fn assert_ended(&self, taken_in: impl IntoIterator<Item = (usize, bool)>) {
        for (task, taken_in) in taken_in {
            assert_eq!(self.tasks[task].end.is_ended(), taken_in, "a task is left");
            assert_eq!(matches!(self.outcome(task), Body::Ran | Body::Closed), taken_in);
        }
    }
}

fn on_a_thread<R: 'static>(world: &Arc<World>, run: impl FnOnce(&World) -> R + 'static) -> JoinHandle<R> {
    let world = world.clone();
    thread::spawn(move || run(&world))
}

/// Each helper gets a task. A submitter of its own thread can stop between its steps when the helpers sleep already, and
/// that with one preemption.
fn helpers_get_tasks<const HELPERS: usize>(looks: [bool; HELPERS], submitter_each: bool) {
    let world = World::new();
    let helpers = looks.map(|looks| on_a_thread(&world, move |world| world.help(looks)));
    if submitter_each {
        let submit = |task| on_a_thread(&world, move |world| assert!(world.submit(task)));
        let submitters: [_; HELPERS] = std::array::from_fn(submit);
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
    } else {
        (0..HELPERS).for_each(|task| assert!(world.submit(task)));
    }
    let mut ran = helpers.map(|helper| helper.join().unwrap());
    ran.sort_unstable();
    assert_eq!(ran, std::array::from_fn(|k| k));
    world.assert_ended(ran.map(|task| (task, true)));
    assert_eq!(world.bed.sleeping(), 0);
}

fn one_task_one_helper() {
    helpers_get_tasks([false], false);
}

fn one_task_one_that_looks() {
    helpers_get_tasks([true], false);
}

fn two_tasks_two_helpers() {
    helpers_get_tasks([false, false], false);
}

/// Each submitter may stop between its steps and hide the other's.
fn hidden_task() {
    helpers_get_tasks([false, false], true);
}

/// Whether a task is run by the helper, or ended by its submitter or by whoever closes: it is not left. Helpers take out all
/// that is there before they leave; where there are none, whoever closes does.
fn closes_meanwhile(looks: Option<bool>, submitters: usize) {
    let world = World::new();
    let submitters: Vec<_> =
        (0..submitters).map(|task| on_a_thread(&world, move |world| (task, world.submit(task)))).collect();
    let helper = looks.map(|looks| on_a_thread(&world, move |world| world.work(looks)));
    world.close();
    if helper.is_none() {
        world.sweep();
    }
    let taken_in: Vec<_> = submitters.into_iter().map(|submitter| submitter.join().unwrap()).collect();
    if let Some(helper) = helper {
        helper.join().unwrap();
    }
    world.assert_ended(taken_in);
}

fn closed_meanwhile() {
    closes_meanwhile(Some(false), 1);
}

fn closed_while_one_looks() {
    closes_meanwhile(Some(true), 1);
}

/// What one hides from whoever closes is not left behind.
fn closed_while_two_submit() {
    closes_meanwhile(None, 2);
}

/// What was submitted before is run.
fn drained() {
    let world = World::new();
    let helper = on_a_thread(&world, |world| world.work(false));
    assert!(world.submit(0));
    world.close();
    helper.join().unwrap();
    assert_eq!(world.outcome(0), Body::Ran);
}

/// Also where another hides it, whose own task may be run or not.
fn drained_while_one_submits() {
    let world = World::new();
    let submitter = on_a_thread(&world, |world| world.submit(1));
    let closer = on_a_thread(&world, |world| {
        assert!(world.submit(0));
        world.close();
    });
    let helper = on_a_thread(&world, |world| world.work(false));
    closer.join().unwrap();
    helper.join().unwrap();
    let taken_in = submitter.join().unwrap();
    assert_eq!(world.outcome(0), Body::Ran);
    world.assert_ended([(1, taken_in)]);
}

/// The lane is full and stays so: the submitter learns that the pool was closed.
fn closed_while_one_waits() {
    let world = World::new();
    assert!(world.submit(0) && world.submit(1));
    let waiter = on_a_thread(&world, |world| world.submit(2));
    world.close();
    assert!(!waiter.join().unwrap(), "there was no room");
    world.sweep();
    world.assert_ended([(0, true), (1, true), (2, false)]);
}

fn one_waits_for_room() {
    let world = World::new();
    assert!(world.submit(0) && world.submit(1));
    let waiter = on_a_thread(&world, |world| world.submit(2));
    assert_eq!(world.take_and_tell(), Some(0));
    assert!(waiter.join().unwrap());
    assert_eq!([(); 3].map(|()| world.take_and_tell()), [Some(1), Some(2), None]);
}

/// A popper that stops between its steps keeps a place from being used that looks free, and whoever was woken for that
/// sleeps again. When both have gone on there is room for two, and nobody takes anything out any more.
fn two_wait_for_room() {
    let world = World::new();
    assert!(world.submit(0) && world.submit(1));
    let waiters = [2, 3].map(|task| on_a_thread(&world, move |world| world.submit(task)));
    let poppers = [(); 2].map(|()| on_a_thread(&world, World::take_and_tell));
    let [first, second] = poppers.map(|popper| popper.join().unwrap().unwrap());
    assert_ne!(first, second);
    for waiter in waiters {
        assert!(waiter.join().unwrap());
    }
}
