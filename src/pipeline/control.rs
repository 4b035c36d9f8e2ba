//! What a run shares with those who watch it: the stages' places, figures, the course, and the gate of idle workers.

use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::report::StageProgress;
use crate::protocol::course::Course;
use crate::protocol::places::Places;
use crate::ring::{Gate, Waiting};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One stage, but for its work.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) name: String,
    pub(super) workers: u16,
    /// Whether it takes parcels from a line; the source does not.
    pub(super) takes: bool,
    /// Whether it fills free buffers.
    pub(super) fills: bool,
    pub(super) places: Places,
    pub(super) tally: CachePadded<Tally>,
}

/// What a stage has done. Figures, on a line of their own.
#[derive(Debug, Default)]
pub(super) struct Tally {
    buffers: AtomicU64,
    elements: AtomicU64,
    busy_ns: AtomicU64,
}

/// What a run shares with those who watch it.
#[derive(Debug)]
pub(super) struct Control {
    /// The source, the stages in their order, the sink.
    pub(super) stations: Vec<Station>,
    pub(super) course: CachePadded<Course>,
    /// Where workers wait that find nothing to do.
    pub(super) gate: Gate,
}

impl Control {
    pub(super) fn new(stations: Vec<Station>) -> Self {
        Self { stations, course: CachePadded::new(Course::new()), gate: Gate::new(Waiting::default()) }
    }

    /// Ends the run at each worker's next buffer; returns whether that was the end of it.
    pub(super) fn stop(&self) -> bool {
        let is_first = self.course.stop();
        self.gate.notify_all();
        is_first
    }

    pub(super) fn progress(&self) -> Vec<StageProgress> {
        self.stations.iter().map(Station::progress).collect()
    }
}

impl Station {
    /// Adds to a figure. The caller has one of the station's places.
    fn add(&self, figure: &AtomicU64, more: u64) {
        // ORDERING: Relaxed, all; figures. Of a single place its holder alone writes them, one after the other by TURN.
        if self.workers == 1 {
            figure.store(figure.load(Relaxed) + more, Relaxed);
        } else {
            figure.fetch_add(more, Relaxed);
        }
    }

    /// Adds what a run of the stage took, whatever came of it.
    pub(super) fn spend(&self, time: Duration) {
        self.add(&self.tally.busy_ns, time.as_nanos() as u64);
    }

    /// Counts a buffer that the stage has done.
    pub(super) fn count(&self, elements: usize) {
        self.add(&self.tally.buffers, 1);
        self.add(&self.tally.elements, elements as u64);
    }

    fn progress(&self) -> StageProgress {
        StageProgress {
            name: self.name.clone(),
            workers: usize::from(self.workers),
            // ORDERING: Relaxed, all; figures, of moments that differ a little.
            buffers: self.tally.buffers.load(Relaxed),
            elements: self.tally.elements.load(Relaxed),
            busy: Duration::from_nanos(self.tally.busy_ns.load(Relaxed)),
            waiting: self.places.waiting() as usize,
        }
    }
}
