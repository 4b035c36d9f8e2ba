//! The end of this process at a place that a test has named.

// Nothing but the steps of a build for tests comes here.
#![cfg_attr(not(all(debug_assertions, any(test, feature = "kill-points"))), allow(dead_code))]

use std::io::Write as _;

/// Kills this process as `kill -9` would, after a word on the standard error. No code of it runs any more.
pub(crate) fn this_process(step: &str, number: usize) -> ! {
    // One write, so that it is not cut in two by another process's.
    let _ = std::io::stderr().write_all(format!("killed at step {number}, {step}\n").as_bytes());
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        // A signal that cannot be caught is taken before the call returns.
        let _ = kill_process(getpid(), Signal::KILL);
    }
    std::process::abort()
}
