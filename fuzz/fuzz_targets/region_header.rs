//! The header of a region is read or refused, whatever its bytes, and what is read is what it says.

#![no_main]

#[path = "../../tests/support/region_oracle.rs"]
mod region_oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| region_oracle::check(bytes));
