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

    /// Does the job in a function that may use the machine's instructions.
    fn perform<J: Job>(self, job: J) -> J::Output;
}

/// Work that is compiled for every machine.
pub(super) trait Job {
    type Output;

    /// To be `#[inline(always)]`, or it is compiled for the floor.
    fn run(self, machine: impl Machine) -> Self::Output;
}

/// Does the job with the best instructions that this machine has.
#[inline]
pub(super) fn on_best<J: Job>(job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    match super::x86::Avx2::detect() {
        Some(avx2) => avx2.perform(job),
        None => super::x86::Sse2::FLOOR.perform(job),
    }
    #[cfg(not(target_arch = "x86_64"))]
    super::swar::Swar.perform(job)
}
