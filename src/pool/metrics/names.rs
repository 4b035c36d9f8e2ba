//! Names of tasks, as small numbers.
//!
//! A name is a `&'static str`, mostly a literal, so the address tells it: a table that is only added to finds the number
//! by the address and the length. Two addresses with one text get one number by comparing texts, once per address. There
//! are 64 numbers for names; what comes later is called "other".

use std::sync::{Mutex, OnceLock, PoisonError};

/// Names that have a number of their own.
const NAMES: usize = 64;

/// Numbers in all: the unnamed, the names, the others.
pub(super) const NUMBERS: usize = NAMES + 2;

/// Places in the table of addresses.
const PLACES: usize = 128;

/// The number of a task's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name(u8);

impl Name {
    /// Tasks without a name.
    pub(crate) const UNNAMED: Self = Self(0);
    /// Tasks whose name came when the table was full.
    const OTHER: Self = Self(NUMBERS as u8 - 1);

    /// Returns the number.
    #[inline]
    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// Returns the name of a number; one that is no name's is the unnamed.
    pub(super) fn from_number(number: usize) -> Self {
        Self(u8::try_from(number).ok().filter(|&number| usize::from(number) < NUMBERS).unwrap_or(0))
    }
}

/// The names that a pool has met.
#[derive(Debug)]
pub(super) struct Names {
    /// Open addressing by the address of the text. Nothing is ever taken out.
    places: Box<[OnceLock<(&'static str, Name)>]>,
    /// The texts in the order of their numbers, from 1 on.
    texts: Mutex<Vec<&'static str>>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| OnceLock::new()).collect(), texts: Mutex::new(Vec::new()) }
    }

    /// Returns the number of a name.
    #[inline]
    pub(super) fn intern(&self, text: &'static str) -> Name {
        if text.is_empty() {
            return Name::UNNAMED;
        }
        match self.places[first_place(text)].get() {
            Some(&(known, name)) if is_same(known, text) => name,
            _ => self.look_on(text),
        }
    }

    #[cold]
    fn look_on(&self, text: &'static str) -> Name {
        let first = first_place(text);
        for k in 0..PLACES {
            let place = &self.places[(first + k) % PLACES];
            let &(known, name) = place.get_or_init(|| (text, self.number(text)));
            if is_same(known, text) {
                return name;
            }
        }
        self.number(text)
    }

    fn number(&self, text: &'static str) -> Name {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = texts.iter().position(|&known| known == text) {
            return Name(place as u8 + 1);
        }
        if texts.len() == NAMES {
            return Name::OTHER;
        }
        texts.push(text);
        Name(texts.len() as u8)
    }

    /// Returns the texts by their numbers.
    pub(super) fn texts(&self) -> Vec<&'static str> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = vec![""; NUMBERS];
        all[1..=texts.len()].copy_from_slice(&texts);
        all[Name::OTHER.number()] = "other";
        all
    }
}

/// Returns whether two texts are one: the same bytes at the same place.
fn is_same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b)
}

/// Returns where a text stands if its place was free.
fn first_place(text: &'static str) -> usize {
    // Literals follow each other closely in memory; the multiplication spreads them.
    let address = text.as_ptr() as usize as u64;
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaked(text: impl Into<String>) -> &'static str {
        Box::leak(text.into().into_boxed_str())
    }

    #[test]
    fn one_text_at_two_places_is_one_name() {
        let names = Names::new();
        let parse = names.intern("parse");
        assert_eq!(parse, names.intern(leaked("parse")));
        assert_eq!(parse, names.intern("parse"));
        assert_ne!(parse, names.intern("sort"));
        assert_eq!(names.texts()[parse.number()], "parse");
        assert_ne!(parse, Name::UNNAMED);
    }

    #[test]
    fn a_part_of_a_name_is_another_name() {
        let names = Names::new();
        let whole = "parse";
        assert_ne!(names.intern(whole), names.intern(&whole[..4]));
        assert_eq!(names.texts()[2], "pars");
    }

    #[test]
    fn names_beyond_the_table_are_others() {
        let names = Names::new();
        let texts: Vec<&'static str> = (0..300).map(|k| leaked(format!("name {k}"))).collect();
        for round in 0..2 {
            for (k, text) in texts.iter().enumerate() {
                let name = names.intern(text);
                let shown = names.texts()[name.number()];
                assert_eq!(shown, if k < NAMES { *text } else { "other" }, "round {round}");
            }
        }
    }
}
