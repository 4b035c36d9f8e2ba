//! What is written of a pool's threads: how many are wanted, which numbers have one, how many died.
//!
//! Plain state, kept under the roster's lock; its steps are the roster's.
//!
//! ```text
//! number: Vacant --hire--> Taken(life) --died, life--> Taken(life + 1)  or  Broken  after too many deaths in a row
//! ```
//! - R3: a number is one thread's at a time. Who hires for it has taken it here; who finds its thread dead takes it by
//!   naming the life that is over, so of several one does.
//! - R4: nobody is hired after the end.

/// A number whose threads die in a row without having done anything is given up after so many.
pub(crate) const MOST_DEATHS: u32 = 5;

/// The numbers of a pool and what is wanted of them.
#[derive(Debug)]
pub(crate) struct Book {
    /// Workers, the calling thread included, once no muster holds their number.
    pub(crate) asked: usize,
    pub(crate) musters: usize,
    pub(crate) blocked: usize,
    pub(crate) most_blocked: usize,
    /// Somebody submits, so the highest thread on duty is wanted too.
    pub(crate) is_stand_in_wanted: bool,
    has_ended: bool,
    threads: Box<[Record]>,
    deaths: u32,
}

/// What the book has on one number.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    life: u32,
    state: State,
    /// In a row, none of them after a job that was done.
    deaths: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Vacant,
    Taken,
    Broken,
}

/// A number that somebody has taken to start its thread; if that fails, it has to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a number that is taken has no thread until one is started"]
pub(crate) struct Hired {
    pub(crate) number: usize,
    pub(crate) life: u32,
    /// How many threads of this number died in a row before.
    pub(crate) deaths: u32,
}

/// What becomes of a number whose thread died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a number that is taken has no thread until one is started"]
pub(crate) enum Successor {
    /// Another thread is to be started by whoever got this.
    Hire(Hired),
    /// There will be none: too many died. Whoever got this says so to those who count on the number.
    GivenUp,
    /// None of our business: somebody else was first, or the pool ends.
    Nobody,
}

/// How many numbers are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) present: usize,
    pub(crate) given_up: usize,
    pub(crate) deaths: u32,
    pub(crate) blocked: usize,
}

impl Book {
    pub(crate) fn new(workers: usize, threads: usize, most_blocked: usize) -> Self {
        Self {
            asked: workers,
            musters: 0,
            blocked: 0,
            most_blocked,
            is_stand_in_wanted: false,
            has_ended: false,
            threads: vec![Record::default(); threads].into(),
            deaths: 0,
        }
    }

    /// Takes the lowest number up to `last` that has no thread.
    pub(crate) fn hire(&mut self, last: usize) -> Option<Hired> {
        let has_ended = self.has_ended;
        let vacant = self.threads.iter().take(last).position(|record| record.state == State::Vacant);
        vacant.filter(|_| !has_ended).map(|place| self.threads[place].take(place + 1))
    }

    /// Gives a number back whose thread did not start.
    pub(crate) fn give_back(&mut self, hired: Hired) {
        self.threads[hired.number - 1].state = State::Vacant;
    }

    /// Returns whether this life of a number is its present one.
    pub(crate) fn is_alive(&self, number: usize, life: u32) -> bool {
        let record = &self.threads[number - 1];
        record.state == State::Taken && record.life == life
    }

    pub(crate) fn died(&mut self, number: usize, life: u32) -> Successor {
        if !self.is_alive(number, life) {
            return Successor::Nobody;
        }
        self.deaths = self.deaths.saturating_add(1);
        let record = &mut self.threads[number - 1];
        record.deaths += 1;
        if record.deaths >= MOST_DEATHS {
            record.state = State::Broken;
            Successor::GivenUp
        } else if self.has_ended {
            record.state = State::Vacant;
            Successor::Nobody
        } else {
            Successor::Hire(record.take(number))
        }
    }

    /// Forgets how many of a number died before: its thread has done something.
    pub(crate) fn proved(&mut self, number: usize) {
        self.threads[number - 1].deaths = 0;
    }

    pub(crate) fn is_taken(&self, number: usize) -> bool {
        self.threads[number - 1].state == State::Taken
    }

    pub(crate) fn is_given_up(&self, number: usize) -> bool {
        self.threads[number - 1].state == State::Broken
    }

    /// Opens the numbers again that were given up.
    pub(crate) fn mend(&mut self) {
        for record in self.threads.iter_mut().filter(|record| record.state == State::Broken) {
            (record.state, record.deaths) = (State::Vacant, 0);
        }
    }

    /// Returns the first number up to `last` that has no thread.
    pub(crate) fn missing(&self, last: usize) -> Option<usize> {
        let vacant = self.threads.iter().take(last).position(|record| record.state != State::Taken);
        vacant.map(|place| place + 1)
    }

    pub(crate) fn end(&mut self) {
        self.has_ended = true;
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |state| self.threads.iter().filter(|record| record.state == state).count();
        Counts {
            present: of(State::Taken),
            given_up: of(State::Broken),
            deaths: self.deaths,
            blocked: self.blocked,
        }
    }
}

impl Record {
    fn take(&mut self, number: usize) -> Hired {
        self.state = State::Taken;
        self.life = self.life.wrapping_add(1);
        Hired { number, life: self.life, deaths: self.deaths }
    }
}
