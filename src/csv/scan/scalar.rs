//! The oracle: one byte at a time. The vector code is held to it in tests.

/// Writes the positions of the needles, `base` added, and returns how many there are.
pub(super) fn marks<const N: usize>(
    needles: [u8; N],
    window: &[u8],
    base: usize,
    marks: &mut [usize],
) -> usize {
    let mut count = 0;
    for (at, byte) in window.iter().enumerate() {
        if needles.contains(byte) {
            marks[count] = base + at;
            count += 1;
        }
    }
    count
}
