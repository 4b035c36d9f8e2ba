//! Numbers that look random and are the same everywhere, for the same seed.
//!
//! SplitMix64 (Steele, Lea, Flood, 2014): a counter put through a mixer. Any block of the data can therefore be
//! made by itself, and its bytes are part of what `generate` promises, so no library's next version may move them.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of one block of the data that `seed` stands for.
    pub(crate) fn for_block(seed: u64, block: u64) -> Self {
        Self { state: mix(mix(seed.wrapping_add(STEP)) ^ block.wrapping_mul(STEP)) }
    }

    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number below `limit`, as good as evenly spread for limits far below 2^32.
    #[inline]
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        scaled(self.bits() as u32, limit)
    }

    /// A number from 0 up to and without 1.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// Spreads 32 random bits over the numbers below `limit`.
#[inline]
pub(crate) fn scaled(bits: u32, limit: u32) -> u32 {
    ((u64::from(bits) * u64::from(limit)) >> 32) as u32
}

#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence() {
        // The first outputs of SplitMix64 from state 0, as in its authors' reference code.
        let mut random = Random { state: 0 };
        assert_eq!(random.bits(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.bits(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn numbers_keep_their_bounds_and_fill_them() {
        let mut random = Random::for_block(1, 0);
        let mut seen = [0u32; 7];
        for _ in 0..7_000 {
            seen[random.below(7) as usize] += 1;
            assert!((0.0..1.0).contains(&random.unit()));
        }
        assert!(seen.iter().all(|&count| (800..1_200).contains(&count)), "{seen:?}");
    }

    #[test]
    fn blocks_and_seeds_differ() {
        let first = |seed, block| Random::for_block(seed, block).bits();
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
        assert_ne!(first(1, 2), first(2, 1));
    }
}
