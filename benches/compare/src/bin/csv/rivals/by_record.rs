//! The `csv` and `simd-csv` crates: a record at a time, on one thread, numbers by `fast-float2`.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;

use super::{Seen, figures};
use crate::job::{Answer, Job, Kind};

/// What is kept of the records that have gone by.
struct Kept {
    kind: Kind,
    key: usize,
    value: usize,
    count: u64,
    sum: f64,
    groups: HashMap<Vec<u8>, Seen>,
}

impl Kept {
    fn new(job: &Job, header: &[String]) -> Result<Self, Box<dyn Error>> {
        let at = |column| job.index(header.iter().cloned(), column);
        let (key, value) = match job.kind {
            Kind::Count | Kind::Floats => (0, 0),
            Kind::Sum => (0, at(0)?),
            Kind::Group | Kind::Totals => (at(0)?, at(1)?),
        };
        Ok(Self { kind: job.kind, key, value, count: 0, sum: 0.0, groups: HashMap::new() })
    }

    #[inline]
    fn add<'r>(&mut self, field: impl Fn(usize) -> Option<&'r [u8]>) -> Result<(), Box<dyn Error>> {
        self.count += 1;
        if self.kind == Kind::Count {
            return Ok(());
        }
        let number = field(self.value).ok_or("a record is too short")?;
        let number: f64 = fast_float2::parse(number)?;
        if self.kind == Kind::Sum {
            self.sum += number;
            return Ok(());
        }
        let key = field(self.key).ok_or("a record is too short")?;
        match self.groups.get_mut(key) {
            Some(seen) => seen.add(number),
            None => self.groups.entry(key.to_vec()).or_insert(Seen::NOTHING).add(number),
        }
        Ok(())
    }

    fn finish(self) -> Answer {
        match self.kind {
            Kind::Count => Answer(vec![self.count as f64]),
            Kind::Sum => Answer(vec![self.sum]),
            kind => figures(kind, &mut self.groups.into_iter().collect::<Vec<_>>()),
        }
    }
}

fn delimiter(job: &Job) -> u8 {
    if job.is_stations { b';' } else { b',' }
}

pub fn csv(job: &Job) -> Result<Answer, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(job))
        .has_headers(!job.is_stations)
        .buffer_capacity(1 << 18)
        .from_path(&job.path)?;
    let header: Vec<String> = match job.is_stations {
        true => Vec::new(),
        false => reader.headers()?.iter().map(str::to_owned).collect(),
    };
    let mut kept = Kept::new(job, &header)?;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        kept.add(|column| record.get(column))?;
    }
    Ok(kept.finish())
}

pub fn simd_csv(job: &Job) -> Result<Answer, Box<dyn Error>> {
    let mut reader = simd_csv::ZeroCopyReaderBuilder::new();
    reader.delimiter(delimiter(job)).has_headers(!job.is_stations).buffer_capacity(1 << 18);
    let mut reader = reader.from_reader(File::open(&job.path)?);
    let header: Vec<String> = match job.is_stations {
        true => Vec::new(),
        false => {
            reader.byte_headers()?.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
        }
    };
    let mut kept = Kept::new(job, &header)?;
    while let Some(record) = reader.read_byte_record()? {
        kept.add(|column| record.unquote(column))?;
    }
    Ok(kept.finish())
}
