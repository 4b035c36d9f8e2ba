//! Promise: an array in memory that processes share is found by the others as it was published, and of one whose users are not trusted
//! copies are had, whatever they do to it.

#![cfg(target_os = "linux")]
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "slices of shared memory; a test that cannot go on fails"
)]

use std::env;
use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use ringmill::Pool;
use ringmill::array::{ArrayError, AtomicArray, AtomicsError, SharedArray};
use ringmill::memory::Element;
use ringmill::memory::shared::{Kind, Place, SharedError, SharedRegion};

/// What a child of these tests does; a test like any other, which does nothing unless it is one.
#[test]
fn role() {
    let Ok(path) = env::var("RINGMILL_TEST_PATH") else { return };
    let place = match path.parse() {
        Ok(number) => Place::inherited(number),
        Err(_) => Place::file(path),
    };
    // SAFETY: the parent waits for us, and looks at the array when we have ended.
    let mut prices = unsafe { SharedArray::<f64>::open_named(place) }.unwrap();
    assert_eq!(prices.shape(), [30, 100]);
    assert!(prices.iter().all(|&price| price == 1.5));
    let pool = Pool::builder().workers(2).build().unwrap();
    pool.for_each_chunk(&mut prices, |chunk| chunk.iter_mut().for_each(|price| *price *= 2.0)).unwrap();
    prices.check().unwrap();
}

fn child(path: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["role", "--exact"]).env("RINGMILL_TEST_PATH", path).stdout(Stdio::null());
    command
}

fn path_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("array")
}

#[test]
fn another_process_finds_what_was_published_and_changes_it_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(&folder);
    let mut new = SharedArray::<f64>::create_named(Place::file(&path), &[30, 100]).unwrap();
    new.fill(1.5);
    assert!(!path.exists());
    let prices = new.publish().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(child(path.to_str().unwrap()).status().unwrap().success());
    assert!(prices.iter().all(|&price| price == 3.0));
    prices.check().unwrap();
    prices.flush().unwrap();
}

#[test]
fn so_does_a_child_without_a_name() {
    let mut new = SharedArray::<f64>::create_named(Place::memory(), &[30, 100]).unwrap();
    new.fill(1.5);
    let prices = new.publish().unwrap();
    let region = SharedRegion::inspect(&prices.place().unwrap()).unwrap();
    assert!(region.cannot_shrink());
    let mut child = child("");
    let number = region.pass_to(&mut child).unwrap();
    assert!(child.env("RINGMILL_TEST_PATH", number.to_string()).status().unwrap().success());
    assert!(prices.iter().all(|&price| price == 3.0));
}

#[test]
fn an_array_that_is_not_published_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = || Place::file(path_in(&folder));
    let unpublished = SharedArray::<u8>::create_named(place(), &[1 << 20]).unwrap();
    let late = SharedArray::<u8>::create_named(place(), &[7]).unwrap();
    drop(unpublished);
    let first = SharedArray::<u8>::create_named(place(), &[3]).unwrap().publish().unwrap();
    let error = late.publish().unwrap_err();
    assert!(matches!(error, ArrayError::Shared(SharedError::Exists { .. })), "{error}");
    assert_eq!(first.len(), 3);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn every_shape_comes_back_and_no_other_type_does() {
    let folder = tempfile::tempdir().unwrap();
    for shape in [&[][..], &[0], &[5], &[2, 0, 3], &[1, 2, 3, 4, 5, 6, 7, 8]] {
        let path = folder.path().join(format!("{shape:?}"));
        SharedArray::<i16>::create_named(Place::file(&path), shape).unwrap().publish().unwrap();
        // SAFETY: nobody writes.
        let array = unsafe { SharedArray::<i16>::open_named_read_only(Place::file(&path)) }.unwrap();
        assert_eq!((array.shape(), array.len()), (shape, shape.iter().product()));
        // SAFETY: it is not opened.
        let error = unsafe { SharedArray::<u16>::open_named(Place::file(&path)) }.unwrap_err();
        assert!(error.to_string().ends_with("holds 'i16', opened as 'u16'"), "{error}");
    }
    let path = path_in(&folder);
    let error = SharedArray::<u8>::create_named(Place::file(&path), &[1; 9]).unwrap_err();
    assert!(matches!(error, ArrayError::Shared(SharedError::Header { .. })), "{error}");
    AtomicArray::<i16>::create_named(Place::file(&path), 5).unwrap();
    // SAFETY: it is not opened.
    let error = unsafe { SharedArray::<i16>::open_named(Place::file(&path)) }.unwrap_err();
    assert!(matches!(
        error,
        ArrayError::Shared(SharedError::WrongKind { found: Kind::AtomicArray, wanted: Kind::Array, .. })
    ));
    assert_eq!(SharedArray::<i16>::open_untrusted(Place::file(&path)).unwrap().len(), 5);
}

/// Publishes an array of these elements, and compares the copies of each part with the part.
fn copies_are_exact<T: Element>(elements: &[T]) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::file(path_in(&folder));
    let mut new = SharedArray::<T>::create_named(place.clone(), &[elements.len()]).unwrap();
    new.copy_from_slice(elements);
    new.publish().unwrap();
    let copies = SharedArray::<T>::open_untrusted(place).unwrap();
    assert_eq!(copies.to_vec(), elements);
    for start in 0..=elements.len() {
        for end in start..=elements.len() {
            let mut part = vec![T::default(); end - start];
            copies.copy_to(start, &mut part).unwrap();
            assert_eq!(part, elements[start..end], "{start}..{end}");
        }
        assert_eq!(copies.get(start), elements.get(start).copied());
    }
    let mut part = vec![T::default(); 2];
    for start in [elements.len() - 1, elements.len(), usize::MAX] {
        let error = copies.copy_to(start, &mut part).unwrap_err();
        assert_eq!(error, AtomicsError::OutOfRange { index: start, len: elements.len() });
    }
    copies.check().unwrap();
}

#[test]
fn copies_of_any_part_are_exact() {
    copies_are_exact::<u8>(&(0..61).collect::<Vec<_>>());
    copies_are_exact::<i16>(&(-20..21).collect::<Vec<_>>());
    copies_are_exact::<f32>(&(0..33).map(|n| n as f32 * 1.5).collect::<Vec<_>>());
    copies_are_exact::<f64>(&(0..20).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn no_element_is_copied_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::file(path_in(&folder));
    let theirs = AtomicArray::<u32>::create_named(place.clone(), 1001).unwrap();
    let copies = SharedArray::<u32>::open_untrusted(place).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut value = 0;
            while !stop.load(Ordering::Relaxed) {
                value = !value;
                for index in 0..1001 {
                    theirs.view().store(index, value).unwrap();
                }
            }
        });
        let mut seen = [false; 2];
        let mut part = [0; 997];
        for round in 0..2000 {
            copies.copy_to(round % 5, &mut part).unwrap();
            for element in part {
                assert!(element == 0 || element == u32::MAX, "{element:#x}");
                seen[usize::from(element != 0)] = true;
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(seen, [true; 2]);
    });
}

#[test]
fn a_file_that_is_cut_short_reads_as_zeros_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_in(&folder);
    let mut new = SharedArray::<u64>::create_named(Place::file(&path), &[5000]).unwrap();
    new.fill(7);
    drop(new.publish().unwrap());
    let copies = SharedArray::<u64>::open_untrusted(Place::file(&path)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(8192).unwrap();
    let found = copies.to_vec();
    assert!(
        found[..512].iter().all(|&element| element == 7) && found[512..].iter().all(|&element| element == 0)
    );
    assert!(copies.check().is_err());
}

/// Changes bytes of a header and puts the right sum under them.
fn forge(path: &Path, changes: &[(usize, u8)]) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut page = [0; 4096];
    file.read_exact_at(&mut page, 0).unwrap();
    for &(at, byte) in changes {
        page[at] = byte;
    }
    let sum = page[..4088].iter().fold(14_695_981_039_346_656_037_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
    });
    page[4088..].copy_from_slice(&sum.to_le_bytes());
    file.write_all_at(&page, 0).unwrap();
}

#[test]
fn a_header_that_lies_gives_nothing_beyond_the_region() {
    let folder = tempfile::tempdir().unwrap();
    for (at, byte) in [(152, 201), (153, 1), (512, b'E'), (521, 32), (529, 0), (520, 128), (20, 0)] {
        let path = folder.path().join(format!("{at}"));
        AtomicArray::<u64>::create_named(Place::file(&path), 200).unwrap();
        forge(&path, &[(at, byte)]);
        match SharedArray::<u64>::open_untrusted(Place::file(&path)) {
            Ok(copies) => assert!(copies.len() <= 200, "byte {at}"),
            Err(error) => assert!(matches!(error, ArrayError::Shared(_)), "byte {at}: {error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_header_leads_out_of_the_region(
        changes in proptest::collection::vec(
            (prop_oneof![8..300_usize, 512..580_usize, 1024..1030_usize], any::<u8>()),
            1..5,
        ),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(&folder);
        AtomicArray::<u64>::create_named(Place::file(&path), 200).unwrap();
        forge(&path, &changes);
        if let Ok(copies) = SharedArray::<u64>::open_untrusted(Place::file(&path)) {
            prop_assert!(copies.len() <= 200);
            prop_assert_eq!(copies.to_vec(), vec![0; copies.len()]);
            copies.check().unwrap();
        }
        if let Ok(cells) = AtomicArray::<u64>::open_named(Place::file(&path)) {
            (0..cells.view().len()).for_each(|index| assert_eq!(cells.view().load(index).unwrap(), 0));
        }
    }
}
