//! Reads the text of a header: one Python dictionary with three keys, and nothing else that Python has.

use super::NpyError;

/// What the text says, word by word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) descr: Descr,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

/// A type: one name, or a list of fields.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Descr {
    Name(String),
    Fields,
}

/// More dimensions than any version of numpy makes.
const MOST_DIMENSIONS: usize = 64;

/// Reads `bytes`, which begin at byte `offset` of the file.
pub(super) fn parse(bytes: &[u8], offset: usize) -> Result<Text, NpyError> {
    Parser { bytes, at: 0, offset }.text()
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    offset: usize,
}

impl Parser<'_> {
    fn text(mut self) -> Result<Text, NpyError> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{', "'{'")?;
        while !self.take(b'}') {
            self.skip_spaces();
            let at = self.at;
            let key = self.string()?;
            self.expect(b':', "':'")?;
            let known = "each of the keys 'descr', 'fortran_order', 'shape' once";
            let fresh = match key.as_str() {
                "descr" => descr.replace(self.descr()?).is_none(),
                "fortran_order" => fortran_order.replace(self.boolean()?).is_none(),
                "shape" => shape.replace(self.tuple()?).is_none(),
                _ => false,
            };
            if !fresh {
                self.at = at;
                return Err(self.malformed(known));
            }
            if !self.take(b',') {
                self.expect(b'}', "',' or '}'")?;
                break;
            }
        }
        self.skip_spaces();
        if self.at < self.bytes.len() {
            return Err(self.malformed("spaces and the end of the header"));
        }
        match (descr, fortran_order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Text { descr, fortran_order, shape }),
            _ => Err(self.malformed("the keys 'descr', 'fortran_order' and 'shape'")),
        }
    }

    fn descr(&mut self) -> Result<Descr, NpyError> {
        self.skip_spaces();
        match self.peek() {
            // A list of fields is refused whatever it holds; it only has to end, so that the refusal is the right one.
            Some(b'[') => self.skip_list().map(|()| Descr::Fields),
            _ => self.string().map(Descr::Name),
        }
    }

    fn skip_list(&mut self) -> Result<(), NpyError> {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                Some(b'\'' | b'"') => drop(self.string()?),
                Some(open @ (b'[' | b'(' | b']' | b')')) => {
                    self.at += 1;
                    depth = if matches!(open, b'[' | b'(') { depth + 1 } else { depth - 1 };
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Some(_) => self.at += 1,
                None => return Err(self.malformed("the end of a list of fields")),
            }
        }
    }

    /// Reads a string in either quotes. Names of types and keys need no escapes, so there are none.
    fn string(&mut self) -> Result<String, NpyError> {
        self.skip_spaces();
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.malformed("a quoted string")),
        };
        let rest = &self.bytes[self.at + 1..];
        let Some(len) = rest.iter().position(|&byte| byte == quote) else {
            return Err(self.malformed("a string that ends"));
        };
        self.at += len + 2;
        Ok(String::from_utf8_lossy(&rest[..len]).into_owned())
    }

    fn boolean(&mut self) -> Result<bool, NpyError> {
        self.skip_spaces();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.bytes[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.malformed("True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, NpyError> {
        let mut dimensions = Vec::new();
        self.expect(b'(', "'('")?;
        while !self.take(b')') {
            if dimensions.len() == MOST_DIMENSIONS {
                return Err(self.malformed("at most 64 dimensions"));
            }
            dimensions.push(self.integer()?);
            if !self.take(b',') {
                // In Python `(3)` is a number, and only `(3,)` a tuple.
                if dimensions.len() == 1 {
                    return Err(self.malformed("','"));
                }
                self.expect(b')', "',' or ')'")?;
                break;
            }
        }
        Ok(dimensions)
    }

    fn integer(&mut self) -> Result<usize, NpyError> {
        self.skip_spaces();
        let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(self.malformed("a dimension"));
        }
        let mut value = 0usize;
        for &digit in &self.bytes[self.at..self.at + digits] {
            let next = value.checked_mul(10).and_then(|value| value.checked_add(usize::from(digit - b'0')));
            value = next.ok_or(NpyError::TooManyElements)?;
        }
        self.at += digits;
        // Python 2 wrote long integers with an L.
        if self.peek() == Some(b'L') {
            self.at += 1;
        }
        Ok(value)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), NpyError> {
        if self.take(byte) { Ok(()) } else { Err(self.malformed(expected)) }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn malformed(&self, expected: &'static str) -> NpyError {
        NpyError::Malformed { expected, at_byte: self.offset + self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(text: &str) -> Result<Vec<usize>, NpyError> {
        parse(text.as_bytes(), 10).map(|text| text.shape)
    }

    #[test]
    fn keys_may_come_in_any_order_and_quotes() {
        let text = br#" { "shape" : ( 3L , 4 ) , "descr":"<f8",'fortran_order':True } "#;
        let expected = Text { descr: Descr::Name("<f8".into()), fortran_order: true, shape: vec![3, 4] };
        assert_eq!(parse(text, 10), Ok(expected));
    }

    #[test]
    fn tuples_are_python_tuples() {
        let with = |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        assert_eq!(shape(&with("()")), Ok(vec![]));
        assert_eq!(shape(&with("(3,)")), Ok(vec![3]));
        assert_eq!(shape(&with("(3, 4, 5)")), Ok(vec![3, 4, 5]));
        for wrong in ["(3)", "(,)", "(-3,)", "3", "[3]", "(3", "(3,,)", "(3.0,)"] {
            assert!(matches!(shape(&with(wrong)), Err(NpyError::Malformed { .. })), "{wrong}");
        }
        assert_eq!(shape(&with("(99999999999999999999,)")), Err(NpyError::TooManyElements));
        assert!(shape(&with(&format!("({})", "1, ".repeat(65)))).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            ("", "'{'"),
            ("{'descr': '<f8', 'descr': '<f8'}", "each of the keys 'descr', 'fortran_order', 'shape' once"),
            ("{'weight': 1}", "each of the keys 'descr', 'fortran_order', 'shape' once"),
            ("{'descr': '<f8'}", "the keys 'descr', 'fortran_order' and 'shape'"),
            ("{'fortran_order': maybe}", "True or False"),
            ("{'descr': '<f8}", "a string that ends"),
            ("{'descr': [('a', '<f8'", "the end of a list of fields"),
            ("{} x", "spaces and the end of the header"),
        ] {
            match shape(text) {
                Err(NpyError::Malformed { expected: found, .. }) => assert_eq!(found, expected, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, 10);
        }

        #[test]
        fn no_change_of_a_sound_text_makes_it_panic(at in 0usize..60, byte: u8, cut in 0usize..60) {
            let mut text = b"{'descr': [('a', '<f8')], 'fortran_order': True, 'shape': (3, 4)}".to_vec();
            text[at] = byte;
            let _ = parse(&text, 10);
            text.truncate(cut);
            let _ = parse(&text, 10);
        }
    }
}
