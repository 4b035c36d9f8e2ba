//! Promise: a process that is killed at any of its steps leaves nothing that whoever comes next cannot mend: each slot is there, each
//! message comes once, or again and says so.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::processes::{self, Process};
use super::words::Words;
use crate::protocol::heir;
use crate::protocol::participant::Member;
use crate::protocol::queue::{Popped, Refused};
use crate::protocol::recovery::Dirty;
use crate::protocol::slot::{FREE, Held, QueueNumber, Time};
use crate::protocol::standing::State;
use crate::ring::lifelines::FileLifelines;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const FULL: QueueNumber = 1;
const SLOTS: usize = 3;
/// Where a child finds the file.
const PATH: &str = "RINGMILL_TEST_PATH";
/// More steps than any role has.
const MOST_STEPS: usize = 200;

// The accounts, by text of the message: what was sent, received unmarked, and received marked.
const SENT: usize = 0;
const FIRST: usize = 16;
const AGAIN: usize = 32;
/// A message that was sent before.
const OLD: u64 = 1;
/// A message of the child's.
const NEW: u64 = 2;

/// A participant of this process.
struct Party {
    words: Words,
    lifelines: FileLifelines,
    member: Member,
}

impl Party {
    fn join(words: Words, file: &File) -> Self {
        let lifelines = FileLifelines::new(file).unwrap();
        let participants = words.participants();
        let member = participants.join(&lifelines, &[std::process::id().into()]).or_else(|| {
            let sweep = heir::inherit(participants, &lifelines)?;
            words.recovery(sweep.dead, Dirty::SetAside).recover(&sweep);
            heir::settle(participants, sweep, &[std::process::id().into()])
        });
        Self { words, lifelines, member: member.unwrap() }
    }

    fn leave(mut self) {
        assert!(self.words.participants().begin_leave(&mut self.member));
        self.words.participants().leave(self.member, &self.lifelines);
    }

    fn push(&self, queue: QueueNumber, held: Held) {
        match self.words.queue(queue).push(held, self.member.number, Time::First, u64::MAX) {
            Ok(()) => {}
            Err(Refused::Closed(held)) => {
                self.words.slots()[held.slot as usize].set_aside(held, self.member.number);
            }
            Err(refused) => panic!("{refused:?}"),
        }
    }

    fn pop(&self, queue: QueueNumber) -> Option<Held> {
        match self.words.queue(queue).pop(self.member.number) {
            Popped::Taken(held, _) => Some(held),
            Popped::Empty | Popped::Closed => None,
            Popped::Corrupt(corrupt) => panic!("{corrupt:?}"),
        }
    }

    fn send(&self, text: u64) {
        let Some(held) = self.pop(FREE) else { return };
        self.words.payload(held.slot).iter().for_each(|word| word.store(text, Relaxed));
        self.push(FULL, held);
        self.words.account(SENT + text as usize).fetch_add(1, Relaxed);
    }

    /// Receives, and notes what.
    fn receive(&self) -> Option<Held> {
        let held = self.pop(FULL)?;
        self.note(&held);
        Some(held)
    }

    fn note(&self, held: &Held) {
        let payload = self.words.payload(held.slot);
        let text = payload[0].load(Relaxed);
        assert!(payload.iter().all(|word| word.load(Relaxed) == text), "half a message");
        let account = if held.is_retry() { AGAIN } else { FIRST };
        self.words.account(account + text as usize).fetch_add(1, Relaxed);
    }

    /// Sweeps the dead; returns how many.
    fn sweep(&self, dirty: Dirty) -> usize {
        let participants = self.words.participants();
        let find = || participants.find_dead(self.member.number, &self.lifelines);
        let mut swept = 0;
        for sweep in std::iter::from_fn(find) {
            self.words.recovery(self.member.number, dirty).sweep(sweep, participants, |_| {});
            swept += 1;
        }
        swept
    }

    /// Checks that each slot and each message is there.
    fn settle(&self) {
        let mut held: Vec<_> = std::iter::from_fn(|| self.receive()).collect();
        for (slot, number) in self.words.slots().iter().zip(0..) {
            let seen = slot.word();
            if seen.is_abandoned() {
                held.extend(slot.try_take(number, seen, self.member.number).inspect(|held| self.note(held)));
            }
        }
        held.extend(std::iter::from_fn(|| self.pop(FREE)));
        let mut slots: Vec<_> = held.iter().map(|held| held.slot).collect();
        slots.sort_unstable();
        assert!(slots.iter().copied().eq(0..SLOTS as u32), "each slot is there, once: {slots:?}");
        for text in [OLD, NEW].map(|text| text as usize) {
            let [sent, first, again] =
                [SENT, FIRST, AGAIN].map(|account| self.words.account(account + text).load(Relaxed));
            assert!(first <= 1, "message {text} came {first} times unmarked");
            assert!(sent <= first + again, "message {text} was sent and never came");
        }
        held.into_iter().for_each(|held| self.push(FREE, held));
    }
}

/// What a child does, by its role.
fn play(role: &str, path: &Path) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let words = Words::open(&file, SLOTS);
    let party = Party::join(words, &file);
    match role {
        "send" => party.send(NEW),
        "receive" => {
            let held = party.receive().unwrap();
            party.push(FREE, held);
        }
        "change" => {
            let mut held = party.receive().unwrap();
            party.words.slots()[held.slot as usize].mark_dirty(&mut held);
            // The same once more, so that whoever inspects it can read it.
            party.words.payload(held.slot).iter().for_each(|word| word.store(OLD, Relaxed));
            party.push(FREE, held);
        }
        "pass on" => {
            // Unseen, so that it is new to whoever has it next.
            let held = party.pop(FULL).unwrap();
            party.push(FULL, held);
        }
        "set aside" => {
            let held = party.receive().unwrap();
            words.slots()[held.slot as usize].set_aside(held, party.member.number);
        }
        "close" => {
            words.queue(FULL).close();
            party.send(NEW);
        }
        "sweep" => assert_eq!(party.sweep(Dirty::SetAside), 1),
        "be killed" => crate::sys::kill::this_process("the end", 0),
        "hold" => {
            let held = party.pop(FREE).unwrap();
            party.words.account(63).store(1, Release);
            while party.words.account(63).load(Acquire) != 2 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            party.push(FREE, held);
        }
        other => panic!("no role is called {other}"),
    }
    party.leave();
}

/// A ring in a file of its own, with a message that was sent.
struct Ring {
    _folder: tempfile::TempDir,
    path: PathBuf,
    file: File,
    party: Party,
}

fn ring() -> Ring {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    let words = Words::create(&file, SLOTS);
    let party = Party::join(words, &file);
    for (slot, number) in words.slots().iter().zip(0..) {
        let held = slot.try_take(number, slot.word(), party.member.number).unwrap();
        party.push(FREE, held);
    }
    party.send(OLD);
    Ring { _folder: folder, path, file, party }
}

impl Ring {
    fn start(&self, test: &str, role: &str, step: &str) -> Process {
        let test = format!("ring::tests::deaths::{test}");
        processes::start_to_die(&test, role, step, &[(PATH, self.path.to_str().unwrap())])
    }
}

/// Plays the role of this process, if it is a child.
fn is_child() -> bool {
    let Some(role) = processes::role() else { return false };
    play(&role, Path::new(&std::env::var_os(PATH).unwrap()));
    true
}

/// Kills a child in each role at each of its steps; returns how many died.
fn kill_at_each_step(test: &str, roles: &[&str], dirty: Dirty) -> usize {
    let mut died = 0;
    for role in roles {
        let last = (1..MOST_STEPS).find(|step| {
            let ring = ring();
            let was_killed = ring.start(test, role, &step.to_string()).was_killed();
            ring.party.sweep(dirty);
            for number in ring.party.words.participants().numbers() {
                let is_mine = number == ring.party.member.number;
                let state = ring.party.words.participants().state(number);
                assert_eq!(state, Some(if is_mine { State::Live } else { State::Free }), "{role} at {step}");
            }
            ring.party.settle();
            died += usize::from(was_killed);
            !was_killed
        });
        assert!(last.is_some_and(|last| last > 5), "{role} passed too few steps, or too many: {last:?}");
    }
    died
}

#[test]
fn killed_at_each_step_of_sending() {
    if !is_child() {
        let died = kill_at_each_step("killed_at_each_step_of_sending", &["send", "close"], Dirty::SetAside);
        eprintln!("{died} children were killed");
    }
}

#[test]
fn killed_at_each_step_of_receiving() {
    if !is_child() {
        let roles = ["receive", "change", "pass on", "set aside"];
        let died = kill_at_each_step("killed_at_each_step_of_receiving", &roles, Dirty::SetAside);
        eprintln!("{died} children were killed");
    }
}

/// A child dies with a message in hand, and then who sweeps it, at each step.
#[test]
fn killed_at_each_step_of_sweeping() {
    let test = "killed_at_each_step_of_sweeping";
    if is_child() {
        return;
    }
    for at in ["slot: taken", "slot: dirty", "slot: posted", "slot: place noted", "queue: listed"] {
        let last = (1..MOST_STEPS).find(|step| {
            let ring = ring();
            assert!(ring.start(test, "change", at).was_killed());
            let was_killed = ring.start(test, "sweep", &step.to_string()).was_killed();
            ring.party.sweep(Dirty::SetAside);
            ring.party.settle();
            !was_killed
        });
        assert!(last.is_some_and(|last| last > 5), "after {at}: {last:?}");
    }
}

#[test]
fn all_numbers_are_dead_ones() {
    let test = "all_numbers_are_dead_ones";
    if is_child() {
        return;
    }
    let Ring { _folder, path, file, party } = ring();
    let words = party.words;
    party.leave();
    let test = format!("ring::tests::deaths::{test}");
    let roles = ["receive", "send", "be killed", "be killed", "be killed", "be killed"];
    for role in roles {
        let step = if role == "be killed" { "0" } else { "slot: taken" };
        let child = processes::start_to_die(&test, role, step, &[(PATH, path.to_str().unwrap())]);
        assert!(child.was_killed());
    }
    assert!(
        words.participants().numbers().all(|number| words.participants().state(number) == Some(State::Live))
    );
    let party = Party::join(words, &file);
    assert_eq!(party.sweep(Dirty::SetAside), roles.len() - 1);
    party.settle();
    party.leave();
}

#[test]
fn a_stopped_process_keeps_what_it_holds() {
    if is_child() {
        return;
    }
    let ring = ring();
    let child = ring.start("a_stopped_process_keeps_what_it_holds", "hold", "0");
    let shared = ring.party.words.account(63);
    while shared.load(Acquire) != 1 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    for _ in 0..20 {
        assert_eq!(ring.party.sweep(Dirty::SetAside), 0, "it lives");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let others = std::iter::from_fn(|| ring.party.pop(FREE)).count();
    assert_eq!(others, SLOTS - 2, "one is sent, one is held by the stopped process");
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    shared.store(2, Release);
    assert!(!child.was_killed());
    assert!(ring.party.pop(FREE).is_some(), "it gave back what it held");
    drop(ring.file);
}
