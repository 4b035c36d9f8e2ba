//! Reading what may have nothing to give for a long time, and can be stopped meanwhile: a pipe, a terminal, a socket.
//!
//! A thread that sleeps in a read hears nobody. So it waits for something to read first, and where somebody may want no
//! more of it, through a watch or a token, it looks around now and then. Where nobody may, it sleeps until bytes come.

use super::text::{NotRead, Stop};
use crate::csv::watch::ScanWatch;
use crate::pool::{Token, stopped_here};
use crate::sys::pipe;
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

/// How long it takes at most until a stop is heeded.
const TICK: Duration = Duration::from_millis(100);

/// A file that may let its reader wait.
pub(super) struct Patient {
    file: File,
    watch: Option<ScanWatch>,
}

impl Patient {
    pub(super) fn new(file: File, watch: Option<ScanWatch>) -> Self {
        pipe::widen(&file);
        Self { file, watch }
    }

    /// Returns who wants no more of it.
    fn stop(&self) -> Option<Stop> {
        match &self.watch {
            Some(watch) if watch.is_cancelled() => Some(Stop::Cancelled),
            _ => stopped_here().map(Stop::Token),
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(stop) = self.stop() {
                return Err(io::Error::other(NotRead::Stopped(stop)));
            }
            let may_stop = self.watch.is_some() || Token::current().is_some();
            if pipe::wait_readable(&self.file, may_stop.then_some(TICK))? {
                return self.file.read(buffer);
            }
        }
    }
}
