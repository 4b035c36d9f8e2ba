//! The way of a stream's text through a ring: one thread reads and cuts, all parse.
//!
//! The calling thread is the first stage. It fills a buffer of the ring with the next chunk, finds where the first
//! record in it starts, and appends what lies before that to the buffer before, which is whole then and goes to the
//! queue of full ones (`cut.rs`). Jobs take the oldest and parse it until there is none, at most one for each other
//! worker: so a worker of the pool is busy with a stream only while there is something to parse, and never waits for
//! input. When no buffer is free the caller parses one itself; when all are being parsed it waits for the first to be
//! done, and at the end it parses what is left. The number of buffers bounds the memory.
//!
//! A chunk is `chunk_bytes` of text, counted from where the data starts, as in a mapped file: so the segments, the
//! accumulators and the shape in which they are merged are the same, and so is the answer, to the bit.

use super::cut::{Cutter, Pending, Whole};
use super::error::{StreamError, StreamProblem};
use super::outcome::{Outcome, Part, locate};
use super::stream::{CsvStream, lines};
use super::text::Text;
use crate::csv::count::count_segment;
use crate::csv::dialect::State;
use crate::csv::error::CsvError;
use crate::csv::helpers::Helpers;
use crate::csv::in_order::finished;
use crate::csv::segment::Segment;
use crate::csv::transition::{Transition, first_record_start};
use crate::pool::{LoopError, OnPanic, Pool, Scope, stopped_here};
use crate::ring::{Buffer, Queue, Ring};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::lock::Mutex;
use std::ops::ControlFlow;
use std::sync::PoisonError;

/// The queue of buffers that wait to be parsed.
const FULL: &str = "full";

/// What part of a chunk a buffer has room for beyond it, for the rest of the last record.
const TAIL_PART: usize = 16;

/// The largest chunk that a ring is made for.
const LARGEST_CHUNK: usize = 64 << 20;

/// What a worker makes of the records of a segment, if there are any: what it came to, and the error that ended it.
pub(super) type Leaf<A> = (A, Result<(), CsvError>);

/// Where the parts go that chunks came to.
pub(super) trait Parts: Sync {
    /// What a chunk comes to.
    type Of: Send;

    /// Takes the part of a chunk; each once.
    fn put(&self, index: u64, part: Part<Self::Of>);

    /// Is told that some part will never come, because of a panic.
    fn abandon(&self) {}
}

/// One way through a stream. `leaf` folds the records of a segment with what a worker holds.
pub(super) struct Flow<'s, W, N, L, P> {
    stream: &'s CsvStream,
    cutter: Cutter<'s>,
    ring: Ring<u8>,
    full: Queue<u8>,
    /// What workers hold from segment to segment, while they hold it not; and how a further one is made.
    spare: Mutex<(usize, Vec<W>)>,
    new: N,
    leaf: L,
    parts: P,
    first_failed: AtomicU64,
    helpers: Helpers,
}

/// Why the first stage is over.
pub(super) enum Over {
    Ended,
    /// What could be read before was sent.
    Failed(CsvError),
    /// By a panic, or by the token under which the caller works.
    Stopped,
}

/// A flow that is over: the parts, what the workers held, and why.
pub(super) struct Finished<W, P> {
    pub(super) parts: P,
    pub(super) held: Vec<W>,
    pub(super) over: Over,
}

impl<'s, W, N, L, P> Flow<'s, W, N, L, P>
where
    W: Send,
    N: Fn(usize) -> W + Sync,
    P: Parts,
    L: Fn(&mut W, Option<&Segment<'_>>) -> Leaf<P::Of> + Sync,
{
    pub(super) fn new(
        pool: &Pool,
        stream: &'s CsvStream,
        new: N,
        leaf: L,
        parts: P,
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
        let (spare, first_failed) = (Mutex::new((0, Vec::new())), AtomicU64::new(u64::MAX));
        let (cutter, helpers) = (Cutter { stream, chunk_bytes }, Helpers::new(pool));
        Ok(Self { stream, cutter, ring, full, spare, new, leaf, parts, first_failed, helpers })
    }

    /// Reads the stream to its end, and calls `turn` before each chunk, with the number of the chunk whose last record is
    /// not whole, if there is one. If that breaks, nothing more is read.
    pub(super) fn run(
        self,
        pool: &Pool,
        mut turn: impl FnMut(&Self, Option<u64>) -> ControlFlow<()>,
    ) -> Result<Finished<W, P>, CsvError> {
        let mut text = self.stream.take_text()?;
        let over = finished(pool.scope_with(OnPanic::Stop, |scope| {
            let mut pending = None;
            let over = self.read(scope, &mut text, &mut turn, &mut pending);
            if let Some(Pending { index, .. }) = pending {
                // Those behind it may be there already, and no part may be missing between others.
                self.parts.put(index, Part::SKIPPED);
            }
            while !scope.is_stopped() && self.parse_oldest() {}
            over
        }))?;
        if let (Over::Stopped, Some(stopped)) = (&over, stopped_here()) {
            return Err(LoopError::Stopped(stopped).into());
        }
        let (_, held) = self.spare.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Finished { parts: self.parts, held, over })
    }

    pub(super) fn parts(&self) -> &P {
        &self.parts
    }

    /// The first stage: reads the text, cuts it, and sends it on.
    fn read<'f>(
        &'f self,
        scope: &Scope<'f>,
        text: &mut Text,
        turn: &mut impl FnMut(&Self, Option<u64>) -> ControlFlow<()>,
        pending: &mut Option<Pending>,
    ) -> Over {
        let layout = self.stream.layout();
        let chunk_bytes = self.cutter.chunk_bytes;
        let (mut index, mut state) = (0, State::RecordStart);
        loop {
            if scope.is_stopped() {
                return Over::Stopped;
            }
            if layout.is_cancelled() {
                return Over::Failed(CsvError::Cancelled);
            }
            // ORDERING: Relaxed; the error itself is among the parts. All segments before the one that failed were sent.
            let failed = self.first_failed.load(Relaxed) != u64::MAX;
            if failed || turn(self, pending.as_ref().map(|pending| pending.index)).is_break() {
                return Over::Ended;
            }
            let mut next = self.claim();
            let (filled, failure) = text.fill(&mut next[..chunk_bytes]);
            next.truncate(filled);
            let start = first_record_start(&layout.dialect, &next, 0, filled, state);
            state = Transition::of(&layout.dialect, &next).apply(state);
            if let Some(watch) = &layout.watch {
                watch.add(filled);
            }
            if let Some(before) = pending.take() {
                let before = self.cutter.append(before, &next[..start.unwrap_or(filled)]);
                if let Some(error) = self.cutter.too_long(&before) {
                    self.send(scope, self.cutter.cut(before));
                    return Over::Failed(error);
                }
                match start {
                    Some(_) => self.send(scope, before),
                    None => *pending = Some(before),
                }
            }
            match start {
                _ if filled == 0 => drop(next),
                Some(start) => *pending = Some(Pending { index, start, bytes: Whole::Buffer(next) }),
                None => {
                    drop(next);
                    self.put(index, None);
                }
            }
            index += 1;
            let is_whole = matches!(state, State::RecordStart | State::Comment);
            if let Some(error) = failure {
                pending.take().into_iter().for_each(|last| {
                    self.send(scope, if is_whole { last } else { self.cutter.cut(last) });
                });
                return Over::Failed(error);
            }
            if filled < chunk_bytes {
                pending.take().into_iter().for_each(|last| self.send(scope, last));
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

    /// Sends a whole chunk on to be parsed.
    fn send<'f>(&'f self, scope: &Scope<'f>, Pending { index, start, bytes }: Pending) {
        match bytes {
            Whole::Buffer(mut buffer) => {
                buffer.set_sequence(index);
                buffer.set_tag(start as u64);
                if self.full.send(buffer).is_ok() {
                    self.helpers.call(scope, || while self.parse_oldest() {});
                }
            }
            Whole::Grown(bytes, _) => {
                // First what comes before, so that what a worker holds meets the segments in order.
                while self.parse_oldest() {}
                self.put(index, Some((&bytes, start)));
            }
        }
    }

    /// Parses the buffer that has waited longest; returns whether there was one.
    pub(super) fn parse_oldest(&self) -> bool {
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
        self.parts.put(index, part);
        true
    }

    /// Parses a chunk and puts what it came to in its place.
    fn put(&self, index: u64, chunk: Option<(&[u8], usize)>) {
        let mut held = self.hold();
        let part = self.parse(&mut held, index, chunk);
        self.release(held);
        self.parts.put(index, part);
    }

    /// Parses a chunk, unless one before it has failed.
    fn parse(&self, held: &mut W, index: u64, chunk: Option<(&[u8], usize)>) -> Part<P::Of> {
        // ORDERING: Relaxed; a chunk that sees it late is read in vain, nothing rides on it.
        if index > self.first_failed.load(Relaxed) {
            return Part::SKIPPED;
        }
        let _guard = AbandonOnUnwind(&self.parts);
        let segment = chunk.map(|(bytes, start)| {
            let range = start..bytes.len().min(self.cutter.chunk_bytes);
            self.cutter.segment(index, bytes, range)
        });
        let segment = segment.as_ref();
        let (part, read) = if self.stream.layout().is_cancelled() {
            (None, Err(CsvError::Cancelled))
        } else {
            let (part, read) = (self.leaf)(held, segment);
            (Some(part), read)
        };
        let (records, lines, outcome) = match (read, part) {
            (Ok(()), Some(part)) => {
                // A quote that is never closed is no error here, or the consumer would have found it.
                let records = segment.map_or(0, |segment| count_segment(segment).unwrap_or_default());
                let lines = segment.map_or(0, |segment| lines(&segment.bytes[segment.range.start..]));
                (records, lines, Outcome::Done(part))
            }
            (Ok(()), None) => (0, 0, Outcome::Skipped),
            (Err(mut error), part) => {
                // ORDERING: Relaxed; the error itself goes with the part.
                self.first_failed.fetch_min(index, Relaxed);
                segment.into_iter().for_each(|segment| locate(&mut error, segment));
                (0, 0, Outcome::Failed(error, part))
            }
        };
        Part { records, lines, outcome }
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

/// Says that a part will not come if it is dropped by a panic.
struct AbandonOnUnwind<'p, P: Parts>(&'p P);

impl<P: Parts> Drop for AbandonOnUnwind<'_, P> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}
