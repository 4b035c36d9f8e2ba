//! How numbers are spread, learned in one pass: for what cannot be read again.
//!
//! - Bins as wide as a power of two, at multiples of it. When numbers come that lie too far out, the width doubles, and
//!   two bins become one. What the bins are in the end depends on the least and the greatest number alone.
//! - Buckets of a sign, an exponent and seven bits of a mantissa, as in the library's quantiles: numbers in a bucket are
//!   within one part in 128 of each other. A few numbers are kept as they are.

/// The most bins: many for each bar that is drawn of them.
const BINS: i64 = 4096;
/// The least power of two that bins are as wide as: its inverse is a number.
const LEAST_EXPONENT: i32 = -1000;
/// Numbers that are kept as they are.
const FEW: usize = 64;
const MANTISSA_BITS: u32 = 52;
const BUCKET_AT: u32 = MANTISSA_BITS - 7;
const BUCKETS: usize = 1 << 7;
/// Signs and exponents.
const PAGES: usize = 1 << 12;

type Page = Box<[u64; BUCKETS]>;

/// How the numbers of a column are spread. Those that are not finite are passed over.
#[derive(Debug)]
pub(crate) struct Spread {
    least: f64,
    most: f64,
    count: u64,
    /// Bins are two to the power of this wide.
    exponent: i32,
    /// The first of the bins, counted from 0.
    first: i64,
    bins: Vec<u64>,
    few: Vec<f64>,
    /// Buckets by the leading bits of a number, if there are more than a few.
    pages: Vec<Option<Page>>,
}

/// The power of two at or below a size.
fn exponent_of(size: f64) -> i32 {
    (size.to_bits() >> MANTISSA_BITS) as i32 - 1023
}

/// The bin of a number.
fn bin(x: f64, exponent: i32) -> i64 {
    (x * 2.0_f64.powi(-exponent)).floor() as i64
}

impl Spread {
    pub(crate) fn new() -> Self {
        let (least, most) = (f64::INFINITY, f64::NEG_INFINITY);
        let (bins, few, pages) = Default::default();
        Self { least, most, count: 0, exponent: LEAST_EXPONENT, first: 0, bins, few, pages }
    }

    pub(crate) fn add(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        self.widen(x, x);
        self.count += 1;
        self.bins[(bin(x, self.exponent) - self.first) as usize] += 1;
        if self.pages.is_empty() && self.few.len() < FEW {
            self.few.push(x);
        } else {
            self.spill();
            self.bucket(x, 1);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if other.count == 0 {
            return;
        }
        self.widen(other.least, other.most);
        self.count += other.count;
        for (bin, count) in (other.first..).zip(other.bins) {
            if count > 0 {
                let bin = shifted(bin, self.exponent - other.exponent);
                self.bins[(bin - self.first) as usize] += count;
            }
        }
        if self.pages.is_empty() && other.pages.is_empty() && self.few.len() + other.few.len() <= FEW {
            self.few.extend(other.few);
            return;
        }
        self.spill();
        other.few.iter().for_each(|&x| self.bucket(x, 1));
        for (page, counts) in other.pages.into_iter().enumerate() {
            let Some(counts) = counts else { continue };
            match &mut self.pages[page] {
                Some(page) => page.iter_mut().zip(&*counts).for_each(|(count, more)| *count += more),
                none => *none = Some(counts),
            }
        }
    }

    /// Makes room for numbers between two: wider bins if there would be too many.
    fn widen(&mut self, least: f64, most: f64) {
        if least >= self.least && most <= self.most {
            return;
        }
        (self.least, self.most) = (self.least.min(least), self.most.max(most));
        let size = self.least.abs().max(self.most.abs());
        // Finer than that no number is, and a bin's number fits its type.
        let mut exponent = self.exponent.max(exponent_of(size) - MANTISSA_BITS as i32).max(LEAST_EXPONENT);
        let ends = |exponent| (bin(self.least, exponent), bin(self.most, exponent));
        while ends(exponent).1 - ends(exponent).0 >= BINS {
            exponent += 1;
        }
        let (first, last) = ends(exponent);
        let mut bins = vec![0; (last - first + 1) as usize];
        for (bin, &count) in (self.first..).zip(&self.bins) {
            if count > 0 {
                bins[(shifted(bin, exponent - self.exponent) - first) as usize] += count;
            }
        }
        (self.exponent, self.first, self.bins) = (exponent, first, bins);
    }

    /// Counts numbers of a bucket.
    fn bucket(&mut self, x: f64, count: u64) {
        // One zero has one bucket.
        let bits = (x + 0.0).to_bits();
        let page = &mut self.pages[(bits >> MANTISSA_BITS) as usize];
        let page = page.get_or_insert_with(|| Box::new([0; BUCKETS]));
        page[(bits >> BUCKET_AT) as usize % BUCKETS] += count;
    }

    /// Puts the few numbers that were kept into their buckets.
    fn spill(&mut self) {
        if self.pages.is_empty() {
            self.pages = (0..PAGES).map(|_| None).collect();
            std::mem::take(&mut self.few).into_iter().for_each(|x| self.bucket(x, 1));
        }
    }

    /// Shares the numbers out to bars, each of a bin to the one where the bin begins.
    pub(crate) fn bars<const BARS: usize>(&self, bar: impl Fn(f64) -> Option<usize>) -> [u64; BARS] {
        let mut bars = [0; BARS];
        for (bin, &count) in (self.first..).zip(&self.bins) {
            let begin = (bin as f64 * 2.0_f64.powi(self.exponent)).clamp(self.least, self.most);
            if let (Some(bar), 1..) = (bar(begin), count) {
                bars[bar] += count;
            }
        }
        bars
    }

    /// The least number that at least a share of all is not above; about that, if there are many.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = ((share * self.count as f64).ceil() as u64).clamp(1, self.count);
        if self.pages.is_empty() {
            let mut few = self.few.clone();
            few.sort_by(f64::total_cmp);
            return Some(few[rank as usize - 1]);
        }
        if rank == 1 || rank == self.count {
            return Some(if rank == 1 { self.least } else { self.most });
        }
        let counts = |page: usize| {
            let counts = self.pages[page].iter().flat_map(|counts| counts.iter().enumerate());
            counts.map(move |(bucket, &count)| (page * BUCKETS + bucket, count))
        };
        let negative = (PAGES / 2..PAGES).rev().flat_map(|page| {
            let mut counts: Vec<_> = counts(page).collect();
            counts.reverse();
            counts
        });
        let mut below = 0;
        let found = negative.chain((0..PAGES / 2).flat_map(counts)).find(|&(_, count)| {
            below += count;
            below >= rank
        });
        let (bucket, _) = found?;
        let middle = match bucket {
            0 => 0.0,
            bucket => f64::from_bits((bucket as u64) << BUCKET_AT | 1 << (BUCKET_AT - 1)),
        };
        Some(middle.clamp(self.least, self.most))
    }
}

/// The bin that one is a part of where bins are so many powers of two as wide.
fn shifted(bin: i64, powers: i32) -> i64 {
    bin >> powers.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: &[f64]) -> Spread {
        let mut spread = Spread::new();
        numbers.iter().for_each(|&x| spread.add(x));
        spread
    }

    /// Numbers of all sizes, the same each time.
    fn numbers() -> Vec<f64> {
        let number = |n: u32| {
            let x = f64::from(n.wrapping_mul(2_654_435_761) >> 8);
            [x, -x / 1e3, x * 1e30, 1e6 + x * 1e-9, 0.0][n as usize % 5]
        };
        (0..5000).map(number).collect()
    }

    #[test]
    fn neither_order_nor_parts_matter() {
        let all = numbers();
        let expected = spread(&all);
        for cut in [1, 10, 64, 65, 3000] {
            let (left, right) = all.split_at(cut);
            let mut joined = spread(&right.iter().rev().copied().collect::<Vec<_>>());
            joined.merge(spread(left));
            assert_eq!(
                (joined.exponent, joined.first, &joined.bins),
                (expected.exponent, expected.first, &expected.bins)
            );
            for share in [0.0, 0.01, 0.3, 0.5, 0.99, 1.0] {
                assert_eq!(joined.quantile(share), expected.quantile(share), "{share}");
            }
        }
    }

    #[test]
    fn quantiles_are_near() {
        let mut all = numbers();
        let found = spread(&all);
        all.sort_by(f64::total_cmp);
        for share in [0.001, 0.2, 0.25, 0.5, 0.77, 1.0] {
            let exact = all[((share * all.len() as f64).ceil() as usize).max(1) - 1];
            let found = found.quantile(share).unwrap();
            assert!((found - exact).abs() <= exact.abs() / 256.0, "{share}: {found} is not {exact}");
        }
        assert_eq!(spread(&[3.0, 1.0, f64::NAN, 2.0]).quantile(0.5), Some(2.0));
        assert_eq!(Spread::new().quantile(0.5), None);
    }

    #[test]
    fn bars_have_all_numbers() {
        let whole: Vec<f64> = (0..64).map(f64::from).collect();
        let bars: [u64; 16] = spread(&whole).bars(|x| Some((x / 4.0) as usize));
        assert_eq!(bars, [4; 16]);
        let near = spread(&[1e9, 1e9 + 0.25, 1e9 + 1.0]);
        assert_eq!(near.bars(|x| Some((x - 1e9) as usize)), [2, 1]);
        assert_eq!(spread(&[-0.0, 0.0, -1.0]).bars(|x| Some((x + 1.0) as usize)), [1, 2]);
        assert_eq!(spread(&[5e-324, 1e308, -1e308]).bars(|_| Some(0)), [3]);
    }
}
