//! Where CPUs lie: which are hardware threads of one core, and which are near one another's memory.
//!
//! The kernel tells by small files: `cpu/cpu3/topology/core_cpus_list` lists the threads of CPU 3's core (before Linux
//! 5.4 under another name), `node/node1/cpulist` the CPUs beside one part of the memory. Numbers have holes, nodes may
//! have memory and no CPU, and a CPU that is off line has no topology.
//!
//! Everything is a function of a directory, so that trees under `tests/fixtures/` can stand in for the machine. What
//! cannot be read or understood is taken for the simplest machine: each CPU a core of its own, all on node 0.
//! Source: the kernel's documents `cputopology` and `sysfs-devices-node`.

use std::fs;
use std::path::Path;

/// Where this machine tells.
pub(crate) const MACHINE: &str = "/sys/devices/system";

/// More CPUs than a list of the kernel's can name; a range beyond it is no list.
const MOST_CPUS: usize = 1 << 16;

/// A NUMA node that has CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) number: usize,
    /// In rising order.
    pub(crate) cpus: Vec<usize>,
}

/// Returns the nodes that have CPUs, in rising order; none where nobody tells.
pub(crate) fn nodes(system: &Path) -> Vec<Node> {
    let folder = system.join("node");
    let online = read_list(&folder.join("online")).unwrap_or_default();
    let node = |number| {
        let cpus = read_list(&folder.join(format!("node{number}/cpulist")))?;
        Some(Node { number, cpus }).filter(|node| !node.cpus.is_empty())
    };
    online.into_iter().filter_map(node).collect()
}

/// Returns the lowest hardware thread of the core that `cpu` belongs to.
pub(crate) fn core(system: &Path, cpu: usize) -> usize {
    let folder = system.join(format!("cpu/cpu{cpu}/topology"));
    ["core_cpus_list", "thread_siblings_list"]
        .into_iter()
        .find_map(|file| read_list(&folder.join(file)))
        .and_then(|threads| threads.first().copied())
        .unwrap_or(cpu)
}

/// Returns the node that `cpu` belongs to.
pub(crate) fn node_of(nodes: &[Node], cpu: usize) -> usize {
    nodes.iter().find(|node| node.cpus.contains(&cpu)).map_or(0, |node| node.number)
}

fn read_list(path: &Path) -> Option<Vec<usize>> {
    parse_list(&fs::read_to_string(path).ok()?)
}

/// Parses a list of the kernel's, such as "0-3,8,10-11", into rising numbers. Nothing at all is a list too.
fn parse_list(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for range in text.trim().split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.trim().parse::<usize>().ok()?, last.trim().parse::<usize>().ok()?);
        if first > last || last >= MOST_CPUS {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A machine that lies under `tests/fixtures/`: (cpu, core, node) of each CPU asked for.
    fn fixture(name: &str, cpus: &[usize]) -> Vec<(usize, usize, usize)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        let system = folder.join("sys/devices/system");
        let nodes = nodes(&system);
        cpus.iter().map(|&cpu| (cpu, core(&system, cpu), node_of(&nodes, cpu))).collect()
    }

    #[test]
    fn two_nodes_of_two_cores_of_two_threads() {
        let cpus: Vec<_> = (0..8).collect();
        let expected =
            [(0, 0, 0), (1, 1, 0), (2, 2, 1), (3, 3, 1), (4, 0, 0), (5, 1, 0), (6, 2, 1), (7, 3, 1)];
        assert_eq!(fixture("topology-two-nodes", &cpus), expected);
        // A core is known by its lowest thread, be that one ours or not.
        assert_eq!(fixture("topology-two-nodes", &[6]), [(6, 2, 1)]);
    }

    #[test]
    fn holes_a_node_without_a_cpu_and_one_cpu_off_line() {
        // CPU 1 is off line and CPU 5 is not there at all; the kernel is one that calls the file by its old name.
        let expected = [(0, 0, 0), (1, 1, 0), (2, 2, 0), (5, 5, 0), (8, 8, 5), (9, 8, 5)];
        assert_eq!(fixture("topology-holes", &[0, 1, 2, 5, 8, 9]), expected);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topology-holes");
        let numbers: Vec<_> = nodes(&folder.join("sys/devices/system")).iter().map(|n| n.number).collect();
        assert_eq!(numbers, [0, 5]);
    }

    #[test]
    fn nothing_there_at_all_is_the_simplest_machine() {
        assert_eq!(fixture("no-such-machine", &[3, 1]), [(3, 3, 0), (1, 1, 0)]);
        assert_eq!(nodes(Path::new("/nonexistent")), []);
    }

    #[test]
    fn this_machine_has_an_answer() {
        let system = Path::new(MACHINE);
        let nodes = nodes(system);
        assert!(nodes.iter().all(|node| !node.cpus.is_empty()), "{nodes:?}");
        for &cpu in nodes.iter().flat_map(|node| &node.cpus) {
            assert!(core(system, cpu) <= cpu);
        }
    }

    #[test]
    fn lists() {
        assert_eq!(parse_list("0-3,8,10-11\n"), Some(vec![0, 1, 2, 3, 8, 10, 11]));
        assert_eq!(parse_list("\n"), Some(vec![]));
        for text in ["a", "3-1", "1-", "-", "0-99999999999", "1;2"] {
            assert_eq!(parse_list(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9,\\- \n]{0,40}") {
            if let Some(numbers) = parse_list(&text) {
                prop_assert!(numbers.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
