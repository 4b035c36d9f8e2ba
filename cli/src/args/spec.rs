//! Small languages of the command line: sizes such as `500MB`, aggregates such as `mean:price`.

use std::fmt;
use std::str::FromStr;

/// What `group` computes, of which column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    /// The number of records in the group.
    Records,
    /// A measure of one column's fields in the group.
    Of(Measure, String),
}

/// What can be computed of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    Std,
}

impl Measure {
    const ALL: [(&str, Self); 6] = [
        ("count", Self::Count),
        ("sum", Self::Sum),
        ("mean", Self::Mean),
        ("min", Self::Min),
        ("max", Self::Max),
        ("std", Self::Std),
    ];
}

impl FromStr for Aggregate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "count" {
            return Ok(Self::Records);
        }
        let (name, column) = text.split_once(':').unwrap_or((text, ""));
        let Some((_, measure)) = Measure::ALL.into_iter().find(|(known, _)| *known == name) else {
            return Err(format!("`{name}` is none of count, sum, mean, min, max, std"));
        };
        if column.is_empty() {
            return Err(format!("`{name}` of which column? write {name}:COLUMN"));
        }
        Ok(Self::Of(measure, column.to_owned()))
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records => f.write_str("count"),
            Self::Of(measure, column) => write!(f, "{measure}:{column}"),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Self::ALL[*self as usize];
        f.write_str(name)
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
        for text in ["count", "count:a", "sum:a", "mean:price", "min:a:b", "max:x", "std:x"] {
            assert_eq!(text.parse::<Aggregate>().unwrap().to_string(), text);
        }
        for wrong in ["", "mean", "mean:", "median:x", ":x"] {
            assert!(wrong.parse::<Aggregate>().is_err(), "{wrong}");
        }
    }
}
