//! A result of named values: a line each for people, an object for machines.

use serde::{Serialize, Serializer};

use super::{Align, Rows, Value};

/// Named values.
#[derive(Debug)]
pub(crate) struct Facts(Vec<(&'static str, Value)>);

impl<const N: usize> From<[(&'static str, Value); N]> for Facts {
    fn from(facts: [(&'static str, Value); N]) -> Self {
        Self(facts.into())
    }
}

impl Facts {
    /// The facts as a table of two columns.
    pub(super) fn rows(&self) -> Rows {
        let mut rows = Rows::new([("what", Align::Left), ("value", Align::Right)]);
        self.0
            .iter()
            .for_each(|(name, value)| rows.push(vec![Value::Text((*name).to_owned()), value.clone()]));
        rows
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
