//! Processes of a test: the test's own program once more, in a role, to be killed, stopped and waited for.
//!
//! A test that finds no [`role`] starts children by its own name; in a child the same test finds its role and plays it.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

/// Where a child finds its role.
const ROLE: &str = "RINGMILL_TEST_ROLE";

/// Where a child finds at which of its steps it is to kill itself (`sync::step`).
const KILL_AT: &str = "RINGMILL_KILL_AT";

/// Returns what this process is to do, if it is a child.
pub(crate) fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// A child of this test. Killed and waited for on drop.
#[derive(Debug)]
pub(crate) struct Process(Child);

/// Starts this program in a role of the test of the given name, with these variables in its environment.
pub(crate) fn start(test: &str, role: &str, variables: &[(&str, &str)]) -> Process {
    let program = env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role).env_remove(KILL_AT);
    command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null());
    Process(command.spawn().expect("another process can be had"))
}

/// Starts this program as [`start`] does, to kill itself at a step: by its number, or the first of a name.
pub(crate) fn start_to_die(test: &str, role: &str, step: &str, variables: &[(&str, &str)]) -> Process {
    let variables: Vec<_> = variables.iter().copied().chain([(KILL_AT, step)]).collect();
    start(test, role, &variables)
}

impl Process {
    /// Waits for its end; returns whether it was killed.
    ///
    /// # Panics
    ///
    /// If it ended otherwise, but not well.
    pub(crate) fn was_killed(mut self) -> bool {
        let status = self.0.wait().expect("a child of ours");
        let is_killed = status.signal() == Some(9);
        assert!(is_killed || status.success(), "a child failed: {status}");
        is_killed
    }

    /// Returns its number, for signals.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
