//! The way of a stream's text through a ring: one thread reads and cuts, all parse.
//!
//! The calling thread is the first stage. It fills a buffer of the ring with the next chunk, finds where the first
//! record in it starts, and appends what lies before that to the buffer before, which is whole then and goes to the
//! queue of full ones. Jobs take the oldest and parse it until there is none, at most one for each other worker: so a
//! worker of the pool is busy with a stream only while there is something to parse, and never waits for input. When no
//! buffer is free the caller parses one itself; when all are being parsed it waits for the first to be done, and at the end
//! it parses what is left. The number of buffers bounds the memory.
//!
//! A chunk is `chunk_bytes` of text, counted from where the data starts, as in a mapped file: so the segments, the
//! accumulators and the shape in which they are merged are the same, and so is the answer, to the bit.
//!
//! A record that its buffer has no room for grows in a vector, up to a limit, and is parsed by the caller at once: there
//! is one such vector at a time.

use super::error::{StreamError, StreamProblem};
use super::outcome::{Outcome, Part, locate, move_on};
use super::stream::{CsvStream, lines};
use super::text::Text;
use crate::csv::count::count_segment;
use crate::csv::cursor::Cursor;
use crate::csv::dialect::State;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::forest::Forest;
use crate::csv::segment::Segment;
use crate::csv::transition::{Transition, first_record_start};
use crate::pool::{LoopError, OnPanic, Pool, Scope, ScopeError, stopped_here};
use crate::ring::{Buffer, Queue, Ring};
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use crate::sync::lock::Mutex;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::PoisonError;

/// The queue of buffers that wait to be parsed.
const FULL: &str = "full";

/// What part of a chunk a buffer has room for beyond it, for the rest of the last record.
const TAIL_PART: usize = 16;

/// The largest chunk that a ring is made for.
const LARGEST_CHUNK: usize = 64 << 20;

/// A chunk whose last record is yet to be read to its end.
struct Pending {
    index: u64,
    /// Where the first record starts.
    start: usize,
    bytes: Bytes,
}

/// A chunk and the rest of its last record.
enum Bytes {
    Buffer(Buffer<u8>),
    /// Where the buffer had no room for it; and where that record starts.
    Grown(Vec<u8>, usize),
}

/// One way through a stream. `leaf` folds the records of a segment, if there are any, with what a worker holds.
pub(super) struct Flow<'s, W, N, A, L, M> {
    stream: &'s CsvStream,
    chunk_bytes: usize,
    ring: Ring<u8>,
    full: Queue<u8>,
    /// What workers hold from segment to segment, while they hold it not; and how a further one is made.
    spare: Mutex<(usize, Vec<W>)>,
    new: N,
    leaf: L,
    merge: M,
    forest: Forest<Part<A>>,
    first_failed: AtomicU64,
    /// Jobs that parse, or are about to; and how many may at a time.
    helpers: AtomicUsize,
    most_helpers: usize,
}

impl<'s, W, N, A, L, M> Flow<'s, W, N, A, L, M>
where
    W: Send,
    N: Fn(usize) -> W + Sync,
    A: Send,
    L: Fn(&mut W, Option<&Segment<'_>>) -> Result<A, CsvError> + Sync,
    M: Fn(A, A) -> A + Sync,
{
    pub(super) fn new(
        pool: &Pool,
        stream: &'s CsvStream,
        new: N,
        leaf: L,
        merge: M,
    ) -> Result<Self, CsvError> {
        let chunk_bytes = stream.chunk_bytes.min(LARGEST_CHUNK);
        let failed = |problem| StreamError::new(stream.name(), 0, problem);
        let ring = Ring::builder()
            // One that is filled, one that waits for its tail, and for each worker one to parse and one to follow.
            .buffers(2 + 2 * pool.workers())
            .buffer_len(chunk_bytes + chunk_bytes.div_ceil(TAIL_PART))
            .queues([FULL])
            .build()
            .map_err(|error| failed(StreamProblem::Buffers(error)))?;
        let full = ring.queue(FULL).expect("made with the ring");
        let (spare, forest) = (Mutex::new((0, Vec::new())), Forest::new());
        let first_failed = AtomicU64::new(u64::MAX);
        let (helpers, most_helpers) = (AtomicUsize::new(0), pool.workers() - 1);
        Ok(Self {
            stream,
            chunk_bytes,
            ring,
            full,
            spare,
            new,
            leaf,
            merge,
            forest,
            first_failed,
            helpers,
            most_helpers,
        })
    }

    /// Reads the stream to its end; returns what all segments came to, in order, and what the workers held.
    pub(super) fn run(self, pool: &Pool) -> Result<(Option<A>, Vec<W>), CsvError> {
        let mut text = self.stream.take_text()?;
        let over = match pool.scope_with(OnPanic::Stop, |scope| {
            let over = self.read(scope, &mut text);
            while !scope.is_stopped() && self.parse_oldest() {}
            over
        }) {
            Ok(over) => over,
            Err(ScopeError::Panicked(panics)) => match panics.into_payloads().pop() {
                Some(payload) => resume_unwind(payload),
                None => unreachable!("at least one job panicked"),
            },
            Err(_) => Over::Stopped,
        };
        if let (Over::Stopped, Some(stopped)) = (&over, stopped_here()) {
            return Err(LoopError::Stopped(stopped).into());
        }
        let (_, spare) = self.spare.into_inner().unwrap_or_else(PoisonError::into_inner);
        let whole = self.forest.into_root(|left, right| left.then(right, &self.merge));
        let (records, lines) = whole.as_ref().map_or((0, 0), |whole| (whole.records, whole.lines));
        let all = match whole.map(|whole| whole.outcome) {
            Some(Outcome::Failed(mut error)) => {
                move_on(&mut error, 0, self.stream.lines_before);
                return Err(error);
            }
            Some(Outcome::Done(all)) => Some(all),
            Some(Outcome::Skipped) | None => None,
        };
        match over {
            Over::Ended => Ok((all, spare)),
            Over::Failed(CsvError::Stream(error)) => Err(error.after(records).into()),
            Over::Failed(mut error) => {
                move_on(&mut error, records, self.stream.lines_before + lines);
                Err(error)
            }
            Over::Stopped => unreachable!("a scope is stopped by a panic or a token"),
        }
    }

    /// The first stage: reads the text, cuts it, and sends it on.
    fn read<'f>(&'f self, scope: &Scope<'f>, text: &mut Text) -> Over {
        let layout = self.stream.layout();
        let mut pending: Option<Pending> = None;
        let (mut index, mut state) = (0, State::RecordStart);
        loop {
            if scope.is_stopped() {
                return Over::Stopped;
            }
            if layout.is_cancelled() {
                return Over::Failed(CsvError::Cancelled);
            }
            // ORDERING: Relaxed; the error itself is in the forest. All segments before the one that failed were sent.
            if self.first_failed.load(Relaxed) != u64::MAX {
                return Over::Ended;
            }
            let mut next = self.claim();
            let (filled, failure) = text.fill(&mut next[..self.chunk_bytes]);
            next.truncate(filled);
            let start = first_record_start(&layout.dialect, &next, 0, filled, state);
            state = Transition::of(&layout.dialect, &next).apply(state);
            if let Some(watch) = &layout.watch {
                watch.add(filled);
            }
            if let Some(before) = pending.take() {
                let before = self.append(before, &next[..start.unwrap_or(filled)]);
                if let Some(error) = self.too_long(&before) {
                    self.send(scope, self.cut(before));
                    return Over::Failed(error);
                }
                match start {
                    Some(_) => self.send(scope, before),
                    None => pending = Some(before),
                }
            }
            match start {
                _ if filled == 0 => drop(next),
                Some(start) => pending = Some(Pending { index, start, bytes: Bytes::Buffer(next) }),
                None => {
                    drop(next);
                    self.put(index, None);
                }
            }
            index += 1;
            let is_whole = matches!(state, State::RecordStart | State::Comment);
            if let Some(error) = failure {
                pending.into_iter().for_each(|last| {
                    self.send(scope, if is_whole { last } else { self.cut(last) });
                });
                return Over::Failed(error);
            }
            if filled < self.chunk_bytes {
                pending.into_iter().for_each(|last| self.send(scope, last));
                return Over::Ended;
            }
        }
    }

    /// Claims a free buffer. Where there is none, the caller parses; where all are being parsed, it waits for one.
    fn claim(&self) -> Buffer<u8> {
        loop {
            if let Ok(buffer) = self.ring.try_claim() {
                return buffer;
            }
            if !self.parse_oldest()
                && let Ok(buffer) = self.ring.claim()
            {
                return buffer;
            }
        }
    }

    /// Appends what the last record still lacked.
    fn append(&self, mut pending: Pending, tail: &[u8]) -> Pending {
        pending.bytes = match pending.bytes {
            Bytes::Buffer(mut buffer) => {
                let (from, to) = (buffer.len(), buffer.len() + tail.len());
                if to <= buffer.capacity() {
                    buffer.set_len(to);
                    buffer[from..].copy_from_slice(tail);
                    Bytes::Buffer(buffer)
                } else {
                    let record = self.last_record(&buffer, pending.start);
                    Bytes::Grown([&buffer, tail].concat(), record)
                }
            }
            Bytes::Grown(mut bytes, record) => {
                bytes.extend_from_slice(tail);
                Bytes::Grown(bytes, record)
            }
        };
        pending
    }

    /// Returns where the last record starts that starts in a chunk.
    fn last_record(&self, bytes: &[u8], start: usize) -> usize {
        let range = start..bytes.len().min(self.chunk_bytes);
        let mut cursor = Cursor::with_width(&self.segment(0, bytes, range), None);
        // An unclosed quote is an error of the last record.
        while let Ok(true) = cursor.advance() {}
        cursor.record().start.max(start)
    }

    fn too_long(&self, pending: &Pending) -> Option<CsvError> {
        let limit = self.stream.longest_record;
        let Bytes::Grown(bytes, record) = &pending.bytes else { return None };
        if bytes.len() - record <= limit {
            return None;
        }
        let mut place = self.stream.layout().place(0, self.base(pending.index) + *record as u64);
        (place.record, place.line) = (Some(1), Some(1));
        Some(CsvError::record(place, RecordProblem::NoEnd { limit }))
    }

    /// Takes the last record away, which is not whole.
    fn cut(&self, mut pending: Pending) -> Pending {
        match &mut pending.bytes {
            Bytes::Buffer(buffer) => buffer.truncate(self.last_record(buffer, pending.start)),
            Bytes::Grown(bytes, record) => bytes.truncate(*record),
        }
        pending
    }

    /// Sends a whole chunk on to be parsed.
    fn send<'f>(&'f self, scope: &Scope<'f>, Pending { index, start, bytes }: Pending) {
        match bytes {
            Bytes::Buffer(mut buffer) => {
                buffer.set_sequence(index);
                buffer.set_tag(start as u64);
                if self.full.send(buffer).is_ok() {
                    self.call_for_help(scope);
                }
            }
            Bytes::Grown(bytes, _) => {
                // First what comes before, so that what a worker holds meets the segments in order.
                while self.parse_oldest() {}
                self.put(index, Some((&bytes, start)));
            }
        }
    }

    /// Spawns a job that parses what waits, unless there are enough. One that is leaving just now may miss a buffer, which
    /// then waits for the next, or for the caller.
    fn call_for_help<'f>(&'f self, scope: &Scope<'f>) {
        // ORDERING: Relaxed, both; a count that keeps jobs from piling up. Buffers go by HANDOVER of the queue.
        if self.helpers.load(Relaxed) < self.most_helpers {
            self.helpers.fetch_add(1, Relaxed);
            scope.spawn_aside(|_| {
                while self.parse_oldest() {}
                // ORDERING: Relaxed, as above.
                self.helpers.fetch_sub(1, Relaxed);
            });
        }
    }

    /// Parses the buffer that has waited longest; returns whether there was one.
    fn parse_oldest(&self) -> bool {
        let mut held = self.hold();
        // What it holds comes first, so that it meets the segments in order.
        let Ok(buffer) = self.full.try_recv() else {
            self.release(held);
            return false;
        };
        let index = buffer.sequence();
        let part = self.parse(&mut held, index, Some((&buffer, buffer.tag() as usize)));
        self.release(held);
        drop(buffer);
        self.forest.put(index, part, |left, right| left.then(right, &self.merge));
        true
    }

    /// Parses a chunk and puts what it came to in its place.
    fn put(&self, index: u64, chunk: Option<(&[u8], usize)>) {
        let mut held = self.hold();
        let part = self.parse(&mut held, index, chunk);
        self.release(held);
        self.forest.put(index, part, |left, right| left.then(right, &self.merge));
    }

    /// Parses a chunk, unless one before it has failed.
    fn parse(&self, held: &mut W, index: u64, chunk: Option<(&[u8], usize)>) -> Part<A> {
        // ORDERING: Relaxed; a chunk that sees it late is read in vain, nothing rides on it.
        if index > self.first_failed.load(Relaxed) {
            return Part { records: 0, lines: 0, outcome: Outcome::Skipped };
        }
        let segment = chunk.map(|(bytes, start)| {
            let range = start..bytes.len().min(self.chunk_bytes);
            self.segment(index, bytes, range)
        });
        let segment = segment.as_ref();
        let parsed = if self.stream.layout().is_cancelled() {
            Err(CsvError::Cancelled)
        } else {
            (self.leaf)(held, segment)
        };
        match parsed {
            Ok(accumulator) => Part {
                // A quote that is never closed is no error here, or the consumer would have found it.
                records: segment.map_or(0, |segment| count_segment(segment).unwrap_or_default()),
                lines: segment.map_or(0, |segment| lines(&segment.bytes[segment.range.start..])),
                outcome: Outcome::Done(accumulator),
            },
            Err(mut error) => {
                // ORDERING: Relaxed; the error itself goes into the forest.
                self.first_failed.fetch_min(index, Relaxed);
                segment.into_iter().for_each(|segment| locate(&mut error, segment));
                Part { records: 0, lines: 0, outcome: Outcome::Failed(error) }
            }
        }
    }

    fn segment<'b>(&'b self, index: u64, bytes: &'b [u8], range: Range<usize>) -> Segment<'b> {
        let layout = self.stream.layout();
        Segment { layout, bytes, range, part: 0, base: self.base(index), index: index as usize }
    }

    /// Returns where a chunk begins in the text.
    fn base(&self, index: u64) -> u64 {
        self.stream.data_start + index * self.chunk_bytes as u64
    }

    fn hold(&self) -> W {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = spare.1.pop() {
            return held;
        }
        let number = spare.0;
        spare.0 += 1;
        drop(spare);
        (self.new)(number)
    }

    fn release(&self, held: W) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).1.push(held);
    }
}

/// Why the first stage is over.
enum Over {
    Ended,
    /// What could be read before was sent.
    Failed(CsvError),
    /// By a panic, or by the token under which the caller works.
    Stopped,
}
