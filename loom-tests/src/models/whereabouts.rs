//! Whereabouts: of a thread that is gone, others learn what it was at.
//!
//! Actors: a thread that notes where it is and is gone, here one that ends and is joined: a join orders what the kernel's
//! answer does. One that settles for it, and stands for its successor; one that waits for something that it signed. Bound: three threads.
//!
//! - Invariants: V1, V2.
//! - FORBIDDEN: a place that it had left, or a missing one; a mark of it that is not over when it is settled; a mark of its
//!   successor that is.
//! - ACCEPTABLE: who waits learns of it late.

use loom::sync::Arc;
use loom::thread;

use super::protocol::whereabouts::{Mark, Whereabouts};
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("whereabouts: one is gone, one waits", None, one_is_gone)]
}

fn one_is_gone() {
    let threads = Arc::new(Whereabouts::new(2));
    let task = Arc::new(Mark::new());
    let gone = thread::spawn({
        let (threads, task) = (threads.clone(), task.clone());
        move || {
            threads.enter(1, 0);
            threads.enter(1, 63);
            threads.leave(1, 63);
            threads.sign(1, &task);
        }
    });
    let waiter = thread::spawn({
        let (threads, task) = (threads.clone(), task.clone());
        move || assert!(matches!(threads.gone(&task), None | Some(1)))
    });
    gone.join().unwrap();
    assert_eq!(threads.gone(&task), None, "nobody has said so");
    assert_eq!(threads.find_gone(1).collect::<Vec<_>>(), [0]);
    assert_eq!(threads.gone(&task), Some(1));
    // Its successor.
    let another = Mark::new();
    threads.sign(1, &another);
    threads.enter(1, 5);
    assert_eq!((threads.gone(&another), threads.gone(&task)), (None, Some(1)));
    assert_eq!(threads.find_gone(1).collect::<Vec<_>>(), [5]);
    waiter.join().unwrap();
    // Who is none of the pool's threads leaves no trace.
    let stranger = Mark::new();
    threads.sign(0, &stranger);
    threads.enter(0, 1);
    assert_eq!((threads.find_gone(0).count(), threads.gone(&stranger)), (0, None));
}
