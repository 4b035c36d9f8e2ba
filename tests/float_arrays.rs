//! Promise: an array is a slice of numbers, wherever it lies; a file keeps what is written; parts of an array are the
//! only way to their elements, on any thread, and make the array again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::thread;

use proptest::prelude::*;
use ringmill::array::{ArrayError, NewArray, Part, SharedArray};
use ringmill::memory::{Region, RegionError};

#[test]
fn a_change_in_place_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.npy");
    let mut new = SharedArray::<f64>::create_npy(&path, &[100, 100]).unwrap();
    for (index, price) in new.iter_mut().enumerate() {
        *price = index as f64;
    }
    new.publish().unwrap();
    let mut prices = SharedArray::<f64>::open_npy(&path).unwrap();
    for price in &mut prices {
        *price = *price * 1.07 + 0.5;
    }
    prices.flush().unwrap();
    drop(prices);
    let prices = SharedArray::<f64>::open_npy_read_only(&path).unwrap();
    assert!(prices.iter().enumerate().all(|(index, &price)| price == index as f64 * 1.07 + 0.5));
    prices.check().unwrap();
}

#[test]
fn a_raw_file_is_its_elements() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let mut new = SharedArray::<f32>::create_raw(&path, 3).unwrap();
    new.copy_from_slice(&[1.0, -2.0, 0.5]);
    new.publish().unwrap();
    let bytes: Vec<u8> = [1.0f32, -2.0, 0.5].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let mut samples = SharedArray::<f32>::open_raw(&path).unwrap();
    assert_eq!((samples.shape(), &samples[..]), (&[3][..], &[1.0, -2.0, 0.5][..]));
    samples[1] = 7.0;
    drop(samples);
    assert_eq!(SharedArray::<f32>::open_raw_read_only(&path).unwrap()[1], 7.0);
}

#[test]
fn a_region_for_reading_makes_no_array_for_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    SharedArray::<u8>::create_npy(&path, &[64]).unwrap().publish().unwrap();
    let reading = || Region::open(&path).unwrap();
    for error in [
        SharedArray::<u8>::from_npy(reading()).unwrap_err(),
        SharedArray::<u8>::from_raw(reading()).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("{}: was opened for reading only", path.display()));
    }
    assert_eq!(SharedArray::<u8>::from_npy_read_only(reading()).unwrap().len(), 64);
    assert_eq!(SharedArray::<u8>::from_raw_read_only(reading()).unwrap().len(), 128 + 64);
    let mut raw = SharedArray::<u8>::from_raw(Region::open_for_change(&path).unwrap()).unwrap();
    *raw.last_mut().unwrap() = 9;
    drop(raw);
    assert_eq!(SharedArray::<u8>::from_npy(Region::open_for_change(&path).unwrap()).unwrap()[63], 9);
}

#[test]
fn a_raw_file_of_half_an_element_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    fs::write(&path, [0; 10]).unwrap();
    let error = SharedArray::<f32>::open_raw(&path).unwrap_err();
    assert!(matches!(error, ArrayError::NotWholeElements { file_bytes: 10, element_bytes: 4, .. }));
    let expected = format!("{}: 10 bytes are not a whole number of elements of 4 bytes", path.display());
    assert_eq!(error.to_string(), expected);
    fs::write(&path, "").unwrap();
    assert!(SharedArray::<f32>::open_raw(&path).unwrap().is_empty());
}

#[test]
fn what_a_region_refuses_an_array_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.npy");
    for error in [
        SharedArray::<f32>::open_npy(&missing).unwrap_err(),
        SharedArray::<f32>::open_npy_read_only(&missing).unwrap_err(),
        SharedArray::<f32>::load_npy(&missing).unwrap_err(),
        SharedArray::<f32>::open_raw(&missing).unwrap_err(),
    ] {
        assert!(error.to_string().contains("missing.npy: open failed: No such file"), "{error}");
    }
    for error in
        [SharedArray::<f32>::open_npy("/").unwrap_err(), SharedArray::<f32>::load_npy("/").unwrap_err()]
    {
        assert_eq!(error.to_string(), "/: is a directory, not an ordinary file");
    }
    let huge = SharedArray::<f64>::create_npy(&missing, &[1 << 20, 1 << 27]).unwrap_err();
    assert!(matches!(huge, ArrayError::Region(RegionError::Full { .. })), "{huge}");
    let unaddressable = SharedArray::<f64>::create_npy(&missing, &[1 << 40, 1 << 40]).unwrap_err();
    assert!(matches!(unaddressable, ArrayError::TooManyElements { .. }), "{unaddressable}");
    let unaddressable = SharedArray::<u8>::anonymous(&[usize::MAX]).unwrap_err();
    assert!(matches!(unaddressable, ArrayError::TooManyElements { .. }), "{unaddressable}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_new_array_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let new: NewArray<f32> = SharedArray::create_npy(folder.path().join("a.npy"), &[1000]).unwrap();
    drop(new);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_being_changed_cannot_be_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let array = SharedArray::<f32>::create_npy(&path, &[10]).unwrap().publish().unwrap();
    for error in [
        SharedArray::<f32>::open_npy(&path).unwrap_err(),
        SharedArray::<f32>::open_npy_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(error, ArrayError::Region(RegionError::InUse { .. })), "{error}");
    }
    // Parts of it are no less open.
    let (left, right) = array.split_at(5);
    drop(left);
    assert!(SharedArray::<f32>::open_npy(&path).is_err());
    drop(right);
    SharedArray::<f32>::open_npy(&path).unwrap();
}

#[test]
fn parts_go_to_threads_and_come_back() {
    let mut array = SharedArray::<f64>::anonymous(&[1000, 10]).unwrap();
    for round in 1..=3 {
        let threads: Vec<_> = array
            .parts(7)
            .into_iter()
            .map(|mut part| {
                thread::spawn(move || {
                    let offset = part.offset();
                    for (index, element) in part.iter_mut().enumerate() {
                        *element += (offset + index) as f64;
                    }
                    part
                })
            })
            .collect();
        // Whatever order they come back in.
        let parts: Vec<_> = threads.into_iter().rev().map(|thread| thread.join().unwrap()).collect();
        array = SharedArray::reunite(parts).unwrap();
        assert_eq!(array.shape(), [1000, 10]);
        assert!(array.iter().enumerate().all(|(index, &element)| element == (index * round) as f64));
    }
}

#[test]
fn parts_of_different_arrays_do_not_join() {
    let (left, _) = SharedArray::<u8>::anonymous(&[10]).unwrap().split_at(5);
    let (_, right) = SharedArray::<u8>::anonymous(&[10]).unwrap().split_at(5);
    let error = left.join(right).unwrap_err();
    assert_eq!(error.to_string(), "elements 0 to 5 and 5 to 10 are no neighbours in one array");
    let error = SharedArray::reunite([error.left, error.right]).unwrap_err();
    assert_eq!(error.parts.len(), 2);
}

#[test]
fn an_array_with_a_part_missing_is_not_whole() {
    let mut parts = SharedArray::<u8>::anonymous(&[1000]).unwrap().parts(4);
    let missing = parts.remove(2);
    let error = SharedArray::reunite(parts).unwrap_err();
    assert_eq!(error.to_string(), "the parts are not the whole of one array: 2 pieces remain");
    let mut parts = error.parts;
    parts.push(missing);
    assert_eq!(SharedArray::reunite(parts).unwrap().len(), 1000);
    assert!(SharedArray::<u8>::reunite([]).unwrap_err().parts.is_empty());
}

#[test]
#[should_panic(expected = "cut at 11 of 10 elements")]
fn a_cut_behind_the_end_is_the_callers_mistake() {
    let _ = SharedArray::<u8>::anonymous(&[10]).unwrap().split_at(11);
}

proptest! {
    // However an array is divided, the parts are it: each element in one part, in order, and together the array.
    #[test]
    fn parts_divide_and_reunite(len in 0usize..600, cuts in proptest::collection::vec(any::<u16>(), 0..12), shuffle: u64) {
        let mut array = SharedArray::<u16>::anonymous(&[len]).unwrap();
        for (index, element) in array.iter_mut().enumerate() {
            *element = index as u16;
        }
        let (all, none) = array.split_at(len);
        let mut parts = vec![all, none];
        for cut in cuts {
            let chosen = usize::from(cut) % parts.len();
            let part: Part<u16> = parts.swap_remove(chosen);
            let middle = usize::from(cut / 7) % (part.len() + 1);
            let (left, right) = part.split_at(middle);
            parts.extend([left, right]);
        }
        let count = parts.len();
        parts.rotate_left((shuffle % count as u64) as usize);
        let mut seen = vec![0; len];
        for part in &mut parts {
            prop_assert!(part.iter().enumerate().all(|(index, &element)| usize::from(element) == part.offset() + index));
            part.iter().for_each(|&element| seen[usize::from(element)] += 1);
            part.iter_mut().for_each(|element| *element += 1);
        }
        prop_assert!(seen.iter().all(|&times| times == 1));
        let array = SharedArray::reunite(parts).unwrap();
        prop_assert!(array.iter().copied().eq((0..len).map(|index| index as u16 + 1)));
    }
}
