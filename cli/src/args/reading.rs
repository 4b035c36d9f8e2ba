//! The verbs that read CSV files: which files, which records of them, and what to do with those.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::condition::{Condition, Conditions};
use super::dialect::Dialect;
use super::spec::{Aggregate, byte_size};

/// What is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Source {
    /// The CSV file; several are read as one where their headers agree. Names, patterns such as 'day-*.csv', or - for
    /// standard input
    #[arg(value_name = "FILE.csv", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) dialect: Dialect,
}

/// Which records are taken.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Where {
    /// Take only records that pass: COLUMN OP VALUE, several joined by `and`; OP is one of = != < <= > >= and ~ (contains)
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<Conditions>,
}

impl Where {
    /// All conditions, of all flags; a record has to pass every one.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().flat_map(|conditions| &conditions.0)
    }
}

const WHERE_HELP: &str = "\
A condition compares numbers as numbers if VALUE is one, else bytes; a field that is no number is neither less nor\n\
more than one. Text with blanks or `and` in it goes into quotes: --where 'city = \"New York\" and price >= 10'";

/// `ringmill count`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
ringmill count trips.csv\n  \
ringmill count 'day-*.csv' --where 'price > 10'\n  \
zcat trips.csv.gz | ringmill count -\n\n\
Records are counted, not lines: line breaks in quotes end none. Without --where their fields are not looked at.")]
pub(crate) struct CountArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
}

/// `ringmill head`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
ringmill head trips.csv\n  \
ringmill head trips.csv -n 3 --csv\n  \
yes a,b | ringmill head - --no-headers --json")]
pub(crate) struct HeadArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
    /// How many records
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    pub(crate) records: u64,
    /// Print CSV instead of a table, the fields as they are written
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// `ringmill filter`
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:\n  \
ringmill filter trips.csv --where 'price > 10 and city = Lima' > dear.csv\n  \
ringmill filter trips.csv --where 'note ~ rain' --select trip,note | head\n\n\
Fields are written as they are, quotes and all; every line ends with a line feed. One core reads, in bounded memory.\n\n{WHERE_HELP}"))]
pub(crate) struct FilterArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
    /// Write only these columns, in this order
    #[arg(long, value_name = "COLUMN[,COLUMN]", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
}

/// `ringmill stats`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
ringmill stats trips.csv\n  \
ringmill stats trips.csv --plot --where 'city = Lima'\n\n\
The standard deviation is that of a sample (divided by n - 1). Empty fields count as empty and as nothing else.\n\
Text columns are compared by their bytes. Distinct values are counted exactly up to 64. A plot reads the file again.")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
    /// Draw a histogram of each column of numbers, with its quantiles
    #[arg(long)]
    pub(crate) plot: bool,
}

/// `ringmill group`
#[derive(Debug, Args)]
#[command(after_help = format!("\
Examples:\n  \
ringmill group trips.csv --by city --agg mean:price,max:price,count\n  \
ringmill group trips.csv --by city,vehicle --agg p50:price,p99:price,distinct:driver\n\n\
Of a COLUMN: count (fields that are not empty), sum, mean, min, max, var, std, first, last, distinct (exact),\n\
approx_distinct (within 2 %), median, and quantiles as p50, p99.9. Sums are exact, rounded once; var and std are those of\n\
a sample (n - 1); quantiles of more than 64 numbers are within one part in 256. Empty fields are left out of all that\n\
is made of numbers. Groups are printed in the order of their key's bytes.\n\n{WHERE_HELP}"))]
pub(crate) struct GroupArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
    /// The key: one column or several, by name or by index from 0
    #[arg(long, required = true, value_name = "COLUMN[,COLUMN]", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// What to compute: count, or WHAT:COLUMN as listed below
    #[arg(long = "agg", value_name = "WHAT:COLUMN[,..]", value_delimiter = ',', default_value = "count")]
    pub(crate) aggregates: Vec<Aggregate>,
}

/// `ringmill columns`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
ringmill columns trips.csv --column price --out price.npy\n  \
ringmill columns trips.csv --column trip:u64,price:f64,tip:f32 --out arrays/ --empty 0\n\n\
A directory gets a file for each column, NAME.npy. Unless told otherwise, an empty field is NaN in a float array and an\n\
error in one of integers, and a field that is no number is an error. With null, a second file NAME.valid.npy has a byte\n\
for each record: 1 where there is a value. --infer looks at the first 10,000 records.")]
pub(crate) struct ColumnsArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) taken: Where,
    /// The columns to write, by name or by index from 0, each with a type if it wants one of its own
    #[arg(long = "column", required = true, value_name = "COLUMN[:TYPE][,..]", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The array to create or, for several columns, the directory to create them in
    #[arg(long, value_name = "FILE.npy|DIR")]
    pub(crate) out: PathBuf,
    /// The type of columns that name none
    #[arg(long = "type", value_enum, default_value_t = ColumnType::F64, value_name = "TYPE")]
    pub(crate) element: ColumnType,
    /// Take the type of columns that name none from the first records
    #[arg(long, conflicts_with = "element")]
    pub(crate) infer: bool,
    /// What to do with an empty field: fail, null, skip (leave the record out), or a number to put there
    #[arg(long, value_name = "POLICY", allow_negative_numbers = true)]
    pub(crate) empty: Option<String>,
    /// What to do with a field that holds something else: fail, null, skip, or a number
    #[arg(long, value_name = "POLICY", allow_negative_numbers = true)]
    pub(crate) bad: Option<String>,
    /// Replace arrays that exist
    #[arg(long)]
    pub(crate) force: bool,
}

/// The element types a column can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnType {
    F64,
    F32,
    I64,
    U64,
}

/// `ringmill bench`
#[derive(Debug, Args)]
#[command(after_help = "\
Example: ringmill bench trips.csv --runs 5\n\n\
The memory's rate is that at which the same threads add up a buffer that no cache holds. Each rate is that\n\
of the best run. A file that the page cache does not hold is read from its disk, and the rates are the disk's.")]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// The column of numbers to sum; by default the first that holds any
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sum: Option<String>,
    /// The key to group by; by default the first column of text
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    /// How much memory to read; by default four times the largest cache
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub(crate) buffer: Option<u64>,
    /// How often each is run
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) runs: NonZeroUsize,
}
