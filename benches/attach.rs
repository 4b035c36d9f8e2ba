//! What does it take to attach to a region that processes share, and does its size matter?
//!
//! Units: us for each opening, from the name to the first element, and closing again; us for each making of a small one. One
//! process, one CPU; the regions lie in `/dev/shm`, and nothing is populated, so only the page that is read is mapped. Making the large
//! one is not timed: the kernel clears its pages. LIMIT opens the same file by hand and reads its first page. The bound of 1 ms for a
//! gibibyte is the design's, and `docs/performance.md` compares it; nothing is asserted here but the answers.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use common::{Table, seconds};
use ringmill::array::{AtomicArray, SharedArray};
use ringmill::memory::shared::{Place, unlink};

const SIZES: [(&str, usize); 2] = [("1 MiB", 1 << 20), ("1 GiB", 1 << 30)];
const OPENINGS: u32 = 20;

/// A file that goes with this.
struct Made(Place);

impl Drop for Made {
    fn drop(&mut self) {
        // There is nobody to tell, and the next run uses the next number.
        let _ = unlink(self.0.clone());
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let name = |what: &str| format!("ringmill-bench-{}-{what}", std::process::id());
    let folder = Path::new("/dev/shm");
    for (size, bytes) in SIZES {
        let path = folder.join(name(&bytes.to_string()));
        let made = Made(Place::file(&path));
        let array = AtomicArray::<u64>::create_named(made.0.clone(), bytes / 8)?;
        array.view().store(0, 7)?;
        array.view().store(bytes / 8 - 1, 9)?;
        Table::new(format!("attach to {size}, us"))
            .row("LIMIT open, read a page, close", || {
                mean_us(|| {
                    let file = File::options().read(true).write(true).open(&path).expect("it is there");
                    let mut page = [0; 4096];
                    file.read_exact_at(&mut page, 0).expect("it has a page");
                    assert_eq!(&page[..8], b"RINGMILL");
                })
            })
            .row("open_named, first element", || {
                mean_us(|| {
                    let array = AtomicArray::<u64>::open_named(made.0.clone()).expect("it is there");
                    assert_eq!(array.view().load(0), Ok(7));
                })
            })
            .row("open_untrusted, first and last element", || {
                mean_us(|| {
                    let array = SharedArray::<u64>::open_untrusted(made.0.clone()).expect("it is there");
                    assert_eq!((array.get(0), array.get(bytes / 8 - 1)), (Some(7), Some(9)));
                })
            })
            .measure();
    }
    let made = Made(Place::file(folder.join(name("new"))));
    Table::new("make and remove a region, us")
        .row("a file of 4 KiB and a page of elements", || {
            mean_us(|| {
                drop(AtomicArray::<u64>::create_named(made.0.clone(), 512).expect("there is room"));
                unlink(made.0.clone()).expect("it is there");
            })
        })
        .row("memory without a name", || {
            mean_us(|| drop(AtomicArray::<u64>::create_named(Place::memory(), 512).expect("there is room")))
        })
        .measure();
    Ok(())
}

/// Returns the mean of several openings, in microseconds.
fn mean_us(mut open: impl FnMut()) -> f64 {
    seconds(|| (0..OPENINGS).for_each(|_| open())) * 1e6 / f64::from(OPENINGS)
}
