//! How fast is `x = a * x + b` over a mapped file in ringmill, and how fast in other libraries?
//!
//! Unit: GB of the array per second; each is read and written. CPUs: two. Every row maps the file anew for each sample:
//! the first pass is over pages in the page cache that the process has not touched yet, the second over pages that it
//! has. Excluded: opening the file, writing it back. `python/array.py` has the rows of numpy and numexpr.
//!
//! `RINGMILL_BENCH_BYTES` sets the size of the array (1 GiB), `RINGMILL_BENCH_DIR` where it lies.

use std::cell::RefCell;
use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use memmap2::MmapMut;
use ringmill::Pool;
use ringmill::array::SharedArray;
use ringmill_compare::common::data::{Scratch, write_npy_of_ones};
use ringmill_compare::common::raw::fork_join::ForkJoin;
use ringmill_compare::common::{Table, seconds, setting};
use ringmill_compare::{libraries, scaled};

/// Why no step below fails.
const OURS: &str = "the file is this process's own";

/// Seconds of a first and of a second pass.
type Passes = [f64; 2];
/// A way to make both, and its name.
type Way<'a> = (String, Box<dyn Fn() -> Passes + 'a>);

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = setting("RINGMILL_BENCH_BYTES", 1 << 30);
    let file = Scratch::new("compare.npy", |file| write_npy_of_ones(file, bytes / 4))?;
    let path = file.path();
    let pool = Pool::builder().workers(2).build()?;
    let rivals: Vec<_> = libraries().into_iter().map(RefCell::new).collect();

    let mut ways: Vec<Way<'_>> = vec![
        ("LIMIT two halves by hand".into(), Box::new(|| by_hand(path))),
        ("one thread".into(), Box::new(|| mapped(path, scale))),
        ("ringmill, SharedArray".into(), Box::new(|| by_ringmill(&pool, path))),
    ];
    for rival in &rivals {
        if rival.borrow_mut().scale(&mut []) {
            let way = || mapped(path, |values| _ = rival.borrow_mut().scale(values));
            ways.push((rival.borrow().name(), Box::new(way)));
        }
    }
    check(path, &ways);
    for (pass, title) in ["first", "second"].into_iter().enumerate() {
        let mut table = Table::new(format!("x = a * x + b in place, {title} pass, GB/s (more is better)"));
        for (name, way) in &ways {
            table = table.row(name, move || bytes as f64 / way()[pass] / 1e9);
        }
        table.measure();
    }
    Ok(())
}

/// All elements are equal before; each way maps them to what its two passes should.
fn check(path: &Path, ways: &[Way<'_>]) {
    for (name, way) in ways {
        let before = numbers(&mut map(path))[0];
        way();
        let mut map = map(path);
        assert!(numbers(&mut map).iter().all(|&value| value == scaled(scaled(before))), "{name}");
    }
}

fn scale(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = scaled(*value));
}

fn mapped(path: &Path, mut pass: impl FnMut(&mut [f32])) -> Passes {
    let mut map = map(path);
    let values = numbers(&mut map);
    [seconds(|| pass(values)), seconds(|| pass(values))]
}

fn by_ringmill(pool: &Pool, path: &Path) -> Passes {
    let mut array = SharedArray::<f32>::open_npy(path).expect(OURS);
    let mut pass = || seconds(|| pool.for_each_chunk(&mut array, scale).expect(OURS));
    [pass(), pass()]
}

fn by_hand(path: &Path) -> Passes {
    let mut map = map(path);
    let values = numbers(&mut map);
    let (first, second) = values.split_at_mut(values.len() / 2);
    // Locks that nobody waits for: each half is taken by one thread.
    let halves = [Mutex::new(first), Mutex::new(second)];
    let job = |k: usize| scale(&mut halves[k].lock().expect("no pass panics"));
    ForkJoin::with(job, |pair| [seconds(|| pair.run()), seconds(|| pair.run())])
}

fn map(path: &Path) -> MmapMut {
    let file = OpenOptions::new().read(true).write(true).open(path).expect(OURS);
    // SAFETY: `map_mut` wants that nobody else changes or shortens the file; it is this process's own, under a name
    // that bears its id, and nothing else here has it open meanwhile.
    unsafe { MmapMut::map_mut(&file) }.expect(OURS)
}

/// The numbers of the file behind its header, which is a multiple of 64 bytes.
fn numbers(map: &mut MmapMut) -> &mut [f32] {
    let header = 10 + usize::from(u16::from_le_bytes([map[8], map[9]]));
    bytemuck::cast_slice_mut(&mut map[header..])
}
