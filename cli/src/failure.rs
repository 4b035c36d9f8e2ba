//! Why a verb ended without its result, and the exit code that says so.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a verb ended without its result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The data or the system refused; the text says what, where, and what to do.
    Refused(String),
    /// Whoever read standard output has gone, as `head` does when it has enough: nothing is wrong.
    OutputClosed,
    /// The user asked to stop, and it was safe to.
    Interrupted,
}

impl Failure {
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self::Refused(message.to_string())
    }

    /// A system call failed on a file.
    pub(crate) fn at(path: &Path, doing: &str, error: &io::Error) -> Self {
        let problem = format_args!("{}: cannot {doing}: {error}", path.display());
        if error.kind() == io::ErrorKind::StorageFull {
            with_hint(problem, NO_ROOM)
        } else {
            Self::new(problem)
        }
    }

    /// Writing to standard output failed.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Refused(format!("cannot write to standard output: {error}")),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) => ExitCode::from(1),
            Self::OutputClosed => ExitCode::SUCCESS,
            Self::Interrupted => ExitCode::from(crate::interrupt::EXIT_CODE),
        }
    }
}

/// What to do where a file finds no room.
pub(crate) const NO_ROOM: &str = "make room, ask for less, or name a place on another disk";

/// Adds what the user can do about it to an error's own words.
pub(crate) fn with_hint(error: impl fmt::Display, hint: &str) -> Failure {
    Failure::Refused(format!("{error}\n  hint: {hint}"))
}
