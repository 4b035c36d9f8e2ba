//! A result of rows under titles: a table for people, a list of objects for machines.

use serde::{Serialize, Serializer};

use super::{Align, Value};

/// Rows of values under titles.
#[derive(Debug)]
pub(crate) struct Rows {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    pub(crate) fn new(columns: impl IntoIterator<Item = (impl Into<String>, Align)>) -> Self {
        let columns = columns.into_iter().map(|(title, align)| (title.into(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; it has a value for each title.
    pub(crate) fn push(&mut self, row: Vec<Value>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, Align)> {
        self.columns.iter().map(|(title, align)| (&**title, *align))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[Value]> {
        self.rows.iter().map(|row| &**row)
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| Object { columns: &self.columns, row }))
    }
}

/// A row as an object, its fields in the order of the titles.
struct Object<'a> {
    columns: &'a [(String, Align)],
    row: &'a [Value],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.columns.iter().map(|(title, _)| title).zip(self.row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_object_in_the_order_of_the_titles() {
        let mut rows = Rows::new([("zone", Align::Left), ("count", Align::Right)]);
        rows.push(vec![Value::text(b"a\xff"), Value::Count(3)]);
        assert_eq!(serde_json::to_string(&rows).unwrap(), "[{\"zone\":\"a\u{fffd}\",\"count\":3}]");
    }
}
