//! What does it cost to read a number from a field, by its length?
//!
//! Unit: ns a field. CPUs: one. 4096 fields at a time, in the cache, found beforehand; fields of one length in most
//! tables, of all lengths in the last. The first row reads the whole column at once, eight or one at a time as the
//! machine can.

// The very files of the library: what is measured is not public.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/csv/number/mod.rs"]
mod number;

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use common::Table;
use common::data::next;

const FIELDS: usize = 4096;
const TIMES: usize = 100;

fn main() {
    let decimals =
        |places: usize, scale: f64| move |unit: f64, _: u64| format!("{:.places$}", (unit - 0.5) * scale);
    table("-99.9 to 99.9, one decimal", decimals(1, 200.0));
    table("four decimals, 7 or 8 bytes", decimals(4, 900.0));
    table("six decimals, 9 to 11 bytes", decimals(6, 2e3));
    table("11 decimals, 15 or 16 bytes", decimals(11, 2e3));
    table("as programs print an f64, 17 to 22 bytes", |unit, _| unit.to_string());
    table("one to 11 decimals by turns", |unit, any| {
        format!("{:.places$}", (unit - 0.5) * 2e3, places = 1 + any as usize % 11)
    });
}

/// Times the readers on fields that `write` makes.
fn table(title: &str, write: impl Fn(f64, u64) -> String) {
    let mut state = 1;
    let mut bytes = vec![b','; 16];
    let mut spans = Vec::new();
    for _ in 0..FIELDS {
        let unit = (next(&mut state) >> 11) as f64 / (1_u64 << 53) as f64;
        let start = bytes.len();
        bytes.extend_from_slice(write(unit, next(&mut state)).as_bytes());
        spans.push((start, bytes.len()));
        bytes.push(b',');
    }
    let mut expected = vec![0.0; FIELDS];
    each(&bytes, &spans, &mut expected, |bytes| text(bytes).parse().unwrap_or(f64::NAN));
    let column = |odd: &mut [u32], numbers: &mut [f64]| {
        let count = number::column::read(&bytes, spans.iter().copied(), numbers, odd);
        for &index in &odd[..count] {
            let (start, end) = spans[index as usize];
            numbers[index as usize] = number::f64(&bytes[start..end]).unwrap_or(f64::NAN);
        }
    };
    let mut odd = vec![0; FIELDS];
    let mut found = vec![0.0; FIELDS];
    column(&mut odd, &mut found);
    assert_eq!(found, expected);
    let one_by_one = |parse: fn(&[u8]) -> f64| ns(|numbers| each(&bytes, &spans, numbers, parse));
    Table::new(format!("{title}, ns a field"))
        .row("a column at once", || ns(|numbers| column(&mut odd, numbers)))
        .row("fast-float2", || one_by_one(|bytes| fast_float2::parse(bytes).unwrap_or(f64::NAN)))
        .row("str::parse", || one_by_one(|bytes| text(bytes).parse().unwrap_or(f64::NAN)))
        .measure();
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Reads one field after the other. Inlined, so that a parser that can be is too.
#[inline(always)]
fn each(bytes: &[u8], spans: &[(usize, usize)], numbers: &mut [f64], parse: impl Fn(&[u8]) -> f64) {
    for (number, &(start, end)) in numbers.iter_mut().zip(spans) {
        *number = parse(&bytes[start..end]);
    }
}

fn ns(mut read: impl FnMut(&mut [f64])) -> f64 {
    let mut numbers = vec![0.0; FIELDS];
    let began = Instant::now();
    for _ in 0..TIMES {
        read(&mut numbers);
        black_box(&mut numbers);
    }
    began.elapsed().as_nanos() as f64 / (TIMES * FIELDS) as f64
}
