//! Columns of numbers as histograms of text, with their quantiles.

use ringmill::csv::ColumnPolicy;
use ringmill::pool::Pool;
use serde::Serialize;

use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Output, number};

use super::spread::Spread;

/// How one column's numbers are spread.
#[derive(Debug, Serialize)]
pub(crate) struct Plot {
    column: String,
    /// The least number of the first bin and the greatest of the last; all bins are equally wide.
    min: f64,
    max: f64,
    counts: Vec<u64>,
    quantiles: Vec<Quantile>,
}

#[derive(Debug, Serialize)]
struct Quantile {
    share: f64,
    value: f64,
}

/// A column of numbers, the least of them and the greatest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) column: usize,
    pub(super) min: f64,
    pub(super) max: f64,
}

const BINS: usize = 16;
const BAR_CHARS: usize = 40;
const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
/// The bar's last character, by eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws columns, of which the least and the greatest number are known. Reads the file again, the columns alone.
pub(super) fn plots(
    pool: &Pool,
    input: &Input,
    filter: &Filter,
    columns: &[Range],
) -> Result<Vec<Plot>, Failure> {
    let file = input.file()?;
    let mut builder = file.columns();
    for range in columns {
        builder = builder.f64_with(range.column, ColumnPolicy::null());
    }
    for (column, test) in filter.clone().into_tests() {
        builder = builder.filter_bytes(column, move |field| test.passes(field));
    }
    let wanted = builder.build()?;
    let bins: Vec<Bins> = columns.iter().map(|range| Bins::new(range.min, range.max)).collect();
    let _progress = input.progress();
    let all = pool.fold_batches(
        &wanted,
        || vec![[0; BINS]; columns.len()],
        |all, batch| {
            for (at, (counts, bins)) in all.iter_mut().zip(&bins).enumerate() {
                // What stands in the place of a missing number is not a number, and in no bin.
                for bin in batch.f64(at).iter().filter_map(|&x| bins.of(x)) {
                    counts[bin] += 1;
                }
            }
            Ok(())
        },
        |mut left, right| {
            let counts = left.iter_mut().flatten().zip(right.iter().flatten());
            counts.for_each(|(left, right)| *left += right);
            left
        },
    )?;
    let quantiles = quantiles(pool, input, filter, columns)?;
    let plot = |((range, counts), quantiles): ((&Range, [u64; BINS]), _)| {
        let (column, counts) = (input.columns()[range.column].clone(), counts.to_vec());
        Plot { column, min: range.min, max: range.max, counts, quantiles }
    };
    Ok(columns.iter().zip(all).zip(quantiles).map(plot).collect())
}

/// The quantiles of columns, from the library's sketch.
fn quantiles(
    pool: &Pool,
    input: &Input,
    filter: &Filter,
    columns: &[Range],
) -> Result<Vec<Vec<Quantile>>, Failure> {
    let mut builder = input.file()?.group_by([0; 0]);
    for range in columns {
        builder = builder.quantiles(range.column, &SHARES).policy(range.column, ColumnPolicy::null());
    }
    for (column, test) in filter.clone().into_tests() {
        builder = builder.filter_bytes(column, move |field| test.passes(field));
    }
    let grouped = pool.group(&builder.build()?)?;
    let Some(all) = grouped.iter().next() else { return Ok(columns.iter().map(|_| Vec::new()).collect()) };
    let of_column = |at: usize| {
        let values = SHARES.iter().enumerate();
        values
            .filter_map(|(number, &share)| {
                Some(Quantile { share, value: all.number(at * SHARES.len() + number)? })
            })
            .collect()
    };
    Ok((0..columns.len()).map(of_column).collect())
}

/// Bins of one width between two numbers.
#[derive(Clone, Copy, Debug)]
struct Bins {
    min: f64,
    /// Bins per unit; 0 if there is but one number.
    scale: f64,
}

impl Bins {
    fn new(min: f64, max: f64) -> Self {
        let scale = BINS as f64 / (max - min);
        Self { min, scale: if scale.is_finite() { scale } else { 0.0 } }
    }

    /// The bin of a number; the last has the greatest number too.
    #[inline]
    fn of(self, x: f64) -> Option<usize> {
        let at = (x - self.min) * self.scale;
        if at >= 0.0 { Some((at as usize).min(BINS - 1)) } else { None }
    }
}

impl Plot {
    /// Draws a column of which one pass has learned how it is spread: a number near the edge of a bar may be counted in the
    /// bar beside it.
    pub(super) fn of_spread(column: String, range: Range, spread: &Spread) -> Self {
        let bins = Bins::new(range.min, range.max);
        let counts = spread.bars::<BINS>(|x| bins.of(x)).to_vec();
        let quantile = |share| Some(Quantile { share, value: spread.quantile(share)? });
        let quantiles = SHARES.into_iter().filter_map(quantile).collect();
        Self { column, min: range.min, max: range.max, counts, quantiles }
    }

    /// Draws it: a line for each bin, and one of quantiles.
    pub(super) fn write(&self, output: &mut Output) -> Result<(), Failure> {
        output.line(format_args!("\n{}", self.column.escape_debug()))?;
        let edge = |bin: usize| {
            number::rounded(self.min + (self.max - self.min) * bin as f64 / self.counts.len() as f64, 4)
        };
        let edges: Vec<String> = (0..self.counts.len()).map(edge).collect();
        let width = edges.iter().map(String::len).max().unwrap_or(0);
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let digits = most.to_string().len();
        for (edge, &count) in edges.iter().zip(&self.counts) {
            let line = format!("{edge:>width$}  {count:>digits$}  {}", bar(count, most));
            output.line(line.trim_end())?;
        }
        let quantile = |q: &Quantile| format!("p{} {}", q.share * 100.0, number::rounded(q.value, 4));
        output.line(self.quantiles.iter().map(quantile).collect::<Vec<_>>().join("  "))
    }
}

/// A bar as long as a count is large beside the largest; what is there is never drawn as nothing.
fn bar(count: u64, most: u64) -> String {
    let eighths = (count as f64 / most as f64 * (BAR_CHARS * 8) as f64).round() as usize;
    let eighths = eighths.max(usize::from(count > 0));
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_bin() {
        let bins = Bins::new(-8.0, 8.0);
        assert_eq!([-8.0, -7.5, -7.0, 0.0, 7.9, 8.0].map(|x| bins.of(x)), [0, 0, 1, 8, 15, 15].map(Some));
        assert_eq!(bins.of(f64::NAN), None);
        assert_eq!(Bins::new(3.0, 3.0).of(3.0), Some(0));
    }

    #[test]
    fn the_largest_bar_is_full_and_the_least_is_seen() {
        assert_eq!(bar(10, 10), "█".repeat(BAR_CHARS));
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!((bar(0, 10), bar(1, 2)), (String::new(), "█".repeat(BAR_CHARS / 2)));
    }
}
