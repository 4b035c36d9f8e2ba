//! A reader of the newest value finds it whole and never older than the one before, and nobody waits for anybody.

#![allow(clippy::unwrap_used)]

use std::thread;

use ringmill::ring::{Latest, LatestError};

const VALUES: u64 = if cfg!(miri) { 50 } else { 20_000 };

#[test]
fn the_newest_value_is_read_and_others_are_missed() {
    let (mut writer, [mut reader]) = Latest::<u32>::builder().len(4).build().unwrap();
    let reading = reader.read();
    assert_eq!((reading.sequence(), reading.is_new(), &*reading), (0, false, &[0; 4][..]));
    for value in 1..=3 {
        let mut next = writer.write();
        next.fill(value);
        assert_eq!(next.publish(), u64::from(value));
    }
    writer.write().fill(99);
    assert!(reader.has_new());
    let reading = reader.read();
    assert_eq!((reading.sequence(), reading.is_new(), &*reading), (3, true, &[3; 4][..]));
    assert!(!reader.has_new() && !reader.is_closed());
    drop(writer);
    assert!(reader.is_closed());
    assert_eq!(reader.read()[0], 3);
}

#[test]
fn a_value_stays_while_it_is_read() {
    let (mut writer, [mut first, mut second]) = Latest::<u32>::builder().build().unwrap();
    let mut publish = |value| {
        let mut next = writer.write();
        next[0] = value;
        next.publish();
    };
    publish(1);
    let held = first.read();
    for value in 2..100 {
        publish(value);
        assert_eq!(second.read()[0], value);
    }
    assert_eq!((held.sequence(), held[0]), (1, 1));
    drop(first);
    (100..200).for_each(publish);
    assert_eq!(second.read()[0], 199);
}

#[test]
fn what_cannot_be_had_is_an_error() {
    let refused = Latest::<u8>::builder().build::<14>().unwrap_err();
    assert_eq!(refused, LatestError::TooManyReaders { requested: 14, available: 13 });
    let refused = Latest::<u64>::builder().len(usize::MAX).build::<1>().unwrap_err();
    assert_eq!(refused, LatestError::TooLarge { requested: usize::MAX });
}

#[test]
fn threads_read_whole_values_in_order() {
    let (mut writer, readers): (_, [_; 3]) = Latest::<u64>::builder().len(50).build().unwrap();
    thread::scope(|scope| {
        for mut reader in readers {
            scope.spawn(move || {
                let mut last = 0;
                loop {
                    let is_closed = reader.is_closed();
                    let reading = reader.read();
                    let sequence = reading.sequence();
                    assert!(reading.iter().all(|value| *value == sequence), "the value is whole");
                    assert!(sequence > last || !reading.is_new() && sequence == last, "no value grows older");
                    last = sequence;
                    if is_closed {
                        break;
                    }
                }
                assert_eq!(last, VALUES);
            });
        }
        for value in 1..=VALUES {
            let mut next = writer.write();
            next.fill(value);
            next.publish();
        }
        drop(writer);
    });
}
