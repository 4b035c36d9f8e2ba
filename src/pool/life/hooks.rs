//! What the user wants run on each thread as it begins and as it ends.

use std::fmt;
use std::sync::Arc;

type Hook = Arc<dyn Fn(usize) + Send + Sync>;

/// The hooks of a pool; both get the worker's number.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) on_start: Option<Hook>,
    pub(crate) on_stop: Option<Hook>,
}

impl Hooks {
    pub(crate) fn start(&self, worker: usize) {
        if let Some(hook) = &self.on_start {
            hook(worker);
        }
    }

    pub(crate) fn stop(&self, worker: usize) {
        if let Some(hook) = &self.on_stop {
            hook(worker);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("on_start", &self.on_start.is_some())
            .field("on_stop", &self.on_stop.is_some())
            .finish()
    }
}
