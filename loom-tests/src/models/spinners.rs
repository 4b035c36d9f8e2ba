//! The permits to spin: never more than there are.
//!
//! Actors: three threads that take a permit each, if there is one, and give it back. Bound: three threads, one permit or
//! two.
//!
//! - FORBIDDEN: more spin at once than there are permits; a permit that is lost.
//! - ACCEPTABLE: a thread goes without though another is just giving its permit back.

use loom::sync::Arc;
use loom::thread;

use super::protocol::spinners::Spinners;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("spinners: three threads, one permit", Some(3), || never_more_than(1)),
        Scenario::new("spinners: three threads, two permits", Some(2), || never_more_than(2)),
    ]
}

fn never_more_than(most: u32) {
    let spinners = Arc::new(Spinners::new(most));
    let spinning = Arc::new(AtomicU32::new(0));
    let threads = [(); 2].map(|()| {
        let (spinners, spinning) = (spinners.clone(), spinning.clone());
        thread::spawn(move || spin(&spinners, &spinning, most))
    });
    spin(&spinners, &spinning, most);
    for thread in threads {
        thread.join().unwrap();
    }
    let all: Vec<_> = (0..most).map(|_| spinners.try_start().expect("a permit is lost")).collect();
    assert!(spinners.try_start().is_none());
    all.into_iter().for_each(|permit| spinners.stop(permit));
}

fn spin(spinners: &Spinners, spinning: &AtomicU32, most: u32) {
    if let Some(permit) = spinners.try_start() {
        assert!(spinning.fetch_add(1, SeqCst) < most, "too many spin");
        spinning.fetch_sub(1, SeqCst);
        spinners.stop(permit);
    }
}
