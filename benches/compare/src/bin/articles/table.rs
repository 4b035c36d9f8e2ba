//! What the rounds of a workload came to: medians, spreads, ratios, as a table in Markdown.

use std::collections::BTreeMap;

use crate::programs::Fields;
use crate::works::{Language, Work};

/// The results of a workload: for each way and case, one of each round.
#[derive(Default)]
pub struct Results {
    rounds: BTreeMap<(usize, Case), Vec<Fields>>,
    /// The first way's time in each round, by language: what the others are measured by.
    serial: BTreeMap<(Language, usize), f64>,
    failures: BTreeMap<usize, String>,
}

/// A case's number, where a program runs several.
type Case = Option<u64>;

impl Results {
    /// Takes in what one way printed in one round.
    pub fn add(&mut self, work: &Work, way: usize, round: usize, results: Vec<Fields>) {
        for fields in results {
            let language = work.ways[way].0;
            if work.ways.iter().position(|other| other.0 == language) == Some(way)
                && let Some(ms) = number(&fields, "ms")
            {
                self.serial.insert((language, round), ms);
            }
            let case = fields.get("case").and_then(|case| case.parse().ok());
            let mut fields = fields;
            fields.insert("round".into(), round.to_string());
            self.rounds.entry((way, case)).or_default().push(fields);
        }
    }

    /// Takes in that a way did not run.
    pub fn fail(&mut self, way: usize, why: String) {
        self.failures.insert(way, why);
    }

    /// Returns whether nobody's answer differs from another's, and says where one does.
    ///
    /// Where a part of an answer is `any` or `all`, it cannot be compared.
    pub fn agree(&self, work: &Work) -> bool {
        let mut answers: BTreeMap<Case, (&str, &str)> = BTreeMap::new();
        let mut is_good = true;
        for ((way, case), rounds) in &self.rounds {
            for fields in rounds {
                let (_, name, _) = work.ways[*way];
                let check = fields.get("check").map_or("none", String::as_str);
                if check.starts_with("any/")
                    || check.starts_with("all/")
                    || (work.name == "faults" && name == "pool-exit")
                {
                    continue;
                }
                let (first, expected) = *answers.entry(*case).or_insert((name, check));
                if expected != check {
                    println!("WRONG: {} {name} has {check}, but {first} has {expected}", work.name);
                    is_good = false;
                }
            }
        }
        is_good
    }

    /// Prints the table.
    pub fn print(&self, work: &Work) {
        let has = |key| self.rounds.values().flatten().any(|fields| fields.contains_key(key));
        let (has_time, has_stall) = (has("ms"), has("blocked_ms"));
        let is_compared = has_time && self.rounds.keys().all(|(_, case)| *case == self.only_case());
        let mut heading = vec!["language", "way"];
        heading.extend(has_time.then_some("time"));
        heading.extend(is_compared.then_some("to its own first row"));
        heading.extend(has_stall.then_some("caller stood still, ms"));
        heading.extend(work.columns.iter().map(|(_, heading)| *heading));
        row(heading.iter().copied());
        row(heading.iter().map(|_| "---"));
        for ((way, _), rounds) in &self.rounds {
            let (language, _, label) = work.ways[*way];
            let mut cells = vec![language.name().to_owned(), label.to_owned()];
            if has_time {
                cells.push(times(rounds));
            }
            if is_compared {
                let ratios = rounds.iter().filter_map(|fields| self.ratio(language, fields)).collect();
                cells.push(median(ratios).map_or("".into(), |ratio| format!("{ratio:.2}x")));
            }
            if has_stall {
                // The longest of the longest: a stall that happens once is one.
                let longest =
                    rounds.iter().filter_map(|fields| number(fields, "blocked_ms")).fold(0.0, f64::max);
                cells.push(format!("{longest:.1}"));
            }
            cells.extend(work.columns.iter().map(|(key, _)| {
                let numbers: Vec<f64> = rounds.iter().filter_map(|fields| number(fields, key)).collect();
                median(numbers).map_or(String::new(), |number| short(number))
            }));
            row(cells.iter().map(String::as_str));
        }
        for (way, why) in &self.failures {
            println!("\nDid not run: {}, {}: {why}", work.ways[*way].0.name(), work.ways[*way].2);
        }
        println!();
    }

    /// How many times as fast as the language's first way it was in the same round.
    fn ratio(&self, language: Language, fields: &Fields) -> Option<f64> {
        let round = fields.get("round")?.parse().ok()?;
        Some(self.serial.get(&(language, round))? / number(fields, "ms")?)
    }

    fn only_case(&self) -> Case {
        self.rounds.keys().next().and_then(|(_, case)| *case)
    }
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) {
    println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn number(fields: &Fields, key: &str) -> Option<f64> {
    fields.get(key)?.parse().ok()
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// The median with the least and the most, in a unit that suits it.
fn times(rounds: &[Fields]) -> String {
    let ms: Vec<f64> = rounds.iter().filter_map(|fields| number(fields, "ms")).collect();
    let Some(middle) = median(ms.clone()) else { return String::new() };
    let (least, most) = (ms.iter().copied().fold(f64::MAX, f64::min), ms.iter().copied().fold(0.0, f64::max));
    let (factor, unit) = match middle {
        0.0..1.0 => (1e3, "us"),
        1.0..1e3 => (1.0, "ms"),
        _ => (1e-3, "s"),
    };
    let [middle, least, most] = [middle, least, most].map(|ms| short(ms * factor));
    format!("{middle} {unit} ({least}-{most})")
}

/// Three digits, or all of a whole number.
fn short(number: f64) -> String {
    match number.abs() {
        _ if number.fract() == 0.0 => format!("{number:.0}"),
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        ..0.01 => format!("{number:.4}"),
        _ => format!("{number:.2}"),
    }
}
