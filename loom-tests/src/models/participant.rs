//! Participants: each number has one holder, the dead are swept once, and nobody who lives is.
//!
//! Actors: those who join, leave and die at each of their steps; those who look for the dead, take over from dead sweepers and
//! die themselves; one that has a dead one's number next. What a number's holder owns is a watched cell, used by whoever has the
//! number and by whoever sweeps it; nothing but the records and the kernel's twin orders them. A death is an edge to
//! whoever finds the lifeline cut, and nothing else. Bound: four threads, three numbers.
//!
//! - Invariants: V1 to V4, PROOF, ESTATE, VACANCY.
//! - FORBIDDEN: two who have a number; a living participant declared dead; two living sweepers of one; a number free that somebody
//!   still sweeps; a number lost: at the end all can be had.
//! - ACCEPTABLE: a number found taken that is about to be free; a death that nobody notices yet.

use lifelines::{Kernel, Process};
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::participant::{Member, Participants, Record, Sweep};
use super::protocol::slot::Owner;
use super::protocol::standing::State;
use crate::scenario::Scenario;
use crate::sync::step::step;
use crate::watched::Watched;

#[path = "support/lifelines.rs"]
mod lifelines;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("participant: one leaves, another joins", None, one_leaves_another_joins),
        Scenario::new("participant: two join", None, two_join),
        Scenario::new("participant: nobody dies", Some(3), nobody_dies),
        Scenario::new("participant: one comes while another looks", Some(3), one_comes_while_another_looks),
        Scenario::new("participant: one dies, one sweeps", Some(2), one_dies_one_sweeps).deaths(1),
        Scenario::new("participant: one dies, one has its number next", Some(1), one_has_its_number_next)
            .deaths(1),
        Scenario::new("participant: one dies, two look", Some(1), one_dies_two_look).deaths(1),
        Scenario::new("participant: a sweeper dies", Some(2), a_sweeper_dies).deaths(1),
        Scenario::new("participant: a sweeper dies, two look", Some(1), a_sweeper_dies_two_look).deaths(1),
        Scenario::new("participant: one dies, then its sweeper", Some(1), one_dies_then_its_sweeper)
            .deaths(2),
        Scenario::new("participant: a sweeper is swept", Some(1), a_sweeper_is_swept).deaths(1),
        Scenario::new("participant: a take-over is late", Some(3), a_take_over_is_late),
        Scenario::new(
            "participant: the sweeper's number is had again",
            Some(2),
            the_sweepers_number_is_had_again,
        ),
    ]
}

/// Just before the generation comes round.
const LAST_GENERATION: u64 = (1 << 48) - 1;

struct House {
    kernel: Arc<Kernel>,
    records: Vec<Record>,
    /// What each number's holder owns.
    estates: Vec<Watched<u32>>,
}

impl House {
    fn new(numbers: usize) -> Arc<Self> {
        Arc::new(Self {
            kernel: Kernel::new(numbers),
            records: (0..numbers).map(|_| Record::new(LAST_GENERATION)).collect(),
            estates: (0..numbers).map(|_| Watched::new(0)).collect(),
        })
    }

    fn participants(&self) -> Participants<'_> {
        Participants::new(&self.records)
    }

    fn process(&self, id: u32) -> Process {
        Process::new(&self.kernel, id)
    }

    /// Uses what a number's holder owns.
    fn use_estate(&self, number: Owner) {
        let estate = &self.estates[usize::from(number) - 1];
        estate.set(estate.get() + 1);
        step("the estate is used");
    }

    fn join(&self, process: &Process) -> Option<Member> {
        let member = self.participants().join(process, &[])?;
        self.use_estate(member.number);
        Some(member)
    }

    fn leave(&self, process: &Process, mut member: Member) {
        assert!(self.participants().begin_leave(&mut member), "nobody declares the living dead");
        self.use_estate(member.number);
        self.participants().leave(member, process);
    }

    /// Comes, and goes again.
    fn visit(&self, process: &Process) {
        if let Some(member) = self.join(process) {
            assert!(self.participants().is_live(&member), "nobody declares the living dead");
            self.leave(process, member);
        }
    }

    fn sweep(&self, sweep: Sweep) {
        self.use_estate(sweep.dead);
        self.participants().free(sweep);
    }

    /// Sweeps a number's holder if it is dead.
    fn look_at(&self, number: Owner, me: &Member, process: &Process) {
        self.participants().declare(number, me.number, process);
        if let Some(sweep) = self.participants().take(number, me.number, process) {
            self.sweep(sweep);
        }
    }

    /// Sweeps all that is left, when everybody has gone or died, and checks that each number can be had.
    fn settle(&self) {
        let process = self.process(100);
        // To look one needs a number.
        let me = self.join(&process).unwrap_or_else(|| panic!("no number is left"));
        self.settle_by(process, me);
    }

    fn settle_by(&self, process: Process, me: Member) {
        self.kernel.end_but(&process);
        while let Some(sweep) = self.participants().find_dead(me.number, &process) {
            self.sweep(sweep);
        }
        self.leave(&process, me);
        for number in self.participants().numbers() {
            assert_eq!(self.participants().state(number), Some(State::Free), "number {number} is lost");
            assert!(self.join(&process).is_some(), "it can be had");
        }
    }
}

/// Starts an actor. Those who only look are started last (`README.md`).
fn start<R: 'static>(house: &Arc<House>, act: impl FnOnce(&House) -> R + 'static) -> JoinHandle<R> {
    let house = house.clone();
    thread::spawn(move || act(&house))
}

fn one_leaves_another_joins() {
    let house = House::new(1);
    let others = [1, 2].map(|id| start(&house, move |house| house.visit(&house.process(id))));
    others.into_iter().for_each(|other| other.join().unwrap());
    house.settle();
}

fn two_join() {
    let house = House::new(2);
    let others = [1, 2].map(|id| start(&house, move |house| house.join(&house.process(id))));
    let members = others.map(|other| other.join().unwrap());
    let numbers = members.map(|member| member.expect("there is one for each").number);
    assert_ne!(numbers[0], numbers[1]);
}

/// While one comes and goes, somebody looks whether it is dead.
fn nobody_dies() {
    let house = House::new(2);
    let (process, me) = living(&house, 1);
    let other = start(&house, |house| {
        house.visit(&house.process(2));
        house.visit(&house.process(2));
    });
    let looker = start(&house, move |house| {
        for _ in 0..2 {
            assert!(!house.participants().declare(2, me.number, &process), "nobody has died");
        }
    });
    other.join().unwrap();
    looker.join().unwrap();
}

fn one_comes_while_another_looks() {
    let house = House::new(2);
    let (process, me) = living(&house, 1);
    let other = start(&house, |house| house.join(&house.process(2)).is_some());
    let looker = start(&house, move |house| house.participants().declare(2, me.number, &process));
    assert!(other.join().unwrap());
    assert!(!looker.join().unwrap(), "nobody has died");
}

/// Starts one that comes and goes, and may die.
fn start_victim(house: &Arc<House>, id: u32) -> JoinHandle<()> {
    start(house, move |house| {
        let process = house.process(id);
        process.mortal(0, || house.visit(&process));
    })
}

/// Makes a participant that lives, for the time of the model.
fn living(house: &House, id: u32) -> (Process, Member) {
    let process = house.process(id);
    let member = house.join(&process).unwrap();
    (process, member)
}

/// Starts one that looks whether a number's holder is dead.
fn start_looker(house: &Arc<House>, (process, me): (Process, Member), at: Owner) -> JoinHandle<()> {
    start(house, move |house| house.look_at(at, &me, &process))
}

fn one_dies_one_sweeps() {
    let house = House::new(3);
    let looker = living(&house, 1);
    let victim = start_victim(&house, 2);
    let looker = start_looker(&house, looker, 2);
    victim.join().unwrap();
    looker.join().unwrap();
    house.settle();
}

fn one_has_its_number_next() {
    let house = House::new(2);
    let looker = living(&house, 1);
    let victim = start_victim(&house, 2);
    let next = start(&house, |house| house.visit(&house.process(3)));
    let looker = start(&house, move |house| {
        let (process, me) = looker;
        house.look_at(2, &me, &process);
        (process, me)
    });
    victim.join().unwrap();
    next.join().unwrap();
    let (process, me) = looker.join().unwrap();
    house.settle_by(process, me);
}

fn one_dies_two_look() {
    let house = House::new(4);
    let lookers = [1, 2].map(|id| living(&house, id));
    let victim = start_victim(&house, 3);
    let lookers = lookers.map(|looker| start_looker(&house, looker, 3));
    victim.join().unwrap();
    lookers.into_iter().for_each(|looker| looker.join().unwrap());
    house.settle();
}

/// Makes one that is dead, and has its number still.
fn die(house: &House, id: u32) -> Owner {
    let (process, member) = living(house, id);
    process.die();
    member.number
}

/// Starts one that looks whether a number's holder is dead, and may die itself.
fn start_mortal_looker(
    house: &Arc<House>,
    victim: usize,
    (process, me): (Process, Member),
    at: Owner,
) -> JoinHandle<()> {
    start(house, move |house| {
        process.mortal(victim, || house.look_at(at, &me, &process));
    })
}

fn a_sweeper_dies() {
    let house = House::new(4);
    let dead = die(&house, 1);
    let [looker, sweeper] = [2, 3].map(|id| living(&house, id));
    let sweeper = start_mortal_looker(&house, 0, sweeper, dead);
    let looker = start_looker(&house, looker, dead);
    sweeper.join().unwrap();
    looker.join().unwrap();
    house.settle();
}

fn a_sweeper_dies_two_look() {
    let house = House::new(5);
    let dead = die(&house, 1);
    let [one, other, sweeper] = [2, 3, 4].map(|id| living(&house, id));
    let sweeper = start_mortal_looker(&house, 0, sweeper, dead);
    let lookers = [one, other].map(|looker| start_looker(&house, looker, dead));
    sweeper.join().unwrap();
    lookers.into_iter().for_each(|looker| looker.join().unwrap());
    house.settle();
}

/// One looks at a dead sweeper, another at the one it was sweeping.
fn a_sweeper_is_swept() {
    let house = House::new(5);
    let dead = die(&house, 1);
    let [one, other, sweeper] = [2, 3, 4].map(|id| living(&house, id));
    let number = sweeper.1.number;
    let sweeper = start_mortal_looker(&house, 0, sweeper, dead);
    let lookers = [start_looker(&house, one, number), start_looker(&house, other, dead)];
    sweeper.join().unwrap();
    lookers.into_iter().for_each(|looker| looker.join().unwrap());
    house.settle();
}

/// One sweeps another and is swept itself, by one who then finds what it left.
fn one_dies_then_its_sweeper() {
    let house = House::new(4);
    let [looker, sweeper] = [1, 2].map(|id| living(&house, id));
    let victim = start_victim(&house, 3);
    let sweeper = start_mortal_looker(&house, 1, sweeper, 3);
    let looker = start(&house, move |house| {
        let (process, me) = looker;
        house.look_at(2, &me, &process);
        house.look_at(3, &me, &process);
    });
    victim.join().unwrap();
    sweeper.join().unwrap();
    looker.join().unwrap();
    house.settle();
}

/// Makes a dead one and its sweeper, which is dead too; returns both numbers.
fn die_sweeping(house: &House) -> (Owner, Owner) {
    let (process, me) = living(house, 50);
    let dead = die(house, 51);
    let sweep = house.participants().find_dead(me.number, &process).unwrap();
    assert_eq!(sweep.dead, dead);
    process.die();
    (dead, me.number)
}

/// One proves that a sweeper is dead. Before it takes over, another sweeps the sweeper, has its number next, and sweeps what the
/// sweeper swept.
fn a_take_over_is_late() {
    let house = House::new(4);
    let (dead, sweeper) = die_sweeping(&house);
    let [late, early] = [1, 2].map(|id| living(&house, id));
    let late = start(&house, move |house| {
        let (process, me) = late;
        if let Some(sweep) = house.participants().take(dead, me.number, &process) {
            house.sweep(sweep);
        }
    });
    let early = start(&house, move |house| {
        let (process, me) = early;
        let participants = house.participants();
        assert!(participants.declare(sweeper, me.number, &process), "nobody else looks at it");
        house.sweep(participants.take(sweeper, me.number, &process).expect("as above"));
        let again = participants.join(&house.process(3), &[]).expect("a number is free");
        if again.number == sweeper
            && let Some(sweep) = participants.take(dead, again.number, &process)
        {
            house.sweep(sweep);
        }
    });
    late.join().unwrap();
    early.join().unwrap();
}

/// A dead sweeper's number is had by one that lives: what it swept is still somebody's to sweep.
fn the_sweepers_number_is_had_again() {
    let house = House::new(3);
    let (dead, sweeper) = die_sweeping(&house);
    let (process, me) = living(&house, 1);
    let participants = house.participants();
    assert!(participants.declare(sweeper, me.number, &process));
    house.sweep(participants.take(sweeper, me.number, &process).unwrap());
    assert_eq!(living(&house, 2).1.number, sweeper);
    let sweep = participants.take(dead, me.number, &process);
    house.sweep(sweep.expect("nobody who lives sweeps it"));
}
