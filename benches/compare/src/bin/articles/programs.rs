//! Runs the programs and reads what they print.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::works::{Language, Work};

/// Fields of a line that begins with `result`.
pub type Fields = BTreeMap<String, String>;

/// Where the programs lie, and which languages can run.
pub struct Programs {
    root: PathBuf,
    pub languages: Vec<Language>,
    /// No program runs longer.
    pub limit: Duration,
}

impl Programs {
    /// Builds the examples and looks for Node and its packages. What is missing is said, and the rest goes on.
    pub fn prepare(limit: Duration) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut programs = Self { root, languages: Vec::new(), limit };
        match programs.build() {
            Ok(()) => programs.languages.push(Language::Rust),
            Err(error) => println!("Missing: the examples ({error}). Only Node runs."),
        }
        match programs.node() {
            Ok(version) => {
                println!("Node {version}.");
                programs.languages.push(Language::Node);
            }
            Err(error) => println!("Missing: {error}. Only Rust runs."),
        }
        programs
    }

    fn build(&self) -> Result<(), String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--locked", "--quiet", "--examples"]).current_dir(&self.root);
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("cargo ended with {status}")),
            Err(error) => Err(format!("cargo did not start: {error}")),
        }
    }

    fn twins(&self) -> PathBuf {
        self.root.join("benches/compare/node")
    }

    /// Returns Node's version if it is there with the packages.
    fn node(&self) -> Result<String, String> {
        let output =
            Command::new("node").arg("--version").output().map_err(|error| format!("node ({error})"))?;
        if !self.twins().join("node_modules/piscina").is_dir() {
            return Err("the packages of Node (npm install --prefix benches/compare/node)".into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned())
    }

    /// Runs one way of a workload in a process of its own.
    pub fn run(
        &self,
        work: &Work,
        language: Language,
        way: &str,
        size: Option<usize>,
    ) -> Result<Vec<Fields>, String> {
        let mut command = match language {
            Language::Rust => Command::new(self.target().join("release/examples").join(work.name)),
            Language::Node => {
                let mut node = Command::new("node");
                node.arg("--expose-gc").arg(self.twins().join(work.name).with_extension("mjs"));
                node
            }
        };
        command.arg(way).args(size.map(|size| size.to_string()));
        let output = finished(&mut command, self.limit)?;
        let results: Vec<Fields> = output.lines().filter_map(fields).collect();
        if results.is_empty() { Err("printed no result".into()) } else { Ok(results) }
    }

    fn target(&self) -> PathBuf {
        match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => Path::new(&folder).to_owned(),
            None => self.root.join("target"),
        }
    }
}

/// Runs a command to its end and returns what it printed, or why that is not known.
fn finished(command: &mut Command, limit: Duration) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("did not start: {error}"))?;
    // What they print fits a pipe, so nobody need read meanwhile.
    let began = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if began.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("took longer than {} s", limit.as_secs()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().find(|line| line.contains("rror")).unwrap_or("no message");
    Err(format!("{}: {why}", output.status))
}

/// Reads the fields of a result.
fn fields(line: &str) -> Option<Fields> {
    let pairs = line.strip_prefix("result ")?.split(' ');
    pairs.map(|pair| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))).collect()
}
