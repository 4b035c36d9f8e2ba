//! How much CPU time the kernel grants this process: the smallest quota of its control groups.
//!
//! A quota may stand on the process's own group or on any group above it, and the smallest binds. The second version
//! of control groups writes it as `cpu.max` ("150000 100000": microseconds of time in each period of microseconds),
//! the first as two files. Which groups are ours is in `/proc/self/cgroup`, and where they are mounted in
//! `/proc/self/mountinfo`; a container sees a part of the tree, and its mount says which part.
//!
//! Everything but [`quota`] is a function of texts and a directory, so that trees under `tests/fixtures/` can stand in
//! for the machine. What cannot be read or understood grants no quota: a pool of one worker per usable CPU is right
//! wherever nobody says otherwise. Source: cgroups(7), proc_pid_mountinfo(5), the kernel's cgroup-v2 document.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// CPU time in CPUs, and the file or directory that says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quota {
    pub(crate) cpus: f64,
    pub(crate) from: PathBuf,
}

/// Returns the quota of this process, or none where there is none or nobody tells.
pub(crate) fn quota() -> Option<Quota> {
    with_groups(|memberships, mounts| smallest_quota(Path::new("/"), memberships, mounts))?
}

/// Runs `f` on the memberships of this process and the mounts that show its groups, if the system tells.
pub(super) fn with_groups<R>(f: impl FnOnce(&str, &[Mount]) -> R) -> Option<R> {
    // Groups are moved while a process runs, their file systems are not; and to have the mounts listed takes half of
    // the time that a pool takes to start (measured: 35 of 75 microseconds).
    static MOUNTS: OnceLock<Vec<Mount>> = OnceLock::new();
    let memberships = read(Path::new("/proc/self/cgroup"))?;
    let mounts = match MOUNTS.get() {
        Some(mounts) => mounts,
        None => {
            let mounts = read(Path::new("/proc/self/mountinfo"))?;
            MOUNTS.get_or_init(|| mounts.lines().filter_map(Mount::parse).collect())
        }
    };
    Some(f(&memberships, mounts))
}

/// Reads a file of the kernel's, which says it is empty, with room from the start: its text is made anew for every
/// read that asks for a little more.
fn read(path: &Path) -> Option<String> {
    let mut text = String::with_capacity(16 << 10);
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Returns the smallest quota that binds a process with these memberships and mounts, in a machine whose files lie
/// under `root`. The text is that of `/proc/self/cgroup`, the mounts are the lines of `/proc/self/mountinfo`.
fn smallest_quota(root: &Path, memberships: &str, mounts: &[Mount]) -> Option<Quota> {
    let mut smallest: Option<Quota> = None;
    for_each_group(root, memberships, mounts, |version, directory| {
        if let Some(quota) = version.read(directory)
            && smallest.as_ref().is_none_or(|known| quota.cpus < known.cpus)
        {
            smallest = Some(quota);
        }
    });
    smallest
}

/// Visits the directory of each group that a process with these memberships is in, as far as the mounts show.
pub(super) fn for_each_group(
    root: &Path,
    memberships: &str,
    mounts: &[Mount],
    mut visit: impl FnMut(Version, &Path),
) {
    let memberships: Vec<Membership<'_>> = memberships.lines().filter_map(Membership::parse).collect();
    for mount in mounts {
        for membership in memberships.iter().filter(|membership| membership.version == mount.version) {
            let Some(below) = mount.path_below(membership.path) else { continue };
            // The group itself, and then each above it as far as the mount shows.
            for group in below.ancestors() {
                visit(mount.version, &under(root, &mount.point).join(group));
            }
        }
    }
}

/// The two versions of control groups; a machine may mount both.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    /// Reads the quota that stands on one group.
    fn read(self, directory: &Path) -> Option<Quota> {
        let (file, cpus) = match self {
            Self::One => {
                let file = directory.join("cpu.cfs_quota_us");
                let period = fs::read_to_string(directory.join("cpu.cfs_period_us")).ok()?;
                let cpus = cpus(&fs::read_to_string(&file).ok()?, &period)?;
                (file, cpus)
            }
            Self::Two => {
                let file = directory.join("cpu.max");
                let text = fs::read_to_string(&file).ok()?;
                let (quota, period) = text.trim().split_once(' ')?;
                (file, cpus(quota, period)?)
            }
        };
        Some(Quota { cpus, from: file })
    }
}

/// Divides a quota by its period. "max" and "-1", which mean no quota, are no positive integers.
fn cpus(quota: &str, period: &str) -> Option<f64> {
    let positive = |text: &str| text.trim().parse::<u64>().ok().filter(|&microseconds| microseconds > 0);
    Some(positive(quota)? as f64 / positive(period)? as f64)
}

/// One line of `/proc/self/cgroup`, if it can bear on CPU time: "4:cpu,cpuacct:/path", or "0::/path" for version 2.
struct Membership<'a> {
    version: Version,
    path: &'a str,
}

impl<'a> Membership<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.splitn(3, ':');
        let (hierarchy, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if hierarchy == "0" && controllers.is_empty() {
            Some(Self { version: Version::Two, path })
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            Some(Self { version: Version::One, path })
        } else {
            None
        }
    }
}

/// One line of `/proc/self/mountinfo`, if it mounts groups that can bear on CPU time.
pub(super) struct Mount {
    version: Version,
    /// The group that is seen at the mount point.
    root: PathBuf,
    point: PathBuf,
}

impl Mount {
    /// Parses "36 35 98:0 /root /point options [optional fields] - type source options".
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let version = match (kind.next()?, kind.nth(1)) {
            ("cgroup2", _) => Version::Two,
            ("cgroup", Some(options)) if options.split(',').any(|option| option == "cpu") => Version::One,
            _ => return None,
        };
        let mut place = place.split(' ').skip(3);
        Some(Self { version, root: unescape(place.next()?), point: unescape(place.next()?) })
    }

    /// Returns where below the mount point a group is seen; none if it is not.
    fn path_below(&self, group: &str) -> Option<PathBuf> {
        let group = Path::new(group);
        if climbs(group) {
            // The process was moved out of its own namespace's tree; no path leads to its group.
            return None;
        }
        if climbs(&self.root) {
            // The mount shows a group above the namespace's own: one of ours, but by what names down is not told.
            return Some(PathBuf::new());
        }
        group.strip_prefix(&self.root).ok().map(Path::to_owned)
    }
}

/// Tells whether a path leads out of the tree that it is written for.
fn climbs(path: &Path) -> bool {
    path.components().any(|component| component == Component::ParentDir)
}

/// Moves an absolute path under another root.
fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Decodes the octal escapes by which mountinfo writes space, tab, newline and backslash: `\040`.
fn unescape(text: &str) -> PathBuf {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = &after[3..];
            }
            None => {
                decoded.push('\\');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    PathBuf::from(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota_under(root: &Path, memberships: &str, mounts: &str) -> Option<Quota> {
        let mounts: Vec<Mount> = mounts.lines().filter_map(Mount::parse).collect();
        smallest_quota(root, memberships, &mounts)
    }

    use proptest::prelude::*;

    /// Reads a machine that lies under `tests/fixtures/`; the answer's file is relative to it.
    fn fixture(name: &str) -> Option<(f64, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let text = |file| fs::read_to_string(root.join("proc/self").join(file)).unwrap();
        let quota = quota_under(&root, &text("cgroup"), &text("mountinfo"))?;
        let from = quota.from.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        Some((quota.cpus, from))
    }

    #[test]
    fn version_two_takes_the_smallest_of_all_ancestors() {
        assert_eq!(fixture("cgroup-v2"), Some((1.5, "sys/fs/cgroup/batch.slice/cpu.max".into())));
    }

    #[test]
    fn version_one_in_a_container_starts_at_the_mounts_root() {
        let from = "sys/fs/cgroup/cpu,cpuacct/worker/cpu.cfs_quota_us";
        assert_eq!(fixture("cgroup-v1"), Some((0.5, from.into())));
    }

    #[test]
    fn hybrid_looks_at_both_versions() {
        let from = "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us";
        assert_eq!(fixture("cgroup-hybrid"), Some((3.0, from.into())));
    }

    #[test]
    fn no_quota_is_none() {
        assert_eq!(cpus("max", "100000"), None);
        assert_eq!(cpus("-1", "100000"), None);
        assert_eq!(cpus("100000", "0"), None);
        assert_eq!(cpus("200000\n", "100000\n"), Some(2.0));
        assert_eq!(quota_under(Path::new("/nonexistent"), "0::/\n", "1 1 0:1 / /c rw - cgroup2 c rw"), None);
    }

    #[test]
    fn groups_outside_the_mount_are_not_ours() {
        let mount = |root| Mount { version: Version::Two, root: PathBuf::from(root), point: "/c".into() };
        assert_eq!(mount("/").path_below("/a/b"), Some("a/b".into()));
        assert_eq!(mount("/a").path_below("/a/b"), Some("b".into()));
        assert_eq!(mount("/a/b").path_below("/a/b"), Some("".into()));
        assert_eq!(mount("/other").path_below("/a/b"), None);
        assert_eq!(mount("/").path_below("/../b"), None);
        assert_eq!(mount("/..").path_below("/b"), Some("".into()));
    }

    #[test]
    fn escapes_in_mount_points() {
        assert_eq!(unescape(r"/a\040b\134c"), PathBuf::from(r"/a b\c"));
        assert_eq!(unescape(r"/a\9"), PathBuf::from(r"/a\9"));
    }

    proptest! {
        #[test]
        fn no_text_panics(memberships in ".*", mounts in ".*") {
            let _ = quota_under(Path::new("/nonexistent"), &memberships, &mounts);
        }

        #[test]
        fn lines_of_the_right_shape_never_panic(
            group in r"[a-z/.\\0-9]{0,20}", root in r"[a-z/.\\0-9é]{0,20}", point in r"[a-z/.\\0-9é]{0,20}"
        ) {
            let memberships = format!("0::{group}\n3:cpu,x:{group}\n");
            let mounts = format!("1 2 0:3 {root} {point} rw shared:1 - cgroup2 c rw\n");
            let _ = quota_under(Path::new("/nonexistent"), &memberships, &mounts);
        }
    }
}
