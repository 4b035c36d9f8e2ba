//! The sample by which columns are inferred: the first records of a file, or of a stream, which gives them again.

use super::infer::Inference;
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::source::CsvStream;

impl CsvFile {
    /// Looks at the first records, and says what the columns seem to hold.
    ///
    /// A column is of the narrowest type that holds all its values; what holds none but text is text. Words like `true`
    /// are booleans, `1` and `0` are numbers; digits behind a leading zero or a plus are text, because a number would
    /// lose them, and so are whole numbers of more digits than a `u64` has. Empty fields say nothing.
    ///
    /// # Errors
    ///
    /// As [`Records::next_record`](crate::csv::Records::next_record).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "zip,price,qty,note\n01234,1.5,3,\n98765,2,,\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{ColumnType, CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let mut inference = file.infer(1000)?;
    /// let kinds: Vec<_> = inference.columns().iter().map(|column| column.kind()).collect();
    /// let expected = [Some(ColumnType::Str), Some(ColumnType::F64), Some(ColumnType::I64), None];
    /// assert_eq!(kinds, expected);
    /// let shown = inference.to_string();
    /// assert!(shown.contains(r#""zip": str, 2 values, 0 empty; no i64: record 1 has "01234""#), "{shown}");
    ///
    /// let error = inference.columns_of(&file).unwrap_err().to_string();
    /// assert!(error.ends_with(r#"column "note": all 2 records of the sample are empty there; set its type"#), "{error}");
    /// inference.set(3, ColumnType::Str);
    /// let columns = Pool::new()?.collect_columns(&inference.columns_of(&file)?)?;
    /// assert_eq!((**columns.f64("price")).to_vec(), [1.5, 2.0]);
    /// assert!(!columns.is_valid("qty", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn infer(&self, most_records: u64) -> Result<Inference, CsvError> {
        let mut inference = Inference::new(self.layout());
        let mut records = self.records();
        while inference.records < most_records {
            let Some(record) = records.next_record()? else {
                inference.whole = true;
                break;
            };
            inference.look(record);
        }
        inference.decide();
        Ok(inference)
    }
}

impl CsvStream {
    /// Looks at the first records, as [`CsvFile::infer`] does, and keeps them: the stream is read from its beginning
    /// afterwards. The sample stays in memory until then.
    ///
    /// # Errors
    ///
    /// As [`StreamRecords::next_record`](crate::csv::StreamRecords::next_record); the stream cannot be read then.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::{Pool, csv::{ColumnType, CsvFile}};
    ///
    /// let stream = CsvFile::options().open_reader("feed", &b"zip,price\n01234,1.5\n98765,2\n"[..])?;
    /// let inference = stream.infer(1)?;
    /// assert_eq!(inference.columns()[0].kind(), Some(ColumnType::Str));
    /// assert_eq!(inference.columns()[1].kind(), Some(ColumnType::F64));
    /// assert_eq!(Pool::new()?.count_records(&stream)?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn infer(&self, most_records: u64) -> Result<Inference, CsvError> {
        let mut inference = Inference::new(self.layout());
        if most_records > 0 {
            inference.whole = self.sample(|record| {
                inference.look(record);
                inference.records < most_records
            })?;
        }
        inference.decide();
        Ok(inference)
    }
}
