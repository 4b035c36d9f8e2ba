//! Loops compiled for more than the floor of the architecture: written once, in plain arithmetic on arrays.
//!
//! - V1: what is compiled for a kind of machine runs only after the processor was asked whether it is one.

#![allow(unsafe_code)]

/// Work that is compiled for every kind of machine.
pub(super) trait Job {
    type Output;

    /// To be `#[inline(always)]`, or it is compiled for the floor.
    fn run(self) -> Self::Output;
}

/// Does the job with the best instructions that this machine has.
#[inline]
pub(super) fn on_best<J: Job>(job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("fma")
        {
            // SAFETY: the call wants the processor to have what the function is compiled for (V1).
            return unsafe { on_avx512(job) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above (V1).
            return unsafe { on_avx2(job) };
        }
    }
    job.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,fma")]
fn on_avx512<J: Job>(job: J) -> J::Output {
    job.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<J: Job>(job: J) -> J::Output {
    job.run()
}
