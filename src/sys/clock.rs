//! A clock that counts upwards for all processes of the machine.

/// Returns milliseconds since some moment, the same one in all processes until the machine is started anew. Sleep of the machine
/// may not count.
#[cfg(unix)]
pub(crate) fn millis() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::Monotonic);
    // The clock begins at 0 and has no negative times.
    now.tv_sec as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}

/// Returns milliseconds since this process first asked: elsewhere no memory is shared with another.
#[cfg(not(unix))]
pub(crate) fn millis() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed().as_millis() as u64
}
