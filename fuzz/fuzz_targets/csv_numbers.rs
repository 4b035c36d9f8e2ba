//! What ringmill reads as a number, in any field of any column, is what the standard library reads.

#![no_main]

#[path = "../../tests/support/number_oracle.rs"]
mod number_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| number_oracle::check(bytes));
