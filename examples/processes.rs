//! A ring between processes: this program starts copies of itself that double what is in the buffers it sends, kills one of
//! them in the middle of its work, and gets everything back all the same.
//!
//! ```sh
//! cargo run --release --example processes
//! ```

#![allow(
    clippy::print_stdout,
    unsafe_code,
    reason = "an example prints; who opens a ring vouches for its peers"
)]

use std::error::Error;
use std::process::{Child, Command};
use std::{env, process, thread};

use ringmill::Ring;
use ringmill::memory::shared;
use ringmill::ring::{Closed, DroppedDirty};

const MESSAGES: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1) {
        None => parent(),
        Some(name) => worker(&name),
    }
}

/// Doubles what comes, until the ring is closed.
fn worker(name: &str) -> Result<(), Box<dyn Error>> {
    // SAFETY: the rings of this name are opened by this program alone.
    let ring = unsafe { Ring::<u64>::open(name)? };
    let (work, done) = (ring.queue("work")?, ring.queue("done")?);
    while let Ok(mut buffer) = work.recv() {
        // The tag says what to double, so that it may be done twice.
        let number = buffer.tag();
        buffer.fill(2 * number);
        if done.send(buffer).is_err() {
            break;
        }
    }
    Ok(())
}

fn parent() -> Result<(), Box<dyn Error>> {
    let name = format!("example-{}", process::id());
    let ring = Ring::<u64>::builder()
        .buffers(16)
        .buffer_len(8192)
        .queues(["work", "done"])
        .dropped_dirty(DroppedDirty::SendAgain)
        .named(&name)
        .build()?;
    let (work, done) = (ring.queue("work")?, ring.queue("done")?);
    let start = || Command::new(env::current_exe()?).arg(&name).spawn();
    let mut workers: Vec<Child> = vec![start()?, start()?];

    // All buffers may be on their way, so somebody else receives what comes back.
    let receiver = thread::spawn(move || {
        (0..MESSAGES).map(|_| done.recv().map(|buffer| buffer[8191])).sum::<Result<u64, Closed>>()
    });
    for number in 0..MESSAGES {
        let mut buffer = ring.claim()?;
        buffer.set_tag(number);
        work.send(buffer)?;
        if number == MESSAGES / 2 {
            workers[0].kill()?; // whatever it is doing
            workers[0].wait()?;
            workers[0] = start()?;
        }
    }
    let sum = receiver.join().map_err(|_| "the receiver panicked")??;
    ring.close();
    for mut worker in workers {
        worker.wait()?;
    }
    shared::unlink(name)?;
    assert_eq!(sum, MESSAGES * (MESSAGES - 1));
    println!("{MESSAGES} messages, each once, though a worker was killed");
    Ok(())
}
