//! Promise: what ringmill reads from a CSV file is what the `csv` crate reads, for any bytes, any dialect, any chunk
//! size and any number of workers.

#[path = "support/csv_oracle.rs"]
mod csv_oracle;

use csv_oracle::{Case, check};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::path::Path;

/// Bytes that a reader can stumble over, and a few that it cannot.
fn nasty_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => proptest::sample::select(&b",;\"\"\r\n\n#\\ab"[..]),
        1 => proptest::sample::select(&b" \0\xff\xef\xbb\xbf'"[..]),
    ];
    let mark = prop_oneof![4 => Just(vec![]), 1 => Just(b"\xef\xbb\xbf".to_vec())];
    (mark, proptest::collection::vec(byte, 0..160)).prop_map(|(mark, bytes)| [mark, bytes].concat())
}

/// Rows that are mostly well formed, so that whole files pass and chunks begin in the middle of long fields.
fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        "[a-z0-9. ]{0,12}",
        "\"[a-z,;\n\r#]{0,20}\"",
        "\"([a-z]{0,5}\"\"){0,4}\"",
        "[a-z]{1,3}\"[a-z]{0,3}",
    ];
    let end = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")];
    let row = (proptest::collection::vec(field, 3), end);
    proptest::collection::vec(row, 0..40).prop_map(|rows| {
        let rows = rows.into_iter().map(|(fields, end)| fields.join(",") + end);
        rows.collect::<String>().into_bytes()
    })
}

prop_compose! {
    fn cases(data: BoxedStrategy<Vec<u8>>)(
        data in data,
        delimiter in proptest::sample::select(&b",,;\t"[..]),
        quote in proptest::sample::select(vec![Some(b'"'), Some(b'"'), Some(b'\''), None]),
        double_quote in proptest::bool::weighted(0.7),
        escape in proptest::option::weighted(0.3, Just(b'\\')),
        comment in proptest::option::weighted(0.3, Just(b'#')),
        headers: bool,
        flexible in proptest::bool::weighted(0.7),
        chunk_bytes in prop_oneof![Just(1_usize), 1..9_usize, 1..200_usize],
        workers in proptest::sample::select(&[1_usize, 2, 3, 8][..]),
    ) -> Case {
        Case {
            data, delimiter, quote, double_quote, escape, comment, headers, flexible, chunk_bytes, workers,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 800,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn for_nasty_bytes(case in cases(nasty_bytes().boxed())) {
        check(&case);
    }

    #[test]
    fn for_likely_files(case in cases(likely_bytes().boxed())) {
        check(&case);
    }
}

fn usual(data: &[u8]) -> Case {
    Case {
        data: data.to_vec(),
        delimiter: b',',
        quote: Some(b'"'),
        double_quote: true,
        escape: None,
        comment: None,
        headers: true,
        flexible: true,
        chunk_bytes: 1,
        workers: 2,
    }
}

/// The cases that suites of other readers name, in words of our own.
#[test]
fn for_the_well_known_corners() {
    let corners: [&[u8]; 24] = [
        b"",
        b"\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b"\xef\xbba\n",
        b"a,b",
        b"a,b\n",
        b"a,b\r\n1,2\r\n",
        b"a,b\r1,2\r",
        b"a\n\r1\r\n\n\n2",
        b"a,b\n,\n",
        b"a,b\n\"\",\"\"\n",
        b"\"a\nb\",c\n\"x\r\ny\",z\n",
        b"\"a\"\"b\"\n\"\"\"\"\n",
        b"a,b\n\"x, y\",\"z\"\n",
        b"a\"b\"c,d\n",
        b"\"a\"b,c\n\"a\"\"b\"c\"d,e\n",
        b" \"a\",b\n",
        b"\"never closed\n1,2\n",
        b"a,b\n\"x\",\"",
        b"a,b\n\r\n\n\nx\"y,z\n",
        b"\0,\0\n\0\0,\"\0\"\n",
        b"{\"\"k\"\":1},\"{\"\"k\"\": [1,2]}\"\n",
        "stadt,größe\nköln,\"a „b“\"\n日本,5\n".as_bytes(),
    ];
    for corner in corners {
        for chunk_bytes in [1, 2, 3, 7, 1 << 20] {
            for flexible in [false, true] {
                check(&Case { chunk_bytes, flexible, ..usual(corner) });
                check(&Case { chunk_bytes, flexible, headers: false, ..usual(corner) });
                check(&Case { chunk_bytes, flexible, double_quote: false, ..usual(corner) });
                check(&Case { chunk_bytes, flexible, comment: Some(b'a'), ..usual(corner) });
                check(&Case { chunk_bytes, flexible, escape: Some(b'b'), ..usual(corner) });
                check(&Case { chunk_bytes, flexible, quote: None, ..usual(corner) });
            }
        }
    }
}

/// A comment that ends the file without a line end is a record of one empty field for csv 1.4; it is none for us.
#[test]
fn a_comment_at_the_very_end_is_no_record() {
    for data in [&b"a\n1\n#x"[..], b"#x", b"a\n#", b"a\n\"\"\n#x", b"a\n#x\n\"\""] {
        check(&Case { comment: Some(b'#'), headers: false, ..usual(data) });
        check(&Case { comment: Some(b'#'), ..usual(data) });
    }
}

/// Records longer than the reader's window, and windows that end at every place of a record.
#[test]
fn for_records_of_every_length() {
    for len in (0..200).chain(8000..8300).chain([17_000, 70_000]) {
        let long = "x".repeat(len);
        let quoted = format!("a,b\n1,{long}\n\"{long}\",\"y\"\"{long}\"\n,{long}\r\n2,3");
        check(&Case { chunk_bytes: 1000, ..usual(quoted.as_bytes()) });
    }
    let many = ",".repeat(20_000);
    check(&usual(format!("{many}\n{many}\n\"{many}\"").as_bytes()));
}

/// What the fuzzer has found worth keeping is read again by every test run.
#[test]
fn for_the_corpus_of_the_fuzzer() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    if !corpus.exists() {
        return; // The published package has no fuzz targets.
    }
    for target in ["csv_equals_oracle", "csv_blocks"] {
        let mut replayed = 0;
        for file in std::fs::read_dir(corpus.join(target)).expect("a corpus") {
            let bytes = std::fs::read(file.expect("a readable folder").path()).expect("a readable case");
            check(&Case::from_fuzzer(&bytes).expect("a case has three bytes at least"));
            replayed += 1;
        }
        assert!(replayed > 0, "the corpus of {target} is empty");
    }
}
