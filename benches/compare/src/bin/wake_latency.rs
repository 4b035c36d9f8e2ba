//! How long does a thread take to answer another, in ringmill, in other libraries and by hand?
//!
//! The rows of `benches/wake_latency.rs`, with the rivals between. Unit, CPUs and what is excluded: as there.

use ringmill_compare::answers;
use ringmill_compare::common::answers::{blocking, spinning};
use ringmill_compare::common::ping_pong::{ping_pong, sides};

fn main() {
    spinning(|table, how| {
        table
            .row_of("ringfire, spinning", move || ping_pong(how, sides(answers::ringfire_spinning)))
            .row_of("rtrb, spinning", move || ping_pong(how, sides(answers::rtrb)))
            .row_of("disruptor, spinning", move || ping_pong(how, sides(answers::disruptor)))
            .row_of("crossbeam-channel, try_recv", move || ping_pong(how, sides(answers::crossbeam_spinning)))
    });
    blocking(|table, how| {
        table
            .row_of("ringfire, FutexWait", move || ping_pong(how, sides(answers::ringfire)))
            .row_of("crossbeam-channel", move || ping_pong(how, sides(answers::crossbeam)))
            .row_of("kanal", move || ping_pong(how, sides(answers::kanal)))
    });
}
