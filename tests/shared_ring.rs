//! A ring that processes share: what one sends the other has, and what one held when it was killed the others get.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use ringmill::Ring;
use ringmill::memory::shared::{Place, SharedError};
use ringmill::ring::{BuildError, DroppedDirty, RedeemError, RingBuilder, Ticket, TryError};

/// Which part a child plays, and where the ring is.
const ROLE: &str = "RINGMILL_TEST_ROLE";
const PATH: &str = "RINGMILL_TEST_PATH";
const TICKET: &str = "RINGMILL_TEST_TICKET";
/// More than any of this takes.
const LONG: Duration = Duration::from_secs(60);

fn open(path: &Path) -> Result<Ring<u64>, BuildError> {
    // SAFETY: the tests open the ring by this library alone.
    unsafe { Ring::open(Place::file(path)) }
}

fn builder(path: &Path) -> RingBuilder<u64> {
    Ring::builder().buffers(4).buffer_len(16).queues(["there", "back"]).at(Place::file(path))
}

struct Folder {
    _folder: tempfile::TempDir,
    ring: PathBuf,
}

fn folder() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    Folder { ring: folder.path().join("ring"), _folder: folder }
}

/// Starts this program as another process that plays a part, and waits until it says that it is ready.
fn child(role: &str, path: &Path) -> Child {
    child_with(role, path, &[0; 16])
}

/// The same, with a ticket.
fn child_with(role: &str, path: &Path, ticket: &[u8; 16]) -> Child {
    let program = env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--exact", "a_child", "--nocapture"])
        .env(ROLE, role)
        .env(PATH, path)
        .env(TICKET, u128::from_le_bytes(*ticket).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let ready = lines.any(|line| line.unwrap().contains("ready"));
    assert!(ready, "the child ended before it was ready");
    child
}

/// No test of its own: what the children of the others run.
#[test]
fn a_child() {
    let (Ok(role), Some(path)) = (env::var(ROLE), env::var_os(PATH)) else { return };
    let ring = open(Path::new(&path)).unwrap();
    let (there, back) = (ring.queue("there").unwrap(), ring.queue("back").unwrap());
    match role.as_str() {
        "echo" => {
            println!("ready");
            while let Ok(mut buffer) = there.recv() {
                buffer.iter_mut().for_each(|value| *value += 1);
                back.send(buffer).unwrap();
            }
            back.close();
        }
        "hold clean" => {
            let held = there.recv().unwrap();
            println!("ready");
            thread::sleep(LONG);
            drop(held);
        }
        "hold changed" => {
            let mut held = there.recv().unwrap();
            held[0] += 1;
            println!("ready");
            thread::sleep(LONG);
            drop(held);
        }
        "hold free" => {
            let held = [ring.claim().unwrap(), ring.claim().unwrap()];
            println!("ready");
            thread::sleep(LONG);
            drop(held);
        }
        "redeem" => {
            let ticket = Ticket::from_bytes(env::var(TICKET).unwrap().parse::<u128>().unwrap().to_le_bytes());
            let held = ring.redeem(ticket).unwrap();
            println!("ready");
            thread::sleep(LONG);
            drop(held);
        }
        "deposit" => {
            let mut buffer = ring.claim().unwrap();
            buffer[0] = 78;
            let ticket = ring.deposit(buffer).unwrap().to_bytes();
            std::fs::write(Path::new(&path).with_extension("ticket"), ticket).unwrap();
            println!("ready");
            thread::sleep(LONG);
        }
        "sleep" => {
            println!("ready");
            assert!(there.recv().is_err());
        }
        other => panic!("no part is called {other}"),
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_one_process_sends_the_other_receives() {
    let folder = folder();
    let ring = builder(&folder.ring).build().unwrap();
    let (there, back) = (ring.queue("there").unwrap(), ring.queue("back").unwrap());
    let mut child = child("echo", &folder.ring);
    for round in 0..1000 {
        let mut buffer = ring.claim().unwrap();
        buffer.fill(round);
        buffer.truncate(round as usize % 17);
        buffer.set_tag(round * 3);
        there.send(buffer).unwrap();
        let buffer = back.recv().unwrap();
        assert_eq!((buffer.len(), buffer.tag()), (round as usize % 17, round * 3));
        assert!(buffer.iter().all(|&value| value == round + 1) && !buffer.is_retry());
    }
    there.close();
    assert!(back.recv().is_err());
    assert!(child.wait().unwrap().success());
    assert_eq!((ring.free(), ring.recover().dead), (4, 0));
}

#[test]
fn what_a_killed_receiver_had_only_read_comes_again_marked() {
    let folder = folder();
    let ring = builder(&folder.ring).build().unwrap();
    let there = ring.queue("there").unwrap();
    let mut buffer = ring.claim().unwrap();
    buffer[0] = 42;
    there.send(buffer).unwrap();
    kill(child("hold clean", &folder.ring));
    // Nobody is asked to recover: who waits finds out.
    let buffer = there.recv_timeout(LONG).unwrap();
    assert!(buffer.is_retry() && buffer[0] == 42);
    drop(buffer);
    assert_eq!(ring.free(), 4);
}

#[test]
fn what_a_killed_receiver_had_changed_goes_as_the_builder_said() {
    for policy in [DroppedDirty::Free, DroppedDirty::SendAgain, DroppedDirty::SetAside] {
        let folder = folder();
        let ring = builder(&folder.ring).dropped_dirty(policy).build().unwrap();
        let there = ring.queue("there").unwrap();
        there.send(ring.claim().unwrap()).unwrap();
        kill(child("hold changed", &folder.ring));
        let recovery = ring.recover();
        let expected = match policy {
            DroppedDirty::Free => (1, 0, 0),
            DroppedDirty::SendAgain => (0, 1, 0),
            _ => (0, 0, 1),
        };
        assert_eq!((recovery.freed, recovery.sent_again, recovery.set_aside), expected, "{policy:?}");
        assert_eq!(recovery.dead, 1);
        assert_eq!(there.try_recv().is_ok_and(|buffer| buffer.is_retry()), policy == DroppedDirty::SendAgain);
        assert_eq!(ring.take_aside().is_some(), policy == DroppedDirty::SetAside);
        // What was received again was not changed here, so it is free now too.
        assert_eq!(ring.free(), 4, "{policy:?}");
    }
}

#[test]
fn who_waits_for_a_free_buffer_gets_those_of_the_dead() {
    let folder = folder();
    let ring = builder(&folder.ring).build().unwrap();
    let mut held = vec![ring.claim().unwrap(), ring.claim().unwrap()];
    let child = child("hold free", &folder.ring);
    assert_eq!(ring.try_claim().unwrap_err(), TryError::Empty);
    let waiting = thread::spawn({
        let ring = ring.clone();
        move || [ring.claim_timeout(LONG).unwrap(), ring.claim_timeout(LONG).unwrap()]
    });
    kill(child);
    held.extend(waiting.join().unwrap());
    drop(held);
    assert_eq!(ring.free(), 4);
}

#[test]
fn a_sleeper_that_is_killed_takes_no_wake_with_it() {
    let folder = folder();
    let ring = builder(&folder.ring).build().unwrap();
    let there = ring.queue("there").unwrap();
    let sleeper = child("sleep", &folder.ring);
    let mut last = child("echo", &folder.ring);
    kill(sleeper);
    let back = ring.queue("back").unwrap();
    there.send(ring.claim().unwrap()).unwrap();
    drop(back.recv_timeout(LONG).unwrap());
    ring.close();
    assert!(last.wait().unwrap().success());
}

#[test]
fn a_process_leaves_with_its_last_buffer() {
    let folder = folder();
    let ring = builder(&folder.ring).participants(2).build().unwrap();
    let second = open(&folder.ring).unwrap();
    assert!(matches!(open(&folder.ring), Err(BuildError::Participants { most: 2 })));
    let buffer = second.claim().unwrap();
    drop(second);
    assert!(
        matches!(open(&folder.ring), Err(BuildError::Participants { .. })),
        "its buffer still takes part"
    );
    drop(buffer);
    let second = open(&folder.ring).unwrap();
    second.queue("there").unwrap().send(second.claim().unwrap()).unwrap();
    drop(second);
    assert_eq!((ring.recover().dead, ring.free(), ring.queue("there").unwrap().depth()), (0, 3, 1));
}

#[test]
fn where_all_have_died_who_comes_next_has_all_of_it() {
    let folder = folder();
    let ring = builder(&folder.ring).participants(3).build().unwrap();
    for tag in 0..2 {
        let mut buffer = ring.claim().unwrap();
        buffer.set_tag(tag);
        ring.queue("there").unwrap().send(buffer).unwrap();
    }
    let children = [child("hold clean", &folder.ring), child("hold changed", &folder.ring)];
    drop(ring);
    // A third that lives takes the number that we had, so that each is a dead one's when all are killed.
    let third = child("hold free", &folder.ring);
    assert!(matches!(open(&folder.ring), Err(BuildError::Participants { most: 3 })));
    children.into_iter().chain([third]).for_each(kill);
    let ring = open(&folder.ring).unwrap();
    assert_eq!((ring.free(), ring.queue("there").unwrap().depth(), ring.participants().len()), (3, 1, 1));
    assert!(ring.queue("there").unwrap().recv().unwrap().is_retry());
}

#[test]
fn a_buffer_goes_by_ticket_to_another_process_once() {
    let folder = folder();
    let ring = builder(&folder.ring).build().unwrap();
    let other = open(&folder.ring).unwrap();
    let mut buffer = ring.claim().unwrap();
    buffer[0] = 77;
    let ticket = ring.deposit(buffer).unwrap();
    let buffer = other.redeem(ticket).unwrap();
    assert_eq!((buffer[0], buffer.is_retry()), (77, false));
    assert_eq!(ring.redeem(ticket).unwrap_err(), RedeemError::Used);
    assert_eq!(Ring::<u64>::builder().build().unwrap().redeem(ticket).unwrap_err(), RedeemError::Foreign);
    drop(buffer);
    // Who redeems and then dies: nobody else has the ticket, so the buffer is set aside for whoever looks.
    let ticket = ring.deposit(ring.claim().unwrap()).unwrap();
    kill(child_with("redeem", &folder.ring, &ticket.to_bytes()));
    assert_eq!(ring.recover().set_aside, 1);
    assert!(ring.take_aside().unwrap().is_retry());
    // Who deposits and then dies: the ticket is as good as before.
    let child = child("deposit", &folder.ring);
    let ticket = std::fs::read(folder.ring.with_extension("ticket")).unwrap();
    kill(child);
    assert_eq!(ring.recover().dead, 1);
    let ticket = Ticket::from_bytes(ticket.try_into().unwrap());
    assert_eq!(ring.redeem(ticket).unwrap()[0], 78);
    assert_eq!(ring.free(), 4);
}

#[test]
fn what_is_not_such_a_ring_is_not_opened() {
    let folder = folder();
    assert!(matches!(open(&folder.ring), Err(BuildError::Shared(SharedError::Missing { .. }))));
    let ring = builder(&folder.ring).build().unwrap();
    let again = builder(&folder.ring).build();
    assert!(matches!(again, Err(BuildError::Shared(SharedError::Exists { .. }))));
    // SAFETY: as in `open`.
    let other = unsafe { Ring::<f64>::open(Place::file(&folder.ring)) };
    let error = other.unwrap_err().to_string();
    assert!(error.contains("u64") && error.contains("f64"), "{error}");
    // SAFETY: as in `open`.
    let same = unsafe { builder(&folder.ring).open_or_build() }.unwrap();
    drop(same.claim().unwrap());
    drop(ring);
    assert!(folder.ring.exists(), "a ring outlives those who take part");
    assert_eq!(open(&folder.ring).unwrap().free(), 4);
}
