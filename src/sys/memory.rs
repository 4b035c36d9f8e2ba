//! How much memory there is for this process: what the system has to spare, and what its control groups allow.
//!
//! The smallest figure binds. Limits of both versions of control groups are looked for where they are usually mounted;
//! what cannot be read or understood limits nothing. Source: proc_meminfo(5), the kernel's cgroup-v2 document.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns how many bytes there are, if anything says so.
pub(crate) fn available_bytes() -> Option<u64> {
    available_under(Path::new("/"))
}

/// The same on a machine whose files lie under `root`.
fn available_under(root: &Path) -> Option<u64> {
    let read = |path: &Path| fs::read_to_string(root.join(path)).ok();
    let spare = read(Path::new("proc/meminfo")).as_deref().and_then(spare_bytes);
    let memberships = read(Path::new("proc/self/cgroup")).unwrap_or_default();
    let limits = memberships.lines().flat_map(limit_files);
    // "max", of version 2, is no number; version 1 says nearly 2^63 where there is no limit.
    let limits = limits.filter_map(|file| read(&file)?.trim().parse().ok());
    limits.chain(spare).min()
}

/// Reads "MemAvailable:   24000000 kB".
fn spare_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Returns the files that may hold limits of a group, by its line in `/proc/self/cgroup`, and of all above it.
fn limit_files(membership: &str) -> Vec<PathBuf> {
    let mut fields = membership.splitn(3, ':');
    let [Some(hierarchy), Some(controllers), Some(group)] = [fields.next(), fields.next(), fields.next()]
    else {
        return Vec::new();
    };
    let (mount, name) = match controllers {
        "" if hierarchy == "0" => ("sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|controller| controller == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    // In a container the mount shows the group itself, so its own name may lead nowhere; the top is looked at too.
    let group = Path::new(group.trim_start_matches('/'));
    group.ancestors().map(|group| Path::new(mount).join(group).join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of some files.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:     5000 kB\n");

    #[test]
    fn the_smallest_figure_binds() {
        let available = |files: &[_]| available_under(machine(files).path());
        assert_eq!(available(&[]), None);
        assert_eq!(available(&[MEMINFO]), Some(5_120_000));
        let two = ("proc/self/cgroup", "0::/job/part\n");
        let limit = ("sys/fs/cgroup/job/memory.max", "4096000\n");
        assert_eq!(available(&[MEMINFO, two, limit]), Some(4_096_000));
        assert_eq!(
            available(&[MEMINFO, two, ("sys/fs/cgroup/job/part/memory.max", "max\n")]),
            Some(5_120_000)
        );
        let one = ("proc/self/cgroup", "7:cpu:/\n4:memory:/box\n");
        let limit = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
        assert_eq!(available(&[MEMINFO, one, limit]), Some(1000));
    }

    #[test]
    fn no_text_is_taken_for_a_limit() {
        for line in ["", ":", "0", "0:", "0::", "x::/..", "4:memory"] {
            let _ = limit_files(line);
        }
        assert_eq!(spare_bytes("MemAvailable: lots kB"), None);
        assert_eq!(spare_bytes(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_some() {
        assert!(available_bytes().is_some_and(|bytes| bytes > 0));
    }
}
