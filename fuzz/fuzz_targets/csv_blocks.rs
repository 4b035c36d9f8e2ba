//! The columns and the count of records that ringmill reads from any bytes, in any dialect, at any chunk size, are those
//! of the `csv` crate.

#![no_main]

#[path = "../../tests/support/csv_oracle.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod csv_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(case) = csv_oracle::Case::from_fuzzer(bytes) {
        csv_oracle::check_blocks(&case);
    }
});
