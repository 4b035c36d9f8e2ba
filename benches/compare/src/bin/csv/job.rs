//! The jobs, and what an answer is.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::Read;

/// A job over a file.
#[derive(Clone, Debug)]
pub struct Job {
    pub kind: Kind,
    pub path: String,
    pub columns: Vec<String>,
    /// Whether the file is `station;temperature` without a header.
    pub is_stations: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How many records?
    Count,
    /// What is a column's sum?
    Sum,
    /// Min, mean and max of a column by key.
    Group,
    /// Sum and mean of a column by key.
    Totals,
    /// Whole columns of floats.
    Floats,
}

const KINDS: [(&str, Kind, usize); 5] = [
    ("count", Kind::Count, 0),
    ("sum", Kind::Sum, 1),
    ("group", Kind::Group, 2),
    ("totals", Kind::Totals, 2),
    ("floats", Kind::Floats, 1),
];

impl Job {
    /// Reads a job, a file and columns.
    pub fn from_words(words: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let mut words = words.into_iter();
        let (Some(name), Some(path)) = (words.next(), words.next()) else {
            return Err("usage: csv [--rounds N] [--only WAY] JOB FILE [COLUMN..]".into());
        };
        let Some(&(_, kind, least)) = KINDS.iter().find(|(kind, ..)| *kind == name) else {
            let names: Vec<_> = KINDS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("no such job: {name}; there are: {}", names.join(", ")).into());
        };
        let columns: Vec<String> = words.collect();
        if columns.len() < least || (kind != Kind::Floats && columns.len() > least) {
            return Err(format!("{name} wants {least} column(s)").into());
        }
        let mut first = Vec::new();
        File::open(&path)?.take(1000).read_to_end(&mut first)?;
        let line = first.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Ok(Self { kind, path, columns, is_stations: line.contains(&b';') })
    }

    /// The words that [`from_words`](Self::from_words) reads.
    pub fn words(&self) -> Vec<&str> {
        let name = KINDS.iter().find(|(_, kind, _)| *kind == self.kind).map_or("", |(name, ..)| name);
        [name, &self.path].into_iter().chain(self.columns.iter().map(String::as_str)).collect()
    }

    /// Where a column stands.
    pub fn index(
        &self,
        header: impl IntoIterator<Item = String>,
        column: usize,
    ) -> Result<usize, Box<dyn Error>> {
        if self.is_stations {
            return Ok(column);
        }
        let name = &self.columns[column];
        header.into_iter().position(|other| other == *name).ok_or_else(|| format!("no column {name}").into())
    }
}

/// The figures of an answer.
#[derive(Clone, Debug, Default)]
pub struct Answer(pub Vec<f64>);

impl fmt::Display for Answer {
    /// Nine digits each, as Python's `%.9g` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number:.8e}", if index > 0 { "/" } else { "" })?;
        }
        Ok(())
    }
}
