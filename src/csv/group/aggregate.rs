//! What may be asked of a group, and what is answered.

use std::borrow::Cow;
use std::fmt;

/// What is asked of a column in each group, or of the group itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Aggregate {
    /// Records.
    Count,
    /// Fields that are not empty.
    CountOf,
    Sum,
    Mean,
    Min,
    Max,
    Variance,
    PopulationVariance,
    Deviation,
    PopulationDeviation,
    First,
    Last,
    /// Different values, exactly.
    Distinct,
    /// Different values, about.
    AboutDistinct,
    /// A quantile: which share of the values is not above it.
    Quantile(f64),
}

impl Aggregate {
    /// Returns how the aggregate of a column is called.
    pub(super) fn label(self, column: &str) -> String {
        let name = match self {
            Self::Count => return "count".to_owned(),
            Self::Quantile(share) => return format!("quantile({column}, {share})"),
            Self::CountOf => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Variance => "variance",
            Self::PopulationVariance => "population_variance",
            Self::Deviation => "std",
            Self::PopulationDeviation => "population_std",
            Self::First => "first",
            Self::Last => "last",
            Self::Distinct => "distinct",
            Self::AboutDistinct => "approximate_distinct",
        };
        format!("{name}({column})")
    }
}

/// What an aggregate comes to, before it is handed out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measured<'a> {
    Missing,
    Count(u64),
    Number(f64),
    Field(&'a [u8]),
}

impl Measured<'_> {
    pub(super) fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Missing, Self::Number)
    }
}

/// What an aggregate comes to in one group of a [`Grouped`](super::Grouped).
///
/// Shown as the number or the text itself; nothing for what is missing.
///
/// # Examples
///
/// ```
/// use ringmill::csv::Value;
///
/// let value = Value::Number(1.5);
/// assert_eq!((value.number(), value.count(), value.to_string()), (Some(1.5), None, "1.5".to_owned()));
/// assert_eq!(Value::Count(7).number(), Some(7.0));
/// assert_eq!(Value::Missing.to_string(), "");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'g> {
    /// There is none: the mean, the least or a quantile of no numbers, the variance of fewer than two.
    Missing,
    /// How many.
    Count(u64),
    /// A number.
    Number(f64),
    /// What a field says, without its quotes.
    Bytes(Cow<'g, [u8]>),
}

impl Value<'_> {
    /// Returns the number, or the count as a number.
    ///
    /// # Examples
    ///
    /// See [`Value`].
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Count(count) => Some(*count as f64),
            _ => None,
        }
    }

    /// Returns the count.
    ///
    /// # Examples
    ///
    /// See [`Value`].
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// Returns the bytes of a field.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::csv::Value;
    ///
    /// assert_eq!(Value::Bytes(b"Oslo"[..].into()).bytes(), Some(&b"Oslo"[..]));
    /// assert_eq!(Value::Count(1).bytes(), None);
    /// ```
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl<'g> From<Measured<'g>> for Value<'g> {
    fn from(measured: Measured<'g>) -> Self {
        match measured {
            Measured::Missing => Self::Missing,
            Measured::Count(count) => Self::Count(count),
            Measured::Number(number) => Self::Number(number),
            Measured::Field(field) => Self::Bytes(Cow::Borrowed(field)),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Count(count) => count.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).fmt(f),
        }
    }
}
