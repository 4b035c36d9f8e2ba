//! Any bytes, anywhere behind the header of a shared ring: what is asked of it comes to an end, with a result or an error.
//!
//! `RINGMILL_HOSTILE_ROUNDS` sets the rounds, 300 by default.

#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use ringmill::Ring;
use ringmill::memory::shared::Place;
use ringmill::ring::{Buffer, DroppedDirty, QueueOptions, Ticket, WhenFull};

/// A sequence that looks random and is the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Writes what nobody writes who keeps to the protocol, or what somebody might have, in the wrong place.
fn spoil(file: &File, len: u64, random: &mut Random) {
    let words = (len - 4096) / 8;
    for _ in 0..1 + random.below(20) {
        let at = 4096 + 8 * random.below(words);
        let mut word = [0; 8];
        file.read_exact_at(&mut word, at).unwrap();
        let spoiled = match random.below(6) {
            0 => random.next(),
            1 => u64::MAX,
            2 => 0,
            3 => u64::from_le_bytes(word) ^ 1 << random.below(64),
            4 => u64::from_le_bytes(word).wrapping_add(1 << 24),
            _ => u64::from_le_bytes(word).wrapping_sub(1 << random.below(64)),
        };
        file.write_all_at(&spoiled.to_le_bytes(), at).unwrap();
    }
}

fn use_it(ring: &Ring<u64>, held: &mut Vec<Buffer<u64>>, tickets: &mut Vec<Ticket>, random: &mut Random) {
    let short = Duration::from_micros(100);
    let (plain, bounded) = (ring.queue("plain").unwrap(), ring.queue("bounded").unwrap());
    match random.below(12) {
        0 | 1 => held.extend(ring.try_claim()),
        2 => held.extend(ring.claim_timeout(short)),
        3 => held.extend(plain.recv_timeout(short)),
        4 => held.extend(bounded.try_recv()),
        5 | 6 => {
            if let Some(mut buffer) = held.pop() {
                buffer.iter_mut().for_each(|value| *value ^= 1);
                let _ = plain.send_timeout(buffer, short);
            }
        }
        7 => {
            if let Some(buffer) = held.pop() {
                let _ = bounded.try_send(buffer);
            }
        }
        8 => {
            let deposited = held.pop().and_then(|buffer| ring.deposit(buffer).ok());
            tickets.extend(deposited);
        }
        9 => {
            if let Some(ticket) = tickets.pop() {
                held.extend(ring.redeem(ticket));
            }
        }
        10 => {
            let (holds, dead) = (ring.participants().len(), ring.recover().dead);
            assert!(holds <= 3 && dead <= 3, "{holds} participants, {dead} of them dead");
            held.extend(ring.take_aside());
            ring.reclaim(Duration::ZERO);
        }
        _ => {
            let depth = plain.depth() + plain.high_water() + bounded.depth() + ring.free();
            assert!(depth <= 4 * ring.buffers());
            drop(held.pop());
        }
    }
}

#[test]
fn whatever_the_words_say_every_call_returns() {
    let rounds = env::var("RINGMILL_HOSTILE_ROUNDS").map_or(300, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut damaged = 0;
    for round in 0..rounds {
        let random = &mut Random(0x9e37_79b9_7f4a_7c15 ^ (round << 20) ^ round);
        let path = folder.path().join(round.to_string());
        let ring = Ring::<u64>::builder()
            .buffers(4)
            .buffer_len(8)
            .queue("plain")
            .queue(QueueOptions::new("bounded").bound(2, WhenFull::DropOldest))
            .participants(3)
            .dropped_dirty(
                [DroppedDirty::Free, DroppedDirty::SendAgain, DroppedDirty::SetAside][round as usize % 3],
            )
            .at(Place::file(&path))
            .build()
            .unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let len = file.metadata().unwrap().len();
        let (mut held, mut tickets) = (Vec::new(), Vec::new());
        for step in 0..60 {
            if step >= 10 && step % 10 == 0 {
                spoil(&file, len, random);
            }
            use_it(&ring, &mut held, &mut tickets, random);
        }
        damaged += usize::from(ring.damage().is_some());
        if round % 2 == 0 {
            ring.close();
        }
        drop(ring);
        drop(held);
        std::fs::remove_file(path).unwrap();
    }
    assert!(damaged > 0, "nothing was ever noticed: the words that were spoilt are not those that are used");
}
