//! Aligned columns of text.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Rows, Value};

/// The side that a column's cells lean on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows of cells under titles, each column as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    titles: Vec<String>,
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

const GAP: &str = "  ";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

impl Table {
    pub(crate) fn new<S: Into<String>>(columns: impl IntoIterator<Item = (S, Align)>) -> Self {
        let (titles, aligns) =
            columns.into_iter().map(|(title, align)| (printable(title.into()), align)).unzip();
        Self { titles, aligns, rows: Vec::new() }
    }

    /// Adds a row; it has a cell for each title.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(printable).collect();
        debug_assert_eq!(cells.len(), self.titles.len());
        self.rows.push(cells);
    }

    /// Writes the titles, in bold if so asked, and the rows.
    pub(super) fn write(&self, out: &mut impl Write, bold: bool) -> io::Result<()> {
        let mut widths: Vec<usize> = self.titles.iter().map(|title| title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        if bold {
            out.write_all(BOLD.as_bytes())?;
        }
        self.write_row(out, &self.titles, &widths)?;
        if bold {
            out.write_all(PLAIN.as_bytes())?;
        }
        self.rows.iter().try_for_each(|row| self.write_row(out, row, &widths))
    }

    /// Writes a row without blanks at its end, so that copied lines are clean.
    fn write_row(&self, out: &mut impl Write, row: &[String], widths: &[usize]) -> io::Result<()> {
        let mut owed = 0;
        for (index, cell) in row.iter().enumerate() {
            let blank = widths[index] - cell.width();
            let (before, after) = match self.aligns[index] {
                Align::Left => (0, blank),
                Align::Right => (blank, 0),
            };
            owed += before + if index == 0 { 0 } else { GAP.len() };
            if cell.is_empty() {
                owed += after;
            } else {
                write!(out, "{:owed$}{cell}", "")?;
                owed = after;
            }
        }
        writeln!(out)
    }
}

impl From<&Rows> for Table {
    fn from(rows: &Rows) -> Self {
        let mut table = Self::new(rows.columns());
        rows.rows().for_each(|row| table.row(row.iter().map(Value::cell)));
        table
    }
}

/// Keeps a cell on its line: a control character is shown as its escape.
fn printable(cell: String) -> String {
    if !cell.contains(char::is_control) {
        return cell;
    }
    let escape = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    cell.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(table: &Table) -> String {
        let mut out = Vec::new();
        table.write(&mut out, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_lines_end_clean() {
        let mut table = Table::new([("name", Align::Left), ("count", Align::Right), ("type", Align::Left)]);
        table.row(["city".into(), "5".into(), "text".into()]);
        table.row(["価格".into(), "1234567".into(), String::new()]);
        table.row(["x".into(), String::new(), "integer".into()]);
        let expected = "\
name    count  type
city        5  text
価格  1234567
x              integer
";
        assert_eq!(rendered(&table), expected);
    }

    #[test]
    fn a_line_break_in_a_cell_stays_on_the_line() {
        let mut table = Table::new([("name", Align::Left)]);
        table.row(["two\nlines\u{7}".into()]);
        assert_eq!(rendered(&table), "name\ntwo\\nlines\\u{7}\n");
    }
}
