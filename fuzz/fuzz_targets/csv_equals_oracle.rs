//! What ringmill reads from any bytes, in any dialect, at any chunk size, is what the `csv` crate reads.

#![no_main]

#[path = "../../tests/support/csv_oracle.rs"]
mod csv_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(case) = csv_oracle::Case::from_fuzzer(bytes) {
        csv_oracle::check(&case);
    }
});
