//! A dialect of CSV as an automaton: which byte means what, and where each byte leads.
//!
//! This is the definition that everything else in the room is held to. [`Dialect::step`] moves over one byte at a
//! time; the parallel splitter and the vectorised reader are faster ways to the same states.
//!
//! ```text
//! RecordStart --comment--> Comment --\n--> RecordStart          \r and \n between records are skipped
//! RecordStart, FieldStart --quote--> Quoted --quote--> QuoteInQuoted --quote--> Quoted   (a doubled quote)
//!                                    Quoted --escape--> Escaped --any--> Quoted
//! QuoteInQuoted --other--> Unquoted    text after a closing quote belongs to the field
//! Unquoted --quote--> Unquoted         a quote in the middle of a field is a letter
//! any but Quoted, Escaped, Comment:    delimiter --> FieldStart, \r or \n --> RecordStart
//! ```

use std::fmt;

/// Where the automaton stands before a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    RecordStart,
    FieldStart,
    Unquoted,
    Quoted,
    QuoteInQuoted,
    Escaped,
    Comment,
}

impl State {
    pub(crate) const ALL: [State; 7] = [
        State::RecordStart,
        State::FieldStart,
        State::Unquoted,
        State::Quoted,
        State::QuoteInQuoted,
        State::Escaped,
        State::Comment,
    ];
}

/// The bytes that a dialect gives a meaning, beside `\r` and `\n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) double_quote: bool,
    pub(crate) escape: Option<u8>,
    pub(crate) comment: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), double_quote: true, escape: None, comment: None }
    }
}

impl Dialect {
    /// Refuses a dialect in which one byte would mean two things.
    pub(crate) fn validate(&self) -> Result<(), DialectError> {
        let roles = [
            ("delimiter", Some(self.delimiter)),
            ("quote", self.quote),
            ("escape", self.escape),
            ("comment", self.comment),
            ("line end", Some(b'\n')),
            ("line end", Some(b'\r')),
        ];
        for (at, &(first, byte)) in roles.iter().enumerate() {
            let rest = &roles[at + 1..];
            let Some(&(second, _)) = rest.iter().find(|(_, other)| byte.is_some() && *other == byte) else {
                continue;
            };
            let byte = byte.unwrap_or_default();
            return Err(DialectError { first, second, byte });
        }
        Ok(())
    }

    /// Returns whether a doubled quote is all that is special inside quotes, and quotes are all that is special.
    pub(crate) fn only_doubles(&self) -> bool {
        self.quote.is_some() && self.double_quote && self.escape.is_none() && self.comment.is_none()
    }

    /// Moves over one byte.
    pub(crate) fn step(&self, state: State, byte: u8) -> State {
        match state {
            State::RecordStart if Some(byte) == self.comment => State::Comment,
            State::RecordStart | State::FieldStart if Some(byte) == self.quote => State::Quoted,
            State::Quoted if Some(byte) == self.quote => State::QuoteInQuoted,
            State::Quoted if Some(byte) == self.escape => State::Escaped,
            State::Quoted | State::Escaped => State::Quoted,
            State::QuoteInQuoted if self.double_quote && Some(byte) == self.quote => State::Quoted,
            State::Comment if byte == b'\n' => State::RecordStart,
            State::Comment => State::Comment,
            _ => self.after(byte),
        }
    }

    /// Returns where an ordinary byte leads outside quotes and comments.
    #[inline]
    pub(crate) fn after(&self, byte: u8) -> State {
        if byte == self.delimiter {
            State::FieldStart
        } else if is_line_end(byte) {
            State::RecordStart
        } else {
            State::Unquoted
        }
    }
}

/// Returns whether a byte ends a record.
#[inline]
pub(crate) fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Reports a dialect in which one byte would mean two things.
///
/// # Examples
///
/// ```
/// use ringmill::csv::{CsvError, CsvFile};
///
/// let both = CsvFile::options().comment(Some(b',')).open("t.csv");
/// let Err(CsvError::Dialect(error)) = both else { panic!() };
/// assert_eq!(error.to_string(), "delimiter and comment are the same byte, ','");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialectError {
    first: &'static str,
    second: &'static str,
    byte: u8,
}

impl fmt::Display for DialectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let byte = self.byte.escape_ascii();
        write!(f, "{} and {} are the same byte, '{byte}'", self.first, self.second)?;
        if (self.first, self.second) == ("quote", "escape") {
            f.write_str("; quotes that are escaped by doubling them need no escape byte")?;
        }
        Ok(())
    }
}

impl std::error::Error for DialectError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_has_one_meaning() {
        assert_eq!(Dialect::default().validate(), Ok(()));
        let same = Dialect { comment: Some(b','), ..Dialect::default() };
        assert_eq!(same.validate().unwrap_err().to_string(), "delimiter and comment are the same byte, ','");
        let line = Dialect { delimiter: b'\n', ..Dialect::default() };
        assert!(line.validate().unwrap_err().to_string().contains("'\\n'"));
        let escape = Dialect { escape: Some(b'"'), ..Dialect::default() };
        assert!(escape.validate().unwrap_err().to_string().contains("doubling"));
    }

    #[test]
    fn a_walk_over_every_state() {
        let dialect = Dialect { escape: Some(b'\\'), comment: Some(b'#'), ..Dialect::default() };
        let mut state = State::RecordStart;
        let mut walk = |byte| {
            state = dialect.step(state, byte);
            state
        };
        assert_eq!(walk(b'#'), State::Comment);
        assert_eq!(walk(b'\r'), State::Comment);
        assert_eq!(walk(b'\n'), State::RecordStart);
        assert_eq!(walk(b'"'), State::Quoted);
        assert_eq!(walk(b'\\'), State::Escaped);
        assert_eq!(walk(b'"'), State::Quoted);
        assert_eq!(walk(b'"'), State::QuoteInQuoted);
        assert_eq!(walk(b'"'), State::Quoted);
        assert_eq!(walk(b'"'), State::QuoteInQuoted);
        assert_eq!(walk(b','), State::FieldStart);
        assert_eq!(walk(b'#'), State::Unquoted);
        assert_eq!(walk(b'"'), State::Unquoted);
        assert_eq!(walk(b'\r'), State::RecordStart);
    }
}
