//! What each worker did when: the last events of each, and how they are written for a viewer.
//!
//! Off unless the builder asks for it: then a task, a loop, a sleep costs some 20 ns more. A worker writes its own journal
//! (`protocol/journal.rs`); threads that are not the pool's share one, and take turns by a lock. The text is that of
//! Chrome's trace events, which Perfetto reads too. Source: the "Trace Event Format" document of the Chromium project.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::names::Name;
use super::worker::WorkerMetrics;
use super::{Metrics, Stamp};
use crate::protocol::journal::Journal;

/// What a worker did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Task,
    Loop,
    Parked,
    Blocked,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Task, Self::Loop, Self::Parked, Self::Blocked];

    fn text(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Loop => "loop",
            Self::Parked => "parked",
            Self::Blocked => "blocked",
        }
    }
}

/// The last events of one worker.
#[derive(Debug)]
pub(super) struct Events {
    capacity: usize,
    /// Made at the first event, by whoever it is of: near to it.
    journal: OnceLock<Journal>,
    /// Whose turn it is to write, where several threads do.
    turn: Option<Mutex<()>>,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    kind: Kind,
    name: Name,
    start: u64,
    nanoseconds: u64,
}

/// Bits of the second word: the duration, the name, the kind.
const DURATION_BITS: u32 = 48;
const NAME_BITS: u32 = 8;

impl Event {
    fn encode(self) -> [u64; 2] {
        let nanoseconds = self.nanoseconds.min((1 << DURATION_BITS) - 1);
        let labels = (self.kind as u64) << NAME_BITS | self.name.number() as u64;
        [self.start, labels << DURATION_BITS | nanoseconds]
    }

    fn decode([start, second]: [u64; 2]) -> Self {
        let labels = second >> DURATION_BITS;
        Self {
            kind: Kind::ALL[(labels >> NAME_BITS) as usize % Kind::ALL.len()],
            name: Name::from_number((labels & ((1 << NAME_BITS) - 1)) as usize),
            start,
            nanoseconds: second & ((1 << DURATION_BITS) - 1),
        }
    }
}

impl Events {
    pub(super) fn new(capacity: usize, shared: bool) -> Self {
        Self { capacity, journal: OnceLock::new(), turn: shared.then(Mutex::default) }
    }

    fn write(&self, event: Event) {
        let journal = self.journal.get_or_init(|| Journal::new(self.capacity));
        let turn = self.turn.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        journal.write(event.encode());
        drop(turn);
    }

    /// Returns the events that are kept, in the order of their ends.
    fn read(&self) -> Vec<Event> {
        let journal = self.journal.get();
        journal.map(|journal| journal.read().1.into_iter().map(Event::decode).collect()).unwrap_or_default()
    }
}

impl WorkerMetrics {
    /// Notes that this worker did something from `start` to `end`, if it is traced.
    #[inline]
    pub(crate) fn trace(&self, kind: Kind, name: Name, start: Stamp, end: Stamp) {
        if let Some(events) = &self.events
            && let Some(nanoseconds) = end.since(start)
        {
            events.write(Event { kind, name, start: start.0, nanoseconds });
        }
    }
}

impl Metrics {
    /// Writes the events of all workers; none if nothing is traced.
    pub(crate) fn write_trace(&self, out: &mut impl io::Write) -> io::Result<()> {
        let events: Vec<_> = self
            .workers
            .iter()
            .map(|worker| worker.events.as_ref().map(|events| events.read()).unwrap_or_default())
            .collect();
        let texts = self.names.texts();
        write!(out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        let mut comma = "";
        for (worker, mut events) in events.into_iter().enumerate() {
            events.sort_by_key(|event| (event.start, u64::MAX - event.nanoseconds));
            for track in if worker == 0 { apart(events) } else { vec![events] }.into_iter().enumerate() {
                write_track(out, &texts, worker, track, &mut comma)?;
            }
        }
        writeln!(out, "]}}")
    }
}

/// Distinguishes the tracks of the threads that are not the pool's from its workers.
const CALLERS: usize = 100_000;

fn write_track(
    out: &mut impl io::Write,
    texts: &[&str],
    worker: usize,
    (number, events): (usize, Vec<Event>),
    comma: &mut &str,
) -> io::Result<()> {
    let (id, label) = match worker {
        0 => (CALLERS + number, format!("caller {number}")),
        _ => (worker, format!("worker {worker}")),
    };
    write!(
        out,
        "{comma}\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":{id},\"args\":{{\"name\":\"{label}\"}}}}"
    )?;
    *comma = ",";
    for event in events {
        let kind = event.kind.text();
        let name = Some(texts[event.name.number()]).filter(|name| !name.is_empty()).unwrap_or(kind);
        write!(
            out,
            ",\n{{\"ph\":\"X\",\"cat\":\"{kind}\",\"name\":{},\"pid\":1,\"tid\":{id},\"ts\":{},\"dur\":{}}}",
            quoted(name),
            microseconds(event.start),
            microseconds(event.nanoseconds),
        )?;
    }
    Ok(())
}

/// Distributes events over tracks, so that on none two overlap: several threads made them.
fn apart(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut tracks: Vec<Vec<Event>> = vec![Vec::new()];
    for event in events {
        let ends_before = |track: &&mut Vec<Event>| {
            track.last().is_none_or(|last| last.start + last.nanoseconds <= event.start)
        };
        match tracks.iter_mut().find(ends_before) {
            Some(track) => track.push(event),
            None => tracks.push(vec![event]),
        }
    }
    tracks
}

/// Writes nanoseconds as microseconds, exactly.
fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
}

/// Writes a text as JSON does.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_as_they_were_written() {
        let events = Events::new(2, false);
        let event = |number: u64, kind| Event {
            kind,
            name: Name::from_number(number as usize),
            start: number,
            nanoseconds: number * 7,
        };
        for number in 0..4 {
            events.write(event(number, Kind::ALL[number as usize]));
        }
        assert_eq!(events.read(), [event(2, Kind::Parked), event(3, Kind::Blocked)]);
        let long = Event { nanoseconds: u64::MAX, ..event(65, Kind::Loop) };
        assert_eq!(Event::decode(long.encode()).nanoseconds, (1 << DURATION_BITS) - 1);
    }

    #[test]
    fn overlapping_events_come_on_tracks_of_their_own() {
        let event = |start, nanoseconds| Event { kind: Kind::Loop, name: Name::UNNAMED, start, nanoseconds };
        let tracks = apart(vec![event(0, 10), event(5, 10), event(10, 1), event(12, 1), event(15, 1)]);
        assert_eq!(tracks.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(quoted("a\"b\\c\nü"), r#""a\"b\\c\u000aü""#);
        assert_eq!(microseconds(1_002_003), "1002.003");
    }
}
