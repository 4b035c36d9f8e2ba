//! Sets `cfg(loom)` for this package alone, and writes the weakened copies of the protocols.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use weakenings::{File, Weakening};

#[path = "src/weakenings/mod.rs"]
mod weakenings;

fn main() -> io::Result<()> {
    println!("cargo::rustc-cfg=loom");
    for read in ["build.rs", "src/weakenings", "src/models", "../src/protocol"] {
        println!("cargo::rerun-if-changed={read}");
    }
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let mut copies = String::new();
    for (number, weakening) in weakenings::all().enumerate() {
        let copy = Path::new(&out).join(format!("copy_{number}.rs"));
        fs::write(&copy, weakened(&here, weakening)?)?;
        let (protocol, model) = match weakening.file {
            // The copy lies among the shipped protocols under the name of what it replaces, those that use it are compiled
            // again beside it, and so is the model.
            File::Protocol(name) => (
                format!("#[path = {copy:?}] pub(crate) mod {name};{}", users(&here, name)?),
                Path::new(&here).join("src/models").join(format!("{}.rs", weakening.model())),
            ),
            File::Model(_) => (String::new(), copy),
        };
        writeln!(
            copies,
            "mod copy_{number} {{\n    \
                mod protocol {{ pub(crate) use crate::protocol::*; {protocol} }}\n    \
                #[path = {model:?}] pub(super) mod model;\n\
            }}"
        )
        .expect("a string takes all");
    }
    copies.push_str("pub(super) const MODELS: &[fn() -> Vec<crate::Scenario>] = &[\n");
    for number in 0..weakenings::all().count() {
        writeln!(copies, "    copy_{number}::model::scenarios,").expect("a string takes all");
    }
    copies.push_str("];\n");
    fs::write(Path::new(&out).join("copies.rs"), copies)
}

/// Returns the modules of the protocols that name this one, and those that name them.
fn users(here: &str, name: &str) -> io::Result<String> {
    let mut names = vec![name.to_owned()];
    let mut users = String::new();
    let mut at = 0;
    while at < names.len() {
        for entry in fs::read_dir(format!("{here}/../src/protocol"))? {
            let path = entry?.path();
            if fs::read_to_string(&path)?.contains(&format!("use super::{}::", names[at]))
                && let Some(user) = path.file_stem().and_then(|stem| stem.to_str())
                && !names.iter().any(|known| known == user)
            {
                write!(users, " #[path = {path:?}] pub(crate) mod {user};").expect("a string takes all");
                names.push(user.to_owned());
            }
        }
        at += 1;
    }
    Ok(users)
}

/// Returns the text of the file with the line replaced.
fn weakened(here: &str, weakening: &Weakening) -> io::Result<String> {
    let Weakening { file, line, instead, .. } = weakening;
    let path = match file {
        File::Protocol(name) => format!("{here}/../src/protocol/{name}.rs"),
        File::Model(name) => format!("{here}/src/models/{name}.rs"),
    };
    let text = fs::read_to_string(&path)?;
    let places = text.matches(line).count();
    assert!(places == 1, "{}: {places} places in {path} instead of one:\n{line}", weakening.name());
    Ok(text.replace(line, instead))
}
