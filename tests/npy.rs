//! Promise: what numpy writes is read as it lies, what is written here is what numpy would have written, and a file
//! that is something else is a clear error that names it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::PathBuf;

use ringmill::array::{ArrayError, NpyError, NpyHeader, Order, SharedArray};
use ringmill::memory::{Element, ElementType};
use tempfile::TempDir;

struct Input {
    folder: TempDir,
}

impl Input {
    fn new(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.npy"), bytes).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.npy")
    }

    /// What every way to open the file says: for change, for reading, as a copy.
    fn errors<T: Element>(&self) -> [String; 3] {
        [
            SharedArray::<T>::open_npy(self.path()).unwrap_err(),
            SharedArray::<T>::open_npy_read_only(self.path()).unwrap_err(),
            SharedArray::<T>::load_npy(self.path()).unwrap_err(),
        ]
        .map(|error| error.to_string().replace(&format!("{}/", self.folder.path().display()), ""))
    }

    fn refused<T: Element>(&self, expected: &str) {
        for message in self.errors::<T>() {
            assert_eq!(message, format!("a.npy: {expected}"));
        }
    }
}

/// A file: the text padded to where numpy 2 puts the elements, then the elements.
fn file(version: u8, text: &str, data: &[u8]) -> Vec<u8> {
    let prefix = if version == 1 { 10 } else { 12 };
    let text = format!("{text:<width$}\n", width = 128 - prefix - 1);
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    [&bytes, text.as_bytes(), data].concat()
}

fn sixteen(values: &[i16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

const TABLE: &str = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";

#[test]
fn every_version_is_read() {
    for version in 1..=3 {
        let input = Input::new(&file(version, TABLE, &sixteen(&[1, 2, 3, 4, 5, -6])));
        let array = SharedArray::<i16>::open_npy_read_only(input.path()).unwrap();
        assert_eq!((array.shape(), array.order()), (&[2, 3][..], Order::C));
        assert_eq!(*array, [1, 2, 3, 4, 5, -6]);
        assert_eq!(*SharedArray::<i16>::load_npy(input.path()).unwrap(), *array);
    }
}

#[test]
fn fortran_order_is_said_and_elements_are_in_memory_order() {
    let text = TABLE.replace("False", "True");
    let input = Input::new(&file(1, &text, &sixteen(&[1, 4, 2, 5, 3, 6])));
    let mut array = SharedArray::<i16>::open_npy(input.path()).unwrap();
    assert_eq!((array.shape(), array.order()), (&[2, 3][..], Order::Fortran));
    array.iter_mut().for_each(|element| *element *= 10);
    drop(array);
    let copy = SharedArray::<i16>::load_npy(input.path()).unwrap();
    assert_eq!(copy.order(), Order::Fortran);
    assert_eq!(*copy, [10, 40, 20, 50, 30, 60]);
}

#[test]
fn single_elements_and_empty_arrays_are_arrays() {
    let single = Input::new(&file(
        1,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
        &1.5f64.to_le_bytes(),
    ));
    let mut array = SharedArray::<f64>::open_npy(single.path()).unwrap();
    assert!(array.shape().is_empty());
    assert_eq!(*array, [1.5]);
    array[0] = 2.5;
    drop(array);
    assert_eq!(*SharedArray::<f64>::load_npy(single.path()).unwrap(), [2.5]);

    let empty = Input::new(&file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", b""));
    let mut array = SharedArray::<f32>::open_npy(empty.path()).unwrap();
    assert_eq!((array.shape(), array.len()), (&[0, 3][..], 0));
    assert_eq!(*array.as_mut_slice(), []);
    drop(array);
    assert!(SharedArray::<f32>::load_npy(empty.path()).unwrap().is_empty());
}

fn round_trip<T: Element>(element_type: ElementType, values: &[T]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let mut new = SharedArray::<T>::create_npy(&path, &[values.len()]).unwrap();
    new.copy_from_slice(values);
    new.publish().unwrap();
    let header = NpyHeader::open(&path).unwrap();
    assert_eq!((header.element_type(), header.shape()), (element_type, &[values.len()][..]));
    assert_eq!(*SharedArray::<T>::open_npy(&path).unwrap(), *values);
    for other in ElementType::ALL {
        let outcome = match other {
            ElementType::F32 => SharedArray::<f32>::open_npy_read_only(&path).map(drop),
            ElementType::F64 => SharedArray::<f64>::open_npy_read_only(&path).map(drop),
            ElementType::I8 => SharedArray::<i8>::open_npy_read_only(&path).map(drop),
            ElementType::I16 => SharedArray::<i16>::open_npy_read_only(&path).map(drop),
            ElementType::I32 => SharedArray::<i32>::open_npy_read_only(&path).map(drop),
            ElementType::I64 => SharedArray::<i64>::open_npy_read_only(&path).map(drop),
            ElementType::U8 => SharedArray::<u8>::open_npy_read_only(&path).map(drop),
            ElementType::U16 => SharedArray::<u16>::open_npy_read_only(&path).map(drop),
            ElementType::U32 => SharedArray::<u32>::open_npy_read_only(&path).map(drop),
            ElementType::U64 => SharedArray::<u64>::open_npy_read_only(&path).map(drop),
            _ => unreachable!("a type that this test does not know"),
        };
        match outcome {
            Ok(()) => assert_eq!(other, element_type),
            Err(ArrayError::WrongType { found, wanted, .. }) => {
                assert_eq!((found, wanted), (element_type, other));
                assert_ne!(found, wanted);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn every_type_comes_back_as_it_went() {
    round_trip(ElementType::F32, &[0.1f32, f32::NEG_INFINITY, -0.0]);
    round_trip(ElementType::F64, &[0.1f64, f64::MAX, f64::MIN_POSITIVE]);
    round_trip(ElementType::I8, &[i8::MIN, i8::MAX]);
    round_trip(ElementType::I16, &[i16::MIN, i16::MAX]);
    round_trip(ElementType::I32, &[i32::MIN, i32::MAX]);
    round_trip(ElementType::I64, &[i64::MIN, i64::MAX]);
    round_trip(ElementType::U8, &[u8::MAX]);
    round_trip(ElementType::U16, &[u16::MAX]);
    round_trip(ElementType::U32, &[u32::MAX]);
    round_trip(ElementType::U64, &[u64::MAX]);
}

#[test]
fn what_is_created_is_what_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let mut new = SharedArray::<i16>::create_npy(&path, &[2, 3]).unwrap();
    new.copy_from_slice(&[1, 2, 3, 4, 5, -6]);
    new.publish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), file(1, TABLE, &sixteen(&[1, 2, 3, 4, 5, -6])));
}

#[test]
fn bytes_behind_the_elements_are_left_alone() {
    let bytes = file(1, TABLE, &[&sixteen(&[1, 2, 3, 4, 5, 6])[..], b"more"].concat());
    let input = Input::new(&bytes);
    SharedArray::<i16>::open_npy(input.path()).unwrap().fill(0);
    assert!(fs::read(input.path()).unwrap().ends_with(b"\0\0more"));
}

#[test]
fn other_files_are_refused() {
    Input::new(b"a,b\n1,2\n").refused::<f64>("not an .npy file: it does not begin with \\x93NUMPY");
    Input::new(b"").refused::<f64>("not an .npy file: it does not begin with \\x93NUMPY");
    Input::new(b"\x93NUMPY\x07\x00\x00\x00\x00\x00").refused::<f64>("version 7.0 of the format is not known");
    let short = file(1, TABLE, b"");
    Input::new(&short[..100]).refused::<i16>("the header takes 128 bytes, the file has 100");
    Input::new(&file(1, "{'descr': '<i2', 'shape': }", b""))
        .refused::<i16>("malformed header: expected '(' at byte 36");
}

#[test]
fn elements_that_cannot_be_used_are_refused() {
    let with = |descr: &str| Input::new(&file(1, &TABLE.replace("'<i2'", descr), &[0; 6 * 16]));
    with("'|O'").refused::<i16>("the elements are Python objects, which only Python can read");
    with("'>i2'").refused::<i16>("the elements are big-endian (>i2); save them with .astype('<i2')");
    with("[('x', '<f8'), ('y', '<f8')]")
        .refused::<f64>("the elements are records of several fields, not numbers");
    with("'<c16'").refused::<f64>(
        "elements of type \"<c16\" are not supported: floats of 32 and 64 bits and integers are",
    );
}

#[test]
fn headers_that_lie_are_refused() {
    let bytes = file(1, TABLE, &sixteen(&[1, 2, 3, 4, 5]));
    Input::new(&bytes).refused::<i16>("header and elements take 140 bytes, the file has 138");
    let huge = TABLE.replace("(2, 3)", "(4611686018427387904, 4)");
    Input::new(&file(1, &huge, b"")).refused::<i16>("the shape has more elements than can be addressed");
    let mut long = file(2, TABLE, b"");
    long[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    Input::new(&long).refused::<i16>("malformed header: expected a header of at most a mebibyte at byte 8");
}

#[test]
fn a_header_longer_than_any_of_numpys_is_read() {
    let text = format!("{TABLE}{}\n", " ".repeat(100_000 - TABLE.len()));
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(sixteen(&[1, 2, 3, 4, 5, 6]));
    let input = Input::new(&bytes);
    // 12 + 100,001 bytes of header: not a multiple of two, so the elements cannot be used where they lie.
    let error = SharedArray::<i16>::open_npy(input.path()).unwrap_err();
    assert!(
        matches!(
            error,
            ArrayError::Npy { source: NpyError::Misaligned { at_byte: 100_013, element_bytes: 2 }, .. }
        ),
        "{error}"
    );
    assert_eq!(*SharedArray::<i16>::load_npy(input.path()).unwrap(), [1, 2, 3, 4, 5, 6]);
}
