//! Promise: the header of an `.npy` file is read or refused, whatever its bytes, and what is read is what it says.

#[path = "support/npy_oracle.rs"]
mod npy_oracle;

use npy_oracle::check;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::path::Path;

/// A header that is well formed, or nearly.
fn headers() -> impl Strategy<Value = Vec<u8>> {
    let version = prop_oneof![4 => 1..=3_u8, 1 => any::<u8>()];
    let descr = proptest::sample::select(&["<f8", "<f4", "|u1", "<i8", ">f8", "|O", "<c16", "<f8, "][..]);
    let order = proptest::sample::select(&["False", "True", "false", "0"][..]);
    let shape = proptest::collection::vec(prop_oneof![0..50_u64, any::<u64>()], 0..4);
    let space = proptest::sample::select(&["", " ", "  \n", "\t"][..]);
    (version, descr, order, shape, space, -3..3_i32).prop_map(|(version, descr, order, shape, space, off)| {
        let shape: String = shape.iter().map(|dimension| format!("{dimension},{space}")).collect();
        let text =
            format!("{{'descr':{space}'{descr}', \"fortran_order\": {order},'shape': ({shape}),}}{space}\n");
        let len = (text.len() as i32 + off).cast_unsigned().to_le_bytes();
        let len = if version == 1 { &len[..2] } else { &len[..] };
        [b"\x93NUMPY", &[version, 0][..], len, text.as_bytes(), b"data"].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn for_headers_that_are_nearly_right(bytes in headers()) {
        check(&bytes);
    }

    #[test]
    fn for_headers_with_a_byte_changed(mut bytes in headers(), at: proptest::sample::Index, byte: u8) {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(&bytes);
    }

    #[test]
    fn for_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        check(&bytes);
        check(&[b"\x93NUMPY", &bytes[..]].concat());
    }
}

/// What the fuzzer has found worth keeping is read again by every test run.
#[test]
fn for_the_corpus_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/npy_header");
    if !folder.parent().is_some_and(Path::exists) {
        return; // The published package has no fuzz targets.
    }
    let mut replayed = 0;
    for file in std::fs::read_dir(folder).expect("a corpus") {
        check(&std::fs::read(file.expect("a readable folder").path()).expect("a readable case"));
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}
