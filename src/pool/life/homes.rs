//! The homes of a pool's threads: which CPUs there are to use, how many workers that makes, who lives where.

use std::path::Path;
use std::sync::OnceLock;

use super::super::builder::Pinning;
use super::super::error::BuildError;
use super::super::size::Sizing;
use super::placement::{self, Placement, Spot};
use crate::error::SystemError;
use crate::sys::affinity::{self, CpuSet};
use crate::sys::topology::{self, Node};

/// The CPUs that a pool may use.
#[derive(Debug)]
pub(crate) struct Ground {
    /// Those that the building thread may use, on the node that was asked for.
    usable: Result<CpuSet, SystemError>,
    spots: Vec<Spot>,
    /// A node was asked for, so threads run on `usable` even if they are not pinned.
    is_restricted: bool,
    /// How many workers have a CPU of their own.
    pub(crate) places: usize,
}

/// Workers that live on one NUMA node, as [`Pool::groups`](super::super::Pool::groups) tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    node: usize,
    workers: Vec<usize>,
}

impl Group {
    /// Returns the node's number, as the system counts.
    pub fn node(&self) -> usize {
        self.node
    }

    /// Returns the numbers of the workers that are pinned to a CPU of the node, in rising order.
    pub fn workers(&self) -> &[usize] {
        &self.workers
    }
}

/// The CPUs that threads are pinned to, and the mask that they run under otherwise.
#[derive(Debug, Default)]
pub(crate) struct Homes {
    /// From thread 1 on.
    cpus: Vec<usize>,
    /// The CPU of the building thread, if no list says otherwise: the home of whoever stands in for that thread.
    pub(crate) spare: Option<usize>,
    /// The mask of the user's code; none leaves a thread the one that it was started with.
    pub(crate) mask: Option<CpuSet>,
}

/// The machine's nodes: asked for once, because none comes or goes while a process runs.
fn machine() -> &'static [Node] {
    static NODES: OnceLock<Vec<Node>> = OnceLock::new();
    NODES.get_or_init(|| topology::nodes(Path::new(topology::MACHINE)))
}

impl Ground {
    /// Looks at the CPUs of the calling thread, or at those of them that lie on one node.
    pub(crate) fn survey(placement: &Placement, node: Option<usize>) -> Result<Self, BuildError> {
        let mut usable = affinity::affinity();
        if let Some(number) = node {
            let nodes = machine();
            let cpus = nodes.iter().find(|node| node.number == number).map(|node| node.cpus.as_slice());
            let on_node = usable.as_ref().ok().zip(cpus).map(|(usable, cpus)| usable.among(cpus));
            usable = match on_node.filter(|cpus| cpus.len() > 0) {
                Some(cpus) => Ok(cpus),
                None => {
                    let known = nodes.iter().map(|node| node.number).collect();
                    return Err(BuildError::Node { requested: number, known });
                }
            };
        }
        let wants_cores = !matches!(placement, Placement::NodeByNode | Placement::List(_));
        let core = |cpu| if wants_cores { topology::core(Path::new(topology::MACHINE), cpu) } else { cpu };
        let ids = usable.as_ref().map_or(&[][..], CpuSet::ids);
        let spots: Vec<_> = ids.iter().map(|&cpu| placement::spot(machine(), cpu, core(cpu))).collect();
        // On a machine too wide for its mask to be read, the standard library still counts.
        let count = match usable {
            Ok(_) => spots.len(),
            Err(_) => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        };
        let places = match placement {
            Placement::PhysicalCores if !spots.is_empty() => placement::cores(&spots),
            Placement::List(cpus) => cpus.len(),
            _ => count,
        };
        Ok(Self { usable, spots, is_restricted: node.is_some(), places })
    }

    /// Chooses a CPU for every thread, if they are to be pinned.
    pub(crate) fn choose(
        self,
        pinning: Pinning,
        placement: &Placement,
        sizing: &Sizing,
    ) -> Result<Homes, BuildError> {
        let wanted = match pinning {
            Pinning::Off => false,
            Pinning::IfSupported => sizing.has_cpu_each(),
            Pinning::Required => true,
        };
        let users = match self.usable {
            Ok(users) if wanted => users,
            Ok(users) => {
                return Ok(Homes { mask: Some(users).filter(|_| self.is_restricted), ..Homes::default() });
            }
            Err(source) if pinning == Pinning::Required => {
                return Err(BuildError::Pin { worker: 1, cpu: None, source });
            }
            Err(_) => return Ok(Homes::default()),
        };
        // A list is the user's own, and nobody moves off it.
        let ours = match placement {
            Placement::List(_) => None,
            _ => affinity::current_cpu().or(users.ids().first().copied()),
        };
        let mut cpus = placement::order(placement, &self.spots, ours);
        let spare = cpus.pop_if(|last| Some(*last) == ours);
        Ok(Homes { cpus, spare, mask: Some(users) })
    }
}

impl Homes {
    /// Returns the home of thread `number`, which is at least 1.
    pub(crate) fn cpu(&self, number: usize) -> Option<usize> {
        self.cpus.get(number - 1).copied()
    }

    /// Returns which of the threads below `workers` live on which node.
    pub(crate) fn groups(&self, workers: usize) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for (worker, &cpu) in (1..workers).zip(&self.cpus) {
            let node = topology::node_of(machine(), cpu);
            match groups.iter_mut().find(|group| group.node == node) {
                Some(group) => group.workers.push(worker),
                None => groups.push(Group { node, workers: vec![worker] }),
            }
        }
        groups.sort_by_key(|group| group.node);
        groups
    }
}
