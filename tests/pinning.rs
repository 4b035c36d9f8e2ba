//! A pool's threads keep to a CPU each, and what a job starts sees the machine all the same.

#![cfg(target_os = "linux")]

use ringmill::Pool;
use ringmill::pool::{BuildError, JobMask, Pinning, Placement};

/// Returns the CPUs that the calling thread may run on.
fn cpus() -> Vec<usize> {
    let mask = rustix::thread::sched_getaffinity(None).expect("a mask");
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|&cpu| mask.is_set(cpu)).collect()
}

#[test]
fn jobs_run_under_the_mask_of_the_user() {
    let all = cpus();
    for workers in [1, 2, all.len()] {
        let pool = Pool::builder().workers(workers).build().expect("a pool");
        for mask in pool.broadcast(|_| cpus()).expect("a broadcast") {
            assert_eq!(mask, all);
        }
    }
}

#[test]
fn a_pool_of_another_library_sees_the_machine() {
    // A pinned thread hands its mask down: rayon's pool, first met inside a job, would have one thread for good.
    let pool = Pool::builder().workers(2).build().expect("a pool");
    let machine = std::thread::available_parallelism().expect("a number").get();
    let seen = pool
        .broadcast(|worker| {
            let theirs = rayon::ThreadPoolBuilder::new().build().expect("a pool");
            (worker, theirs.current_num_threads(), theirs.broadcast(|_| cpus().len()))
        })
        .expect("a broadcast");
    for (worker, threads, masks) in seen {
        assert_eq!(threads, machine, "inside worker {worker}");
        assert!(masks.iter().all(|&len| len == cpus().len()), "inside worker {worker}");
    }
}

#[test]
fn a_pinned_mask_is_kept_where_asked_for() {
    let all = cpus();
    if all.len() < 2 {
        return;
    }
    let pool = Pool::builder().workers(all.len()).pinning(Pinning::Required).job_mask(JobMask::Pinned);
    let masks = pool.build().expect("a pool").broadcast(|_| cpus()).expect("a broadcast");
    assert_eq!(masks[0], all, "the calling thread is not pinned");
    let mut homes: Vec<_> = masks[1..].iter().flatten().collect();
    homes.sort();
    homes.dedup();
    assert_eq!(homes.len(), all.len() - 1, "a CPU for each: {masks:?}");
    assert!(masks[1..].iter().all(|mask| mask.len() == 1));
}

#[test]
fn required_pinning_fails_without_a_cpu_for_each() {
    let error =
        Pool::builder().workers(cpus().len() + 1).pinning(Pinning::Required).build().expect_err("no CPU");
    assert!(matches!(error, BuildError::Pin { cpu: None, .. }), "{error}");
    assert!(Pool::builder().workers(cpus().len() + 1).pinning(Pinning::IfSupported).build().is_ok());
}

#[test]
fn no_pinning_leaves_every_mask_alone() {
    let pool =
        Pool::builder().workers(2).pinning(Pinning::Off).job_mask(JobMask::Pinned).build().expect("a pool");
    assert_eq!(pool.broadcast(|_| cpus()).expect("a broadcast"), [cpus(), cpus()]);
}

#[test]
fn a_list_says_where_each_thread_lives() {
    let all = cpus();
    let (first, last) = (all[0], *all.last().expect("a CPU"));
    let pool = Pool::builder()
        .placement(Placement::List(vec![last, first]))
        .pinning(Pinning::Required)
        .job_mask(JobMask::Pinned)
        .build()
        .expect("a pool");
    // As many workers as the list has CPUs: the caller, and a thread on the first CPU of the list.
    assert_eq!(pool.broadcast(|_| cpus()).expect("a broadcast"), [all.clone(), vec![last]]);
    let absent = (0..1024).rev().find(|cpu| !all.contains(cpu)).expect("a CPU that is not there");
    let refused = Pool::builder().placement(Placement::List(vec![absent, first])).pinning(Pinning::Required);
    let error = refused.build().expect_err("no such CPU");
    assert!(matches!(error, BuildError::Pin { worker: 1, cpu: Some(cpu), .. } if cpu == absent), "{error}");
}

#[test]
fn every_placement_gives_each_thread_a_cpu_of_its_own() {
    let all = cpus();
    for placement in [Placement::NodeByNode, Placement::Spread, Placement::Compact, Placement::PhysicalCores]
    {
        let pool = Pool::builder().placement(placement.clone()).job_mask(JobMask::Pinned);
        let pool = pool.pinning(Pinning::Required).build().expect("a pool");
        let masks = pool.broadcast(|_| cpus()).expect("a broadcast");
        let mut homes: Vec<_> = masks[1..].iter().flatten().collect();
        homes.sort();
        homes.dedup();
        assert_eq!(homes.len(), pool.workers() - 1, "{placement:?}: {masks:?}");
        assert!(pool.workers() <= all.len());
        // The groups name each pinned worker once.
        let mut grouped: Vec<_> = pool.groups().iter().flat_map(|group| group.workers()).copied().collect();
        grouped.sort();
        assert_eq!(grouped, (1..pool.workers()).collect::<Vec<_>>());
    }
}

#[test]
fn a_pool_keeps_to_its_node_even_unpinned() {
    let Ok(list) = std::fs::read_to_string("/sys/devices/system/node/node0/cpulist") else {
        return;
    };
    if list.trim().is_empty() {
        return;
    }
    let pool = Pool::builder().node(0).workers(2).pinning(Pinning::Off).build().expect("node 0 has CPUs");
    let masks = pool.broadcast(|_| cpus()).expect("a broadcast");
    let machine = Pool::builder().node(0).build().expect("a pool");
    assert_eq!(masks[1].len(), machine.sizing().usable_cpus());
    assert!(masks[1].iter().all(|cpu| cpus().contains(cpu)));
}
