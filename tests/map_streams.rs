//! Maps over an iterator give what the serial map gives, never have more on their way than the window, and end when they
//! should: at a failure, at a panic, when they are dropped.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use ringmill::Pool;
use ringmill::pool::{Lane, LoopError, Token, with_token};

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool")
}

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast::<&str>().map(|text| (*text).to_owned());
    text.or_else(|panic| panic.downcast::<String>().map(|text| *text)).expect("a message")
}

/// Counts what is there.
#[derive(Clone, Default)]
struct Count(Arc<(AtomicUsize, AtomicUsize)>);

impl Count {
    fn one(&self) -> Counted {
        let now = self.0.0.fetch_add(1, SeqCst) + 1;
        self.0.1.fetch_max(now, SeqCst);
        Counted(self.clone())
    }

    fn now(&self) -> usize {
        self.0.0.load(SeqCst)
    }

    fn most(&self) -> usize {
        self.0.1.load(SeqCst)
    }
}

/// One of those that a `Count` counts, from its making to its drop.
struct Counted(Count);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn the_window_is_a_hard_bound() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        for window in [0, 1, 2, 3, 16] {
            let (ordered, unordered) = (Count::default(), Count::default());
            let items = (0..500).map({
                let count = ordered.clone();
                move |k| (k, count.one())
            });
            for (expected, (k, counted)) in pool.map_ordered(items, window, |item| item).enumerate() {
                assert_eq!(k, expected);
                if k % 50 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
                drop(counted);
            }
            let items = (0..500).map({
                let count = unordered.clone();
                move |_| count.one()
            });
            assert_eq!(pool.map_unordered(items, window, |item| item).map(drop).count(), 500);
            for count in [ordered, unordered] {
                assert!(count.most() <= window.max(1), "{} of {window}", count.most());
                assert_eq!(count.now(), 0);
            }
        }
    }
}

#[test]
fn a_window_is_used() {
    let pool = pool(2);
    let (running, both) = (AtomicUsize::new(0), AtomicBool::new(false));
    let state = Arc::new((running, both));
    let meet = {
        let state = state.clone();
        move |_: usize| {
            state.0.fetch_add(1, SeqCst);
            for _ in 0..200 {
                if state.0.load(SeqCst) >= 2 {
                    state.1.store(true, SeqCst);
                }
                thread::sleep(Duration::from_micros(100));
            }
            state.0.fetch_sub(1, SeqCst);
        }
    };
    pool.map_ordered(0..20, 4, meet).for_each(drop);
    assert!(state.1.load(SeqCst), "two items at a time were on their way");
}

#[test]
fn nothing_is_pulled_before_it_is_asked_for_and_an_endless_source_ends_with_its_consumer() {
    let pool = pool(2);
    let pulled = Arc::new(AtomicUsize::new(0));
    let endless = || {
        let pulled = pulled.clone();
        std::iter::from_fn(move || Some(pulled.fetch_add(1, SeqCst)))
    };
    let map = pool.map_ordered(endless(), 8, |k| k * 2);
    assert_eq!(pulled.load(SeqCst), 0);
    assert_eq!(map.take(100).collect::<Vec<_>>(), (0..200).step_by(2).collect::<Vec<_>>());
    assert!((100..=107).contains(&pulled.swap(0, SeqCst)));
    let seen: HashSet<_> = pool.map_unordered(endless(), 8, |k| k).take(100).collect();
    assert_eq!(seen.len(), 100);
    assert!((100..=107).contains(&pulled.load(SeqCst)));
}

#[test]
fn an_item_that_takes_long_holds_up_nobody_but_itself() {
    let pool = pool(2);
    let go_on = Arc::new(AtomicBool::new(false));
    let wait = {
        let go_on = go_on.clone();
        move |k: usize| {
            while k == 0 && !go_on.load(SeqCst) {
                thread::yield_now();
            }
            k
        }
    };
    let mut map = pool.map_unordered(0..100, 4, wait);
    // The consumer may have taken the long one upon itself, so somebody else has to let it go.
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(20));
            go_on.store(true, SeqCst);
        });
        let mut rest: Vec<_> = map.by_ref().collect();
        rest.sort();
        assert_eq!(rest, (0..100).collect::<Vec<_>>());
    });
    assert_eq!(map.next(), None);
}

#[test]
fn a_panic_goes_on_in_its_place_and_the_map_is_over() {
    for workers in [1, 3] {
        let pool = pool(workers);
        let f = |k: usize| if k == 7 { panic!("no {k}") } else { k };
        let mut map = pool.map_ordered(0..100, 8, f);
        for k in 0..7 {
            assert_eq!(map.next(), Some(k));
        }
        let panic = catch_unwind(AssertUnwindSafe(|| map.next())).expect_err("a panic");
        assert_eq!(message(panic), "no 7");
        assert_eq!(map.next(), None);

        let mut map = pool.map_unordered(0..100, 8, f);
        let panic = catch_unwind(AssertUnwindSafe(|| map.by_ref().for_each(drop))).expect_err("a panic");
        assert_eq!(message(panic), "no 7");
        assert_eq!(map.next(), None);
    }
}

#[test]
fn a_source_that_panics_does_so_behind_what_came_before() {
    let pool = pool(2);
    let source = || (0..10).map(|k| if k == 5 { panic!("no more") } else { k });
    let mut map = pool.map_ordered(source(), 64, |k| k + 1);
    assert_eq!(map.by_ref().take(5).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let panic = catch_unwind(AssertUnwindSafe(|| map.next())).expect_err("a panic");
    assert_eq!(message(panic), "no more");
    assert_eq!(map.next(), None);

    let (mut map, mut seen) = (pool.map_unordered(source(), 64, |k| k), 0);
    let panic = catch_unwind(AssertUnwindSafe(|| map.by_ref().for_each(|_| seen += 1))).expect_err("a panic");
    assert_eq!((message(panic).as_str(), seen), ("no more", 5));
    assert_eq!(map.next(), None);
}

#[test]
fn the_first_failure_in_order_is_the_last_result() {
    for workers in [1, 2, 4] {
        let pool = pool(workers);
        let pulled = Arc::new(AtomicUsize::new(0));
        let source = {
            let pulled = pulled.clone();
            (0..10_000).inspect(move |_| _ = pulled.fetch_add(1, SeqCst))
        };
        // Later ones fail sooner.
        let f = |k: usize| match k {
            20 => {
                thread::sleep(Duration::from_millis(5));
                Err("the twentieth")
            }
            21.. => Err("a later one"),
            _ => Ok(k),
        };
        let mut map = pool.try_map_ordered(source, 16, f);
        for k in 0..20 {
            assert_eq!(map.next(), Some(Ok(k)));
        }
        assert_eq!(map.next(), Some(Err("the twentieth")));
        assert_eq!((map.next(), map.next()), (None, None));
        assert!(pulled.load(SeqCst) <= 36, "{pulled:?}");
    }
}

#[test]
fn a_failure_stops_what_runs_behind_it() {
    let pool = Arc::new(pool(2));
    let (begun, stopped) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let f = {
        let (pool, begun, stopped) = (pool.clone(), begun.clone(), stopped.clone());
        move |k: usize| -> Result<(), &str> {
            if k == 0 {
                while !begun.load(SeqCst) {
                    thread::yield_now();
                }
                return Err("the first");
            }
            begun.store(true, SeqCst);
            let looped = pool.for_each_index(0..1 << 40, |i| _ = std::hint::black_box(i));
            stopped.lock().expect("no panic").push(matches!(looped, Err(LoopError::Stopped(_))));
            Ok(())
        }
    };
    let results: Vec<_> = pool.try_map_ordered(0..10, 2, f).collect();
    assert_eq!(results, [Err("the first")]);
    // Nobody waits for what still runs, and it ends nevertheless.
    while stopped.lock().expect("no panic").is_empty() {
        thread::yield_now();
    }
    assert!(stopped.lock().expect("no panic").iter().all(|&stopped| stopped));
}

#[test]
fn dropping_a_map_waits_for_nobody_and_drops_everything() {
    let pool = pool(2);
    let (count, hold) = (Count::default(), Arc::new(AtomicBool::new(true)));
    let consumer = thread::current().id();
    let f = {
        let hold = hold.clone();
        move |(k, counted): (usize, Counted)| {
            // The consumer may take a later one upon itself while the first still runs.
            while k > 0 && thread::current().id() != consumer && hold.load(SeqCst) {
                thread::yield_now();
            }
            counted
        }
    };
    let items = |count: &Count| {
        let count = count.clone();
        (0..).map(move |k| (k, count.one()))
    };
    let mut map = pool.map_ordered(items(&count), 8, f.clone());
    drop(map.next());
    drop(map);
    let mut map = pool.map_unordered(items(&count), 8, f);
    drop(map.next());
    drop(map);
    // Those that run hold theirs, one on each thread.
    assert!(count.now() <= 2, "{}", count.now());
    hold.store(false, SeqCst);
    drop(pool);
    assert_eq!(count.now(), 0);
}

#[test]
fn a_map_inside_a_job_of_the_same_pool_ends() {
    for workers in [1, 2, 3] {
        let pool = pool(workers);
        let inside = |pool: &Pool| {
            let ordered: Vec<_> = pool.map_ordered(0..50_usize, 4, |k| k * k).collect();
            assert_eq!(ordered, (0..50).map(|k| k * k).collect::<Vec<_>>());
            assert_eq!(pool.map_unordered(0..50_usize, 4, |k| k).sum::<usize>(), 1225);
        };
        let tasks: Vec<_> =
            (0..4).map(|_| pool.submit(move |cx| inside(cx.pool())).expect("a task")).collect();
        for task in tasks {
            task.wait().expect("a result");
        }
        pool.for_each_index(0..8, |_| inside(&pool)).expect("a loop");
        // A map inside a map, whose function is run by workers and by the consumer.
        let shared = Arc::new(pool);
        let inner = shared.clone();
        let sums =
            shared.map_ordered(0..8_usize, 3, move |k| inner.map_ordered(0..k, 2, |j| j).sum::<usize>());
        assert_eq!(sums.collect::<Vec<_>>(), [0, 0, 1, 3, 6, 10, 15, 21]);
    }
}

#[test]
fn a_full_lane_delays_nothing_for_ever() {
    let pool = Pool::builder().workers(1).queue_capacity(2).build().expect("a pool");
    let release = Arc::new(AtomicBool::new(false));
    let blocker = {
        let release = release.clone();
        pool.submit(move |_| {
            while !release.load(SeqCst) {
                thread::yield_now();
            }
        })
        .expect("a task")
    };
    // The pool's only thread is busy, its lane has room for two: the consumer does it all.
    assert_eq!(pool.map_ordered(0..100, 16, |k| k).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    assert_eq!(pool.map_unordered(0..100, 16, |k| k).sum::<i32>(), 4950);
    release.store(true, SeqCst);
    blocker.wait().expect("a result");
}

#[test]
fn no_result_is_left_out_when_the_pool_goes() {
    let maker = pool(2);
    let hold = Arc::new(AtomicBool::new(true));
    let f = {
        let hold = hold.clone();
        move |k: usize| {
            while k == 1 && hold.load(SeqCst) {
                thread::yield_now();
            }
            k
        }
    };
    let mut ordered = maker.map_ordered(0..40, 8, f);
    let mut unordered = maker.map_unordered(0..40, 8, |k| k);
    assert_eq!(ordered.next(), Some(0));
    let first = unordered.next();
    hold.store(false, SeqCst);
    drop(maker);
    assert_eq!(ordered.collect::<Vec<_>>(), (1..40).collect::<Vec<_>>());
    let mut all: Vec<_> = first.into_iter().chain(unordered).collect();
    all.sort();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
}

#[test]
fn what_a_killed_pool_loses_is_a_panic_and_never_a_gap() {
    // The consumer may take the second item upon itself; then there is another try.
    let mut lost = [0, 0];
    for ordered in [true, false].repeat(50) {
        if lost[usize::from(ordered)] > 0 {
            continue;
        }
        let pool = pool(2);
        let (hold, begun) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let consumer = thread::current().id();
        let f = {
            let (hold, begun) = (hold.clone(), begun.clone());
            move |k: usize| {
                while k == 1 && thread::current().id() != consumer && hold.load(SeqCst) {
                    begun.store(true, SeqCst);
                    thread::yield_now();
                }
                if k == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
                k
            }
        };
        let mut map: Box<dyn Iterator<Item = usize>> = match ordered {
            true => Box::new(pool.map_ordered(0..20, 8, f)),
            false => Box::new(pool.map_unordered(0..20, 8, f)),
        };
        let mut seen = vec![map.next().expect("a result")];
        if !begun.load(SeqCst) {
            continue;
        }
        lost[usize::from(ordered)] += 1;
        let ended = pool.kill(Duration::from_millis(5));
        let panic = catch_unwind(AssertUnwindSafe(|| seen.extend(map.by_ref()))).expect_err("a panic");
        assert!(message(panic).starts_with("a result of the map was lost"), "{ended:?}");
        assert_eq!(map.next(), None);
        seen.sort();
        let expected: Vec<_> = if ordered { vec![0] } else { (0..20).filter(|&k| k != 1).collect() };
        assert_eq!(seen, expected);
        hold.store(false, SeqCst);
    }
    assert_eq!(lost, [1, 1]);
}

#[test]
fn the_function_works_under_a_child_of_the_callers_token() {
    let (pool, token) = (pool(2), Token::new());
    let map = with_token(&token, || {
        pool.map_ordered(0..6, 3, |_| Token::current().is_some_and(|token| token.is_stopped()))
    });
    let mut map = map.name("look").lane(Lane::Latency);
    assert_eq!(map.next(), Some(false));
    token.cancel();
    // Results are not left out: who wants fewer of them drops the map.
    assert_eq!(map.skip(3).collect::<Vec<_>>(), [true, true]);
}

#[test]
fn memory_is_bounded_by_the_window() {
    const BLOCK: usize = 1 << 20;
    let (pool, count) = (pool(2), Count::default());
    let blocks = {
        let count = count.clone();
        (0..200_usize).map(move |k| (count.one(), vec![k as u8; BLOCK]))
    };
    let sums = pool.map_ordered(blocks, 4, |(counted, block)| {
        let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
        drop((counted, block));
        sum
    });
    assert!(sums.enumerate().all(|(k, sum)| sum == k as u64 % 256 * BLOCK as u64));
    assert!(count.most() <= 4, "of 200 MiB at most 4 were there");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_map_is_the_serial_map(
        items in prop::collection::vec(any::<u8>(), 0..200),
        window in 0_usize..40,
        workers in 1_usize..4,
        fails in prop::option::of(any::<u8>()),
    ) {
        let pool = pool(workers);
        let f = move |k: u8| if Some(k) == fails { Err(k) } else { Ok(u32::from(k) * 3) };
        let mut serial = Vec::new();
        for &item in &items {
            serial.push(f(item));
            if serial.last().is_some_and(Result::is_err) {
                break;
            }
        }
        let tried = pool.try_map_ordered(items.clone(), window, f);
        let (least, most) = tried.size_hint();
        prop_assert!(least <= serial.len() && most == Some(items.len()));
        prop_assert_eq!(tried.collect::<Vec<_>>(), serial);

        let mut serial: Vec<_> = items.iter().map(|&item| f(item)).collect();
        let ordered = pool.map_ordered(items.clone(), window, f);
        prop_assert_eq!(ordered.size_hint(), (items.len(), Some(items.len())));
        prop_assert_eq!(&ordered.collect::<Vec<_>>(), &serial);
        let mut unordered: Vec<_> = pool.map_unordered(items, window, f).collect();
        unordered.sort();
        serial.sort();
        prop_assert_eq!(unordered, serial);
    }
}
