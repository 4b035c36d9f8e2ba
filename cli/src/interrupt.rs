//! Ctrl-C, made clean: unfinished files are removed, a change in place is finished first.
//!
//! Reading can stop anywhere, so by default the process just ends. Two things need more: a file under way has a
//! temporary name that must go, and an array changed in place must not be left half changed. A second Ctrl-C
//! always ends the process at once.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;
use crate::output::complain;

/// The exit code of an interrupted command, as shells report one that SIGINT ended.
pub(crate) const EXIT_CODE: u8 = 130;

struct State {
    unfinished: Vec<PathBuf>,
    /// What must be finished before the process may end.
    held_by: Option<&'static str>,
    asked: bool,
}

static STATE: Mutex<State> = Mutex::new(State { unfinished: Vec::new(), held_by: None, asked: false });

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes over Ctrl-C, SIGTERM and SIGHUP, unless whoever started the process has one of them ignored, as `nohup` does:
/// then all stay as they are.
pub(crate) fn install() {
    let _ = ctrlc::try_set_handler(|| {
        let mut state = state();
        if let (Some(work), false) = (state.held_by, state.asked) {
            state.asked = true;
            complain(format_args!("\n{work}; press Ctrl-C again to stop at once"));
            return;
        }
        for path in state.unfinished.drain(..) {
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        let mut stderr = io::stderr().lock();
        if stderr.is_terminal() {
            let _ = stderr.write_all(b"\r\x1b[2K");
        }
        process::exit(i32::from(EXIT_CODE));
    });
}

/// Removes a file or a directory if the process is interrupted while this lives.
#[derive(Debug)]
#[must_use = "dropping it forgets the path"]
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    /// `path` is a file, or a directory with all that is in it.
    pub(crate) fn at(path: &Path) -> Self {
        state().unfinished.push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        state().unfinished.retain(|path| *path != self.0);
    }
}

/// Keeps the first Ctrl-C from ending the process while this lives.
#[derive(Debug)]
#[must_use = "dropping it lets Ctrl-C end the process again"]
pub(crate) struct Hold(());

impl Hold {
    /// `work` is what the user is told, such as `finishing the change in place`.
    pub(crate) fn during(work: &'static str) -> Self {
        state().held_by = Some(work);
        Self(())
    }

    /// Whether the user has asked to stop; for work that can.
    pub(crate) fn is_asked(&self) -> bool {
        state().asked
    }

    /// Lets Ctrl-C end the process again, and fails if it came meanwhile.
    pub(crate) fn release(self) -> Result<(), Failure> {
        if self.is_asked() { Err(Failure::Interrupted) } else { Ok(()) }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        state().held_by = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_learns_that_it_was_asked_to_stop() {
        let hold = Hold::during("finishing");
        assert_eq!(state().held_by, Some("finishing"));
        assert!(!hold.is_asked());
        state().asked = true;
        assert!(hold.is_asked());
        assert!(matches!(hold.release(), Err(Failure::Interrupted)));
        assert_eq!(state().held_by, None);
        state().asked = false;
        assert!(Hold::during("finishing").release().is_ok());
    }

    #[test]
    fn what_is_finished_is_no_longer_removed() {
        let path = Path::new("some unfinished file");
        let unfinished = Unfinished::at(path);
        assert!(state().unfinished.iter().any(|known| known == path));
        drop(unfinished);
        assert!(!state().unfinished.iter().any(|known| known == path));
    }
}
