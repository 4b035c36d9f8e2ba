//! Running the command on small files, as its user does.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What the command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The output of a command that succeeded in silence.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// The JSON document of a command that succeeded.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.succeeded()).expect("the output is one JSON document")
    }

    /// The complaint of a command that failed on its data, having written nothing else.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, &*self.stdout), (Some(1), ""), "{self:?}");
        assert!(self.stderr.starts_with("ringmill: "), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self.stderr
    }
}

/// A directory of one test, and the command run in it.
#[derive(Debug)]
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and returns the place.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).expect("a file in the temporary directory");
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file that the command wrote")
    }

    /// The names of all files there are, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("the temporary directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
            .collect();
        names.sort();
        names
    }

    /// The command, to be run here with these words.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        command_in(self.0.path(), words)
    }

    /// Runs the command here; words are separated by blanks.
    pub(crate) fn run(&self, line: &str) -> Outcome {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn run_words(&self, words: &[&str]) -> Outcome {
        let output = self.command(words).output().expect("the command starts");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text on standard output"),
            stderr: String::from_utf8(output.stderr).expect("text on standard error"),
        }
    }

    /// Runs the command here with words separated by blanks and this text as its standard input.
    pub(crate) fn run_on(&self, line: &str, input: impl AsRef<[u8]>) -> Outcome {
        let mut input_file = tempfile::tempfile().expect("a temporary file");
        input_file.write_all(input.as_ref()).expect("the input is written");
        input_file.rewind().expect("the input is read from its start");
        let mut command = self.command(&line.split_whitespace().collect::<Vec<_>>());
        let output = command.stdin(input_file).output().expect("the command starts");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text on standard output"),
            stderr: String::from_utf8(output.stderr).expect("text on standard error"),
        }
    }
}

fn command_in(directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringmill"));
    command.args(words).current_dir(directory).stdin(Stdio::null()).env_remove("RINGMILL_THREADS");
    command
}

/// An `.npy` file of version 1: `descr` such as `<f8`, `shape` such as `(3,)`.
pub(crate) fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend_from_slice(&u16::try_from(header.len()).expect("a short header").to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(data);
    file
}

pub(crate) fn npy_f64(numbers: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f8", &format!("({},)", numbers.len()), &data)
}

/// The data behind an `.npy` header.
pub(crate) fn npy_data(file: &[u8]) -> &[u8] {
    let header = usize::from(u16::from_le_bytes([file[8], file[9]]));
    &file[10 + header..]
}

pub(crate) fn f64s(data: &[u8]) -> Vec<f64> {
    data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
}

/// A small table with what a reader can stumble over: quotes, doubled quotes, a comma and a line break in a field,
/// empty fields, both kinds of line end, no line end at the end.
pub(crate) const SHOP: &str = "\
item,kind,price,stock,sold
\"nut, small\",metal,0.05,1000,true\r
\"the \"\"big\"\" one\",wood,12.5,,false
\"two
lines\",metal,3,7,true
bolt,,0.25,250,
plank,wood,7.25,-3,false";

/// `item,kind`, `nut,metal`, `plank,wood`, a line each, as gzip packs them.
pub(crate) const PACKED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x2c, 0x49, 0xcd, 0xd5, 0xc9, 0xce,
    0xcc, 0x4b, 0xe1, 0xca, 0x2b, 0x2d, 0xd1, 0xc9, 0x4d, 0x2d, 0x49, 0xcc, 0xe1, 0x2a, 0xc8, 0x49, 0xcc,
    0xcb, 0xd6, 0x29, 0xcf, 0xcf, 0x4f, 0xe1, 0x02, 0x00, 0x0a, 0xbf, 0xdb, 0x73, 0x1f, 0x00, 0x00, 0x00,
];
