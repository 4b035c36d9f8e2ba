//! Shared-memory, zero-copy compute: pinned workers operate in place on mapped arrays and CSV files.
//!
//! A CSV file or an array is mapped where it lies, cut into chunks, and every CPU works through its share. Elements and
//! records are slices of the mapping; nothing is copied on the way, and nothing is written elsewhere.
//!
//! Where one thread makes what another works on, a [`Ring`] hands typed buffers from thread to thread: only their ownership
//! moves, through queues that neither copy nor allocate.
//!
//! ringmill is **not** a database or a data-frame library, not an async runtime, and not for GPUs; it runs on one
//! machine. For work of a few microseconds a plain loop is as good, and costs no dependency. Today it is threads of one
//! process on Linux: rings that other processes attach to are not there yet.
//!
//! ```standalone_crate
//! use ringmill::Pool;
//! use ringmill::array::SharedArray;
//! use ringmill::csv::CsvFile;
//!
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! # let mut new = SharedArray::<f64>::create_npy("prices.npy", &[1000])?;
//! # new.fill(100.0);
//! # new.publish()?;
//! # std::fs::write("trips.csv", "city,price\nOslo,12.5\nRoma,8\n")?;
//! let pool = Pool::new()?;                                           // a pinned worker per usable CPU
//!
//! let mut prices = SharedArray::<f64>::open_npy("prices.npy")?;      // mapped, changed in place
//! pool.for_each_chunk(&mut prices, |chunk| for p in chunk { *p = *p * 1.07 + 0.5 })?;
//! let total = pool.map_reduce(&prices, |chunk| chunk.iter().sum::<f64>(), |a, b| a + b)?;
//!
//! let trips = CsvFile::open("trips.csv")?;                           // mapped, never copied
//! let price = trips.column("price")?;
//! let paid = pool.fold_records(
//!     &trips,
//!     || 0.0,
//!     |sum, record| Ok(*sum += record.f64(price)?),
//!     |a, b| a + b,
//! )?;
//! # assert_eq!((total, paid), (107_500.0, 20.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to look
//!
//! | you have | look at |
//! |---|---|
//! | work for every CPU | [`Pool`]: `for_each_chunk`, `map_reduce`, `for_each_index`, `broadcast` |
//! | a job to give away and to hear of later | [`Pool::submit`], [`Pool::task`]; a [`pool::Task`] is a future |
//! | work that is a tree | [`Pool::join`], [`Pool::scope`] |
//! | many items, in order or not, in bounded memory | [`Pool::map_ordered`], [`Pool::try_map_ordered`], [`Pool::map_unordered`] |
//! | work that may have to stop | [`pool::Token`] |
//! | numbers in memory or in an `.npy` file | [`array::SharedArray`], its [parts](array::Part), its [atomic view](array::Atomics) |
//! | a CSV file | [`csv::CsvFile`] and [`Pool::fold_records`], [`CsvFile::group_by`] for a group-by |
//! | columns of one | [`csv::CsvFile::columns`] and [`Pool::fold_batches`], [`Pool::collect_columns`] |
//! | buffers that go from thread to thread | [`Ring`]: `claim`, [`send`](ring::Queue::send), [`recv`](ring::Queue::recv), [`share`](ring::Buffer::share) |
//! | elements from one producer, to readers that each see all | [`ring::Stream`]; [`ring::Latest`] for the newest only |
//! | steps that each buffer goes through | [`Pipeline`]: a source, stages, a sink; [`pipeline`] |
//! | bytes of a file | [`memory::Region`] |
//!
//! # What to rely on
//!
//! - A reduction has one shape: the answer has the same bits on one worker and on sixty-four.
//! - A CSV file gives the records that a sequential reader would give, for any bytes, at any number of workers.
//! - A buffer of a ring has one owner or only readers; each that is sent is received once. Nothing is allocated once a ring
//!   is built.
//! - A panic in a chunk goes on in the caller; the pool lives. A loop inside a loop cannot deadlock.
//! - What a file or a user can cause is an error that names the place, never a panic. A file that another program cuts
//!   short while it is mapped is such an error too.
//! - Every race in the library is a small state machine that a model explores through all its interleavings.
//!
//! # Features
//!
//! None by default. `futures`: the maps of a pool as streams, by `into_stream`. `dates`: columns of dates and points in time
//! of CSV files. `arrow`: whole columns as Arrow record batches. `derive`: `#[derive(Shape)]` for structs in memory that programs
//! share.

#![cfg_attr(not(test), deny(clippy::disallowed_types, clippy::disallowed_methods))]

// L0: errors and the only system calls.
mod error;
mod sys;
// L1: the standard library or loom.
mod sync;
// L2: mapped memory.
pub mod memory;
// L3: every state machine that threads race on.
mod protocol;
// L4: what an embedder holds.
pub mod array;
pub mod ring;
// L5: pinned workers.
pub mod pool;
// L6: files, and stages over a ring.
pub mod csv;
pub mod pipeline;

pub use array::SharedArray;
pub use csv::CsvFile;
pub use error::SystemError;
pub use pipeline::Pipeline;
pub use pool::Pool;
pub use ring::Ring;

/// The recipes of the guide and the README's programs, so that the tests compile and run them.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/guide.md")]
    struct Guide;
}
