//! Whether what this machine has free goes back to a host: then large pages are the ones that went.
//!
//! A virtual machine with a memory balloon may report its free blocks, from some size on, and the host takes them away.
//! Who is given such a block waits for the host to bring back every small page of it. What the kernel has in smaller
//! pieces was never taken. Source: the virtio specification, 5.5 (device 5, feature 5), and the features file in sysfs,
//! a digit for each bit from bit 0 on.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// The feature "free pages are reported".
const REPORTING: usize = 5;

/// Returns whether a host takes free memory away. Asked once.
pub(crate) fn takes_free_memory() -> bool {
    static TAKES: OnceLock<bool> = OnceLock::new();
    *TAKES.get_or_init(|| takes_free_memory_under(Path::new("/")))
}

/// The same on a machine whose files lie under `root`.
fn takes_free_memory_under(root: &Path) -> bool {
    let Ok(devices) = fs::read_dir(root.join("sys/bus/virtio/drivers/virtio_balloon")) else { return false };
    let reports = |features: String| features.as_bytes().get(REPORTING) == Some(&b'1');
    devices.flatten().any(|device| fs::read_to_string(device.path().join("features")).is_ok_and(reports))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balloon_that_reports() {
        let root = tempfile::tempdir().unwrap();
        assert!(!takes_free_memory_under(root.path()));
        let driver = root.path().join("sys/bus/virtio/drivers/virtio_balloon");
        let device = driver.join("virtio0");
        fs::create_dir_all(&device).unwrap();
        fs::write(driver.join("bind"), "").unwrap();
        assert!(!takes_free_memory_under(root.path()));
        fs::write(device.join("features"), "111110111111\n").unwrap();
        assert!(!takes_free_memory_under(root.path()));
        fs::write(device.join("features"), "000001\n").unwrap();
        assert!(takes_free_memory_under(root.path()));
    }
}
