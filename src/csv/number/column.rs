//! Numbers column at a time: many fields of one kind, without a branch that depends on what they hold. Eight at once
//! where the machine can, else one after the other.
//!
//! What the fast reader does not take (more than sixteen bytes, exponents, plus signs, quotes, what is no number) is
//! listed and left to the caller, who reads it with [`Number::parse`] or knows better.

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx512, Decimals};
use super::sixteen::{BYTES, Decimal, Plain, Reader};
#[cfg(target_arch = "x86_64")]
use super::x86::Avx2;
use super::{f32, f64, i64, u64};

/// A type that fields are read as.
pub(crate) trait Number: Copy + Default {
    /// What messages call it.
    const EXPECTED: &'static str;

    /// Returns what a good decimal stands for, and whether it is exactly that.
    fn of(decimal: Decimal) -> (Self, bool);

    /// The same for eight decimals; returns the bits of those that are not exactly that.
    #[cfg(target_arch = "x86_64")]
    fn of_eight(decimals: &Decimals, numbers: &mut [Self; 8]) -> u8;

    /// Reads a value, quotes taken off, as `str::parse` does.
    fn parse(value: &[u8]) -> Option<Self>;
}

/// By the place of the point among sixteen bytes, the power of ten by which the digits are too large. All are exact.
const POWERS: [f64; 32] = {
    let mut powers = [1.0; 32];
    let mut point = BYTES - 1;
    while point > 0 {
        powers[point - 1] = powers[point] * 10.0;
        point -= 1;
    }
    powers
};

impl Number for f64 {
    const EXPECTED: &'static str = "a number (f64)";

    #[inline(always)]
    fn of(decimal: Decimal) -> (Self, bool) {
        // Sixteen digits have no point, and are rounded once here; fifteen are below 2^53 and rounded once there.
        let value = decimal.digits.cast_signed() as f64 / POWERS[decimal.point % 32];
        (f64::from_bits(value.to_bits() | u64::from(decimal.negative) << 63), true)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn of_eight(decimals: &Decimals, numbers: &mut [Self; 8]) -> u8 {
        for (index, number) in numbers.iter_mut().enumerate() {
            let value = decimals.digits[index].cast_signed() as f64 / decimals.powers[index];
            let sign = u64::from(decimals.negative >> index & 1);
            *number = f64::from_bits(value.to_bits() | sign << 63);
        }
        0
    }

    fn parse(value: &[u8]) -> Option<Self> {
        f64(value)
    }
}

impl Number for f32 {
    const EXPECTED: &'static str = "a number (f32)";

    #[inline(always)]
    fn of(decimal: Decimal) -> (Self, bool) {
        let (value, _) = f64::of(decimal);
        // Rounding twice differs from rounding once only where the first ends halfway between two `f32`.
        let halfway = value.to_bits() & 0x1fff_ffff == 0x1000_0000;
        (value as f32, !halfway)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn of_eight(decimals: &Decimals, numbers: &mut [Self; 8]) -> u8 {
        let mut values = [0.0; 8];
        f64::of_eight(decimals, &mut values);
        let mut halfway = 0;
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = values[index] as f32;
            halfway |= u8::from(values[index].to_bits() & 0x1fff_ffff == 0x1000_0000) << index;
        }
        halfway
    }

    fn parse(value: &[u8]) -> Option<Self> {
        f32(value)
    }
}

impl Number for i64 {
    const EXPECTED: &'static str = "a whole number (i64)";

    #[inline(always)]
    fn of(decimal: Decimal) -> (Self, bool) {
        let sign = -i64::from(decimal.negative);
        ((decimal.digits.cast_signed() ^ sign) - sign, decimal.point == BYTES)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn of_eight(decimals: &Decimals, numbers: &mut [Self; 8]) -> u8 {
        for (index, number) in numbers.iter_mut().enumerate() {
            let sign = -i64::from(decimals.negative >> index & 1);
            *number = (decimals.digits[index].cast_signed() ^ sign) - sign;
        }
        decimals.pointed
    }

    fn parse(value: &[u8]) -> Option<Self> {
        i64(value)
    }
}

impl Number for u64 {
    const EXPECTED: &'static str = "a whole number (u64)";

    #[inline(always)]
    fn of(decimal: Decimal) -> (Self, bool) {
        (decimal.digits, decimal.point == BYTES && !decimal.negative)
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn of_eight(decimals: &Decimals, numbers: &mut [Self; 8]) -> u8 {
        *numbers = decimals.digits;
        decimals.pointed | decimals.negative
    }

    fn parse(value: &[u8]) -> Option<Self> {
        u64(value)
    }
}

/// Work that is compiled for every reader.
pub(super) trait Job {
    type Output;

    /// To be `#[inline(always)]`, or it is compiled for the floor.
    fn run(self, reader: impl Reader) -> Self::Output;
}

/// Reads a number for each element of `numbers`, from the bytes between the start and the end that `spans` gives.
///
/// Returns how many it could not read; `odd` begins with their indices then, and what stands in their place in
/// `numbers` is unspecified. A field that is not there has a span whose start lies behind its end. There are to be as
/// many spans as numbers.
///
/// Only for dialects whose quote is no byte of a number: a quoted field is odd.
///
/// # Panics
///
/// If `odd` is shorter than `numbers`.
pub(crate) fn read<T: Number>(
    bytes: &[u8],
    spans: impl Iterator<Item = (usize, usize)>,
    numbers: &mut [T],
    odd: &mut [u32],
) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::detect() {
        let (mut spans, odd) = (spans, &mut odd[..numbers.len()]);
        let (mut count, mut first) = (0, 0);
        let mut rest = numbers;
        if let Some(avx512) = Avx512::detect() {
            let (eights, few) = rest.as_chunks_mut();
            (count, spans) = avx512.read(bytes, spans, eights, odd);
            first = 8 * eights.len();
            rest = few;
        }
        return count + avx2.perform(Read { bytes, spans, first, numbers: rest, odd: &mut odd[count..] });
    }
    Read { bytes, spans, first: 0, numbers, odd }.run(Plain)
}

/// The same without eights.
#[cfg(test)]
pub(super) fn read_one_by_one<T: Number>(
    plain: bool,
    bytes: &[u8],
    spans: impl Iterator<Item = (usize, usize)>,
    numbers: &mut [T],
    odd: &mut [u32],
) -> usize {
    let job = Read { bytes, spans, first: 0, numbers, odd };
    #[cfg(target_arch = "x86_64")]
    if let (Some(avx2), false) = (Avx2::detect(), plain) {
        return avx2.perform(job);
    }
    job.run(Plain)
}

/// The work of [`read`].
struct Read<'a, T, S> {
    bytes: &'a [u8],
    spans: S,
    /// What the indices in `odd` count from.
    first: usize,
    numbers: &'a mut [T],
    odd: &'a mut [u32],
}

impl<T: Number, S: Iterator<Item = (usize, usize)>> Job for Read<'_, T, S> {
    type Output = usize;

    #[inline(always)]
    fn run(self, reader: impl Reader) -> usize {
        let Self { bytes, spans, first, numbers, odd } = self;
        let odd = &mut odd[..numbers.len()];
        let mut count = 0;
        for ((index, number), (start, end)) in numbers.iter_mut().enumerate().zip(spans) {
            let index = first + index;
            // Sixteen bytes before the field's end: all but the first fields of a file have them.
            let Some(last) = bytes.get(..end).and_then(|bytes| bytes.last_chunk()) else {
                odd[count] = index as u32;
                count += 1;
                continue;
            };
            // A field that is not there is too long by far.
            let decimal = reader.read(last, end.wrapping_sub(start));
            let (value, exact) = T::of(decimal);
            *number = value;
            // Written whether it is or not: a store is cheaper than a branch that is guessed wrong.
            odd[count] = index as u32;
            count += usize::from(!(decimal.good & exact));
        }
        count
    }
}
