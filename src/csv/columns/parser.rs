//! How a field is read as a value of a type: one by one, or a whole column at a time where there is a way.

use super::rows::SpanWork;
use crate::csv::field::is_quoted;
use crate::csv::number;
use crate::csv::number::column::{self, Number};
use std::marker::PhantomData;

/// The bytes that fields lie in, and the quote of the dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'s> {
    pub(crate) bytes: &'s [u8],
    pub(crate) quote: Option<u8>,
    /// Whether to look for quotes around fields, and take them off.
    pub(crate) quoted: bool,
}

impl Fields<'_> {
    /// Returns the span between the quotes of a field, if it begins and ends with one; else its own. Of a dialect without
    /// escapes, what lies there is the field's value unless it holds a quote.
    #[inline(always)]
    fn inside(self, quote: u8, (start, end): (usize, usize)) -> (usize, usize) {
        let is_quote = |at: usize| self.bytes.get(at) == Some(&quote);
        let inside = usize::from((end > start + 1) & is_quote(start) & is_quote(end.wrapping_sub(1)));
        (start + inside, end.wrapping_sub(inside))
    }

    /// Returns what a field says, unless quotes make that more than a look.
    #[inline(always)]
    fn plain(self, raw: &[u8]) -> Option<&[u8]> {
        match (raw, self.quote) {
            (&[first, ref inner @ .., last], Some(quote)) if first == quote => {
                (self.quoted && last == quote && !inner.contains(&quote)).then_some(inner)
            }
            _ => (!is_quoted(raw, self.quote)).then_some(raw),
        }
    }
}

/// Reads fields as values of a type.
pub(crate) trait Parser {
    type Value: Copy + Send + Sync;
    /// What stands in the place of a missing value.
    const NULL: Self::Value;
    /// What messages call a value.
    const EXPECTED: &'static str;

    /// Reads a value, quotes taken off.
    fn parse(&self, value: &[u8]) -> Option<Self::Value>;

    /// Reads values for the fields between the starts and ends that `spans` gives, as many as there are values; returns
    /// how many it did not read, of which `odd` holds the indices then. A field that is not there is odd, and so is a
    /// quoted one, unless quotes are to be taken off and nothing inside needs more than that.
    fn read(
        &self,
        fields: Fields<'_>,
        spans: impl Iterator<Item = (usize, usize)>,
        values: &mut [Self::Value],
        odd: &mut [u32],
    ) -> usize {
        let mut count = 0;
        for ((index, value), (start, end)) in values.iter_mut().enumerate().zip(spans) {
            let raw = fields.bytes.get(start..end).and_then(|raw| fields.plain(raw));
            let read = raw.and_then(|raw| self.parse(raw));
            *value = read.unwrap_or(Self::NULL);
            odd[count] = index as u32;
            count += usize::from(read.is_none());
        }
        count
    }
}

/// Reads numbers as `str::parse` does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers<T>(PhantomData<T>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

macro_rules! numbers {
    ($($number:ident $null:expr),*) => {$(
        impl Parser for Numbers<$number> {
            type Value = $number;
            const NULL: $number = $null;
            const EXPECTED: &'static str = <$number as Number>::EXPECTED;

            fn parse(&self, value: &[u8]) -> Option<$number> {
                <$number as Number>::parse(value)
            }

            #[inline]
            fn read(
                &self,
                fields: Fields<'_>,
                spans: impl Iterator<Item = (usize, usize)>,
                values: &mut [$number],
                odd: &mut [u32],
            ) -> usize {
                // A quote that may begin a number would be taken for one.
                if fields.quote.is_some_and(|quote| quote.is_ascii_digit() || b"-.".contains(&quote)) {
                    (0..values.len()).for_each(|index| odd[index] = index as u32);
                    return values.len();
                }
                match fields.quote {
                    Some(quote) if fields.quoted => {
                        let spans = spans.map(|span| fields.inside(quote, span));
                        column::read(fields.bytes, spans, values, odd)
                    }
                    _ => column::read(fields.bytes, spans, values, odd),
                }
            }
        }
    )*};
}

numbers!(f64 f64::NAN, f32 f32::NAN, i64 0, u64 0);

/// Reads `true` or `false` in any case, `1` or `0`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Booleans;

impl Parser for Booleans {
    type Value = bool;
    const NULL: bool = false;
    const EXPECTED: &'static str = "true or false";

    fn parse(&self, value: &[u8]) -> Option<bool> {
        number::bool(value)
    }
}

/// A call of [`Parser::read`] that waits for the spans.
pub(crate) struct ReadSpans<'a, P: Parser> {
    pub(crate) parser: &'a P,
    pub(crate) fields: Fields<'a>,
    pub(crate) values: &'a mut [P::Value],
    pub(crate) odd: &'a mut [u32],
}

impl<P: Parser> SpanWork for ReadSpans<'_, P> {
    type Output = usize;

    #[inline(always)]
    fn run(self, spans: impl Iterator<Item = (usize, usize)>) -> usize {
        self.parser.read(self.fields, spans, self.values, self.odd)
    }
}
