//! Quotes wherever they may be: commas, line breaks and doubled quotes inside fields, and `\r\n` at the ends.

use super::digits::{hundredths, whole};
use super::random::Random;
use super::rows::Rows;

const HEADER: &[u8] = b"id,product,stars,price,title,text\r\n";

const PRODUCTS: [&str; 8] = [
    "\"Kettle, 1.5 l\"",
    "\"Lamp \"\"Aurora\"\"\"",
    "Teapot",
    "\"Chair, folding, oak\"",
    "\"Rope\"",
    "Bucket",
    "\"Screws, 40 x 4, 100 of them\"",
    "\"Map of \"\"all\"\" roads\"",
];

const TITLES: [&str; 8] = [
    "\"Good\"",
    "\"Good, but late\"",
    "\"\"",
    "\"They call it \"\"robust\"\"\"",
    "\"As described\"",
    "\"\"\"Never again\"\", said my brother\"",
    "Fine",
    "\"Two of three, and no reply\"",
];

const SENTENCES: [&str; 8] = [
    "It came in a day.",
    "The box was \"\"a little\"\" wet, the thing itself dry.",
    "One screw, of nine, was missing.",
    "I would buy it again, and I did.",
    "My neighbour asked: \"\"where from?\"\"",
    "The manual is one page,\r\nin two languages.",
    "After a month it squeaks, not loudly.",
    "Cheaper elsewhere,\nif one can wait.",
];

/// Records of what customers wrote.
#[derive(Debug)]
pub(crate) struct Reviews;

impl Rows for Reviews {
    fn header(&self) -> &[u8] {
        HEADER
    }

    #[inline]
    fn row(&self, random: &mut Random, number: u64, out: &mut Vec<u8>) {
        let choice = random.bits();
        let of = |list: &[&'static str; 8], index: u32| list[(choice >> (3 * index)) as usize % 8].as_bytes();
        whole(out, number + 1);
        out.push(b',');
        out.extend_from_slice(of(&PRODUCTS, 0));
        out.push(b',');
        whole(out, 1 + (choice >> 6) % 5);
        out.extend_from_slice(b",\"");
        hundredths(out, 199 + (choice >> 40) as u32 % 20_000);
        out.extend_from_slice(b"\",");
        out.extend_from_slice(of(&TITLES, 3));
        out.extend_from_slice(b",\"");
        for sentence in 0..1 + (choice >> 12) as u32 % 3 {
            if sentence > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(of(&SENTENCES, 5 + sentence));
        }
        out.extend_from_slice(b"\"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_six_fields_and_ends_outside_quotes() {
        let mut random = Random::for_block(1, 0);
        let (mut breaks, mut doubled) = (0, 0);
        for number in 0..5_000 {
            let mut out = Vec::new();
            Reviews.row(&mut random, number, &mut out);
            let text = String::from_utf8(out).unwrap();
            let mut inside = false;
            let mut commas = 0;
            for c in text.chars() {
                inside ^= c == '"';
                commas += usize::from(c == ',' && !inside);
                breaks += usize::from(c == '\n' && inside);
            }
            assert!(!inside && text.ends_with("\"\r\n"), "{text}");
            assert_eq!(commas, 5, "{text}");
            doubled += usize::from(text.contains("\"\""));
        }
        assert!(breaks > 1_000 && doubled > 1_000, "{breaks} breaks, {doubled} doubled quotes");
    }
}
