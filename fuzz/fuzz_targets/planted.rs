//! A planted mistake, for `ci/fuzz.sh` to find first: four bytes in a row, each of which only coverage leads to.
//!
//! Whoever guesses blindly needs four thousand million cases for it; whoever sees that one more byte was right needs a
//! few thousand.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut right = 0;
    for (&byte, &wanted) in bytes.iter().zip(b"mill") {
        if byte != wanted {
            break;
        }
        right += 1;
    }
    assert!(right < 4, "the planted mistake was found");
});
