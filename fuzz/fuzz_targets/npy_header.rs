//! The header of an `.npy` file is read or refused, whatever its bytes, and what is read is what it says.

#![no_main]

#[path = "../../tests/support/npy_oracle.rs"]
mod npy_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| npy_oracle::check(bytes));
