//! In which order CPUs become homes: a pure function of where they lie.
//!
//! The calling thread is a worker too and stays where it is. So its CPU comes last, for the thread that takes its place
//! when there is one, and the others are chosen as if the first choice had been the caller's own.

use crate::sys::topology::Node;

/// Which CPUs a pool's threads are pinned to, and in which order.
///
/// Whether they are pinned at all is [`Pinning`](super::super::Pinning)'s to say. The CPU that the pool was built on is
/// the calling thread's and is used last.
///
/// # Examples
///
/// ```
/// use ringmill::pool::{Placement, Pool};
///
/// let pool = Pool::builder().workers(2).placement(Placement::Compact).build()?;
/// assert_eq!(pool.broadcast(|worker| worker)?, [0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// The system's order, NUMA node by node, the caller's first: workers with neighbouring numbers have neighbouring
    /// parts of the data and a memory in common. The default.
    #[default]
    NodeByNode,
    /// As far apart as they go: a node after the other in turn, a core of its own for each as long as there are any.
    /// For work that is short of memory bandwidth or of cache.
    Spread,
    /// As close together as they go: the threads of one core, then its node's other cores, then the next node. For work
    /// whose parts share much.
    Compact,
    /// One hardware thread of each physical core, in the order of `NodeByNode`; the pool has no more workers than there
    /// are cores unless it is told to. For work that keeps a core's units busy by itself.
    PhysicalCores,
    /// Thread k on the k-th CPU of the list, from 1 on, and where the list ends, none. The pool has as many workers as
    /// the list has CPUs unless it is told otherwise; the last is for the thread that stands in for the caller.
    List(Vec<usize>),
}

/// Where one CPU lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) cpu: usize,
    /// The lowest hardware thread of its core.
    pub(crate) core: usize,
    pub(crate) node: usize,
}

/// Returns the CPUs that become homes of threads 1, 2 and so on, chosen among `spots`, which are in rising order. The
/// caller's comes last, if it is among them.
pub(crate) fn order(placement: &Placement, spots: &[Spot], caller: Option<usize>) -> Vec<usize> {
    let ours = spots.iter().find(|spot| Some(spot.cpu) == caller).copied();
    let others = || spots.iter().copied().filter(|&spot| Some(spot) != ours);
    let is_far = |spot: &Spot| ours.is_some_and(|ours| ours.node != spot.node);
    let chosen = match placement {
        Placement::List(cpus) => return cpus.clone(),
        Placement::NodeByNode => sorted(others(), |spot| (is_far(spot), spot.node, spot.cpu)),
        Placement::Compact => {
            let is_beside = |spot: &Spot| ours.is_some_and(|ours| ours.core != spot.core);
            sorted(others(), |spot| (is_far(spot), spot.node, is_beside(spot), spot.core, spot.cpu))
        }
        Placement::PhysicalCores => {
            let mut cores: Vec<_> = ours.iter().map(|ours| ours.core).collect();
            let mut first = Vec::new();
            for spot in others() {
                if !cores.contains(&spot.core) {
                    cores.push(spot.core);
                    first.push(spot);
                }
            }
            sorted(first.into_iter(), |spot| (is_far(spot), spot.node, spot.cpu))
        }
        Placement::Spread => spread(spots, ours),
    };
    chosen.into_iter().chain(ours).map(|spot| spot.cpu).collect()
}

/// Returns how many physical cores there are.
pub(crate) fn cores(spots: &[Spot]) -> usize {
    let mut cores: Vec<_> = spots.iter().map(|spot| spot.core).collect();
    cores.sort_unstable();
    cores.dedup();
    cores.len()
}

/// Returns which of `nodes` the CPU belongs to.
pub(crate) fn spot(nodes: &[Node], cpu: usize, core: usize) -> Spot {
    Spot { cpu, core, node: crate::sys::topology::node_of(nodes, cpu) }
}

fn sorted<K: Ord>(spots: impl Iterator<Item = Spot>, key: impl Fn(&Spot) -> K) -> Vec<Spot> {
    let mut spots: Vec<_> = spots.collect();
    spots.sort_by_key(key);
    spots
}

/// Takes from each node in turn, from the one after the caller's on; within a node a thread of each core, then the next.
fn spread(spots: &[Spot], ours: Option<Spot>) -> Vec<Spot> {
    let mut numbers: Vec<_> = spots.iter().map(|spot| spot.node).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if let Some(ours) = ours {
        // As if the caller had been the first choice: its node's next turn comes when all others had theirs.
        let place = numbers.iter().position(|&node| node == ours.node).unwrap_or(0);
        let next = (place + 1) % numbers.len();
        numbers.rotate_left(next);
    }
    let nodes = numbers.iter().map(|&node| {
        let of_node: Vec<_> = spots.iter().filter(|spot| spot.node == node).copied().collect();
        // Which of its core's threads a CPU is; the caller is its core's first.
        let rank = |spot: &Spot| {
            let threads = of_node.iter().filter(|other| other.core == spot.core && Some(**other) != ours);
            let before = threads.filter(|other| other.cpu < spot.cpu).count();
            before + usize::from(ours.is_some_and(|ours| ours.core == spot.core))
        };
        sorted(of_node.iter().filter(|&&spot| Some(spot) != ours).copied(), |spot| (rank(spot), spot.cpu))
    });
    let nodes: Vec<_> = nodes.collect();
    let most = nodes.iter().map(Vec::len).max().unwrap_or(0);
    (0..most).flat_map(|turn| nodes.iter().filter_map(move |node| node.get(turn).copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two nodes of two cores of two threads, the threads of a core four apart.
    fn machine() -> Vec<Spot> {
        (0..8).map(|cpu| Spot { cpu, core: cpu % 4, node: cpu % 4 / 2 }).collect()
    }

    #[test]
    fn the_orders_of_a_machine_with_two_nodes() {
        let from = |placement, caller| order(&placement, &machine(), Some(caller));
        assert_eq!(from(Placement::NodeByNode, 0), [1, 4, 5, 2, 3, 6, 7, 0]);
        assert_eq!(from(Placement::NodeByNode, 3), [2, 6, 7, 0, 1, 4, 5, 3]);
        assert_eq!(from(Placement::Compact, 0), [4, 1, 5, 2, 6, 3, 7, 0]);
        assert_eq!(from(Placement::Compact, 7), [3, 2, 6, 0, 4, 1, 5, 7]);
        assert_eq!(from(Placement::Spread, 0), [2, 1, 3, 4, 6, 5, 7, 0]);
        assert_eq!(from(Placement::PhysicalCores, 0), [1, 2, 3, 0]);
        assert_eq!(from(Placement::PhysicalCores, 6), [3, 0, 1, 6]);
        assert_eq!(from(Placement::List(vec![5, 0, 5]), 0), [5, 0, 5]);
    }

    #[test]
    fn a_caller_that_is_elsewhere_takes_no_home() {
        assert_eq!(order(&Placement::NodeByNode, &machine(), None), [0, 1, 4, 5, 2, 3, 6, 7]);
        assert_eq!(order(&Placement::Spread, &machine(), Some(99)), [0, 2, 1, 3, 4, 6, 5, 7]);
        assert_eq!(order(&Placement::Compact, &[], Some(0)), [0_usize; 0]);
        assert_eq!(order(&Placement::Spread, &[], None), [0_usize; 0]);
    }

    fn any_machine() -> impl Strategy<Value = (Vec<Spot>, Option<usize>)> {
        (1..=3_usize, 1..=4_usize, 1..=2_usize).prop_flat_map(|(nodes, cores, threads)| {
            let all = nodes * cores;
            let spots: Vec<_> = (0..all * threads)
                .map(|cpu| Spot { cpu, core: cpu % all, node: cpu % all / cores })
                .collect();
            let count = spots.len();
            (proptest::sample::subsequence(spots, 0..=count), proptest::option::of(0..count))
        })
    }

    proptest! {
        #[test]
        fn every_cpu_is_one_home_and_the_callers_the_last((spots, caller) in any_machine()) {
            let usable: Vec<_> = spots.iter().map(|spot| spot.cpu).collect();
            for placement in [Placement::NodeByNode, Placement::Spread, Placement::Compact] {
                let mut homes = order(&placement, &spots, caller);
                if caller.is_some_and(|caller| usable.contains(&caller)) {
                    prop_assert_eq!(homes.last().copied(), caller);
                }
                homes.sort_unstable();
                prop_assert_eq!(&homes, &usable);
            }
            let homes = order(&Placement::PhysicalCores, &spots, caller);
            let at_home: Vec<_> = spots.iter().filter(|spot| homes.contains(&spot.cpu)).copied().collect();
            prop_assert_eq!((at_home.len(), cores(&at_home)), (cores(&spots), cores(&spots)));
        }

        #[test]
        fn spread_is_even_and_compact_is_dense((spots, caller) in any_machine()) {
            let find = |cpu: &usize| *spots.iter().find(|spot| spot.cpu == *cpu).unwrap();
            let ours = caller.filter(|&caller| spots.iter().any(|spot| spot.cpu == caller));
            let in_turn = |placement| {
                let mut homes = order(&placement, &spots, caller);
                if ours.is_some() {
                    homes.rotate_right(1);
                }
                homes.iter().map(find).collect::<Vec<_>>()
            };
            let spread = in_turn(Placement::Spread);
            for count in 0..=spread.len() {
                let (taken, left) = spread.split_at(count);
                let of = |spots: &[Spot], node| spots.iter().filter(|spot| spot.node == node).count();
                for spot in left {
                    // A node with something left is behind none by more than one.
                    let ahead = taken.iter().map(|other| of(taken, other.node)).max().unwrap_or(0);
                    prop_assert!(of(taken, spot.node) + 1 >= ahead);
                }
                for spot in taken {
                    // Who shares its core does so only when no core of its node is free.
                    let is_shared = taken.iter().filter(|other| other.core == spot.core).count() > 1;
                    let is_free = |other: &&Spot| !taken.iter().any(|taken| taken.core == other.core);
                    let free = left.iter().filter(|other| other.node == spot.node).find(is_free);
                    prop_assert!(!is_shared || free.is_none());
                }
            }
            // No core is come back to, no node either.
            let compact = in_turn(Placement::Compact);
            let mut cores: Vec<_> = compact.iter().map(|spot| spot.core).collect();
            let mut nodes: Vec<_> = compact.iter().map(|spot| spot.node).collect();
            cores.dedup();
            nodes.dedup();
            let distinct = |list: &[usize]| list.iter().enumerate().all(|(k, x)| !list[..k].contains(x));
            prop_assert!(distinct(&cores) && distinct(&nodes), "{:?}", compact);
        }
    }
}
