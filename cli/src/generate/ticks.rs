//! A plain table of numbers: ten columns, six of them floats of six to fifteen characters, and not one quote.

use super::digits::{fixed, pair, whole};
use super::random::{Random, scaled};
use super::rows::Rows;

const HEADER: &[u8] = b"id,day,symbol,venue,open,high,low,close,average,turnover\n";

const VENUES: [&str; 8] = ["XAMS", "XLON", "XNYS", "XOSL", "XPAR", "XTKS", "XTSE", "XZRH"];

/// How many symbols there are: every word of three letters.
const SYMBOLS: u32 = 26 * 26 * 26;

/// Records of what a share cost on a day.
#[derive(Debug)]
pub(crate) struct Ticks;

impl Rows for Ticks {
    fn header(&self) -> &[u8] {
        HEADER
    }

    #[inline]
    fn row(&self, random: &mut Random, number: u64, out: &mut Vec<u8>) {
        let (choice, course, volume) = (random.bits(), random.bits(), random.bits());
        // The product of two even spreads: a few symbols are traded often, most seldom.
        let symbol = scaled(scaled(choice as u32, 1 << 16) * scaled((choice >> 16) as u32, 1 << 16), SYMBOLS);
        // Ten thousandths, from 5 to some 1,300.
        let open = 50_000 + scaled(course as u32, 13_000_000);
        let rise = scaled((course >> 24) as u32, open / 50);
        let fall = scaled((course >> 32) as u32, open / 50);
        let close = open + scaled(volume as u32, rise + 1) - scaled((volume >> 8) as u32, fall + 1);
        let (high, low) = (open + rise, open - fall);
        let average = (u64::from(high) + u64::from(low) + u64::from(close)) * 100 / 3;
        let pieces = 1 + u64::from(scaled((volume >> 32) as u32, 99_999));

        whole(out, number + 1);
        out.push(b',');
        day(out, number / 50_000);
        out.push(b',');
        out.extend_from_slice(&word(symbol));
        out.push(b',');
        out.extend_from_slice(VENUES[(choice >> 48) as usize % VENUES.len()].as_bytes());
        for price in [open, high, low, close] {
            out.push(b',');
            fixed::<4>(out, u64::from(price));
        }
        out.push(b',');
        fixed::<6>(out, average);
        out.push(b',');
        fixed::<6>(out, average * pieces);
        out.push(b'\n');
    }
}

/// Appends a day of twenty-eight in each month, so that every number has one.
fn day(out: &mut Vec<u8>, number: u64) {
    let (month, day) = (number / 28, number % 28);
    whole(out, 2000 + month / 12);
    for part in [month % 12 + 1, day + 1] {
        out.push(b'-');
        out.extend_from_slice(&pair(part as u32));
    }
}

/// The word of three letters with this number.
fn word(number: u32) -> [u8; 3] {
    [number / 676, number / 26 % 26, number % 26].map(|letter| b'A' + letter as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn words_differ() {
        let words: HashSet<_> = (0..SYMBOLS).map(word).collect();
        assert_eq!(words.len(), SYMBOLS as usize);
        assert!(words.iter().flatten().all(u8::is_ascii_uppercase));
    }

    #[test]
    fn rows_are_ten_plain_fields_in_their_order() {
        let mut random = Random::for_block(1, 0);
        let mut bytes = 0;
        for number in 0..5_000 {
            let mut out = Vec::new();
            Ticks.row(&mut random, number * 1_000, &mut out);
            bytes += out.len();
            let text = String::from_utf8(out).unwrap();
            assert!(!text.contains('"'));
            let fields: Vec<_> = text.strip_suffix('\n').unwrap().split(',').collect();
            assert_eq!(fields.len(), 10, "{text}");
            assert_eq!(fields[1].len(), 10, "{text}");
            let numbers = fields[4..].iter().map(|field| field.parse().unwrap());
            let [open, high, low, close, average, turnover] =
                <[f64; 6]>::try_from(numbers.collect::<Vec<_>>()).unwrap();
            assert!(low <= open && open <= high && low <= close && close <= high, "{text}");
            assert!(low <= average && average <= high && turnover >= average, "{text}");
        }
        assert!((80..100).contains(&(bytes / 5_000)), "{bytes}");
    }
}
