//! What the columns of a file seem to hold, by its first records.

use std::ops::ControlFlow;

use crate::csv_file::Input;
use crate::failure::Failure;
use crate::look::{Kind, Look, look};

/// What the first fields of a column hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) kind: Kind,
    pub(crate) has_empty: bool,
}

/// Records that are looked at.
const RECORDS: usize = 10_000;

/// Looks at the first records of a file; returns what each column holds there.
pub(crate) fn kinds(input: &Input) -> Result<Vec<Seen>, Failure> {
    input.file()?;
    let mut seen = vec![Seen::default(); input.columns().len()];
    let mut left = RECORDS;
    input.each_record(|record| {
        let mut fields = record.fields();
        for seen in &mut seen {
            match fields.next().map(|field| field.bytes()) {
                Some(field) if !field.is_empty() => seen.kind = seen.kind.join(kind(&field)),
                _ => seen.has_empty = true,
            }
        }
        left -= 1;
        Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(seen)
}

fn kind(field: &[u8]) -> Kind {
    match look(field) {
        Look::Integer(_) => Kind::Integer,
        Look::Float(_) => Kind::Float,
        Look::Boolean => Kind::Boolean,
        Look::Text => Kind::Text,
    }
}
