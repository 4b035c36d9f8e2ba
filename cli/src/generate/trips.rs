//! City trips: a table with everything a CSV reader has to get right, quoted line breaks included.

use super::digits::{hundredths, pair, whole};
use super::random::{Random, scaled};
use super::rows::Rows;

const HEADER: &[u8] = b"trip,started,city,vehicle,passengers,distance_km,minutes,price,tip,shared,note\n";

/// The cities as a CSV field each, and what a kilometre costs there in hundredths.
const CITIES: [(&str, u32); 20] = [
    ("Amsterdam", 158),
    ("Athens", 92),
    ("Barcelona", 131),
    ("Berlin", 149),
    ("Bogotá", 61),
    ("Chicago", 187),
    ("Hanoi", 48),
    ("Kraków", 88),
    ("Lagos", 57),
    ("Lisbon", 112),
    ("Marrakesh", 52),
    ("Melbourne", 171),
    ("\"Mexico City, MX\"", 71),
    ("Osaka", 193),
    ("Oslo", 214),
    ("\"Portland, ME\"", 165),
    ("\"Portland, OR\"", 172),
    ("São Paulo", 77),
    ("\"Washington, DC\"", 181),
    ("Zürich", 243),
];

/// The vehicles, what they cost to board in hundredths, and their minutes for ten kilometres.
const VEHICLES: [(&str, u32, u32); 4] =
    [("bike", 100, 42), ("scooter", 150, 31), ("car", 340, 24), ("van", 520, 26)];

const NOTES: [&str; 8] = [
    "on time",
    "late by 5 min",
    "\"two stops, one bag\"",
    "\"asked for \"\"the quiet way\"\"\"",
    "\"said \"\"thanks\"\", left a scarf\"",
    "\"gate 4, not 5\"",
    "left an umbrella",
    "\"first line\nsecond line, still the same field\"",
];

/// Records of trips through a year.
#[derive(Debug)]
pub(crate) struct Trips {
    /// The days of 2024 as `2024-01-01`.
    days: Vec<[u8; 10]>,
}

impl Trips {
    pub(crate) fn new() -> Self {
        const MONTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut days = Vec::with_capacity(366);
        for (month, length) in (1..).zip(MONTHS) {
            for day in 1..=length {
                let mut text = *b"2024-00-00";
                text[5..7].copy_from_slice(&pair(month));
                text[8..10].copy_from_slice(&pair(day));
                days.push(text);
            }
        }
        Self { days }
    }

    fn started(&self, out: &mut Vec<u8>, second: u64) {
        let (day, second) = (second / 86_400, (second % 86_400) as u32);
        out.extend_from_slice(&self.days[(day % 366) as usize]);
        let mut text = *b" 00:00:00";
        text[1..3].copy_from_slice(&pair(second / 3_600));
        text[4..6].copy_from_slice(&pair(second / 60 % 60));
        text[7..9].copy_from_slice(&pair(second % 60));
        out.extend_from_slice(&text);
    }
}

impl Rows for Trips {
    fn header(&self) -> &[u8] {
        HEADER
    }

    #[inline]
    fn row(&self, random: &mut Random, number: u64, out: &mut Vec<u8>) {
        let (choice, way, extra) = (random.bits(), random.bits(), random.bits());
        let (city, per_km) = CITIES[scaled(choice as u32, CITIES.len() as u32) as usize];
        let (vehicle, boarding, pace) = VEHICLES[(choice >> 32) as usize % VEHICLES.len()];
        let passengers = 1 + ((choice >> 40) & (choice >> 44)) % 6;
        // The product of two even spreads: many short trips, few long ones.
        let distance = 30 + scaled(scaled(way as u32, 65_536) * scaled((way >> 32) as u32, 65_535), 2_970);
        let minutes = 2 + distance * pace / 1_000 + extra as u32 % 9;
        let price = boarding + distance * per_km / 100 + minutes * 12;

        whole(out, number + 1);
        out.push(b',');
        self.started(out, number * 3 + (extra >> 8) % 1_800);
        out.push(b',');
        out.extend_from_slice(city.as_bytes());
        out.push(b',');
        out.extend_from_slice(vehicle.as_bytes());
        out.push(b',');
        whole(out, passengers);
        out.push(b',');
        hundredths(out, distance);
        out.push(b',');
        whole(out, u64::from(minutes));
        out.push(b',');
        hundredths(out, price);
        out.push(b',');
        if !(extra >> 20).is_multiple_of(3) {
            hundredths(out, price * ((extra >> 24) as u32 % 21) / 100);
        }
        out.extend_from_slice(if (extra >> 32).is_multiple_of(4) { b",true," } else { b",false," });
        if (extra >> 36).is_multiple_of(16) {
            out.extend_from_slice(NOTES[(extra >> 40) as usize % NOTES.len()].as_bytes());
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_has_its_days() {
        let trips = Trips::new();
        assert_eq!(trips.days.len(), 366);
        let mut out = Vec::new();
        trips.started(&mut out, 59 * 86_400 + 86_399);
        assert_eq!(out, b"2024-02-29 23:59:59");
    }

    #[test]
    fn rows_are_quoted_as_a_reader_expects() {
        let trips = Trips::new();
        let mut random = Random::for_block(1, 0);
        let (mut quoted, mut breaks) = (0, 0);
        for number in 0..5_000 {
            let mut out = Vec::new();
            trips.row(&mut random, number, &mut out);
            let text = String::from_utf8(out).unwrap();
            let mut inside = false;
            let mut commas = 0;
            for c in text.chars() {
                inside ^= c == '"';
                commas += usize::from(c == ',' && !inside);
                breaks += usize::from(c == '\n' && inside);
            }
            assert!(!inside && text.ends_with('\n'));
            assert_eq!(commas, HEADER.iter().filter(|&&byte| byte == b',').count(), "{text}");
            quoted += usize::from(text.contains('"'));
        }
        assert!(quoted > 500 && breaks > 10, "{quoted} quoted, {breaks} line breaks");
    }
}
