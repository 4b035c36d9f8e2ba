//! Small languages of the command line: sizes such as `500MB`, aggregates such as `mean:price`.

use std::fmt;
use std::str::FromStr;

/// What `group` computes, of which column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Aggregate {
    /// The number of records in the group.
    Records,
    /// A measure of one column's fields in the group, and how it was written.
    Of { measure: Measure, column: String, text: String },
}

/// What can be computed of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Measure {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Variance,
    Deviation,
    First,
    Last,
    Distinct,
    AboutDistinct,
    /// The share of all numbers that are not above it.
    Quantile(f64),
}

impl Measure {
    const ALL: [(&str, Self); 12] = [
        ("count", Self::Count),
        ("sum", Self::Sum),
        ("mean", Self::Mean),
        ("min", Self::Min),
        ("max", Self::Max),
        ("var", Self::Variance),
        ("std", Self::Deviation),
        ("first", Self::First),
        ("last", Self::Last),
        ("distinct", Self::Distinct),
        ("approx_distinct", Self::AboutDistinct),
        ("median", Self::Quantile(0.5)),
    ];

    fn named(name: &str) -> Option<Self> {
        if let Some((_, measure)) = Self::ALL.iter().find(|(known, _)| *known == name) {
            return Some(*measure);
        }
        let percent = name.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))?;
        let share = percent.parse::<f64>().ok()? / 100.0;
        (0.0..=1.0).contains(&share).then_some(Self::Quantile(share))
    }
}

impl FromStr for Aggregate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "count" {
            return Ok(Self::Records);
        }
        let (name, column) = text.split_once(':').unwrap_or((text, ""));
        let Some(measure) = Measure::named(name) else {
            let known: Vec<&str> = Measure::ALL.iter().map(|(known, _)| *known).collect();
            return Err(format!("`{name}` is none of {}, p0 to p100", known.join(", ")));
        };
        if column.is_empty() {
            return Err(format!("`{name}` of which column? write {name}:COLUMN"));
        }
        Ok(Self::Of { measure, column: column.to_owned(), text: text.to_owned() })
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records => f.write_str("count"),
            Self::Of { text, .. } => f.write_str(text),
        }
    }
}

/// Reads a number of bytes: `4096`, `500MB`, `1.5GB`, `2GiB`.
pub(super) fn byte_size(text: &str) -> Result<u64, String> {
    let refuse = || format!("`{text}` is not a size; write 4096, 500MB or 2GiB");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(refuse()),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).ok_or_else(refuse);
    }
    let size = number.parse::<f64>().map_err(|_| refuse())? * scale as f64;
    if size < (1u64 << 53) as f64 { Ok(size as u64) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(byte_size("4096"), Ok(4096));
        assert_eq!(byte_size("500MB"), Ok(500_000_000));
        assert_eq!(byte_size("1.5GB"), Ok(1_500_000_000));
        assert_eq!(byte_size("2 GiB"), Ok(2 << 30));
        for wrong in ["", "MB", "5 parsecs", "-5", "1e9", "1.2.3MB", "99999999999TB"] {
            assert!(byte_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn aggregates_read_and_print_alike() {
        for text in
            ["count", "count:a", "sum:a", "mean:price", "min:a:b", "max:x", "std:x", "p99.9:x", "median:x"]
        {
            assert_eq!(text.parse::<Aggregate>().unwrap().to_string(), text);
        }
        for wrong in ["", "mean", "mean:", "mode:x", "p101:x", "p:x", "p-1:x", "price:x", ":x"] {
            assert!(wrong.parse::<Aggregate>().is_err(), "{wrong}");
        }
        let share = |text: &str| match text.parse() {
            Ok(Aggregate::Of { measure: Measure::Quantile(share), .. }) => share,
            other => panic!("{other:?}"),
        };
        assert_eq!((share("p50:x"), share("median:x"), share("p100:x")), (0.5, 0.5, 1.0));
    }
}
