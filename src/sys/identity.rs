//! Who this process is, for display, and random numbers that are nobody else's. What the system does not say is 0.
//!
//! Source: proc_pid_stat(5), pid_namespaces(7), getrandom(2).

use std::fs;

/// Returns the process's number in its namespace.
pub(crate) fn process() -> u32 {
    std::process::id()
}

/// Returns the effective user.
#[cfg(unix)]
pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns the number of the namespace that the process's number is in.
pub(crate) fn process_namespace() -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata("/proc/self/ns/pid").map_or(0, |found| found.ino())
    }
    #[cfg(not(unix))]
    0
}

/// Returns when the process started, in ticks since the system did.
pub(crate) fn started_ticks() -> u64 {
    fs::read_to_string("/proc/self/stat").ok().and_then(|line| started_in(&line)).unwrap_or(0)
}

/// Reads the 22nd field. The second is a name in brackets, which may hold anything.
fn started_in(line: &str) -> Option<u64> {
    let (_, behind) = line.rsplit_once(") ")?;
    behind.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Returns 128 random bits.
pub(crate) fn random_bits() -> [u8; 16] {
    #[cfg(target_os = "linux")]
    {
        let mut bits = [0; 16];
        let flags = rustix::rand::GetRandomFlags::empty();
        if let Ok(16) = rustix::rand::getrandom(&mut bits, flags) {
            return bits;
        }
    }
    // Each of these begins with keys of its own, which come from the system.
    use std::hash::{BuildHasher as _, RandomState};
    let random = |number: u64| RandomState::new().hash_one(number);
    (u128::from(random(1)) << 64 | u128::from(random(2))).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = "12 (a) b) (c) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 1";
        assert_eq!(started_in(line), Some(98_765));
        assert_eq!(started_in(""), None);
        assert_eq!(started_in("1 (x) S 1"), None);
    }

    #[test]
    fn no_two_are_alike() {
        assert_ne!(random_bits(), random_bits());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_who_we_are() {
        assert!(process() > 0 && process_namespace() > 0 && started_ticks() > 0);
    }
}
