//! Promise: the header of a region is read or refused, whatever its bytes, and what is read is what it says.

#[path = "support/region_oracle.rs"]
mod region_oracle;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use region_oracle::check;
use std::path::Path;

/// A page in whose fields stands anything, small numbers more often than others.
fn pages() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        3 => Just(0_u64),
        2 => 0..256_u64,
        2 => (0..40_u32).prop_map(|bit| 1 << bit),
        1 => any::<u64>(),
        1 => any::<[u8; 8]>().prop_map(u64::from_le_bytes),
    ];
    proptest::collection::vec(word, 512)
        .prop_map(|words| words.into_iter().flat_map(u64::to_le_bytes).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn for_pages_of_any_fields(page in pages()) {
        check(&page);
    }

    #[test]
    fn for_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
        check(&[b"RINGMILL", &bytes[..]].concat());
    }

    #[test]
    fn for_the_corpus_with_bytes_changed(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for page in corpus() {
            let mut page = page;
            for (at, byte) in &changes {
                let at = at.index(page.len());
                page[at] = *byte;
            }
            check(&page);
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/region_header");
    if !folder.parent().is_some_and(Path::exists) {
        return Vec::new(); // The published package has no fuzz targets.
    }
    let files = std::fs::read_dir(folder).expect("a corpus");
    files
        .map(|file| std::fs::read(file.expect("a readable folder").path()).expect("a readable case"))
        .collect()
}

/// What the fuzzer has found worth keeping is read again by every test run.
#[test]
fn for_the_corpus_of_the_fuzzer() {
    let corpus = corpus();
    for page in &corpus {
        check(page);
    }
    let readable =
        corpus.iter().filter(|page| ringmill::memory::shared::Header::parse(page, 1 << 20).is_ok()).count();
    assert!(readable > 0 || !Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").exists());
}
