//! The language of `--where`: `price > 10 and city = "New York"`.

use std::fmt;
use std::str::FromStr;

/// A condition on one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) column: String,
    pub(crate) operator: Operator,
    pub(crate) value: String,
    /// Whether the value stood in quotes: then it is text, whatever it looks like.
    pub(crate) is_quoted: bool,
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
    Contains,
}

impl Operator {
    /// Longer ones first, so that `<=` is not read as `<`.
    const ALL: [(&str, Self); 8] = [
        ("!=", Self::Different),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::More),
        ("~", Self::Contains),
    ];
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().rev().find(|(_, operator)| operator == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

/// Conditions that all have to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conditions(pub(crate) Vec<Condition>);

impl FromStr for Conditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut conditions = Vec::new();
        let mut rest = text.trim_start();
        loop {
            let (column, after) = column(rest)?;
            let (operator, after) = operator(after, &column)?;
            let (value, is_quoted, after) = value(after.trim_start())?;
            conditions.push(Condition { column, operator, value, is_quoted });
            rest = after.trim();
            if rest.is_empty() {
                return Ok(Self(conditions));
            }
            rest = match rest.split_once(char::is_whitespace) {
                Some((word, after)) if word.eq_ignore_ascii_case("and") => after.trim_start(),
                _ => return Err(format!("`{rest}` should begin with `and` and a further condition")),
            };
        }
    }
}

/// Reads the name of a column, in quotes or up to the operator.
fn column(text: &str) -> Result<(String, &str), String> {
    if let Some((name, rest)) = quoted(text)? {
        return Ok((name, rest));
    }
    let end = text.find(['=', '!', '<', '>', '~']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match name.trim() {
        "" => Err("a condition is COLUMN OP VALUE, such as price > 10".to_owned()),
        name => Ok((name.to_owned(), rest)),
    }
}

fn operator<'t>(text: &'t str, column: &str) -> Result<(Operator, &'t str), String> {
    let text = text.trim_start();
    let found = Operator::ALL.iter().find_map(|(name, operator)| Some((*operator, text.strip_prefix(name)?)));
    found.ok_or_else(|| format!("`{column}` is followed by none of = != < <= > >= ~"))
}

/// Reads a value, in quotes or up to the next `and`; returns whether it was in quotes, and what follows.
fn value(text: &str) -> Result<(String, bool, &str), String> {
    if let Some((value, rest)) = quoted(text)? {
        return Ok((value, true, rest));
    }
    let lower = text.to_ascii_lowercase();
    let end = lower.find(" and ").unwrap_or(text.len());
    if let Some(or) = lower[..end].find(" or ") {
        let value = &text[..or];
        return Err(format!(
            "conditions are joined by `and` alone; if `or` is part of it, quote \"{value} ..\""
        ));
    }
    let (value, rest) = text.split_at(end);
    Ok((value.trim_end().to_owned(), false, rest))
}

/// Reads text in quotes of either kind, in which a doubled quote stands for itself; `None` if there is no quote.
fn quoted(text: &str) -> Result<Option<(String, &str)>, String> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        return Ok(None);
    };
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let Some(end) = rest.find(quote) else {
            return Err(format!("the quote before `{}` is not closed", &text[1..]));
        };
        value.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !rest.starts_with(quote) {
            return Ok(Some((value, rest)));
        }
        value.push(quote);
        rest = &rest[1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a condition is read as: column, operator, value, with the value's quotes.
    fn read(text: &str) -> Vec<String> {
        let show = |c: &Condition| match c.is_quoted {
            true => format!("{}|{}|'{}'", c.column, c.operator, c.value),
            false => format!("{}|{}|{}", c.column, c.operator, c.value),
        };
        text.parse::<Conditions>().unwrap().0.iter().map(show).collect()
    }

    #[test]
    fn conditions_are_columns_operators_and_values() {
        assert_eq!(read("price > 10"), ["price|>|10"]);
        assert_eq!(read("price>=1e3"), ["price|>=|1e3"]);
        assert_eq!(read(" a b != c d "), ["a b|!=|c d"]);
        assert_eq!(read("a == x"), ["a|=|x"]);
        assert_eq!(read("tip ="), ["tip|=|"]);
        assert_eq!(read("note ~ rain AND x<-1 and y <= 2"), ["note|~|rain", "x|<|-1", "y|<=|2"]);
        assert_eq!(
            read("city = \"New and \"\"old\"\"\" and 'a=b' = '10'"),
            ["city|=|'New and \"old\"'", "a=b|=|'10'"]
        );
        assert_eq!(read("name = Anderson"), ["name|=|Anderson"]);
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for wrong in
            ["", "price", "> 10", "a ! b", "a = 'x", "a = 'x' b = 1", "a = 'x' and", "a = x or b = y"]
        {
            assert!(wrong.parse::<Conditions>().is_err(), "{wrong}");
        }
    }
}
