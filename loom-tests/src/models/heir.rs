//! Heirs: when every number is a dead one's, whoever comes can have one, and what the dead left is swept first.
//!
//! Actors: one that comes, goes and dies at each of its steps; heirs, who die at each of theirs; one that has a number and looks for the
//! dead. What a number's holder owns is a watched cell, used by whoever has or sweeps the number. Bound: three threads, two
//! numbers.
//!
//! - Invariants: V1 to V4, PROOF, ESTATE.
//! - FORBIDDEN: two who have a number, or who sweep it; a living participant's number inherited; a number lost.
//! - ACCEPTABLE: an heir that finds nothing, because somebody else is at it.

use lifelines::{Kernel, Process};
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::heir;
use super::protocol::participant::{Lifelines, Member, Participants, Record};
use super::protocol::slot::Owner;
use super::protocol::standing::State;
use crate::scenario::Scenario;
use crate::sync::step::step;
use crate::watched::Watched;

#[allow(clippy::duplicate_mod, reason = "a weakened twin has this model alone beside its protocol")]
#[path = "support/lifelines.rs"]
mod lifelines;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("heir: one dies, one comes", Some(3), one_dies_one_comes).deaths(1),
        Scenario::new("heir: one dies, two come", Some(2), one_dies_two_come).deaths(1),
        Scenario::new("heir: an heir dies", Some(2), an_heir_dies).deaths(1),
        Scenario::new("heir: one inherits while another sweeps", Some(2), one_inherits_another_sweeps)
            .deaths(1),
        Scenario::new("heir: nobody dies", Some(3), nobody_dies),
        Scenario::new("heir: of a sweeper", None, of_a_sweeper),
    ]
}

struct House {
    kernel: Arc<Kernel>,
    records: Vec<Record>,
    estates: Vec<Watched<u32>>,
}

impl House {
    fn new(numbers: usize) -> Arc<Self> {
        Arc::new(Self {
            kernel: Kernel::new(numbers),
            records: (0..numbers).map(|_| Record::new(0)).collect(),
            estates: (0..numbers).map(|_| Watched::new(0)).collect(),
        })
    }

    fn participants(&self) -> Participants<'_> {
        Participants::new(&self.records)
    }

    fn process(&self, id: u32) -> Process {
        Process::new(&self.kernel, id)
    }

    fn use_estate(&self, number: Owner) {
        let estate = &self.estates[usize::from(number) - 1];
        estate.set(estate.get() + 1);
        step("the estate is used");
    }

    fn leave(&self, process: &Process, mut member: Member) {
        assert!(self.participants().is_live(&member), "nobody inherits from the living");
        assert!(self.participants().begin_leave(&mut member), "nobody inherits from the living");
        self.use_estate(member.number);
        self.participants().leave(member, process);
    }

    fn visit(&self, process: &Process) {
        if let Some(member) = self.participants().join(process, &[]) {
            self.use_estate(member.number);
            self.leave(process, member);
        }
    }

    /// Comes by a dead one's number.
    fn inherit(&self, process: &Process) -> Option<Member> {
        let sweep = heir::inherit(self.participants(), process)?;
        self.use_estate(sweep.dead);
        let member = heir::settle(self.participants(), sweep, &[]).expect("it is ours");
        self.use_estate(member.number);
        Some(member)
    }

    /// Comes by a dead one's number, and goes again.
    fn inherit_and_leave(&self, process: &Process) {
        if let Some(member) = self.inherit(process) {
            self.leave(process, member);
        }
    }

    /// When everybody has gone or died: every number is free, or has an heir.
    fn settle(&self) {
        let process = self.process(100);
        self.kernel.end_but(&process);
        for number in self.participants().numbers() {
            let process = self.process(100 + u32::from(number));
            let join = || self.participants().join(&process, &[]);
            let member = join().or_else(|| self.inherit(&process));
            self.use_estate(member.expect("a number is lost").number);
        }
    }
}

/// Starts an actor. Those who only look are started last (`README.md`).
fn start<R: 'static>(house: &Arc<House>, act: impl FnOnce(&House) -> R + 'static) -> JoinHandle<R> {
    let house = house.clone();
    thread::spawn(move || act(&house))
}

fn start_victim(house: &Arc<House>) -> JoinHandle<()> {
    start(house, |house| {
        let process = house.process(1);
        process.mortal(0, || house.visit(&process));
    })
}

fn start_heir(house: &Arc<House>, id: u32) -> JoinHandle<()> {
    start(house, move |house| house.inherit_and_leave(&house.process(id)))
}

fn one_dies_one_comes() {
    let house = House::new(1);
    let victim = start_victim(&house);
    let heir = start_heir(&house, 2);
    victim.join().unwrap();
    heir.join().unwrap();
    house.settle();
}

fn one_dies_two_come() {
    let house = House::new(1);
    let victim = start_victim(&house);
    victim.join().unwrap();
    let heirs = [2, 3].map(|id| start_heir(&house, id));
    heirs.into_iter().for_each(|heir| heir.join().unwrap());
    house.settle();
}

/// Makes one that is dead and has its number still.
fn die(house: &House, id: u32) -> Owner {
    let process = house.process(id);
    let member = house.participants().join(&process, &[]).unwrap();
    house.use_estate(member.number);
    process.die();
    member.number
}

fn an_heir_dies() {
    let house = House::new(1);
    die(&house, 1);
    let mortal = start(&house, |house| {
        let process = house.process(2);
        process.mortal(0, || house.inherit_and_leave(&process));
    });
    let heir = start_heir(&house, 3);
    mortal.join().unwrap();
    heir.join().unwrap();
    house.settle();
}

fn one_inherits_another_sweeps() {
    let house = House::new(2);
    let looker = house.process(1);
    let me = house.participants().join(&looker, &[]).unwrap();
    let dead = die(&house, 2);
    let heir = start(&house, |house| {
        let process = house.process(3);
        process.mortal(0, || house.inherit_and_leave(&process));
    });
    let looker = start(&house, move |house| {
        let participants = house.participants();
        participants.declare(dead, me.number, &looker);
        if let Some(sweep) = participants.take(dead, me.number, &looker) {
            house.use_estate(dead);
            participants.free(sweep);
        }
    });
    heir.join().unwrap();
    looker.join().unwrap();
    house.settle();
}

fn nobody_dies() {
    let house = House::new(1);
    let visitor = start(&house, |house| house.visit(&house.process(1)));
    let heir = start(&house, |house| {
        assert!(house.inherit(&house.process(2)).is_none(), "nobody has died");
    });
    visitor.join().unwrap();
    heir.join().unwrap();
}

/// What a dead sweeper was sweeping is somebody's to sweep once its number has an heir.
fn of_a_sweeper() {
    let house = House::new(2);
    let sweeper = house.process(1);
    let me = house.participants().join(&sweeper, &[]).unwrap();
    let dead = die(&house, 2);
    let sweep = house.participants().find_dead(me.number, &sweeper).unwrap();
    assert_eq!(sweep.dead, dead);
    sweeper.die();
    let process = house.process(3);
    let heir = house.inherit(&process).unwrap();
    assert_eq!(heir.number, me.number);
    let sweep = house.participants().find_dead(heir.number, &process).expect("nobody who lives sweeps it");
    house.participants().free(sweep);
    assert_eq!(house.participants().state(dead), Some(State::Free));
    assert!(!process.is_cut(heir.number), "the heir holds its lifeline");
}
