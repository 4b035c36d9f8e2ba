//! A pool that comes through a fork is an error there, not a hang.

#![cfg(unix)]
#![allow(unsafe_code)]

use ringmill::Pool;
use ringmill::pool::LoopError;

#[test]
fn a_forked_child_gets_errors_and_may_build_a_pool_of_its_own() {
    let pool = Pool::builder().workers(2).build().expect("a pool");
    pool.for_each_index(0..100, |_| ()).expect("a loop");
    // SAFETY: the child runs code of ours that allocates, which POSIX leaves open after a fork with threads; glibc
    // makes its allocator usable there, and the child leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let each = pool.for_each_index(0..100, |_| ());
        let reduced = pool.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b);
        let broadcast = pool.broadcast(|_| ());
        let errors = matches!(each, Err(LoopError::Forked))
            && matches!(reduced, Err(LoopError::Forked))
            && matches!(broadcast, Err(LoopError::Forked));
        drop(pool);
        let ours = Pool::builder().workers(2).build().expect("a pool");
        let works =
            ours.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b).is_ok_and(|n| n == 100);
        drop(ours);
        // SAFETY: `_exit` has no duties.
        unsafe { libc::_exit(i32::from(!(errors && works))) };
    }
    assert!(child > 0, "no fork");
    let mut status = 0;
    // SAFETY: `waitpid` wants a place for the status and a child of ours.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status:#x}");
    assert_eq!(pool.map_reduce_range(0..100, 10, |range| range.len(), |a, b| a + b).expect("a sum"), 100);
}
