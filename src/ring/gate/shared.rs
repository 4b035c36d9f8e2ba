//! A gate between processes: words that they share, and what each keeps for itself.
//!
//! Shared are the bed and the CPU of the other side. How to wait is each process's own choice, and so are its permits to spin:
//! no process knows how many threads another lets spin. Who sleeps a whole tick in vain looks whether somebody has died. For
//! the tasks of a process a thread of its own sleeps, from the first that waits on until the gate is dropped.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use super::{Meet, Place};
use crate::memory::placed::Placed;
use crate::protocol::bridge::Bridge;
use crate::protocol::shared_bed::{Announced, SharedBed};
use crate::protocol::turns::Turns;
use crate::sync::thread;
use crate::sys::affinity;

/// What waiters and notifiers of several processes meet on. All zeros are a line where nobody waits.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct GateWords {
    bed: SharedBed,
    turns: Turns,
}

impl GateWords {
    /// Makes a line where nobody waits.
    pub(crate) fn new() -> Self {
        Self { bed: SharedBed::new(), turns: Turns::new() }
    }

    /// Makes the bed anew and wakes everybody: somebody has been proven dead who may be counted here.
    pub(crate) fn reset(&self) {
        self.bed.reset();
    }
}

/// A process's side of a gate.
pub(crate) struct Shared {
    words: Placed<GateWords>,
    ticked: Arc<dyn Fn() + Send + Sync>,
    /// What keeps the words mapped.
    region: Arc<dyn Any + Send + Sync>,
    tasks: OnceLock<Tasks>,
}

/// The tasks of this process.
struct Tasks {
    bridge: Arc<Bridge>,
    /// Whether there is a thread that sleeps for them.
    is_served: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("words", self.words()).finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(tasks) = self.tasks.get() {
            // Its thread keeps the region until it ends, which is within a tick.
            tasks.bridge.close();
        }
    }
}

impl Shared {
    pub(super) fn new(
        words: Placed<GateWords>,
        region: Arc<dyn Any + Send + Sync>,
        ticked: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { words, ticked: Arc::new(ticked), region, tasks: OnceLock::new() }
    }

    /// Returns the tasks of this process, for whom a thread sleeps from the first call on.
    fn tasks(&self) -> &Tasks {
        self.tasks.get_or_init(|| {
            let bridge = Arc::new(Bridge::new());
            let serving = Arc::clone(&bridge);
            let (words, region, ticked) =
                (self.words.clone(), Arc::clone(&self.region), Arc::clone(&self.ticked));
            let thread = thread::Builder::new().name("ringmill-bridge".to_owned()).spawn(move || {
                serving.serve(&words[0].bed, &*ticked);
                drop(region);
            });
            Tasks { bridge, is_served: thread.is_ok() }
        })
    }

    #[inline]
    pub(super) fn words(&self) -> &GateWords {
        &self.words[0]
    }

    #[inline]
    pub(super) fn notify(&self, count: u32) {
        if self.words().bed.sleeping() > 0 {
            self.wake(count);
        }
    }

    #[cold]
    fn wake(&self, count: u32) {
        self.words().turns.other_is_on(affinity::current_cpu());
        self.words().bed.notify(count);
    }

    #[inline]
    pub(super) fn is_waited_at(&self) -> bool {
        self.words().bed.sleeping_after_exchange() > 0
    }

    pub(super) fn waiting(&self) -> usize {
        self.words().bed.sleeping() as usize
    }

    pub(super) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        place: &mut Place,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        if let Some(tasks) = self.tasks.get() {
            tasks.bridge.settle(place);
        }
        let mut found = attempt();
        if found.is_none() {
            let tasks = self.tasks();
            if tasks.bridge.enlist(place, cx.waker()) {
                found = attempt();
            }
            if !tasks.is_served {
                // The system has no thread left to sleep for it: it asks again as often as its executor lets it.
                cx.waker().wake_by_ref();
            }
        }
        found.map_or(Poll::Pending, |found| {
            self.leave(place);
            Poll::Ready(found)
        })
    }

    pub(super) fn leave(&self, place: &mut Place) {
        if let Some(tasks) = self.tasks.get()
            && tasks.bridge.leave(place)
        {
            self.notify(1);
        }
    }
}

impl Meet for Shared {
    type Announced = Announced;

    fn announce(&self) -> Announced {
        self.words().bed.announce()
    }

    fn stay_up(&self, announced: Announced) {
        self.words().bed.stay_up(announced);
    }

    fn give_up(&self, announced: Announced) {
        self.words().bed.stay_up(announced);
    }

    fn wait_until(&self, announced: Announced, deadline: Option<Instant>) -> bool {
        let has_ticked = self.words().bed.wait_until(announced, deadline);
        if has_ticked {
            (self.ticked)();
        }
        has_ticked
    }

    fn turns(&self) -> &Turns {
        &self.words().turns
    }
}
