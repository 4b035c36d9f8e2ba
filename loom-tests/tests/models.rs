//! Runs every scenario of every model and says how many executions it took.

#![allow(clippy::print_stdout)]

use std::time::Instant;

fn main() {
    for scenario in loom_tests::scenarios() {
        let start = Instant::now();
        let executions = scenario.explore();
        println!("{:60} {executions:>8} executions, {:.1?}", scenario.name, start.elapsed());
    }
}
