//! `station;temperature`: few keys, many short records, the hardest case for a group-by per byte.

use super::digits::tenths;
use super::random::{Random, scaled};
use super::rows::Rows;

/// Records of a station's name and a temperature around that station's own mean.
#[derive(Debug)]
pub(crate) struct Stations {
    stations: Vec<Station>,
    header: bool,
}

#[derive(Debug)]
struct Station {
    /// The name and the delimiter after it.
    name: Vec<u8>,
    mean_tenths: i32,
}

impl Stations {
    pub(crate) fn new(keys: u32, header: bool) -> Self {
        let stations = (0..keys)
            .map(|index| Station {
                name: format!("{};", name(index)).into_bytes(),
                mean_tenths: (Random::for_block(u64::from(index), 0).below(420)) as i32 - 80,
            })
            .collect();
        Self { stations, header }
    }
}

impl Rows for Stations {
    fn header(&self) -> &[u8] {
        if self.header { b"station;temperature\n" } else { b"" }
    }

    #[inline]
    fn row(&self, random: &mut Random, _number: u64, out: &mut Vec<u8>) {
        let bits = random.bits();
        let station = &self.stations[scaled(bits as u32, self.stations.len() as u32) as usize];
        out.extend_from_slice(&station.name);
        let degrees = station.mean_tenths + noise_tenths(bits >> 32, random.bits());
        tenths(out, degrees.clamp(-999, 999));
        out.push(b'\n');
    }
}

/// Nearly a normal spread of ten degrees: the sum of six even ones.
#[inline]
fn noise_tenths(few: u64, many: u64) -> i32 {
    let part = |bits: u64, index: u32| ((bits >> (16 * index)) & 0xffff) as i32;
    let sum = part(few, 0) + part(few, 1) + part(many, 0) + part(many, 1) + part(many, 2) + part(many, 3);
    // Six even spreads of 2^16 have a deviation of 46,341; ten degrees are 100 tenths.
    ((sum - 6 * 0x7fff) * 71) >> 15
}

/// A pronounceable name, a different one for every index, of three to some twenty letters.
fn name(index: u32) -> String {
    const BEFORE: [&str; 6] = ["Saint ", "Puerto ", "Upper ", "New ", "Isla de ", "Port-aux-"];
    const FIRST: [&str; 20] = [
        "Al", "Bor", "Cas", "Dun", "El", "Fjor", "Gal", "Hal", "Ish", "Jor", "Kal", "Lin", "Mor", "Nor",
        "Os", "Pal", "Ro", "San", "Tor", "Val",
    ];
    const LAST: [&str; 21] = [
        "a", "berg", "by", "dal", "da", "ena", "ford", "gate", "ham", "ia", "kirk", "land", "mere", "mont",
        "nes", "ona", "port", "ria", "stad", "ton", "vik",
    ];
    let (rest, first) = (index / 20, index % 20);
    let (lap, last) = (rest / 21, (first + rest) % 21);
    let before = if rest % 4 == 3 { BEFORE[index as usize % BEFORE.len()] } else { "" };
    let town = format!("{before}{}{}", FIRST[first as usize], LAST[last as usize]);
    if lap == 0 { town } else { format!("{town} {lap}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_differ_and_carry_no_delimiter() {
        let names: HashSet<String> = (0..10_000).map(name).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| !name.contains([';', '"', '\n'])));
    }

    #[test]
    fn a_row_is_a_known_name_and_one_decimal() {
        let stations = Stations::new(413, true);
        let mut random = Random::for_block(1, 0);
        let (mut coldest, mut warmest, mut bytes) = (0, 0, 0);
        for number in 0..20_000 {
            let mut out = Vec::new();
            stations.row(&mut random, number, &mut out);
            bytes += out.len();
            let text = String::from_utf8(out).unwrap();
            let (station, temperature) = text.strip_suffix('\n').unwrap().split_once(';').unwrap();
            assert!(
                stations.stations.iter().any(|known| known.name[..] == *format!("{station};").as_bytes())
            );
            let (degrees, tenth) = temperature.split_once('.').unwrap();
            assert_eq!(tenth.len(), 1);
            coldest = coldest.min(degrees.parse::<i32>().unwrap());
            warmest = warmest.max(degrees.parse::<i32>().unwrap());
        }
        assert!(coldest < -25 && warmest > 50, "{coldest} to {warmest}");
        assert!((13..15).contains(&(bytes / 20_000)), "{bytes}");
    }
}
