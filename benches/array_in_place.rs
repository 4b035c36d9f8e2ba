//! How fast is `x = a * x + b` over a mapped file of single-precision numbers, changed where it lies?
//!
//! Unit: GB of the array per second; each is read and written. CPUs: two. The first pass is over pages that lie in the
//! page cache and are not yet in the process's tables; the second over pages that are. Excluded: opening the file, and
//! writing it back to the disk. LIMIT is the same map cut in two halves by hand, one on a thread that was started before.
//!
//! `RINGMILL_BENCH_BYTES` sets the size of the array (1 GiB), `RINGMILL_BENCH_DIR` where it lies.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use common::data::{SCALE, Scratch, write_npy_of_ones};
use common::raw::fork_join::ForkJoin;
use common::{Table, say, seconds, setting};
use memmap2::MmapMut;
use ringmill::Pool;
use ringmill::array::SharedArray;

/// Why no step below fails.
const OURS: &str = "the file is this process's own";

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = setting("RINGMILL_BENCH_BYTES", 1 << 30);
    let file = Scratch::new("in-place.npy", |file| write_npy_of_ones(file, bytes / 4))?;
    let pool = Pool::builder().workers(2).build()?;
    say(pool.sizing());

    let (a, b) = SCALE;
    by_ringmill(&pool, file.path());
    let array = SharedArray::<f32>::open_npy(file.path())?;
    assert!(array.iter().all(|&x| x == (a + b) * a + b), "two passes over ones");
    drop(array);

    let rate = move |seconds: f64| bytes as f64 / seconds / 1e9;
    type Way<'a> = (&'a str, &'a dyn Fn() -> (f64, f64));
    let path = file.path();
    let ways: [Way<'_>; 3] = [
        ("LIMIT two halves by hand", &|| by_hand(path)),
        ("one thread", &|| by_one(path)),
        ("ringmill", &|| by_ringmill(&pool, path)),
    ];
    for (title, of) in [("first", 0), ("second", 1)] {
        let mut table = Table::new(format!("x = a * x + b in place, {title} pass, GB/s"));
        for (name, way) in ways {
            table = table.row(name, move || {
                let passes = way();
                rate([passes.0, passes.1][of])
            });
        }
        table.measure();
    }
    Ok(())
}

fn scale(values: &mut [f32]) {
    let (a, b) = SCALE;
    for value in values {
        *value = *value * a + b;
    }
}

/// Opens the file anew and returns the seconds of a first and of a second pass.
fn by_ringmill(pool: &Pool, path: &Path) -> (f64, f64) {
    let mut array = SharedArray::<f32>::open_npy(path).expect(OURS);
    let mut pass = || seconds(|| pool.for_each_chunk(&mut array, scale).expect(OURS));
    (pass(), pass())
}

fn by_one(path: &Path) -> (f64, f64) {
    let mut map = map(path);
    let values = numbers(&mut map);
    (seconds(|| scale(values)), seconds(|| scale(values)))
}

fn by_hand(path: &Path) -> (f64, f64) {
    let mut map = map(path);
    let values = numbers(&mut map);
    let (first, second) = values.split_at_mut(values.len() / 2);
    // A lock that nobody waits for: each half is taken by one thread.
    let halves = [Mutex::new(first), Mutex::new(second)];
    let job = |k: usize| scale(&mut halves[k].lock().expect("no pass panics"));
    ForkJoin::with(job, |pair| (seconds(|| pair.run()), seconds(|| pair.run())))
}

#[allow(unsafe_code)]
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
