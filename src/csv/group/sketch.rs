//! Quantiles without keeping all values: counts of values by their leading bits.
//!
//! Up to 64 values are kept as they are. More are counted in buckets: a bucket is a sign, an exponent and seven bits of a
//! mantissa, so all values in it are within one part in 128 of each other, and its middle is within one in 256 of each.
//! Nothing is ever thrown together or chosen by chance, so the sketch depends on the values alone, not on their order.
//!
//! A page of counters for an exponent is made when its first value comes: 1 KiB for each power of two that occurs.

use super::aggregate::{Aggregate, Measured};
use super::store::{OwnPart, Part};

/// Values that are kept as they are.
const FEW: usize = 64;
const EXPONENT_AT: u32 = 52;
const BUCKET_BITS: u32 = 7;
const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_AT: u32 = EXPONENT_AT - BUCKET_BITS;

type Page = [u64; BUCKETS];

/// The values of a group, or how many there are like each; what is no number is passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    few: Vec<f64>,
    many: Option<Box<Many>>,
}

#[derive(Clone, Debug)]
struct Many {
    negative: Side,
    zeros: u64,
    positive: Side,
    count: u64,
    least: f64,
    most: f64,
}

/// Pages of the exponents from `first` on.
#[derive(Clone, Debug, Default)]
struct Side {
    first: usize,
    pages: Vec<Option<Box<Page>>>,
}

impl Side {
    fn page(&mut self, exponent: usize) -> &mut Page {
        if self.pages.is_empty() {
            self.first = exponent;
        }
        if exponent < self.first {
            let more = self.first - exponent;
            self.pages.splice(0..0, std::iter::repeat_n(None, more));
            self.first = exponent;
        }
        let at = exponent - self.first;
        if at >= self.pages.len() {
            self.pages.resize(at + 1, None);
        }
        self.pages[at].get_or_insert_with(|| Box::new([0; BUCKETS]))
    }

    fn add(&mut self, size: u64) {
        let bucket = (size >> BUCKET_AT) as usize % BUCKETS;
        self.page((size >> EXPONENT_AT) as usize)[bucket] += 1;
    }

    fn merge(&mut self, other: &Self) {
        for (exponent, page) in (other.first..).zip(&other.pages) {
            if let Some(page) = page {
                self.page(exponent).iter_mut().zip(&**page).for_each(|(count, more)| *count += more);
            }
        }
    }

    /// The buckets that are not empty, from zero away: the middle of each and its count.
    fn buckets(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> + '_ {
        let pages =
            self.pages.iter().enumerate().filter_map(|(at, page)| Some((self.first + at, page.as_ref()?)));
        pages.flat_map(|(exponent, page)| {
            page.iter().enumerate().filter(|&(_, &count)| count > 0).map(move |(bucket, &count)| {
                let bits = (exponent << BUCKET_BITS | bucket) as u64;
                (f64::from_bits(bits << BUCKET_AT | 1 << (BUCKET_AT - 1)), count)
            })
        })
    }

    fn bytes(&self) -> usize {
        let pages = self.pages.iter().flatten().count();
        self.pages.capacity() * size_of::<Option<Box<Page>>>() + pages * size_of::<Page>()
    }
}

impl Many {
    fn of(values: &[f64]) -> Self {
        let (negative, positive) = (Side::default(), Side::default());
        let (least, most) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut many = Self { negative, zeros: 0, positive, count: 0, least, most };
        values.iter().for_each(|&x| many.add(x));
        many
    }

    fn add(&mut self, x: f64) {
        self.count += 1;
        self.least = self.least.min(x);
        self.most = self.most.max(x);
        let size = x.abs().to_bits();
        match x {
            0.0 => self.zeros += 1,
            _ if x < 0.0 => self.negative.add(size),
            _ => self.positive.add(size),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.zeros += other.zeros;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        self.negative.merge(&other.negative);
        self.positive.merge(&other.positive);
    }

    /// Returns about the value of a rank, from 1.
    fn value(&self, rank: u64) -> f64 {
        let negative = self.negative.buckets().rev().map(|(middle, count)| (-middle, count));
        let all = negative.chain([(0.0, self.zeros)]).chain(self.positive.buckets());
        let mut below = 0;
        for (middle, count) in all {
            below += count;
            if below >= rank {
                // The middle of the outermost buckets may lie outside of all values, and that of infinity is no number.
                return if middle.is_nan() {
                    f64::INFINITY.copysign(middle)
                } else {
                    middle.clamp(self.least, self.most)
                };
            }
        }
        self.most
    }
}

impl Sketch {
    pub(super) fn add(&mut self, x: f64) {
        if x.is_nan() {
            return;
        }
        match &mut self.many {
            Some(many) => many.add(x),
            None if self.few.len() < FEW => self.few.push(x),
            None => {
                let mut many = Many::of(&std::mem::take(&mut self.few));
                many.add(x);
                self.many = Some(Box::new(many));
            }
        }
    }

    /// Returns the least value that at least a `share` of all values is not above; about that, if there are many.
    fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.many.as_ref().map_or(self.few.len() as u64, |many| many.count);
        if count == 0 {
            return None;
        }
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count);
        Some(match &self.many {
            Some(many) if rank == 1 => many.least,
            Some(many) if rank == count => many.most,
            Some(many) => many.value(rank),
            None => {
                let mut few = self.few.clone();
                few.sort_by(f64::total_cmp);
                few[rank as usize - 1]
            }
        })
    }
}

impl Part for Sketch {
    type Aside = ();

    fn value(&self, (): &(), _: u32, aggregate: Aggregate) -> Measured<'_> {
        let Aggregate::Quantile(share) = aggregate else { return Measured::Missing };
        Measured::number(self.quantile(share))
    }

    fn heap_bytes(&self) -> usize {
        let many = |many: &Many| size_of::<Many>() + many.negative.bytes() + many.positive.bytes();
        self.few.capacity() * size_of::<f64>() + self.many.as_deref().map_or(0, many)
    }
}

impl OwnPart for Sketch {
    fn merge(&mut self, other: &mut Self) {
        let other = std::mem::take(other);
        match (&mut self.many, other.many) {
            (Some(many), Some(others)) => many.merge(&others),
            (None, Some(mut others)) => {
                self.few.drain(..).for_each(|x| others.add(x));
                self.many = Some(others);
            }
            (_, None) => other.few.into_iter().for_each(|x| self.add(x)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&x| sketch.add(x));
        sketch
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-999..999_i32).prop_map(|tenths| f64::from(tenths) / 10.0),
            -1e300..1e300_f64,
            -1e-300..1e-300_f64,
            proptest::sample::select(&[0.0, -0.0, 1e-320, f64::INFINITY, f64::NEG_INFINITY, f64::MAX][..]),
        ]
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_part_in_256(values in proptest::collection::vec(value(), 1..400), share in 0.0..=1.0_f64, cut in 0..400_usize) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let rank = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
            let expected = sorted[rank - 1];
            let all = sketch(&values);
            let found = all.quantile(share).unwrap();
            let near = found == expected || (found - expected).abs() <= expected.abs() / 256.0 || expected.abs() < 1e-307;
            prop_assert!(near, "{} {}", found, expected);
            prop_assert!(values.len() > FEW || found.to_bits() == expected.to_bits());

            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = sketch(right);
            let reversed: Vec<f64> = left.iter().rev().copied().collect();
            merged.merge(&mut sketch(&reversed));
            prop_assert_eq!(merged.quantile(share).map(f64::to_bits), Some(found.to_bits()));
        }
    }

    #[test]
    fn of_no_numbers_there_is_no_quantile() {
        assert_eq!(sketch(&[]).quantile(0.5), None);
        assert_eq!(sketch(&[f64::NAN]).quantile(0.5), None);
        assert_eq!(sketch(&[f64::NAN, 7.0]).quantile(0.5), Some(7.0));
    }
}
