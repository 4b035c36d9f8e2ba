//! A number goes to another thread and comes back one greater: how long does that take?

use std::time::Duration;

use super::clock::{ns_per_tick, ticks};
use super::cpus::{Party, together};

/// The side that asks.
pub trait Ask: Send {
    /// Sends a number and waits for the answer.
    fn ask(&mut self, number: u64) -> u64;
}

/// The side that answers.
pub trait Answer: Send {
    /// Waits for a number and sends it back one greater.
    fn answer(&mut self);
}

/// Sends numbers one way.
pub trait Sends: Send {
    /// Sends a number.
    fn send(&mut self, number: u64);
}

/// Receives them.
pub trait Receives: Send {
    /// Waits for a number.
    fn receive(&mut self) -> u64;
}

/// A side made of a way there and a way back.
pub struct Side<S, R>(pub S, pub R);

impl<S: Sends, R: Receives> Ask for Side<S, R> {
    #[inline(always)]
    fn ask(&mut self, number: u64) -> u64 {
        self.0.send(number);
        self.1.receive()
    }
}

impl<S: Sends, R: Receives> Answer for Side<S, R> {
    #[inline(always)]
    fn answer(&mut self) {
        let number = self.1.receive();
        self.0.send(number + 1);
    }
}

/// Makes both sides of two ways that `make` makes.
pub fn sides<S: Sends, R: Receives>(make: impl Fn() -> (S, R)) -> (Side<S, R>, Side<S, R>) {
    let (there, back) = (make(), make());
    (Side(there.0, back.1), Side(back.0, there.1))
}

/// Under what conditions the trips are made.
#[derive(Clone, Copy)]
pub struct Conditions {
    /// Trips of a sample.
    pub trips: usize,
    /// How long the asker looks at the clock before each, so that the other side falls asleep.
    pub pause: Duration,
    /// Where the two run, among the usable CPUs.
    pub places: (usize, usize),
}

impl Conditions {
    /// One trip after the other, on two CPUs.
    pub const HOT: Self = Self { trips: 20_000, pause: Duration::ZERO, places: (0, 1) };
    /// A pause of 200 us before each.
    pub const ASLEEP: Self = Self { trips: 200, pause: Duration::from_micros(200), places: (0, 1) };
    /// Both sides on one CPU.
    pub const ONE_CPU: Self = Self { trips: 5_000, pause: Duration::ZERO, places: (0, 0) };
}

/// Makes the trips and returns the time of one in ns: the median, and what 99 of a hundred are below.
pub fn ping_pong<A: Ask, B: Answer>(how: Conditions, (asker, mut answerer): (A, B)) -> [f64; 2] {
    let mut times = [0.0; 2];
    together([
        Party::on(how.places.0, || times = ask_here(how, asker)),
        Party::on(how.places.1, move || (0..rounds_of(how)).for_each(|_| answerer.answer())),
    ]);
    times
}

/// Returns how often the asker asks in all: the first trips warm up.
pub fn rounds_of(how: Conditions) -> usize {
    how.trips + how.trips / 8
}

/// Asks, on the CPU that is the asker's, somebody who answers elsewhere; returns what `ping_pong` does.
pub fn ask_all(how: Conditions, asker: impl Ask) -> [f64; 2] {
    let mut times = [0.0; 2];
    together([Party::on(how.places.0, || times = ask_here(how, asker))]);
    times
}

fn ask_here(how: Conditions, mut asker: impl Ask) -> [f64; 2] {
    let pause = (how.pause.as_nanos() as f64 / ns_per_tick()) as u64;
    let mut times = vec![0_u64; rounds_of(how)];
    let mut wrong = 0;
    let mut before = ticks();
    for (number, time) in (0..).zip(&mut times) {
        if pause > 0 {
            while ticks() - before < pause {}
            before = ticks();
        }
        wrong |= asker.ask(number) ^ (number + 1);
        let now = ticks();
        *time = now - before;
        before = now;
    }
    assert_eq!(wrong, 0, "an answer was not the question's");
    let times = &mut times[how.trips / 8..];
    times.sort_unstable();
    [times.len() / 2, times.len() * 99 / 100].map(|rank| times[rank] as f64 * ns_per_tick())
}
