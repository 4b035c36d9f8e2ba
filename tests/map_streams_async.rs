//! Maps as streams: they leave the work to the pool's threads, wake whoever polled last, and lose nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::{Stream, StreamExt};
use ringmill::Pool;

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool")
}

/// Counts how often it is called.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Bell {
    fn rung(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Waits until it has been called; a call that never comes hangs the test.
    fn wait(&self) {
        while self.rung() == 0 {
            thread::yield_now();
        }
    }
}

fn poll<S: Stream + Unpin>(stream: &mut S, bell: &Arc<Bell>) -> Poll<Option<S::Item>> {
    let waker = Waker::from(bell.clone());
    Pin::new(stream).poll_next(&mut Context::from_waker(&waker))
}

#[test]
fn a_stream_gives_what_the_iterator_gives() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        for window in [0, 1, 7] {
            let ordered = pool.map_ordered(0..1000, window, |k| k * 2).into_stream();
            assert_eq!(ordered.size_hint(), (1000, Some(1000)));
            let expected: Vec<_> = (0..1000).map(|k| k * 2).collect();
            assert_eq!(block_on(ordered.collect::<Vec<_>>()), expected);
            let unordered = pool.map_unordered(0..1000, window, |k| k * 2).into_stream();
            let mut results = block_on(unordered.collect::<Vec<_>>());
            results.sort();
            assert_eq!(results, expected);
            let tried = pool.try_map_ordered(0..1000, window, |k| if k < 40 { Ok(k) } else { Err(k) });
            let results = block_on(tried.into_stream().collect::<Vec<_>>());
            assert_eq!(results, (0..40).map(Ok).chain([Err(40)]).collect::<Vec<_>>());
        }
    }
}

#[test]
fn whoever_polls_runs_nothing() {
    let pool = pool(1);
    let here = thread::current().id();
    let elsewhere = |_: usize| thread::current().id();
    let ordered = pool.map_ordered(0..200, 4, elsewhere).into_stream();
    assert!(block_on(ordered.all(|thread| async move { thread != here })));
    let unordered = pool.map_unordered(0..200, 4, elsewhere).into_stream();
    assert!(block_on(unordered.all(|thread| async move { thread != here })));
}

/// A function that holds each item until it is told to go on.
fn held() -> (Arc<AtomicBool>, impl Fn(usize) -> usize + Clone + Send + Sync + 'static) {
    let go_on = Arc::new(AtomicBool::new(false));
    let f = {
        let go_on = go_on.clone();
        move |k| {
            while !go_on.load(SeqCst) {
                thread::yield_now();
            }
            k
        }
    };
    (go_on, f)
}

fn the_last_to_poll_is_woken<S: Stream<Item = usize> + Unpin>(mut stream: S, go_on: &AtomicBool) {
    let (first, last) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    assert!(poll(&mut stream, &first).is_pending());
    assert!(poll(&mut stream, &last).is_pending());
    go_on.store(true, SeqCst);
    last.wait();
    let mut results = Vec::new();
    loop {
        let bell = Arc::new(Bell::default());
        match poll(&mut stream, &bell) {
            Poll::Ready(Some(k)) => results.push(k),
            Poll::Ready(None) => break,
            Poll::Pending => bell.wait(),
        }
    }
    results.sort();
    assert_eq!(results, [0, 1, 2, 3, 4]);
}

#[test]
fn the_waker_of_the_last_poll_is_called() {
    let pool = pool(2);
    let (go_on, f) = held();
    the_last_to_poll_is_woken(pool.map_ordered(0..5, 2, f).into_stream(), &go_on);
    let (go_on, f) = held();
    the_last_to_poll_is_woken(pool.map_unordered(0..5, 2, f).into_stream(), &go_on);
}

#[test]
fn a_stream_waits_for_room_and_runs_nothing_meanwhile() {
    let pool = Pool::builder().workers(1).queue_capacity(2).build().expect("a pool");
    let here = thread::current().id();
    for ordered in [true, false] {
        let (go_on, hold) = held();
        let blocker = pool.submit(move |_| hold(0)).expect("a task");
        while pool.depth() > 0 {
            thread::yield_now();
        }
        // The only thread is busy, and the lane is full.
        let others: Vec<_> = (0..2).map(|_| pool.submit(|_| ()).expect("a task")).collect();
        let f = |k: usize| (k, thread::current().id());
        let mut stream: Pin<Box<dyn Stream<Item = (usize, thread::ThreadId)>>> = match ordered {
            true => Box::pin(pool.map_ordered(0..10, 4, f).into_stream()),
            false => Box::pin(pool.map_unordered(0..10, 4, f).into_stream()),
        };
        let bell = Arc::new(Bell::default());
        assert!(poll(&mut stream, &bell).is_pending());
        go_on.store(true, SeqCst);
        bell.wait();
        let results = block_on(stream.collect::<Vec<_>>());
        assert_eq!(results.len(), 10);
        assert!(results.iter().all(|&(_, thread)| thread != here));
        blocker.wait().expect("a result");
        others.into_iter().for_each(|task| task.wait().expect("a result"));
    }
}

#[test]
fn a_panic_goes_on_where_it_is_polled() {
    let pool = pool(2);
    let f = |k: usize| if k == 3 { panic!("no 3") } else { k };
    let mut ordered = pool.map_ordered(0..10, 4, f).into_stream();
    for k in 0..3 {
        assert_eq!(block_on(ordered.next()), Some(k));
    }
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(ordered.next()))).is_err());
    assert_eq!(block_on(ordered.next()), None);
    let mut unordered = pool.map_unordered(0..10, 4, f).into_stream();
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(unordered.by_ref().for_each(|_| async {})))).is_err());
    assert_eq!(block_on(unordered.next()), None);
}

#[test]
fn a_stream_that_waits_can_be_dropped() {
    let pool = pool(2);
    let bell = Arc::new(Bell::default());
    let (go_on, f) = held();
    let mut ordered = pool.map_ordered(0.., 4, f.clone()).into_stream();
    let mut unordered = pool.map_unordered(0.., 4, f).into_stream();
    assert!(poll(&mut ordered, &bell).is_pending());
    assert!(poll(&mut unordered, &bell).is_pending());
    drop((ordered, unordered));
    go_on.store(true, SeqCst);
    assert_eq!(pool.submit(|_| 7).expect("a task").wait().expect("a result"), 7);
}

#[test]
fn a_closed_pool_leaves_the_rest_to_whoever_polls() {
    let maker = pool(2);
    let slow = |k: usize| {
        thread::sleep(Duration::from_micros(200));
        k
    };
    let mut ordered = maker.map_ordered(0..50, 8, slow).into_stream();
    let mut unordered = maker.map_unordered(0..50, 8, slow).into_stream();
    assert_eq!(block_on(ordered.next()), Some(0));
    let first = block_on(unordered.next());
    drop(maker);
    assert_eq!(block_on(ordered.collect::<Vec<_>>()), (1..50).collect::<Vec<_>>());
    let mut all = block_on(unordered.collect::<Vec<_>>());
    all.extend(first);
    all.sort();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}
