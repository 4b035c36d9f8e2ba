//! Workers in processes of their own are killed at random while they work: every message comes out once all the same.
//!
//! `RINGMILL_KILLS` sets how many are killed, 150 by default; the long run takes 10,000.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use ringmill::Ring;
use ringmill::memory::shared::Place;
use ringmill::ring::DroppedDirty;

const PATH: &str = "RINGMILL_TEST_PATH";
const WORKERS: usize = 3;
const BUFFERS: usize = 8;
/// More than any of this takes.
const LONG: Duration = Duration::from_secs(60);

fn open(path: &Path) -> Ring<u64> {
    // SAFETY: the tests open the ring by this library alone.
    unsafe { Ring::open(Place::file(path)) }.unwrap()
}

/// No test of its own: what the workers run, until the ring is closed.
#[test]
fn a_worker() {
    let Some(path) = env::var_os(PATH) else { return };
    let ring = open(Path::new(&path));
    let (work, done) = (ring.queue("work").unwrap(), ring.queue("done").unwrap());
    while let Ok(mut buffer) = work.recv() {
        let tag = buffer.tag();
        // The same however often it is done.
        buffer.iter_mut().zip(0..).for_each(|(value, k)| *value = tag * 1000 + k);
        if done.send(buffer).is_err() {
            break;
        }
        // Something to be killed in that holds a buffer which nobody has been sent yet.
        if tag.is_multiple_of(3) {
            let _ = ring.try_claim();
        }
    }
}

fn start(path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_worker"])
        .env(PATH, path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// A sequence that looks random and is the same each time.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Kills one worker after another and starts the next, until so many are dead.
fn kill_workers(path: &Path, kills: usize) -> Vec<Child> {
    let mut state = 0x2545_f491_4f6c_dd1d;
    let mut workers: Vec<_> = (0..WORKERS).map(|_| start(path)).collect();
    for _ in 0..kills {
        // Long enough to get to work, and rarely a round number.
        thread::sleep(Duration::from_micros(500 + random(&mut state) % 8000));
        let victim = &mut workers[random(&mut state) as usize % WORKERS];
        victim.kill().unwrap();
        victim.wait().unwrap();
        *victim = start(path);
    }
    workers
}

#[test]
fn every_message_comes_out_once_however_many_workers_are_killed() {
    let kills = env::var("RINGMILL_KILLS").map_or(150, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("ring");
    let builder = Ring::<u64>::builder().buffers(BUFFERS).buffer_len(512).queues(["work", "done"]);
    let ring = builder.dropped_dirty(DroppedDirty::SendAgain).at(Place::file(&path)).build().unwrap();
    let (work, done) = (ring.queue("work").unwrap(), ring.queue("done").unwrap());

    let is_over = AtomicBool::new(false);
    let (sent, received) = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut sent = 0;
            while !is_over.load(Relaxed) {
                let mut buffer = ring.claim_timeout(LONG).expect("a buffer within one tick or two");
                buffer.set_tag(sent);
                buffer.truncate(1 + sent as usize % 512);
                work.send(buffer).unwrap();
                sent += 1;
            }
            sent
        });
        let receiver = scope.spawn(|| {
            let mut received = HashMap::<u64, u32>::new();
            // Until what was sent last has had a tick to come, and then the queue is closed.
            while let Ok(buffer) = done.recv() {
                let tag = buffer.tag();
                assert_eq!(buffer.len(), 1 + tag as usize % 512);
                assert!(buffer.iter().zip(0..).all(|(&value, k)| value == tag * 1000 + k), "message {tag}");
                *received.entry(tag).or_default() += 1;
            }
            received
        });
        let workers = kill_workers(&path, kills);
        is_over.store(true, Relaxed);
        let sent = sender.join().unwrap();
        // All that was sent is done, and received.
        while ring.free() < BUFFERS {
            thread::sleep(Duration::from_millis(1));
        }
        ring.close();
        for mut worker in workers {
            assert!(worker.wait().unwrap().success());
        }
        (sent, receiver.join().unwrap())
    });
    assert_eq!(received.len() as u64, sent, "messages are lost");
    let twice: Vec<_> = received.iter().filter(|&(_, &times)| times != 1).collect();
    assert!(twice.is_empty(), "messages came twice: {twice:?}");
    assert_eq!(ring.recover().dead, 0, "whoever waits has found all the dead");
    assert!(ring.take_aside().is_none() && ring.free() == BUFFERS);
    println!("{kills} workers killed, {sent} messages");
}
