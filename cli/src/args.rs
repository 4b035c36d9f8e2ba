//! What the command line says: verbs, their operands and flags, as clap reads them.
//!
//! Everything that can be refused without opening a file is refused here, so that exit code 2 always means
//! that the command line itself is wrong.

mod condition;
mod dialect;
mod reading;
mod spec;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[cfg(test)]
pub(crate) use condition::Conditions;
pub(crate) use condition::{Condition, Operator};
pub(crate) use dialect::Dialect;
pub(crate) use reading::{
    BenchArgs, ColumnType, ColumnsArgs, CountArgs, FilterArgs, GroupArgs, HeadArgs, Source, StatsArgs, Where,
};
pub(crate) use spec::{Aggregate, Measure};

/// Summarise CSV files and change float arrays in place, on every core.
///
/// Files are mapped, not copied: a column of numbers is parsed where it lies, an array is changed where it lies.
#[derive(Debug, Parser)]
#[command(name = "ringmill", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[command(flatten)]
    pub(crate) common: Common,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 the data or the system refused, 2 the command line is wrong, 130 interrupted.\n\
Try it at once: ringmill demo";

/// The flags that every verb takes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Common {
    /// Work on N cores; by default on all that the process may use (RINGMILL_THREADS also sets it)
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Print JSON instead of a table, numbers in full precision
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Count the records
    Count(CountArgs),
    /// Show the first records, without reading the rest
    Head(HeadArgs),
    /// Write the records that pass a condition, as they are, in order
    Filter(FilterArgs),
    /// Summarise every column: type, count, empty, min, max, mean, standard deviation, distinct values
    Stats(StatsArgs),
    /// Group records by one or more columns and aggregate others
    Group(GroupArgs),
    /// Write columns as typed .npy arrays
    Columns(ColumnsArgs),
    /// Show how fast a file is read, beside the machine's memory
    Bench(BenchArgs),
    /// Look at a .npy array, or change it in place
    #[command(subcommand)]
    Array(ArrayVerb),
    /// Make data of any size: the same seed gives the same bytes on any machine
    #[command(subcommand)]
    Generate(GenerateVerb),
    /// Show it all on generated data: summarise, group, change an array, on one core and on all
    Demo(DemoArgs),
}

/// `ringmill array`
#[derive(Debug, Subcommand)]
pub(crate) enum ArrayVerb {
    /// Print type, shape and size, from the header alone
    Info(ArrayFile),
    /// Print the sum of all elements; integers are summed exactly
    Sum(ArrayFile),
    /// Print count, min, max, mean, standard deviation (of a sample) and sum
    Stats(ArrayFile),
    /// Change every element x to MUL * x + ADD, in place
    #[command(after_help = "\
Example: ringmill array scale price.npy --mul 1.07 --add 0.5\n\n\
The file itself is changed: there is no copy and no way back. Only float arrays can be scaled.")]
    Scale(ScaleArgs),
}

/// The operand of the array verbs.
#[derive(Debug, Args)]
pub(crate) struct ArrayFile {
    /// The array
    #[arg(value_name = "FILE.npy")]
    pub(crate) file: PathBuf,
}

/// `ringmill array scale`
#[derive(Debug, Args)]
pub(crate) struct ScaleArgs {
    /// The array, changed in place
    #[arg(value_name = "FILE.npy")]
    pub(crate) file: PathBuf,
    /// Multiply by this; without it, elements are only added to
    #[arg(long, value_name = "X", allow_negative_numbers = true, required_unless_present = "add")]
    pub(crate) mul: Option<f64>,
    /// Then add this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) add: Option<f64>,
}

/// `ringmill generate`
#[derive(Debug, Subcommand)]
pub(crate) enum GenerateVerb {
    /// A CSV of city trips: dates, quoted names and notes, numbers, empty fields
    Trips(RowsArgs),
    /// A CSV of share prices: six columns of floats among ten, no quotes
    Ticks(RowsArgs),
    /// A CSV of customers' reviews: quotes, commas and line breaks inside fields, CRLF line ends
    Reviews(RowsArgs),
    /// A CSV of two columns, `station;temperature`, one decimal between -99.9 and 99.9
    Stations(StationsArgs),
    /// A .npy array of floats, evenly spread between 0 and 100
    Array(NewArrayArgs),
}

/// `ringmill generate trips`, `ticks` and `reviews`
#[derive(Debug, Args)]
pub(crate) struct RowsArgs {
    /// The CSV file to create
    #[arg(value_name = "FILE.csv")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) amount: Amount,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// `ringmill generate stations`
#[derive(Debug, Args)]
pub(crate) struct StationsArgs {
    /// The CSV file to create
    #[arg(value_name = "FILE.csv")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) amount: Amount,
    /// How many different stations there are
    #[arg(long, value_name = "N", default_value = "413")]
    pub(crate) keys: std::num::NonZeroU32,
    /// Leave the header line out
    #[arg(long)]
    pub(crate) no_headers: bool,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// `ringmill generate array`
#[derive(Debug, Args)]
pub(crate) struct NewArrayArgs {
    /// The array to create
    #[arg(value_name = "FILE.npy")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) amount: Amount,
    /// The type of its elements
    #[arg(long = "type", value_enum, default_value_t = FloatType::F64, value_name = "TYPE")]
    pub(crate) element: FloatType,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// The element types an array is generated in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FloatType {
    F64,
    F32,
}

/// How much to generate: by rows or by bytes, never both.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Amount {
    /// This many records, or elements
    #[arg(long, value_name = "N")]
    pub(crate) rows: Option<u64>,
    /// As many as fit into this much: 500MB, 2GiB, 4096
    #[arg(long, value_name = "SIZE", value_parser = spec::byte_size)]
    pub(crate) bytes: Option<u64>,
}

/// How to generate it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Making {
    /// Another seed, other data
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// `ringmill demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Size of the CSV file that it makes; the array is half as large
    #[arg(long, value_name = "SIZE", default_value = "400MB", value_parser = spec::byte_size)]
    pub(crate) bytes: u64,
    /// Make the files in this directory instead of the system's temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Leave the files there and say where they are
    #[arg(long)]
    pub(crate) keep: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_contradiction() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_amount_is_rows_or_bytes() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("ringmill generate trips a.csv --rows 5").is_ok());
        assert!(parse("ringmill generate trips a.csv --bytes 5MB").is_ok());
        assert!(parse("ringmill generate trips a.csv").is_err());
        assert!(parse("ringmill generate trips a.csv --rows 5 --bytes 5").is_err());
    }

    #[test]
    fn scale_wants_a_factor() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("ringmill array scale a.npy").is_err());
        assert!(parse("ringmill array scale a.npy --mul -2").is_ok());
    }
}
