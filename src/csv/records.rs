//! One record after the other, on the calling thread.

use super::chunks::Chunk;
use super::cursor::Cursor;
use super::error::CsvError;
use super::file::CsvFile;
use super::record::Record;

/// How many bytes are read between two looks at the watch.
const WATCH_BYTES: usize = 1 << 20;

/// Reads the records of a file in order, from [`CsvFile::records`].
///
/// Not an `Iterator`: each record is lent until the next one is read, so that none is allocated.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "name,n\na,1\nb,2\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// let mut records = file.records();
/// let mut names = Vec::new();
/// while let Some(record) = records.next_record()? {
///     names.push(record.bytes(0)?); // a slice of the file
/// }
/// assert_eq!(names, [&b"a"[..], b"b"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Records<'f> {
    file: &'f CsvFile,
    /// The part that is being read.
    part: usize,
    cursor: Cursor<'f>,
    /// Up to where the watch knows of, and pages may be let go.
    told: usize,
    /// How often it was told.
    chunks: usize,
    ended: bool,
}

impl<'f> Records<'f> {
    pub(super) fn new(file: &'f CsvFile) -> Self {
        let segment = file.segment(0);
        Self {
            file,
            part: 0,
            cursor: Cursor::new(&segment),
            told: segment.range.start,
            chunks: 0,
            ended: false,
        }
    }

    /// Reads the next record; `None` after the last one, and after an error.
    ///
    /// # Errors
    ///
    /// If the record has more or fewer fields than the first (unless the file is flexible), if a quote in it is never
    /// closed, if the scan was cancelled, or if the file was cut short meanwhile.
    pub fn next_record(&mut self) -> Result<Option<&Record<'f>>, CsvError> {
        if self.ended {
            return Ok(None);
        }
        let result = self.tell().and_then(|()| {
            while !self.cursor.advance().map_err(|error| self.file.located(error))? {
                self.tell_up_to(self.cursor.position());
                if self.part + 1 == self.file.parts() {
                    self.file.check()?;
                    return Ok(false);
                }
                self.part += 1;
                let segment = self.file.segment(self.part);
                self.cursor = Cursor::new(&segment);
                self.told = segment.range.start;
            }
            Ok(true)
        });
        self.ended = !matches!(result, Ok(true));
        Ok(result?.then(|| self.cursor.record()))
    }

    fn tell(&mut self) -> Result<(), CsvError> {
        if self.file.layout().is_cancelled() {
            return Err(CsvError::Cancelled);
        }
        if self.cursor.position() - self.told >= WATCH_BYTES {
            self.tell_up_to(self.cursor.position());
        }
        Ok(())
    }

    /// Says that all bytes of the part up to `end` have been read.
    fn tell_up_to(&mut self, end: usize) {
        let range = self.told..end;
        self.told = end;
        self.chunks += 1;
        let chunk = Chunk { index: self.chunks, part: self.part, range, is_first: false, is_last: false };
        self.file.done_with(&chunk);
    }
}
