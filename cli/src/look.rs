//! What a field looks like, and what a column of such fields is.

/// What a column holds, as far as its fields have been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing but empty fields.
    #[default]
    Empty,
    Integer,
    Float,
    Boolean,
    Text,
}

impl Kind {
    /// The kind of a column with fields of both kinds.
    #[inline]
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (kind, Self::Empty) | (Self::Empty, kind) => kind,
            (Self::Integer, Self::Float) | (Self::Float, Self::Integer) => Self::Float,
            _ => Self::Text,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }
}

/// One field that is not empty, read for what it looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Look {
    Integer(i64),
    Float(f64),
    Boolean,
    Text,
}

impl Look {
    /// The number, if it is one.
    #[inline]
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Integer(x) => Some(x as f64),
            Self::Float(x) => Some(x),
            Self::Boolean | Self::Text => None,
        }
    }
}

/// Reads a field that is not empty.
#[inline]
pub(crate) fn look(field: &[u8]) -> Look {
    match field[0] {
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(field),
        b't' | b'T' | b'f' | b'F' => boolean(field),
        // Not-a-number and infinity, as pandas and numpy write them.
        b'n' | b'N' | b'i' | b'I' => fast_float2::parse(field).map_or(Look::Text, Look::Float),
        _ => Look::Text,
    }
}

#[inline]
fn number(field: &[u8]) -> Look {
    let (negative, digits) = match field {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    // Eighteen digits always fit.
    if !digits.is_empty() && digits.len() <= 18 {
        let mut size = 0;
        let mut whole = true;
        for &byte in digits {
            let digit = byte.wrapping_sub(b'0');
            whole &= digit < 10;
            size = size * 10 + i64::from(digit & 15);
        }
        if whole {
            return Look::Integer(if negative { -size } else { size });
        }
    }
    fast_float2::parse(field).map_or(Look::Text, Look::Float)
}

fn boolean(field: &[u8]) -> Look {
    let is = |word: &str| field.eq_ignore_ascii_case(word.as_bytes());
    if is("true") || is("false") { Look::Boolean } else { Look::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_what_they_look_like() {
        let integer = |text: &str, value| assert_eq!(look(text.as_bytes()), Look::Integer(value), "{text}");
        integer("0", 0);
        integer("-17", -17);
        integer("+5", 5);
        integer("007", 7);
        integer("999999999999999999", 999_999_999_999_999_999);
        let float = |text: &str, value| assert_eq!(look(text.as_bytes()), Look::Float(value), "{text}");
        float("1.5", 1.5);
        float("-.5", -0.5);
        float("1e3", 1000.0);
        float("12345678901234567890", 12_345_678_901_234_567_890.0);
        float("inf", f64::INFINITY);
        for text in ["-", "+", ".", "1-2", "2012-01-01", "1 ", " 1", "12a", "n/a", "frog", "0x10", "é", "١"]
        {
            assert_eq!(look(text.as_bytes()), Look::Text, "{text}");
        }
        for text in ["true", "FALSE", "True"] {
            assert_eq!(look(text.as_bytes()), Look::Boolean, "{text}");
        }
    }

    #[test]
    fn joining_knows_no_order() {
        use Kind::*;
        let kinds = [Empty, Integer, Float, Boolean, Text];
        for a in kinds {
            assert_eq!(a.join(a), a);
            for b in kinds {
                assert_eq!(a.join(b), b.join(a));
                for c in kinds {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                }
            }
        }
        assert_eq!(Integer.join(Boolean), Text);
    }
}
