//! What the processes of these tests have in common: a file of words, a view of it, and the children that are over it.

#![allow(unsafe_code)]

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::super::{Gate, GateWords};
use crate::memory::placed::Placed;
use crate::ring::Waiting;
use crate::sync::step;
use crate::sys::map::Mapping;

/// No test takes this long unless a wake was lost for good.
pub(super) const LONG: Duration = Duration::from_secs(60);

pub(super) const ROLE: &str = "RINGMILL_TEST_ROLE";
pub(super) const FILE: &str = "RINGMILL_TEST_FILE";
const KILL_AT: &str = "RINGMILL_KILL_AT";

/// What lies in the file.
#[repr(C)]
pub(super) struct Words {
    /// Of those who wait for a job, or for a ball.
    pub(super) gates: [GateWords; 2],
    /// How many jobs there are, and how many have been done.
    pub(super) jobs: AtomicU64,
    pub(super) done: AtomicU64,
    /// How often the ball has been played.
    pub(super) ball: AtomicU64,
    /// How many sleeping ticks have passed while there was a job.
    pub(super) late: AtomicU64,
    /// How many of the children have begun.
    pub(super) begun: AtomicU64,
}

/// One process's view of the file.
pub(super) struct View {
    words: Placed<Words>,
    pub(super) gates: [Gate; 2],
    // Goes last: the others look at it.
    _pages: Arc<Mapping>,
}

impl View {
    pub(super) fn of(path: &Path, waiting: Waiting) -> Self {
        let file = File::options().read(true).write(true).open(path).unwrap();
        let pages = Arc::new(Mapping::file(&file, 4096, true, false).unwrap());
        let first = NonNull::new(pages.as_ptr().cast::<Words>()).unwrap();
        // SAFETY: a page's worth of bytes is mapped, kept by this view and by what the gates call, and all words are atomic.
        let words = unsafe { Placed::find(first, 1) };
        let gate = |k: usize| {
            // SAFETY: as above; the gates are the first of the words, one behind the other.
            let place = unsafe { first.cast::<GateWords>().add(k) };
            // SAFETY: as above.
            let placed = unsafe { Placed::find(place, 1) };
            // SAFETY: as above.
            let words: Placed<Words> = unsafe { Placed::find(first, 1) };
            Gate::shared(placed, waiting, pages.clone(), move || {
                if words[0].jobs.load(Ordering::Acquire) > 0 {
                    words[0].late.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let gates = [gate(0), gate(1)];
        Self { words, gates, _pages: pages }
    }

    pub(super) fn words(&self) -> &Words {
        &self.words[0]
    }

    pub(super) fn try_take(&self) -> Option<()> {
        let less = |jobs: u64| jobs.checked_sub(1);
        self.words().jobs.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).ok()?;
        self.words().done.fetch_add(1, Ordering::AcqRel);
        Some(())
    }

    pub(super) fn take(&self) -> bool {
        self.gates[0].wait(Some(Instant::now() + LONG), || self.try_take()).is_some()
    }

    pub(super) fn publish(&self) {
        self.words().jobs.fetch_add(1, Ordering::Release);
        step::step("a job published");
        self.gates[0].notify(1);
    }

    /// Waits, without the gate, for what must come about by itself.
    pub(super) fn until(&self, what: &str, is_so: impl Fn(&Words) -> bool) {
        let start = Instant::now();
        while !is_so(self.words()) {
            assert!(start.elapsed() < LONG, "stuck: {what}; {:?}", self.gates[0]);
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Plays the ball to and fro, `rounds` times, as the one who plays it when it has been played an even or odd number of times.
    pub(super) fn play(&self, side: u64, rounds: u64) {
        for round in 0..rounds {
            let mine = 2 * round + side;
            let came = || (self.words().ball.load(Ordering::Acquire) == mine).then_some(());
            self.gates[side as usize].wait(Some(Instant::now() + LONG), came).unwrap();
            self.words().ball.store(mine + 1, Ordering::Release);
            self.gates[1 - side as usize].notify(1);
        }
    }

    /// Writes into the state of the first gate's bed what a stranger might.
    pub(super) fn spoil(&self, state: u64) {
        let first = std::ptr::from_ref(self.words()).cast_mut().cast::<u64>();
        // SAFETY: the state is the first word of the first gate, aligned, mapped, and accessed as an atomic word alone.
        let word = unsafe { AtomicU64::from_ptr(first) };
        word.store(state, Ordering::Relaxed);
    }

    /// Makes the beds anew, as whoever proves a death does.
    pub(super) fn reset(&self) {
        self.words().gates.iter().for_each(GateWords::reset);
    }
}

/// A file of zeros, and the children over it. Whatever comes, they end with it.
pub(super) struct Stage {
    path: PathBuf,
    _folder: tempfile::TempDir,
    children: Vec<Child>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words");
        File::create(&path).unwrap().set_len(4096).unwrap();
        Self { path, _folder: folder, children: Vec::new() }
    }

    pub(super) fn view(&self, waiting: Waiting) -> View {
        View::of(&self.path, waiting)
    }

    /// Starts a child in a role, to die at a step if one is given; returns its place among the children.
    pub(super) fn start(&mut self, role: &str, kill_at: Option<&str>) -> usize {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "ring::gate::processes::a_child_plays_its_role", "--nocapture"]);
        command.env(ROLE, role).env(FILE, &self.path).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(step) = kill_at {
            command.env(KILL_AT, step);
        }
        self.children.push(command.spawn().unwrap());
        self.children.len() - 1
    }

    pub(super) fn signal(&self, child: usize, signal: Signal) {
        let pid = Pid::from_child(&self.children[child]);
        kill_process(pid, signal).unwrap();
    }

    pub(super) fn has_ended(&mut self, child: usize) -> bool {
        self.children[child].try_wait().unwrap().is_some()
    }

    /// Returns whether it ended by itself, and well.
    pub(super) fn join(&mut self, child: usize) -> bool {
        self.children[child].wait().unwrap().success()
    }

    pub(super) fn kill(&mut self, child: usize) {
        // It may have ended by itself.
        let _ = self.children[child].kill();
        self.join(child);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for child in 0..self.children.len() {
            self.kill(child);
        }
    }
}
