//! A pool's threads keep to a CPU each, and what a job starts sees the machine all the same.

#![cfg(target_os = "linux")]

use ringmill::Pool;
use ringmill::pool::{BuildError, JobMask, Pinning};

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
