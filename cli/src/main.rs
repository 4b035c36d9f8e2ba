//! The `ringmill` command.

// The command's own flags and its one display thread race with nothing that the library's models know.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod aggregate;
mod args;
mod array;
mod bench;
mod columns;
mod condition;
mod count;
mod csv_file;
mod demo;
mod failure;
mod filter;
mod generate;
mod group;
mod head;
mod interrupt;
mod look;
mod new_file;
mod output;
mod progress;
mod records;
mod stats;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Verb};
use failure::Failure;
use output::{Output, complain};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    interrupt::install();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Failure::Refused(message) = &failure {
                complain(format_args!("ringmill: {message}"));
            }
            failure.exit_code()
        }
    }
}

fn run(Arguments { verb, common }: Arguments) -> Result<(), Failure> {
    let mut output = Output::open();
    match verb {
        Verb::Count(args) => count::run(&args, common, &mut output)?,
        Verb::Head(args) => head::run(&args, common, &mut output)?,
        Verb::Filter(args) => filter::run(&args, common, &mut output)?,
        Verb::Stats(args) => stats::run(&args, common, &mut output)?,
        Verb::Group(args) => group::run(&args, common, &mut output)?,
        Verb::Columns(args) => columns::run(&args, common, &mut output)?,
        Verb::Bench(args) => bench::run(&args, common, &mut output)?,
        Verb::Array(verb) => array::run(&verb, common, &mut output)?,
        Verb::Generate(what) => generate::run(&what, common, &mut output)?,
        Verb::Demo(args) => demo::run(&args, common, &mut output)?,
    }
    output.flush()
}
