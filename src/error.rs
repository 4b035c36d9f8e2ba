//! The error of a system call: which call, on what file, and why.
//!
//! Every room has errors of its own; where one of them comes from the system it carries this as its source.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Reports a system call that failed: the call, the file if there was one, and the system's reason.
///
/// # Examples
///
/// ```
/// use std::error::Error;
/// let error = ringmill::csv::CsvFile::open("no-such-file.csv").unwrap_err();
/// assert!(error.to_string().contains("no-such-file.csv"));
/// ```
#[derive(Debug)]
pub struct SystemError {
    call: &'static str,
    path: Option<PathBuf>,
    source: io::Error,
}

impl SystemError {
    pub(crate) fn new(call: &'static str, source: io::Error) -> Self {
        Self { call, path: None, source }
    }

    pub(crate) fn at(call: &'static str, path: &Path, source: io::Error) -> Self {
        Self { call, path: Some(path.to_owned()), source }
    }

    /// Returns the name of the call, as in its manual page.
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// Returns the file that the call was about, if it was about one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the system's reason.
    pub fn io(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {} failed: {}", path.display(), self.call, self.source),
            None => write!(f, "{} failed: {}", self.call, self.source),
        }
    }
}

impl std::error::Error for SystemError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
