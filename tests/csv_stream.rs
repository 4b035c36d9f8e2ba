//! Promise: a stream gives what a mapped file of the same bytes gives, to the bit and to the word of an error, however its
//! bytes come, however small its buffers, on any number of workers.

use proptest::prelude::*;
use ringmill::csv::{
    Batch, ColumnPolicy, ColumnsBuilder, CsvError, CsvFile, CsvOptions, CsvStream, Group, GroupBuilder,
    Inference, Otherwise, Record, ScanWatch, StreamProblem, UnclosedQuote,
};
use ringmill::pool::{LoopError, Pinning, Pool, Token, with_token};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A reader that gives a few bytes at a time, as the sizes go round, and then fails if it is told to.
struct Trickle {
    data: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    turn: usize,
    failure: Option<io::ErrorKind>,
}

impl Trickle {
    fn new(data: &[u8], sizes: &[usize]) -> Self {
        Self { data: data.to_vec(), at: 0, sizes: sizes.to_vec(), turn: 0, failure: None }
    }
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.data[self.at..];
        if rest.is_empty() {
            return self.failure.map_or(Ok(0), |kind| Err(kind.into()));
        }
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        if size == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let bytes = size.min(rest.len()).min(buffer.len());
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        self.at += bytes;
        Ok(bytes)
    }
}

/// Returns the pool of so many workers; pools are kept from case to case.
fn pool(workers: usize) -> &'static Pool {
    static POOLS: [OnceLock<Pool>; 4] = [const { OnceLock::new() }; 4];
    POOLS[workers].get_or_init(|| {
        Pool::builder().workers(workers).pinning(Pinning::Off).build().expect("a pool of a few workers")
    })
}

/// All fields of all records, and a sum whose bits depend on the order and the shape of the additions.
type Found = (Fields, f64);

/// Fields by record.
type Fields = Vec<Vec<Vec<u8>>>;

fn add(found: &mut Found, record: &Record<'_>) -> Result<(), CsvError> {
    if record.get(0).is_some_and(|field| field.raw() == b"stop") {
        return Err(CsvError::user("told to stop"));
    }
    if record.get(1).is_some_and(|field| field.raw() == b"bad") {
        record.u64(1)?;
    }
    found.0.push(record.fields().map(|field| field.bytes().into_owned()).collect());
    found.1 += record.get(0).and_then(|field| field.f64()).unwrap_or(0.1);
    Ok(())
}

fn join(mut left: Found, right: Found) -> Found {
    left.0.extend(right.0);
    (left.0, left.1 + right.1)
}

fn in_words(found: Result<Found, CsvError>) -> Result<(Fields, u64), String> {
    found.map(|(fields, sum)| (fields, sum.to_bits())).map_err(|error| error.to_string())
}

/// Reads the bytes both ways and compares.
fn check(data: &[u8], sizes: &[usize], workers: usize, options: &CsvOptions) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("room for the case");
    let path = file.path();
    let pool = pool(workers);
    let mapped = options.open(path);
    let streamed = options.open_reader(path, Trickle::new(data, sizes));
    let (mapped, streamed) = match (mapped, streamed) {
        (Ok(mapped), Ok(streamed)) => (mapped, streamed),
        (Err(mapped), Err(streamed)) => return assert_eq!(mapped.to_string(), streamed.to_string()),
        (mapped, streamed) => panic!("one failed: {mapped:?}, {streamed:?}"),
    };
    assert_eq!(mapped.headers(), streamed.headers());
    let stream = || options.open_reader(path, Trickle::new(data, sizes)).expect("as before");
    check_records(&mapped, &stream());
    check_in_order(pool, &mapped, &stream());
    let mapped = pool.fold_records(&mapped, Found::default, add, join);
    let streamed = pool.fold_records(&streamed, Found::default, add, join);
    assert_eq!(in_words(mapped), in_words(streamed));
}

/// Reads the records of both in order and compares them, their places and the error behind them.
fn check_records(mapped: &CsvFile, streamed: &CsvStream) {
    let fields = |record: &Record<'_>| {
        let fields: Vec<_> = record.fields().map(|field| field.bytes().into_owned()).collect();
        (record.byte_offset(), fields)
    };
    let (mut expected, mut found) = (mapped.records(), streamed.records());
    loop {
        let expected = expected.next_record().map(|record| record.map(fields));
        let found = found.next_record().map(|record| record.map(|record| fields(&record)));
        match (expected, found) {
            (Ok(Some(expected)), Ok(found)) => assert_eq!(Some(expected), found),
            (Ok(None), Ok(None)) => break,
            (Err(expected), Err(found)) => {
                assert_eq!(expected.to_string(), found.to_string());
                break;
            }
            (expected, found) => panic!("{expected:?} is not {found:?}"),
        }
    }
    assert!(found.next_record().expect("an error comes once").is_none());
}

/// Takes parts in order, of both, and compares them with what one record after the other gives.
fn check_in_order(pool: &Pool, mapped: &CsvFile, streamed: &CsvStream) {
    let mut expected = Fields::new();
    let mut records = mapped.records();
    while let Ok(Some(record)) = records.next_record() {
        let mut found = Found::default();
        if add(&mut found, record).is_err() {
            break;
        }
        expected.append(&mut found.0);
    }
    let error = pool.fold_records(mapped, Found::default, add, join).map(drop).map_err(|e| e.to_string());
    let take = |taken: &mut Fields, part: Found| {
        taken.extend(part.0);
        Ok(())
    };
    let mut taken = Fields::new();
    let ended = pool.fold_in_order(mapped, Found::default, add, |part| take(&mut taken, part));
    assert_eq!((ended.map_err(|e| e.to_string()), taken), (error.clone(), expected.clone()), "of the file");
    let mut taken = Fields::new();
    let ended = pool.fold_in_order(streamed, Found::default, add, |part| take(&mut taken, part));
    assert_eq!((ended.map_err(|e| e.to_string()), taken), (error, expected), "of the stream");
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let nasty =
        proptest::collection::vec(proptest::sample::select(&b",;\"\"\r\n\n#\\ab1.5\xef\xbb\xbf"[..]), 0..160);
    let field = prop_oneof![
        8 => "[a-z0-9. ]{0,12}",
        8 => "[0-9]{1,3}\\.[0-9]{1,2}",
        8 => "\"[a-z,;\n\r#]{0,20}\"",
        4 => "\"([a-z]{0,5}\"\"){0,4}\"",
        2 => "[a-z]{1,3}\"[a-z]{0,3}",
        1 => proptest::sample::select(vec![String::from("stop"), String::from("bad")]),
    ];
    let end = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")];
    let rows = proptest::collection::vec((proptest::collection::vec(field, 3), end), 0..40);
    let likely = rows.prop_map(|rows| {
        let rows = rows.into_iter().map(|(fields, end)| fields.join(",") + end);
        rows.collect::<String>().into_bytes()
    });
    prop_oneof![nasty, likely]
}

prop_compose! {
    fn ways()(
        quote in proptest::sample::select(vec![Some(b'"'), Some(b'"'), Some(b'\''), None]),
        double_quote in proptest::bool::weighted(0.8),
        escape in proptest::option::weighted(0.2, Just(b'\\')),
        comment in proptest::option::weighted(0.3, Just(b'#')),
        headers: bool,
        flexible in proptest::bool::weighted(0.7),
        accept: bool,
        chunk_bytes in prop_oneof![Just(1_usize), 1..9_usize, 1..200_usize],
    ) -> CsvOptions {
        CsvFile::options()
            .quote(quote)
            .double_quote(double_quote)
            .escape(escape)
            .comment(comment)
            .headers(headers)
            .flexible(flexible)
            .unclosed_quote(if accept { UnclosedQuote::Accept } else { UnclosedQuote::Refuse })
            .chunk_bytes(chunk_bytes)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_stream_is_read_as_a_file(
        data in bytes(),
        sizes in proptest::collection::vec(0..40_usize, 1..5).prop_filter("some bytes come", |sizes| sizes.iter().any(|&size| size > 0)),
        workers in 1..4_usize,
        options in ways(),
    ) {
        check(&data, &sizes, workers, &options);
    }
}

/// What counts, batches and groups make of the bytes, both ways.
fn check_plans(data: &[u8], sizes: &[usize], workers: usize, options: &CsvOptions) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("room for the case");
    let path = file.path();
    let pool = pool(workers);
    let Ok(mapped) = options.open(path) else { return };
    let stream = || options.open_reader(path, Trickle::new(data, sizes)).expect("what opens as a file");
    let words = |error: CsvError| error.to_string();

    assert_eq!(pool.count_records(&stream()).map_err(words), pool.count_records(&mapped).map_err(words));

    let read = |columns: ColumnsBuilder<'_>| {
        let columns =
            columns.f64_with(0, ColumnPolicy::null()).bytes_with(1, ColumnPolicy::null()).build()?;
        let add = |all: &mut Vec<(bool, u64, Vec<u8>)>, batch: &Batch<'_>| {
            let row =
                |row| (batch.is_valid(0, row), batch.f64(0)[row].to_bits(), batch.bytes(1).get(row).to_vec());
            all.extend((0..batch.len()).map(row));
            Ok(())
        };
        pool.fold_batches(&columns, Vec::new, add, |left, right| [left, right].concat())
    };
    assert_eq!(read(stream().columns()).map_err(words), read(mapped.columns()).map_err(words));

    let collect = |columns: ColumnsBuilder<'_>, filtered: bool| {
        let mut columns = columns
            .f64_with(0, ColumnPolicy::null().invalid(Otherwise::SkipRecord))
            .bytes_with(1, ColumnPolicy::null())
            .bytes_with(0, ColumnPolicy::null());
        if filtered {
            columns = columns.filter_bytes(0, |field| field.len() > 3);
        }
        let found = pool.collect_columns(&columns.build()?)?;
        let texts = |row| [1, 2].map(|column| found.str(column).bytes(row).to_vec());
        let row = |row| (found.is_valid(0, row), found.f64(0)[row].to_bits(), texts(row));
        let report = found.report();
        let counts = [report.records(), report.selected(), report.skipped(), report.column(0).nulls()];
        Ok((counts, (0..found.len()).map(row).collect::<Vec<_>>()))
    };
    for filtered in [false, true] {
        let (found, expected) = (collect(stream().columns(), filtered), collect(mapped.columns(), filtered));
        assert_eq!(found.map_err(words), expected.map_err(words));
    }

    for most in [0, 1, 3, 1000] {
        let sampled = stream();
        let seen = |inference: Result<Inference, CsvError>| {
            inference.map(|inference| (inference.is_whole(), inference.to_string())).map_err(words)
        };
        let found = seen(sampled.infer(most));
        assert_eq!(found, seen(mapped.infer(most)));
        if found.is_ok() {
            assert_eq!(read(sampled.columns()).map_err(words), read(mapped.columns()).map_err(words));
        }
    }

    let group = |builder: GroupBuilder<'_>| {
        let plan = builder.count().first(0).last(0).distinct(1).build()?;
        let grouped = pool.group(&plan)?;
        let value = |group: &Group<'_>, index| group.value(index).to_string();
        Ok(grouped
            .iter()
            .map(|group| (group.key(0).to_vec(), [0, 1, 2, 3].map(|at| value(&group, at))))
            .collect())
    };
    let groups = |found: Result<Vec<_>, CsvError>| found.map_err(words);
    assert_eq!(groups(group(stream().group_by([0]))), groups(group(mapped.group_by([0]))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn plans_read_a_stream_as_a_file(data in bytes(), size in 1..40_usize, workers in 1..4_usize, options in ways()) {
        check_plans(&data, &[size], workers, &options);
    }
}

/// Arrays in files, of a stream and of a file.
#[test]
fn columns_of_a_stream_are_written() {
    let rows = (0..100_000).map(|n| match n % 1000 {
        7 => format!(",{n}\n"),
        _ => format!("{},{n}\n", f64::from(n) / 8.0),
    });
    let text = "x,n\n".to_string() + &rows.collect::<String>();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("t.csv");
    std::fs::write(&path, &text).expect("room for the file");
    let file = CsvFile::options().chunk_bytes(10_000).open(&path).expect("it was written");
    let write = |columns: ColumnsBuilder<'_>, to: &str| {
        let columns = columns.f64_with("x", ColumnPolicy::null()).i64("n").filter_i64("n", |n| n != 50_000);
        let to = folder.path().join(to);
        std::fs::create_dir(&to).expect("a folder in the folder");
        let report = columns.build().map(|columns| columns.write_npy(pool(3), &to));
        assert_eq!(report.expect("columns there are").expect("numbers").column(0).nulls(), 100);
        ["x.npy", "x.valid.npy", "n.npy"].map(|name| std::fs::read(to.join(name)).expect("it was written"))
    };
    let expected = write(file.columns(), "of a file");
    for (to, size) in [("of a stream", 1 << 16), ("of another", 777)] {
        let options = CsvFile::options().chunk_bytes(size);
        let stream = options.open_reader("feed", Trickle::new(text.as_bytes(), &[1000])).expect("text");
        assert!(write(stream.columns(), to) == expected, "the files differ");
    }
    // A record of so many chunks, and one behind it.
    let text = format!("a\n\"{}\"\n1\n", "x".repeat(1 << 20));
    let stream = CsvFile::options().chunk_bytes(1).open_reader("feed", io::Cursor::new(text));
    let columns = stream.expect("text");
    let error = pool(2).collect_columns(&columns.columns().str(0).build().expect("a column")).unwrap_err();
    assert!(error.to_string().contains("more than 1048576 chunks"), "{error}");
}

/// Numbers whose sum depends on how they are added, in chunks of the usual size.
#[test]
fn large_streams_have_the_bits_of_files() {
    let mut data = b"x,note\n".to_vec();
    for row in 0..300_000_u32 {
        let x = f64::from(row.wrapping_mul(2_654_435_761)) * 1e-3;
        let note = if row % 1000 == 0 { "\"a,\n\"\"b\"\"\"" } else { "-" };
        data.extend(format!("{x},{note}\n").bytes());
    }
    for workers in [1, 2, 3] {
        check(&data, &[100_000, 7, 65_536], workers, &CsvFile::options());
        check(&data, &[1 << 30], workers, &CsvFile::options().chunk_bytes(100_000));
    }
}

/// Records that are longer than a buffer, and than several.
#[test]
fn long_records_grow() {
    for len in [10, 90, 100, 110, 1000, 30_000] {
        let long = "x".repeat(len);
        let data = format!("a,b\n1,{long}\n\"{long}\",\"y\"\"{long}\"\n2,3\n,{long}");
        for workers in [1, 3] {
            check(data.as_bytes(), &[64], workers, &CsvFile::options().chunk_bytes(100));
        }
    }
}

/// It was once looked through again for each piece of it, which took most of a minute here.
#[test]
fn a_long_record_comes_in_small_pieces() {
    let long = format!("\"{}\"", "x,\n\"\"".repeat(400_000));
    let text = format!("a,b\n1,{long}\n2,3\n");
    let stream = CsvFile::options().open_reader("feed", Trickle::new(text.as_bytes(), &[500])).unwrap();
    let mut records = stream.records();
    assert_eq!(records.next_record().unwrap().unwrap().get(1).unwrap().raw(), long.as_bytes());
    assert_eq!(records.next_record().unwrap().unwrap().u64(1).unwrap(), 3);
    assert!(records.next_record().unwrap().is_none());
}

/// An error was lost once: a record of many chunks was on its way when a worker found it, and its part was missing between
/// those of the chunks before and behind.
#[test]
fn an_error_before_a_long_record_is_found() {
    let text = format!("a,b\n1\n\"{}\",2\n", "x".repeat(20_000));
    for chunk_bytes in [2, 3, 50] {
        for _ in 0..20 {
            let options = CsvFile::options().chunk_bytes(chunk_bytes);
            let stream = options.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
            let error = pool(3).fold_records(&stream, Found::default, add, join).unwrap_err();
            assert_eq!(error.to_string(), "feed: line 2, record 1, byte 4: expected 2 fields, found 1");
        }
    }
}

#[test]
fn a_record_that_is_too_long_is_refused_where_it_starts() {
    let text = format!("a,b\n1,2\n\n3,{}\n4,5\n", "x".repeat(500));
    for workers in [1, 2] {
        let options = CsvFile::options().chunk_bytes(50).longest_record(200);
        let stream = options.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
        let error = pool(workers).fold_records(&stream, Found::default, add, join).unwrap_err();
        assert_eq!(
            error.to_string(),
            "feed: line 4, record 2, byte 9: the record that starts here has more than 200 bytes; \
             is a quote never closed?"
        );
        let stream = options.open_reader("feed", Trickle::new(text.as_bytes(), &[100])).unwrap();
        let mut records = stream.records();
        assert_eq!(records.next_record().unwrap().unwrap().len(), 2);
        assert_eq!(records.next_record().unwrap_err().to_string(), error.to_string());
        let longer = options.clone().longest_record(600);
        let stream = longer.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
        assert_eq!(pool(workers).fold_records(&stream, Found::default, add, join).unwrap().0.len(), 3);
    }
    let header = CsvFile::options().longest_record(1000);
    let error = header.open_reader("feed", io::repeat(b'"')).unwrap_err();
    assert!(
        error.to_string().starts_with("feed: line 1, header, byte 0: the record that starts here has more")
    );
}

/// What came before a failure is read, its own errors come first, and the message says how far it came.
#[test]
fn a_read_that_fails_says_how_far_it_came() {
    let failing = |data: &[u8]| {
        let failure = Some(io::ErrorKind::ConnectionReset);
        CsvFile::options().chunk_bytes(4).open_reader("feed", Trickle { failure, ..Trickle::new(data, &[3]) })
    };
    for workers in [1, 3] {
        let seen = AtomicU64::new(0);
        let fold = |stream: &CsvStream| {
            seen.store(0, Ordering::Relaxed);
            let count = |_: &mut (), _: &Record<'_>| {
                seen.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            pool(workers).fold_records(stream, || (), count, |(), ()| ())
        };
        let error = fold(&failing(b"a\n11\n22\n33\n4").unwrap()).unwrap_err();
        assert_eq!(seen.load(Ordering::Relaxed), 3);
        assert!(error.to_string().starts_with("feed: cannot read: connection reset"), "{error}");
        assert!(error.to_string().ends_with(", after 3 records and 12 bytes of text"), "{error}");
        let CsvError::Stream(error) = error else { panic!() };
        assert!(matches!(error.problem(), StreamProblem::Read(_)));
        assert_eq!((error.records(), error.byte()), (Some(3), 12));
        let stream = failing(b"a\n11\n22\n33\n4").unwrap();
        let mut records = stream.records();
        (0..3).for_each(|_| assert!(records.next_record().unwrap().is_some()));
        assert_eq!(records.next_record().unwrap_err().to_string(), error.to_string());

        let error = fold(&failing(b"a\n11\n22,2\n33\n4").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "feed: line 3, record 2, byte 5: expected 1 field, found 2");
    }
    assert!(failing(b"a").unwrap_err().to_string().ends_with(", after 1 bytes of text"));
}

/// A record is there before anything more has to come.
#[test]
fn a_record_comes_with_its_line_end() {
    struct Lines(u64);
    impl Read for Lines {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            assert!(self.0 <= 4, "the reader would wait for ever");
            // What the text is compressed with is told by four bytes, so the first line has as many.
            let line = format!("{:03}\n", self.0);
            buffer[..4].copy_from_slice(line.as_bytes());
            Ok(4)
        }
    }
    let stream = CsvFile::options().headers(false).open_reader("feed", Lines(0)).unwrap();
    let mut records = stream.records();
    for n in 1..=4 {
        let record = records.next_record().unwrap().unwrap();
        assert_eq!(record.u64(0).unwrap(), n);
    }
}

/// Parts come in order, no more than a few for each worker ahead of who takes them, however slow that is.
#[test]
fn parts_come_in_order_and_wait_for_who_takes_them() {
    let text = "n\n".to_string() + &(0..40_000).map(|n| format!("{n}\n")).collect::<String>();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for the file");
    let options = CsvFile::options().chunk_bytes(500);
    for workers in [1, 3] {
        let begun = AtomicU64::new(0);
        let init = || {
            begun.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        };
        let add = |part: &mut Vec<u64>, record: &Record<'_>| {
            part.push(record.u64(0)?);
            Ok(())
        };
        let mut taken = Vec::new();
        let mut parts = 0;
        let mut take = |part: Vec<u64>| {
            parts += 1;
            if parts % 100 == 0 {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            assert!(begun.load(Ordering::Relaxed) <= parts + 2 + 2 * workers, "{parts} parts were taken");
            taken.extend(part);
            Ok(())
        };
        let pool = pool(workers as usize);
        pool.fold_in_order(&options.open(file.path()).unwrap(), init, add, &mut take).unwrap();
        let stream = options.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
        pool.fold_in_order(&stream, init, add, &mut take).unwrap();
        assert!(taken.into_iter().eq((0..40_000).chain(0..40_000)));

        for stop in [1, 50] {
            let mut left = stop;
            let enough = |_| match left {
                1 => Err(CsvError::user("enough")),
                _ => {
                    left -= 1;
                    Ok(())
                }
            };
            let stream = options.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
            let ended = pool.fold_in_order(&stream, || (), |(), _| Ok(()), enough);
            assert_eq!(ended.unwrap_err().to_string(), "enough");
        }
        let bad = |_: &mut (), record: &Record<'_>| match record.u64(0)? {
            30_000 => panic!("no more"),
            _ => Ok(()),
        };
        let stream = options.open_reader("feed", io::Cursor::new(text.clone())).unwrap();
        let file = options.open(file.path()).unwrap();
        for run in [&mut || pool.fold_in_order(&stream, || (), bad, Ok) as Result<_, CsvError>, &mut || {
            pool.fold_in_order(&file, || (), bad, Ok)
        }] as [&mut dyn FnMut() -> Result<(), CsvError>; 2]
        {
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
            assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "no more");
        }
    }
}

/// Whoever forgets a record loses nothing of those behind it.
#[test]
fn a_record_can_be_forgotten() {
    let stream = CsvFile::options().open_reader("feed", &b"n,m\n1,2\n3,4\n5\n"[..]).unwrap();
    let mut records = stream.records();
    std::mem::forget(records.next_record().unwrap());
    assert_eq!(records.next_record().unwrap().unwrap().u64(1).unwrap(), 4);
    let error = records.next_record().unwrap_err();
    assert_eq!(error.to_string(), "feed: line 4, record 3, byte 12: expected 2 fields, found 1");
    assert!(stream.records().next_record().is_err(), "it was read");
}

/// Comments are no records, and take no memory however long they are.
#[test]
fn comments_are_not_kept() {
    let comment = format!("#{}\n", "\"x,".repeat(100_000));
    let text = format!("n\n{comment}1\n\r{comment}\n{comment}2\n{comment}");
    let options = CsvFile::options().comment(Some(b'#')).longest_record(1000);
    for size in [1000, 65_536] {
        let stream = options.open_reader("feed", Trickle::new(text.as_bytes(), &[size])).unwrap();
        let mut records = stream.records();
        for n in [1, 2] {
            assert_eq!(records.next_record().unwrap().unwrap().u64(0).unwrap(), n);
        }
        assert!(records.next_record().unwrap().is_none());
    }
}

#[test]
fn a_stream_is_read_once() {
    let stream = CsvFile::options().open_reader("feed", &b"n\n1\n2\n"[..]).unwrap();
    let pool = pool(2);
    assert_eq!(pool.fold_records(&stream, Found::default, add, join).unwrap().0.len(), 2);
    let Err(CsvError::Stream(error)) = pool.fold_records(&stream, Found::default, add, join) else {
        panic!()
    };
    assert!(matches!(error.problem(), StreamProblem::AlreadyRead));
}

/// A stream without end is stopped by a panic, an error, a token, or its watch; memory stays bounded meanwhile.
#[test]
fn an_endless_stream_can_be_stopped() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            for byte in &mut *buffer {
                *byte = b"12\n"[self.0 % 3];
                self.0 += 1;
            }
            Ok(buffer.len())
        }
    }
    let endless = || CsvFile::options().headers(false).chunk_bytes(5000);
    for workers in [1, 3] {
        let pool = pool(workers);
        let seen = AtomicU64::new(0);
        let fold = |stream: &CsvStream, act: &(dyn Fn() -> Result<(), CsvError> + Sync)| {
            seen.store(0, Ordering::Relaxed);
            let body = |_: &mut (), _: &Record<'_>| match seen.fetch_add(1, Ordering::Relaxed) {
                100_000 => act(),
                _ => Ok(()),
            };
            pool.fold_records(stream, || (), body, |(), ()| ())
        };

        let stream = endless().open_reader("endless", Endless(0)).unwrap();
        let error = fold(&stream, &|| Err(CsvError::user("enough"))).unwrap_err();
        assert!(error.to_string().ends_with(": enough"), "{error}");
        assert!(error.place().unwrap().record().is_some());

        let watch = ScanWatch::new();
        let stream = endless().watch(&watch).open_reader("endless", Endless(0)).unwrap();
        let error = fold(&stream, &|| {
            watch.cancel();
            Ok(())
        })
        .unwrap_err();
        assert!(matches!(error, CsvError::Cancelled), "{error}");
        assert!(watch.scanned_bytes() > 300_000);

        let token = Token::new();
        let stream = endless().open_reader("endless", Endless(0)).unwrap();
        let error = with_token(&token, || {
            fold(&stream, &|| {
                token.cancel();
                Ok(())
            })
        })
        .unwrap_err();
        assert!(
            matches!(&error, CsvError::Loop(error) if matches!(**error, LoopError::Stopped(_))),
            "{error}"
        );

        let stream = endless().open_reader("endless", Endless(0)).unwrap();
        let panic =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fold(&stream, &|| panic!("no more"))));
        assert_eq!(*panic.unwrap_err().downcast_ref::<&str>().unwrap(), "no more");
        assert!(fold(&stream, &|| Ok(())).is_err(), "what was begun is not begun again");
    }
}

/// Who waits for a pipe that gives nothing more can be stopped all the same.
#[test]
fn a_silent_pipe_can_be_left() {
    let pool = pool(2);
    let count = |stream: &CsvStream| pool.count_records(stream);
    let silent = |options: &CsvOptions, run: &dyn Fn(&CsvStream) -> CsvError| {
        let (reader, mut writer) = io::pipe().expect("a pipe");
        writer.write_all(b"n\n1\n2\n").expect("room in the pipe");
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        run(&options.open_stream(path).expect("a pipe can be opened again"))
    };
    let soon = || std::thread::sleep(std::time::Duration::from_millis(30));

    let watch = ScanWatch::new();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            soon();
            watch.cancel();
        });
        silent(&CsvFile::options().watch(&watch), &|stream| count(stream).unwrap_err())
    });
    assert!(matches!(error, CsvError::Cancelled), "{error}");

    let watch = ScanWatch::new();
    let error = silent(&CsvFile::options().watch(&watch), &|stream| {
        let mut records = stream.records();
        (1..=2).for_each(|n| assert_eq!(records.next_record().unwrap().unwrap().u64(0).unwrap(), n));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                soon();
                watch.cancel();
            });
            records.next_record().unwrap_err()
        })
    });
    assert!(matches!(error, CsvError::Cancelled), "{error}");

    let token = Token::new().child_with_timeout(std::time::Duration::from_millis(30));
    let error = silent(&CsvFile::options(), &|stream| with_token(&token, || count(stream)).unwrap_err());
    assert!(matches!(&error, CsvError::Loop(error) if matches!(**error, LoopError::Stopped(_))), "{error}");
}

/// Folds of streams inside of a job of the pool: nobody waits for whom it blocks.
#[test]
fn streams_are_read_inside_of_jobs() {
    let pool = pool(3);
    let data = "n\n".to_string() + &"1\n2\n3\n".repeat(10_000);
    let sums = pool
        .map_reduce_range(
            0..8,
            1,
            |_| {
                let stream =
                    CsvFile::options().chunk_bytes(1000).open_reader("feed", io::Cursor::new(data.clone()));
                let add = |sum: &mut u64, record: &Record<'_>| {
                    *sum += record.u64(0)?;
                    Ok(())
                };
                pool.fold_records(&stream.unwrap(), || 0, add, |a, b| a + b).unwrap()
            },
            |a, b| a + b,
        )
        .unwrap();
    assert_eq!(sums, 8 * 60_000);
}
