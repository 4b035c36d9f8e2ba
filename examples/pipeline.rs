//! Turns a text file of temperatures, a number in degrees Fahrenheit on each line, into a file of f64 in Celsius.
//!
//! `cargo run --release --example pipeline -- readings.txt` takes your file; without a name it makes one of 100 MB.
//! The file is read into buffers that end on a line, each is parsed into a buffer of numbers, those are changed in place and
//! written in the order of the lines. At the end it says what each stage took, and how near the run came to the slowest.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ringmill::pipeline::{Flow, Pipeline};
use ringmill::ring::Buffer;
use ringmill::{Pool, Ring};

/// Bytes that are read at a time.
const TEXT: usize = 256 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => make(&std::env::temp_dir().join("ringmill-readings.txt"))?,
    };
    let target = path.with_extension("f64");

    let pool = Pool::new()?;
    // Back-pressure is the number of buffers: no more than these are ever in memory, however long the file is.
    let text = Ring::<u8>::builder().buffers(8).buffer_len(TEXT).build()?;
    // The shortest line is a digit and its end, so this is as many numbers as a text can hold.
    let numbers = Ring::<f64>::builder().buffers(8).buffer_len(TEXT / 2 + 1).build()?;

    let mut input = Lines { file: File::open(&path)?, tail: Vec::new() };
    let mut output = File::create(&target)?;
    let (mut count, mut sum) = (0, 0.0);
    let pipeline = Pipeline::over(&text)
        .source("read", |text| input.fill(text))
        // As many workers at a time as the pool has.
        .parallel_convert("parse", pool.workers(), &numbers, |text, numbers| parse(text, numbers))
        .parallel_stage("to Celsius", pool.workers(), |numbers| {
            numbers.iter_mut().for_each(|degrees| *degrees = (*degrees - 32.0) / 1.8);
        })
        // One at a time, in the order of the file, whichever worker was quicker.
        .ordered_sink("write", |numbers| {
            count += numbers.len();
            sum += numbers.iter().sum::<f64>();
            output.write_all(bytemuck::cast_slice(numbers))
        });

    // Any thread can see how far it is, and where buffers pile up.
    let progress = pipeline.progress();
    let watcher = thread::spawn(move || {
        while !progress.is_over() {
            thread::sleep(Duration::from_millis(200));
            let stages = progress.stages();
            let waiting: Vec<_> =
                stages.iter().map(|stage| format!("{} {}", stage.waiting, stage.name)).collect();
            eprintln!("{} MB read; waiting: {}", stages[0].elements >> 20, waiting[1..].join(", "));
        }
    });
    // An error says which stage, and has the buffer: `error.into_buffer::<u8>()`.
    let report = pipeline.run(&pool)?;
    watcher.join().map_err(|_| "the watcher panicked")?;

    println!("{report}");
    for stage in &report.stages {
        let rate = stage.elements as f64 / 1e6 / stage.busy.as_secs_f64();
        println!("{:>12}: {rate:.0} million elements per second and worker", stage.name);
    }
    println!(
        "{}: {count} temperatures, {:.3} degrees Celsius on average",
        target.display(),
        sum / count as f64
    );
    Ok(())
}

/// A file of which each read ends on a line.
struct Lines {
    file: File,
    /// The beginning of the line that the last read broke off.
    tail: Vec<u8>,
}

impl Lines {
    /// Fills the buffer with lines, after what was left of the last one.
    fn fill(&mut self, text: &mut Buffer<u8>) -> io::Result<Flow> {
        let mut len = self.tail.len();
        text[..len].copy_from_slice(&self.tail);
        let mut is_end = false;
        while len < text.len() && !is_end {
            let read = self.file.read(&mut text[len..])?;
            is_end = read == 0;
            len += read;
        }
        if len == 0 {
            return Ok(Flow::End);
        }
        let lines = match text[..len].iter().rposition(|&byte| byte == b'\n') {
            _ if is_end => len,
            Some(last) => last + 1,
            None => return Err(io::Error::other("a line is longer than a buffer")),
        };
        self.tail.clear();
        self.tail.extend_from_slice(&text[lines..len]);
        text.truncate(lines);
        Ok(Flow::More)
    }
}

/// Parses the lines of a text into the buffer of numbers.
fn parse(text: &[u8], numbers: &mut Buffer<f64>) -> Result<(), String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let mut count = 0;
    for line in text.lines() {
        numbers[count] = line.trim().parse().map_err(|_| format!("not a number: {line:?}"))?;
        count += 1;
    }
    numbers.truncate(count);
    Ok(())
}

/// Makes a file of some 100 MB.
fn make(path: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for k in 0_u64..18_000_000 {
        writeln!(file, "{:.1}", (k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as f64 / 8.0)?;
    }
    file.flush()?;
    Ok(path.to_owned())
}
