//! Explores every scenario, and shows that every weakened twin is refuted.
//!
//! Each runs in a process of its own, because a failing model may abort, and under a time limit, because a weakened one
//! may go on for ever. Arguments that are no options select by name: `cargo test -p loom-tests -- latch`.

// This is the program around the models: it counts, prints and keeps time as any other.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::env;
use std::num::NonZero;
use std::panic;
use std::process::{Command, ExitCode, Output, exit};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use loom_tests::{Scenario, Twin};

/// No scenario takes this long on any machine that one would wait for.
const LIMIT: Duration = Duration::from_secs(300);

/// How a child says that its model fails.
const FAILED: i32 = 3;

/// How a child says that its time is up.
const EXPIRED: i32 = 4;

/// The first argument of a child; its second is the name of what to explore.
const CHILD: &str = "--explore";

enum Case {
    Model(Scenario),
    Twin(Twin),
}

fn main() -> ExitCode {
    let mut cases: Vec<_> = loom_tests::scenarios().into_iter().map(Case::Model).collect();
    cases.extend(loom_tests::twins().into_iter().map(Case::Twin));
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [flag, name] = &arguments[..]
        && flag == CHILD
    {
        return explore(cases, name);
    }
    let wanted: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    cases.retain(|case| wanted.is_empty() || wanted.iter().any(|part| case.name().contains(*part)));
    if arguments.iter().any(|argument| argument == "--list") {
        cases.iter().for_each(|case| println!("{}: test", case.name()));
        return ExitCode::SUCCESS;
    }
    run_all(&cases)
}

/// Explores one case here.
fn explore(cases: Vec<Case>, name: &str) -> ExitCode {
    let Some(case) = cases.into_iter().find(|case| case.name() == name) else {
        eprintln!("nothing is called {name}");
        return ExitCode::from(2);
    };
    thread::spawn(|| {
        thread::sleep(LIMIT);
        exit(EXPIRED);
    });
    // What a failing model does after its first words is of no interest, and may be to abort.
    panic::set_hook(Box::new(|failure| {
        eprintln!("{failure}");
        exit(FAILED);
    }));
    println!("{}", case.scenario().explore());
    ExitCode::SUCCESS
}

/// Runs the cases, as many at once as there are processors, and says how each went.
fn run_all(cases: &[Case]) -> ExitCode {
    let next = Mutex::new(cases.iter());
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let case = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(case) = case else { break };
            let start = Instant::now();
            let verdict = run(case);
            let seconds = start.elapsed().as_secs_f64();
            match verdict {
                Ok(how) => println!("{:72} {how} in {seconds:.1} s", case.name()),
                Err(why) => {
                    println!("{:72} FAILED in {seconds:.1} s\n{why}", case.name());
                    failed.lock().unwrap_or_else(PoisonError::into_inner).push(case.name());
                }
            }
        }
    };
    println!("\nexploring {} cases", cases.len());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() {
        println!("all {} cases went as they must\n", cases.len());
        return ExitCode::SUCCESS;
    }
    println!("failed: {}\n", failed.join("; "));
    ExitCode::FAILURE
}

/// Runs one case in a child; returns what to say of it.
fn run(case: &Case) -> Result<String, String> {
    let child = env::current_exe()
        .and_then(|exe| Command::new(exe).args([CHILD, &case.name()]).env("RUST_BACKTRACE", "0").output());
    let Output { status, stdout, stderr } = child.map_err(|error| format!("no child process: {error}"))?;
    let words = String::from_utf8_lossy(&stderr);
    if status.code() == Some(EXPIRED) {
        return Err(format!("still exploring after {} s", LIMIT.as_secs()));
    }
    match case {
        Case::Model(scenario) if status.success() => {
            let executions = String::from_utf8_lossy(&stdout);
            let bound =
                scenario.preemptions.map_or("unbounded".to_string(), |most| format!("{most} preemptions"));
            Ok(format!("{:>8} executions, {bound},", executions.trim()))
        }
        Case::Model(_) => Err(words.into_owned()),
        Case::Twin(_) if status.success() => Err("the model does not notice".to_string()),
        Case::Twin(twin) if status.code() == Some(FAILED) && twin.objection.is_in(&words) => {
            Ok(format!("{:>10} found by {},", format!("{:?}", twin.objection), twin.scenario.name))
        }
        Case::Twin(twin) => Err(format!("not by a {:?}: {words}", twin.objection)),
    }
}

impl Case {
    fn name(&self) -> String {
        match self {
            Case::Model(scenario) => scenario.name.clone(),
            Case::Twin(twin) => twin.name.to_string(),
        }
    }

    fn scenario(&self) -> &Scenario {
        match self {
            Case::Model(scenario) => scenario,
            Case::Twin(twin) => &twin.scenario,
        }
    }
}
