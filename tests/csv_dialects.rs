//! Promise: every corner of a dialect that other readers' suites know has one answer here, spelled out, in order and in
//! parallel, wherever a chunk begins.
//!
//! The names say which suite asks the question: csv-spectrum, pandas, DuckDB. The data are our own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ringmill::csv::{CsvError, CsvFile, CsvOptions, UnclosedQuote};
use ringmill::pool::Pool;

type Table = Vec<Vec<String>>;

/// Reads a text in order, and in parallel in chunks of every small size; all must agree.
fn read(options: &CsvOptions, text: &[u8]) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let message = |error: CsvError| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    let fields = |record: &ringmill::csv::Record<'_>| -> Vec<String> {
        record.fields().map(|field| String::from_utf8_lossy(&field.bytes()).into_owned()).collect()
    };
    let in_order = || {
        let file = options.open(&path)?;
        let mut table: Table =
            if file.headers().is_empty() { Vec::new() } else { vec![file.headers().to_vec()] };
        let mut records = file.records();
        while let Some(record) = records.next_record()? {
            table.push(fields(record));
        }
        Ok(table)
    };
    let pool = Pool::builder().workers(2).build().unwrap();
    let by_chunks = |chunk_bytes| {
        let file = options.clone().chunk_bytes(chunk_bytes).open(&path)?;
        let head: Table = if file.headers().is_empty() { Vec::new() } else { vec![file.headers().to_vec()] };
        let rest = pool.fold_records(
            &file,
            Table::new,
            |table, record| {
                table.push(fields(record));
                Ok(())
            },
            |left, right| [left, right].concat(),
        )?;
        Ok([head, rest].concat())
    };
    let expected = in_order().map_err(message);
    for chunk_bytes in (1..10).chain([64, 1 << 20]) {
        assert_eq!(by_chunks(chunk_bytes).map_err(message), expected, "in chunks of {chunk_bytes} bytes");
    }
    expected
}

fn usual() -> CsvOptions {
    CsvFile::options()
}

fn no_header() -> CsvOptions {
    usual().headers(false).flexible(true)
}

#[track_caller]
fn gives(options: &CsvOptions, text: &str, expected: &[&[&str]]) {
    let expected: Table =
        expected.iter().map(|row| row.iter().map(|field| (*field).to_owned()).collect()).collect();
    assert_eq!(read(options, text.as_bytes()).unwrap(), expected, "{text:?}");
}

#[track_caller]
fn fails(options: &CsvOptions, text: &str, with: &str) {
    let error = read(options, text.as_bytes()).unwrap_err();
    assert!(error.contains(with), "{error}");
}

#[test]
fn spectrum_simple_lines() {
    for end in ["\n", "\r\n", "\r"] {
        gives(&usual(), &format!("a,b{end}1,2{end}3,4{end}"), &[&["a", "b"], &["1", "2"], &["3", "4"]]);
        gives(&usual(), &format!("a,b{end}1,2{end}3,4"), &[&["a", "b"], &["1", "2"], &["3", "4"]]);
    }
}

#[test]
fn spectrum_comma_in_quotes() {
    let text = "first,last,town\nAda,Byron,\"London, Middlesex\"\n";
    gives(&usual(), text, &[&["first", "last", "town"], &["Ada", "Byron", "London, Middlesex"]]);
}

#[test]
fn spectrum_empty_fields() {
    for end in ["\n", "\r\n"] {
        let text = format!("a,b,c{end}1,\"\",\"\"{end}2,,{end},,{end}");
        gives(&usual(), &text, &[&["a", "b", "c"], &["1", "", ""], &["2", "", ""], &["", "", ""]]);
    }
}

#[test]
fn spectrum_escaped_quotes_and_json() {
    gives(&usual(), "a,b\n1,\"ha \"\"ha\"\" ha\"\n", &[&["a", "b"], &["1", "ha \"ha\" ha"]]);
    let json = "k,v\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [1.5, 2]}\"\n";
    gives(&usual(), json, &[&["k", "v"], &["1", "{\"type\": \"Point\", \"at\": [1.5, 2]}"]]);
    gives(&no_header(), "\"\"\"\"\n\"\"\"\"\"\"\n", &[&["\""], &["\"\""]]);
}

#[test]
fn spectrum_newlines_in_quotes() {
    for end in ["\n", "\r\n"] {
        let text = format!("a,b{end}\"one{end}two\",\"{end}\"{end}\"x\"\"{end}y\",2{end}");
        let [both, alone, quoted] = [format!("one{end}two"), end.to_owned(), format!("x\"{end}y")];
        gives(&usual(), &text, &[&["a", "b"], &[&both, &alone], &[&quoted, "2"]]);
    }
}

#[test]
fn spectrum_utf8_and_places() {
    let text = "name,place\nŽofie,\"48°12′N, 16°22′E\"\n日本,😀\n";
    gives(&usual(), text, &[&["name", "place"], &["Žofie", "48°12′N, 16°22′E"], &["日本", "😀"]]);
}

#[test]
fn pandas_byte_order_mark() {
    gives(&usual(), "\u{feff}a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]);
    gives(&usual(), "\u{feff}\"a,x\",b\n1,2\n", &[&["a,x", "b"], &["1", "2"]]);
    gives(&no_header(), "\u{feff}\n1\n", &[&["1"]]);
    // Only at the very start; elsewhere it is a letter.
    gives(&no_header(), "a\n\u{feff}b\n", &[&["a"], &["\u{feff}b"]]);
}

#[test]
fn pandas_blank_lines_and_spaces() {
    gives(&usual(), "\n\n\r\na\n\n1\n\r\n\n2\n\n", &[&["a"], &["1"], &["2"]]);
    // A line of blanks is a record of one field, and blanks belong to fields.
    gives(&no_header(), "a, b \n  \n\t\n", &[&["a", " b "], &["  "], &["\t"]]);
    // A quote behind a blank is a letter.
    gives(&no_header(), "a, \"b, c\"\n", &[&["a", " \"b", " c\""]]);
}

#[test]
fn pandas_trailing_delimiters_and_ragged_lines() {
    gives(&usual(), "a,b,\n1,2,\n", &[&["a", "b", ""], &["1", "2", ""]]);
    fails(&usual(), "a,b\n1,2,3\n", "expected 2 fields, found 3");
    fails(&usual(), "a,b\n1\n", "expected 2 fields, found 1");
    let flexible = usual().flexible(true);
    gives(&flexible, "a,b\n1,2,3\n4\n", &[&["a", "b"], &["1", "2", "3"], &["4"]]);
}

#[test]
fn pandas_comments() {
    let comments = usual().comment(Some(b'#'));
    gives(&comments, "# first\na,b\n#1,2\n3,4\n# last", &[&["a", "b"], &["3", "4"]]);
    // Only at the start of a line, and not inside quotes.
    gives(&comments, "a,b\n1,#2\n\"#3\",4\n", &[&["a", "b"], &["1", "#2"], &["#3", "4"]]);
    gives(&comments, "a,b\n\"1\n#2\",3\n", &[&["a", "b"], &["1\n#2", "3"]]);
    // A quote in a comment opens nothing.
    gives(&comments, "a\n# it's \"open\n1\n", &[&["a"], &["1"]]);
}

#[test]
fn pandas_quoting_off_and_other_quotes() {
    gives(&no_header().quote(None), "\"a,b\"\n\"\n", &[&["\"a", "b\""], &["\""]]);
    gives(&no_header().quote(Some(b'\'')), "'a,b','it''s',\"c\n", &[&["a,b", "it's", "\"c"]]);
}

#[test]
fn pandas_escapes_and_double_quote_off() {
    let escapes = no_header().escape(Some(b'\\'));
    gives(&escapes, "\"a\\\"b\",\"c\\\\\",\"d\\,e\"\n", &[&["a\"b", "c\\", "d,e"]]);
    // Outside quotes an escape is a letter.
    gives(&escapes, "a\\,b\n", &[&["a\\", "b"]]);
    let single = no_header().double_quote(false);
    gives(&single, "\"a\"\"b\",c\n", &[&["a\"b\"", "c"]]);
}

#[test]
fn pandas_nul_bytes_and_control_characters() {
    gives(&no_header(), "a\0b,\0\n\u{1a},\u{b}\n", &[&["a\0b", "\0"], &["\u{1a}", "\u{b}"]]);
}

#[test]
fn pandas_end_inside_quotes() {
    fails(&no_header(), "a,b\n1,\"open\n2,3\n", "quote");
    let accept = no_header().unclosed_quote(UnclosedQuote::Accept);
    gives(&accept, "a,b\n1,\"open\n2,3\n", &[&["a", "b"], &["1", "open\n2,3\n"]]);
    gives(&accept, "a,\"", &[&["a", ""]]);
    // Closed by the very last byte.
    gives(&no_header(), "a,\"b\"", &[&["a", "b"]]);
}

#[test]
fn pandas_header_alone_and_nothing() {
    gives(&usual(), "a,b\n", &[&["a", "b"]]);
    gives(&usual(), "a,b", &[&["a", "b"]]);
    for nothing in ["", "\n", "\r\n\r\n", "\u{feff}"] {
        gives(&usual(), nothing, &[]);
    }
}

#[test]
fn duckdb_text_behind_a_closing_quote() {
    gives(
        &no_header(),
        "\"a\"b,c\n\"a\"\"b\"c,d\n\"a\" ,e\n",
        &[&["ab", "c"], &["a\"bc", "d"], &["a ", "e"]],
    );
}

#[test]
fn duckdb_quotes_in_the_middle() {
    gives(&no_header(), "5\" disk,3' rule\na\"b\"c,d\"\n", &[&["5\" disk", "3' rule"], &["a\"b\"c", "d\""]]);
    // Between two of them a delimiter delimits, and the second opens a field.
    gives(&no_header(), "a\",\"b\"\n", &[&["a\"", "b"]]);
}

#[test]
fn duckdb_mixed_line_ends() {
    gives(&no_header(), "a\r\nb\nc\rd\n\re\r\r\nf", &[&["a"], &["b"], &["c"], &["d"], &["e"], &["f"]]);
    // A lone \r inside quotes stays.
    gives(&no_header(), "\"a\rb\",c\r", &[&["a\rb", "c"]]);
}

#[test]
fn duckdb_other_delimiters() {
    for (delimiter, text) in [(b'\t', "a\tb,c\n"), (b'|', "a|b,c\n"), (b';', "a;b,c\n"), (b' ', "a b,c\n")] {
        gives(&no_header().delimiter(delimiter), text, &[&["a", "b,c"]]);
    }
    // Any byte may delimit, half a letter included.
    gives(&no_header().delimiter(0x01), "a\u{1}b\n", &[&["a", "b"]]);
    fails(&no_header().delimiter(b'"'), "a\n", "same byte");
    fails(&no_header().delimiter(b'\n'), "a\n", "same byte");
}

#[test]
fn duckdb_long_fields_and_many_columns() {
    let long = "x,\n".repeat(40_000);
    let text = format!("a,b\n1,\"{long}\"\n2,3\n");
    gives_large(&text, &[&["a", "b"], &["1", &long], &["2", "3"]]);
    let many = vec!["7"; 5_000];
    let text = format!("{0}\n{0}\n", many.join(","));
    gives_large(&text, &[&many, &many]);
}

/// As [`gives`], for texts that are too long for chunks of a byte.
#[track_caller]
fn gives_large(text: &str, expected: &[&[&str]]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let pool = Pool::builder().workers(2).build().unwrap();
    for chunk_bytes in [1_000, 8_192, 1 << 20] {
        let file = no_header().chunk_bytes(chunk_bytes).open(&path).unwrap();
        let rows = pool
            .fold_records(
                &file,
                Table::new,
                |table, record| {
                    table.push(record.fields().map(|field| field.str().unwrap().into_owned()).collect());
                    Ok(())
                },
                |left, right| [left, right].concat(),
            )
            .unwrap();
        assert_eq!(rows.len(), expected.len());
        for (row, expected) in rows.iter().zip(expected) {
            assert!(row.iter().map(String::as_str).eq(expected.iter().copied()), "chunks of {chunk_bytes}");
        }
    }
}
