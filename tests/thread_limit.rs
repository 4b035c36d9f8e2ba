//! A thread that the system does not start, while others run. A program of its own: it limits the whole process.

#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![allow(unsafe_code)]

use std::time::Duration;

use ringmill::Pool;
use ringmill::pool::Refusal;

/// Address space for the stack of one thread, but not of two.
const STACK: u64 = 8 << 30;

#[test]
fn a_task_for_a_thread_that_did_not_start_is_refused() {
    // It was once taken in, because there were other threads, and waited until somebody else submitted.
    let used: u64 = std::fs::read_to_string("/proc/self/statm")
        .expect("it is there")
        .split(' ')
        .next()
        .and_then(|pages| pages.parse().ok())
        .expect("a number of pages");
    let most = used * 4096 + STACK + STACK / 2;
    let limit = libc::rlimit { rlim_cur: most, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `setrlimit` wants a limit to read, which `limit` is.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
    let pool = Pool::builder().workers(2).stack_bytes(STACK as usize).build().expect("one thread starts");
    let error = pool.submit_to(2, |_| ()).expect_err("the other does not");
    assert!(matches!(error.refusal(), Refusal::Spawn(_)), "{error}");
    let mut task = pool.submit_to(1, |cx| cx.worker()).expect("the first is there");
    assert!(matches!(task.wait_timeout(Duration::from_secs(60)), Some(Ok(1))));
    let mut task = pool.submit(|cx| cx.worker()).expect("and takes what is for all");
    assert!(matches!(task.wait_timeout(Duration::from_secs(60)), Some(Ok(1))));
}
