//! What a machine has to offer: a 64-bit mask of the places in a 64-byte block where a byte is one of a few.
//!
//! All else is written once, over [`Machine`], and compiled for each: a [`Job`] is inlined whole into a function that
//! may use the machine's instructions. A machine is a token that only its own test for the CPU gives out, so that to
//! hold one is the proof that its instructions may be executed.

/// Bytes in a block, bits in its mask.
pub(super) const BLOCK: usize = 64;

/// A kind of machine, by the vector instructions it has.
pub(super) trait Machine: Copy {
    /// A byte, prepared for comparison.
    type Pattern: Copy;

    fn pattern(self, byte: u8) -> Self::Pattern;

    /// Sets the bits of the places that hold any of the bytes.
    fn mask<const N: usize>(self, patterns: [Self::Pattern; N], block: &[u8; BLOCK]) -> u64;

    /// Sets each bit to the parity of the bits up to it.
    #[inline(always)]
    fn parities(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }

    /// Writes the numbers of the set bits, `base` added, in order, and returns how many there are. What lies behind
    /// them is unspecified. Sums wrap.
    #[inline(always)]
    fn flatten(self, mut bits: u64, base: u32, numbers: &mut [u32; BLOCK]) -> usize {
        let count = bits.count_ones() as usize;
        let (batches, _) = numbers.as_chunks_mut();
        bits = write_batch(bits, base, &mut batches[0]);
        if count > 8 {
            bits = write_batch(bits, base, &mut batches[1]);
            for batch in &mut batches[2..count.div_ceil(8).max(2)] {
                bits = write_batch(bits, base, batch);
            }
        }
        count
    }

    /// Does the job in a function that may use the machine's instructions.
    fn perform<J: Job>(self, job: J) -> J::Output;
}

/// Work that is compiled for every machine.
pub(super) trait Job {
    type Output;

    /// To be `#[inline(always)]`, or it is compiled for the floor.
    fn run(self, machine: impl Machine) -> Self::Output;
}

/// Writes the numbers of the eight lowest set bits and returns the others: eight whether they are there or not,
/// because a store is cheaper than a branch that is guessed wrong.
#[inline(always)]
fn write_batch(mut bits: u64, base: u32, batch: &mut [u32; 8]) -> u64 {
    for number in batch {
        *number = base.wrapping_add(bits.trailing_zeros());
        bits &= bits.wrapping_sub(1);
    }
    bits
}

/// Does the job with the best instructions that this machine has.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn on_best<J: Job>(job: J) -> J::Output {
    if let Some(avx512) = super::avx512::Avx512::detect() {
        avx512.perform(job)
    } else if let Some(avx2) = super::x86::Avx2::detect() {
        avx2.perform(job)
    } else {
        super::x86::Sse2::FLOOR.perform(job)
    }
}

/// The same: all such machines have them.
#[cfg(target_arch = "aarch64")]
#[inline]
pub(super) fn on_best<J: Job>(job: J) -> J::Output {
    super::neon::Neon::FLOOR.perform(job)
}

/// The same, where there is no vector code yet.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline]
pub(super) fn on_best<J: Job>(job: J) -> J::Output {
    super::swar::Swar.perform(job)
}
