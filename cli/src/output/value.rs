//! One value of a result: as a cell for people, in full for machines.

use serde::{Serialize, Serializer};

use super::number;

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// Text of which a table shows the beginning.
    Excerpt(String),
    Count(u64),
    Integer(i128),
    /// A number as it was read, shown in full.
    Exact(f64),
    /// Likewise, of half the precision.
    Single(f32),
    /// A number that was computed, shown to so many significant digits.
    Computed(f64, usize),
    /// More than so many; how many was not counted.
    MoreThan(u64),
    /// There is none: the mean of nothing, the spread of one.
    Missing,
}

impl Value {
    /// A mean or a deviation, which in a table needs no more than a few digits.
    pub(crate) fn rounded(x: Option<f64>) -> Self {
        x.map_or(Self::Missing, |x| Self::Computed(x, 6))
    }

    /// A sum, shown without the last digit, where decimal fractions leave binary noise.
    pub(crate) fn sum(x: f64) -> Self {
        Self::Computed(x, 15)
    }

    pub(crate) fn exact(x: Option<f64>) -> Self {
        x.map_or(Self::Missing, Self::Exact)
    }

    /// Bytes of a file, shown as well as they can be if they are not UTF-8.
    pub(crate) fn text(bytes: &[u8]) -> Self {
        Self::Text(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The value as a table's cell.
    pub(crate) fn cell(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Excerpt(text) => excerpt(text),
            Self::MoreThan(count) => format!(">{count}"),
            Self::Count(count) => count.to_string(),
            Self::Integer(x) => x.to_string(),
            Self::Exact(x) => number::exact(*x),
            Self::Single(x) => number::exact_single(*x),
            Self::Computed(x, digits) => number::rounded(*x, *digits),
            Self::Missing => String::new(),
        }
    }
}

const EXCERPT_CHARS: usize = 24;

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Text(ref text) | Self::Excerpt(ref text) => serializer.serialize_str(text),
            Self::Count(count) => serializer.serialize_u64(count),
            Self::Integer(x) => serializer.serialize_i128(x),
            Self::Single(x) => serializer.serialize_f32(x),
            // JSON has no word for infinity and not-a-number; serde_json writes null.
            Self::Exact(x) | Self::Computed(x, _) => serializer.serialize_f64(x),
            Self::MoreThan(_) | Self::Missing => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn a_table_rounds_what_json_has_in_full() {
        let mean = Value::rounded(Some(2.0 / 3.0));
        assert_eq!(mean.cell(), "0.666667");
        assert_eq!(serde_json::to_string(&mean).unwrap(), "0.6666666666666666");
        assert_eq!(Value::sum(0.1 + 0.2).cell(), "0.3");
        assert_eq!(Value::Missing.cell(), "");
        assert_eq!(serde_json::to_string(&Value::exact(Some(f64::NAN))).unwrap(), "null");
        assert_eq!(
            serde_json::to_string(&Value::Integer(i128::from(u64::MAX) * 2)).unwrap(),
            "36893488147419103230"
        );
    }
}
