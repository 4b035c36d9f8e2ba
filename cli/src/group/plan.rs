//! What a group-by reads of each record, worked out before the first one.

use ringmill::csv::Column;

use crate::args::{Aggregate, GroupArgs, Measure};
use crate::csv_file;
use crate::failure::Failure;

/// What a group-by reads of each record.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) keys: Vec<Column>,
    /// Every column that is measured, once, however many measures are taken of it.
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
}

#[derive(Debug)]
pub(super) struct Input {
    pub(super) column: Column,
    /// Whether its fields must be numbers; to count them they need not be.
    pub(super) numeric: bool,
}

#[derive(Debug)]
pub(super) enum Output {
    Records,
    Measure { input: usize, measure: Measure },
}

impl Plan {
    pub(super) fn new(file: &csv_file::Input, args: &GroupArgs) -> Result<Self, Failure> {
        let column = |name: &String| file.column(name);
        let keys = args.by.iter().map(column).collect::<Result<_, _>>()?;
        let mut inputs: Vec<Input> = Vec::new();
        let mut outputs = Vec::new();
        for aggregate in &args.aggregates {
            let Aggregate::Of(measure, name) = aggregate else {
                outputs.push(Output::Records);
                continue;
            };
            let (column, numeric) = (column(name)?, *measure != Measure::Count);
            let input = match inputs.iter().position(|input| input.column == column) {
                Some(known) => known,
                None => {
                    inputs.push(Input { column, numeric });
                    inputs.len() - 1
                }
            };
            inputs[input].numeric |= numeric;
            outputs.push(Output::Measure { input, measure: *measure });
        }
        Ok(Self { keys, inputs, outputs })
    }

    /// Whether anything asks for a standard deviation, which costs a division for each number.
    pub(super) fn wants_spread(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output, Output::Measure { measure: Measure::Std, .. }))
    }
}
