//! How a pool ends.

use std::time::{Duration, Instant};

use super::current;
use super::handle::Pool;

/// How long a pool that is dropped waits for its threads.
const PATIENCE: Duration = Duration::from_secs(10);

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        let crew = self.crew();
        if crew.is_forked() {
            crew.staff.forget();
            return;
        }
        crew.close();
        crew.stop_tasks();
        if current::number_in(crew) == 0 {
            crew.staff.wait_until_gone(Instant::now().checked_add(PATIENCE));
        }
    }
}
