//! One field: the bytes of the file between two marks, and what they say.

use super::dialect::{Dialect, State};
use super::number;
use memchr::{memchr, memchr2};
use std::borrow::Cow;
use std::str::Utf8Error;

/// One field of a record, still in the file.
///
/// Its value is computed when it is asked for: a field that was never asked for cost nothing.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "say,n\n\"a \"\"b\"\"\",7\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// let mut records = file.records();
/// let record = records.next_record()?.unwrap();
/// let say = record.get(0).unwrap();
/// assert_eq!(say.raw(), br#""a ""b""""#);
/// assert_eq!(&*say.bytes(), br#"a "b""#);
/// assert_eq!(record.get(1).unwrap().i64(), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Field<'f> {
    raw: &'f [u8],
    dialect: &'f Dialect,
}

impl<'f> Field<'f> {
    pub(crate) fn new(raw: &'f [u8], dialect: &'f Dialect) -> Self {
        Self { raw, dialect }
    }

    /// Returns the bytes as they stand in the file, quotes included.
    ///
    /// # Examples
    ///
    /// See [`Field`].
    #[inline]
    pub fn raw(&self) -> &'f [u8] {
        self.raw
    }

    /// Returns whether the field begins with a quote.
    #[inline]
    pub fn is_quoted(&self) -> bool {
        is_quoted(self.raw, self.dialect.quote)
    }

    /// Returns the value: borrowed from the file unless a quote was doubled, escaped or followed by text.
    ///
    /// # Examples
    ///
    /// See [`Field`].
    #[inline]
    pub fn bytes(&self) -> Cow<'f, [u8]> {
        value(self.raw, self.dialect)
    }

    /// Returns the value as text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8. Its bytes are still at hand, in [`Field::bytes`].
    pub fn str(&self) -> Result<Cow<'f, str>, Utf8Error> {
        match self.bytes() {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| error.utf8_error()),
        }
    }

    /// Returns the value as an `f64`, correctly rounded, or `None` if `str::parse` would not take it.
    pub fn f64(&self) -> Option<f64> {
        number::f64(&self.bytes())
    }

    /// Returns the value as an `f32`, correctly rounded, or `None` if `str::parse` would not take it.
    pub fn f32(&self) -> Option<f32> {
        number::f32(&self.bytes())
    }

    /// Returns the value as an `i64`, or `None` if `str::parse` would not take it.
    pub fn i64(&self) -> Option<i64> {
        number::i64(&self.bytes())
    }

    /// Returns the value as a `u64`, or `None` if `str::parse` would not take it.
    pub fn u64(&self) -> Option<u64> {
        number::u64(&self.bytes())
    }

    /// Returns the value as a `bool`: `true` or `false` in any case, `1` or `0`; `None` for all else.
    pub fn bool(&self) -> Option<bool> {
        number::bool(&self.bytes())
    }
}

/// Returns whether a field is quoted: it is if, and only if, its first byte is the quote.
#[inline]
pub(crate) fn is_quoted(raw: &[u8], quote: Option<u8>) -> bool {
    quote.is_some() && raw.first().copied() == quote
}

/// Returns what a field says: itself, or what is left when its quotes and escapes are taken out.
#[inline]
pub(crate) fn value<'f>(raw: &'f [u8], dialect: &Dialect) -> Cow<'f, [u8]> {
    if is_quoted(raw, dialect.quote) { unquote(raw, dialect) } else { Cow::Borrowed(raw) }
}

/// Takes the quotes and escapes out of a field that begins with a quote.
fn unquote<'f>(raw: &'f [u8], dialect: &Dialect) -> Cow<'f, [u8]> {
    let inner = &raw[1..];
    let special = match (dialect.quote, dialect.escape) {
        (Some(quote), Some(escape)) => memchr2(quote, escape, inner),
        (Some(quote), None) => memchr(quote, inner),
        (None, _) => None,
    };
    let Some(special) = special else { return Cow::Borrowed(inner) };
    if special + 1 == inner.len() {
        return Cow::Borrowed(&inner[..special]);
    }
    let mut value = inner[..special].to_vec();
    let mut state = State::Quoted;
    for &byte in &inner[special..] {
        let next = dialect.step(state, byte);
        // All is kept but an escape and the first quote of a pair, or the closing one.
        if !(state == State::Quoted && next != State::Quoted) {
            value.push(byte);
        }
        state = next;
    }
    Cow::Owned(value)
}
