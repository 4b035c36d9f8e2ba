//! What the benches work on: numbers whose sums are exact in any order, and files that lie in the page cache.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The factor and the summand of the in-place benches: however often applied, the numbers stay near 2.
pub const SCALE: (f32, f32) = (0.75, 0.5);

/// Sizes of the sums, in bytes, with how often each is summed in a sample.
pub const SUMS: [(&str, usize, usize); 4] = [
    ("4 KiB", 4 << 10, 20_000),
    ("64 KiB", 64 << 10, 4_000),
    ("1 MiB", 1 << 20, 300),
    ("64 MiB", 64 << 20, 4),
];

/// Returns zeros and ones by turns. Up to 2^24 of them the sum is exact in single precision, in whatever order.
pub fn ones_and_zeros(bytes: usize) -> Vec<f32> {
    (0..bytes / 4).map(|k| (k % 2) as f32).collect()
}

/// The sum of `ones_and_zeros` of as many bytes.
pub fn sum_of_ones(bytes: usize) -> f32 {
    (bytes / 8) as f32
}

/// Where the files of the benches lie: `RINGMILL_BENCH_DIR`, or the system's place for temporary files.
pub fn directory() -> PathBuf {
    std::env::var_os("RINGMILL_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// A file that is removed with the handle.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a file of this process and fills it.
    pub fn new(name: &str, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<Self> {
        let path = directory().join(format!("ringmill-{}-{name}", std::process::id()));
        let scratch = Self(path);
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&scratch.0)?);
        fill(&mut file)?;
        // Written back now, so that no writing back falls into a sample.
        file.into_inner()?.sync_all()?;
        Ok(scratch)
    }

    /// Returns where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes an `.npy` file of `len` single-precision ones.
pub fn write_npy_of_ones(file: &mut impl Write, len: usize) -> io::Result<()> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({len},), }}");
    // Magic, version, the header's length, the header padded to a multiple of 64 with its newline.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(padded as u16).to_le_bytes())?;
    writeln!(file, "{header:<width$}", width = padded - 1)?;
    let block = 1.0_f32.to_le_bytes().repeat(1 << 16);
    let mut left = len * 4;
    while left > 0 {
        let now = left.min(block.len());
        file.write_all(&block[..now])?;
        left -= now;
    }
    Ok(())
}

/// How many different stations `write_stations` names.
pub const STATIONS: usize = 413;

/// Writes `rows` lines "station;temperature" after a header, with one decimal. Returns the sum of the temperatures in
/// tenths, which is what a reader must find.
pub fn write_stations(file: &mut impl Write, rows: usize) -> io::Result<i64> {
    let names: Vec<String> = (0..STATIONS).map(|k| format!("Station {}{k}", "x".repeat(k % 11))).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut sum = 0;
    writeln!(file, "station;temperature")?;
    for _ in 0..rows {
        let z = next(&mut state);
        let tenths = ((z >> 32) % 1998) as i64 - 999;
        sum += tenths;
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, tenth) = (tenths.abs() / 10, tenths.abs() % 10);
        writeln!(file, "{};{sign}{whole}.{tenth}", names[z as usize % STATIONS])?;
    }
    Ok(sum)
}

/// Writes a record, by its number.
pub type Row = fn(&mut Vec<u8>, u64) -> io::Result<()>;

/// Writes records until there are so many bytes, and returns how many records.
pub fn fill(file: &mut impl Write, bytes: usize, row: Row) -> io::Result<u64> {
    let (mut records, mut written) = (0, 0);
    let mut line = Vec::new();
    while written < bytes {
        line.clear();
        row(&mut line, records)?;
        file.write_all(&line)?;
        written += line.len();
        records += 1;
    }
    Ok(records)
}

/// A record of ten fields in about a hundred bytes, none of them in quotes.
pub fn plain(line: &mut Vec<u8>, k: u64) -> io::Result<()> {
    let price = 900 + k % 211;
    let cents = k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    writeln!(
        line,
        "{k},2000-01-{:02},FAT,XAMS,{price}.{cents},{price}.{cents},{price}.5,{price}.{cents},{price}.25,{cents}.75",
        k % 28 + 1
    )
}

/// A record of two fields in 14 bytes, with a semicolon.
pub fn short(line: &mut Vec<u8>, k: u64) -> io::Result<()> {
    let hash = k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    writeln!(line, "Station{};{}.{}", hash % 97, hash % 60, hash % 10)
}

/// A record of five fields with quotes, doubled quotes, commas and line breaks, and CRLF.
pub fn quoted(line: &mut Vec<u8>, k: u64) -> io::Result<()> {
    let words = ["fine", "a \"\"good\"\" one", "two\r\nlines, at least", "cheaper, elsewhere"];
    let text = |place: u64| words[(k.wrapping_mul(place) >> 3) as usize % words.len()];
    write!(line, "{k},\"{}\",{},{}.54,\"{}: {}\"\r\n", text(7), k % 5 + 1, k % 97, text(13), text(29))
}

/// Adds up the words of a text: the least that a reader of every byte does.
pub fn sum_of_words(bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().fold(0, |sum, &word| sum.wrapping_add(u64::from_ne_bytes(word)))
}

/// Returns the next of a row of numbers: splitmix64, small, and the same on every machine.
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The columns of `write_ticks` that hold floats.
pub const FLOATS: [&str; 6] = ["open", "high", "low", "close", "average", "turnover"];

/// Writes `rows` lines of ten columns after a header: a number, a date, two short texts, and six floats, four of them with
/// four decimals and two with six. Returns the sum of the fourth in ten thousandths.
pub fn write_ticks(file: &mut impl Write, rows: usize) -> io::Result<u64> {
    let mut state = 7;
    let mut sum = 0;
    writeln!(file, "id,day,symbol,venue,{}", FLOATS.join(","))?;
    for row in 0..rows {
        let [a, b] = [next(&mut state), next(&mut state)];
        let close = a % 10_000_000;
        sum += close;
        write!(file, "{row},2000-{:02}-{:02},S{:02},X{:03}", row % 12 + 1, row % 28 + 1, a % 97, b % 11)?;
        for price in [close + 17, close + b % 10_000, close.saturating_sub(b % 9_000), close] {
            write!(file, ",{}.{:04}", price / 10_000, price % 10_000)?;
        }
        writeln!(file, ",{}.{:06},{}.{:06}", a % 1000, b % 1_000_000, b % 100_000_000, a % 1_000_000)?;
    }
    Ok(sum)
}
