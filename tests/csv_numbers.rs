//! Promise: numbers of columns and of records are what `str::parse` makes of their fields, bit for bit.

#[path = "support/number_oracle.rs"]
mod number_oracle;

use proptest::prelude::*;
use std::path::Path;

/// Fields that a reader of numbers can stumble over.
fn fields() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?[0-9]{1,22}",
        4 => "-?[0-9]{0,12}\\.[0-9]{0,12}",
        2 => "[+-]?[0-9]{0,5}\\.?[0-9]{0,5}[eE]?[+-]?[0-9]{0,3}",
        1 => "[+-]?(inf|nan|infinity|NaN|Inf)",
        1 => "[0-9.eE+\\-:/ x]{0,20}",
        2 => any::<f64>().prop_map(|number| number.to_string()),
        1 => any::<f32>().prop_map(|number| f64::from(number).to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn of_any_fields(fields in proptest::collection::vec(fields(), 1..60)) {
        number_oracle::check(fields.join("\n").as_bytes());
    }

    #[test]
    fn of_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        number_oracle::check(&bytes);
    }
}

/// What the fuzzer has found worth keeping is read again by every test run.
#[test]
fn of_the_corpus_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/csv_numbers");
    if !folder.parent().is_some_and(Path::exists) {
        return; // The published package has no fuzz targets.
    }
    let mut replayed = 0;
    for file in std::fs::read_dir(folder).expect("a corpus") {
        number_oracle::check(
            &std::fs::read(file.expect("a readable folder").path()).expect("a readable case"),
        );
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}
