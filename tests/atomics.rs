//! Promise: the atomic view is JavaScript's `Atomics`. The cases are those of test262's `Atomics` folder: every
//! operation on every type, wrapping, what is returned, indices, waiting and counts of the woken.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ringmill::array::{
    AtomicArray, AtomicElement, Atomics, AtomicsError, SharedArray, WaitElement, WaitOutcome,
};
use ringmill::memory::Region;

fn every_operation<T: AtomicElement>(number: fn(i64) -> T) {
    let mut elements = [number(0), number(0b1100), number(0)];
    let view = Atomics::over(&mut elements).unwrap();
    assert_eq!(view.load(1), Ok(number(0b1100)));
    assert_eq!(view.store(1, number(0b1010)), Ok(()));
    assert_eq!(view.exchange(1, number(0b0111)), Ok(number(0b1010)));
    assert_eq!(view.and(1, number(0b1101)), Ok(number(0b0111)));
    assert_eq!(view.or(1, number(0b1000)), Ok(number(0b0101)));
    assert_eq!(view.xor(1, number(0b0110)), Ok(number(0b1101)));
    assert_eq!(view.load(1), Ok(number(0b1011)));
    assert_eq!(view.compare_exchange(1, number(0b1011), number(5)), Ok(number(0b1011)));
    assert_eq!(view.compare_exchange(1, number(0b1011), number(6)), Ok(number(5)));
    // Around the end and back: all bits set is what zero minus one is, signed or not.
    assert_eq!(view.store(1, number(0)), Ok(()));
    assert_eq!(view.sub(1, number(1)), Ok(number(0)));
    assert_eq!(view.add(1, number(1)), Ok(number(-1)));
    assert_eq!(view.load(1), Ok(number(0)));
    // The neighbours are as they were.
    assert_eq!((view.load(0), view.load(2)), (Ok(number(0)), Ok(number(0))));

    for index in [3, 4, usize::MAX] {
        let error = Err(AtomicsError::OutOfRange { index, len: 3 });
        assert_eq!(view.load(index), error);
        assert_eq!(view.store(index, number(1)), Err(AtomicsError::OutOfRange { index, len: 3 }));
        for operation in
            [Atomics::exchange, Atomics::add, Atomics::sub, Atomics::and, Atomics::or, Atomics::xor]
        {
            assert_eq!(operation(view, index, number(1)), error);
        }
        assert_eq!(view.compare_exchange(index, number(0), number(1)), error);
    }
    assert_eq!(elements, [number(0); 3]);
}

#[test]
fn every_operation_on_every_type() {
    every_operation::<i8>(|number| number as i8);
    every_operation::<i16>(|number| number as i16);
    every_operation::<i32>(|number| number as i32);
    every_operation::<i64>(|number| number);
    every_operation::<u8>(|number| number as u8);
    every_operation::<u16>(|number| number as u16);
    every_operation::<u32>(|number| number as u32);
    every_operation::<u64>(|number| number as u64);
}

#[test]
fn memory_at_an_odd_place_is_refused() {
    let mut region = Region::anonymous(64).unwrap();
    let bytes = region.as_bytes_mut().unwrap();
    for excess_bytes in 1..8 {
        let error = AtomicsError::Misaligned { element_bytes: 8, excess_bytes };
        assert_eq!(Atomics::<i64>::over_bytes(&mut bytes[excess_bytes..][..8]).unwrap_err(), error);
    }
    let error = AtomicsError::NotWholeElements { len_bytes: 12, element_bytes: 8 };
    assert_eq!(Atomics::<i64>::over_bytes(&mut bytes[..12]).unwrap_err(), error);
    assert_eq!(Atomics::<i64>::over_bytes(&mut bytes[8..]).unwrap().len(), 7);
    assert!(Atomics::<u16>::over_bytes(&mut bytes[..0]).unwrap().is_empty());
}

#[test]
fn a_byte_view_and_a_word_view_see_the_same_memory() {
    let mut region = Region::anonymous(8).unwrap();
    let bytes = region.as_bytes_mut().unwrap();
    Atomics::<u32>::over_bytes(bytes).unwrap().store(1, 0x0403_0201).unwrap();
    assert_eq!(bytes[4..], [1, 2, 3, 4]);
}

#[test]
fn sizes_that_are_lock_free() {
    let lock_free: Vec<_> = (0..20).filter(|&bytes| Atomics::<u8>::is_lock_free(bytes)).collect();
    assert_eq!(lock_free, [1, 2, 4, 8]);
    Atomics::<u8>::pause();
}

#[test]
fn nothing_is_lost_between_threads() {
    let mut counts = SharedArray::<u16>::anonymous(&[3]).unwrap();
    let view = counts.atomics();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                for _ in 0..10_000 {
                    view.add(1, 1).unwrap();
                    view.sub(0, 1).unwrap();
                    let mut seen = view.load(2).unwrap();
                    loop {
                        match view.compare_exchange(2, seen, seen.wrapping_add(3)).unwrap() {
                            found if found == seen => break,
                            found => seen = found,
                        }
                    }
                }
            });
        }
    });
    assert_eq!(*counts, [0u16.wrapping_sub(40_000), 40_000, 120_000u32 as u16]);
}

fn waiting<T: WaitElement>(number: fn(i64) -> T) {
    let array = SharedArray::<T>::anonymous(&[2]).unwrap().into_atomics();
    let view = array.view();
    let short = Some(Duration::from_millis(20));
    // No time at all is a question, not a wait.
    assert_eq!(view.wait(0, number(0), Some(Duration::ZERO)), Ok(WaitOutcome::TimedOut));
    assert_eq!(view.wait(0, number(1), Some(Duration::ZERO)), Ok(WaitOutcome::NotEqual));
    assert_eq!(view.wait(0, number(1), None), Ok(WaitOutcome::NotEqual));
    let start = Instant::now();
    assert_eq!(view.wait(0, number(0), short), Ok(WaitOutcome::TimedOut));
    assert!(start.elapsed() >= Duration::from_millis(20));
    let error = AtomicsError::OutOfRange { index: 2, len: 2 };
    assert_eq!(view.wait(2, number(0), short), Err(error));
    assert_eq!(view.notify(2, 1), Err(error));
    assert_eq!(view.notify(0, usize::MAX), Ok(0), "whoever timed out is not counted");
    // A difference in the upper half is a difference.
    view.store(1, number(1 << 31)).unwrap();
    assert_eq!(view.wait(1, number(0), None), Ok(WaitOutcome::NotEqual));
    view.store(1, number(1 << 40)).unwrap();
    let expected = if size_of::<T>() == 8 { WaitOutcome::NotEqual } else { WaitOutcome::TimedOut };
    assert_eq!(view.wait(1, number(0), short), Ok(expected));
}

#[test]
fn waiting_on_every_type_that_has_it() {
    waiting::<i32>(|number| number as i32);
    waiting::<i64>(|number| number);
    waiting::<u32>(|number| number as u32);
    waiting::<u64>(|number| number as u64);
}

/// Returns once a thread sleeps, which those of these tests do in one place.
fn until_asleep(thread: rustix::thread::Pid) {
    let path = format!("/proc/self/task/{thread}/stat");
    // The state is the word behind the name, which stands in brackets.
    let is_asleep = |stat: String| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
    while !is_asleep(std::fs::read_to_string(&path).unwrap()) {
        thread::yield_now();
    }
}

/// Starts threads that wait for element 0 to be other than 0, and returns once all of them are asleep.
fn sleepers(
    array: &AtomicArray<i32>,
    count: i32,
    woken: &mpsc::Sender<(i32, WaitOutcome)>,
) -> Vec<thread::JoinHandle<()>> {
    (0..count)
        .map(|name| {
            let (other, woken, (told, id)) = (array.clone(), woken.clone(), mpsc::channel());
            let thread = thread::spawn(move || {
                other.view().add(1, 1).unwrap();
                told.send(rustix::thread::gettid()).unwrap();
                let outcome = other.view().wait(0, 0, Some(Duration::from_secs(60))).unwrap();
                woken.send((name, outcome)).unwrap();
            });
            until_asleep(id.recv().unwrap());
            thread
        })
        .collect()
}

#[test]
fn the_longest_waiting_are_woken_first_and_counted() {
    let array = SharedArray::<i32>::anonymous(&[2]).unwrap().into_atomics();
    let (sender, woken) = mpsc::channel();
    let threads = sleepers(&array, 4, &sender);
    let view = array.view();
    assert_eq!(view.notify(1, usize::MAX), Ok(0), "nobody waits for the other element");
    assert_eq!(view.notify(0, 0), Ok(0));
    for name in 0..2 {
        assert_eq!(view.notify(0, 1), Ok(1));
        assert_eq!(woken.recv().unwrap(), (name, WaitOutcome::Notified));
    }
    assert_eq!(view.notify(0, usize::MAX), Ok(2));
    let mut rest = [woken.recv().unwrap().0, woken.recv().unwrap().0];
    rest.sort_unstable();
    assert_eq!(rest, [2, 3]);
    assert_eq!(view.notify(0, usize::MAX), Ok(0));
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(array.into_array().unwrap()[1], 4);
}

#[test]
fn a_change_alone_wakes_nobody() {
    let array = SharedArray::<i32>::anonymous(&[2]).unwrap().into_atomics();
    let (sender, woken) = mpsc::channel();
    let threads = sleepers(&array, 1, &sender);
    array.view().store(0, 1).unwrap();
    assert!(woken.recv_timeout(Duration::from_millis(50)).is_err());
    assert_eq!(array.view().notify(0, 5), Ok(1));
    assert_eq!(woken.recv().unwrap().1, WaitOutcome::Notified);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn no_notification_is_missed_in_a_game_of_ping_pong() {
    let array = SharedArray::<i64>::anonymous(&[1]).unwrap().into_atomics();
    let rounds = 20_000;
    let play = |array: AtomicArray<i64>, parity: i64| {
        let view = array.view();
        for turn in (parity..rounds).step_by(2) {
            while view.load(0).unwrap() != turn {
                view.wait(0, turn - 1, None).unwrap();
            }
            view.store(0, turn + 1).unwrap();
            view.notify(0, 1).unwrap();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| play(array.clone(), 0));
        scope.spawn(|| play(array.clone(), 1));
    });
    assert_eq!(array.view().load(0), Ok(rounds));
}

#[test]
fn only_the_last_owner_takes_the_array_back() {
    let first = SharedArray::<u8>::anonymous(&[4]).unwrap().into_atomics();
    let second = first.clone();
    second.view().store(3, 9).unwrap();
    let first = first.into_array().unwrap_err();
    drop(second);
    assert_eq!(*first.into_array().unwrap(), [0, 0, 0, 9]);
}
