//! What does it cost to read a number from a field, by its length?
//!
//! Unit: ns a field. CPUs: one. 4096 fields at a time, in the cache, found beforehand; fields of one length in most
//! tables, of all lengths in the last. The first row reads the whole column at once, eight or one at a time as the
//! machine can.

// The very files of the library: what is measured is not public.
#[allow(dead_code, unreachable_pub)]
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
    let field = |&(start, end): &(usize, usize)| &bytes[start..end];
    let expected: Vec<f64> = spans
        .iter()
        .map(|span| std::str::from_utf8(field(span)).unwrap_or("?").parse().unwrap_or(f64::NAN))
        .collect();

    let column = || {
        let (mut numbers, mut odd) = (vec![0.0; FIELDS], vec![0; FIELDS]);
        let bytes = &bytes;
        let spans = &spans;
        move || {
            let count = number::column::read(bytes, spans.iter().copied(), &mut numbers, &mut odd);
            for &index in &odd[..count] {
                let (start, end) = spans[index as usize];
                numbers[index as usize] = number::f64(&bytes[start..end]).unwrap_or(f64::NAN);
            }
            black_box(&numbers);
            numbers[..].to_vec()
        }
    };
    assert_eq!(column()(), expected);
    let mut column = column();
    let each =
        |parse: &dyn Fn(&[u8]) -> f64| ns(|| spans.iter().map(|span| parse(field(span))).collect::<Vec<_>>());
    Table::new(format!("{title}, ns a field"))
        .row("a column at once", || ns(&mut column))
        .row("fast-float2", || each(|bytes| fast_float2::parse(bytes).unwrap_or(f64::NAN)))
        .row("str::parse", || {
            each(|bytes| {
                std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
            })
        })
        .measure();
}

fn ns(mut read: impl FnMut() -> Vec<f64>) -> f64 {
    let began = Instant::now();
    for _ in 0..TIMES {
        black_box(read());
    }
    began.elapsed().as_nanos() as f64 / (TIMES * FIELDS) as f64
}
