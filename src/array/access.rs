//! What an array may be used for, and how its elements follow each other.

mod sealed {
    pub trait Sealed {}
}

/// Says whether an array's elements may be changed: [`InPlace`] or [`ReadOnly`].
///
/// It is part of the array's type, so a change to an array that was opened for reading does not compile. There is
/// nothing to check at run time and nothing to go wrong there.
///
/// # Examples
///
/// ```compile_fail,E0596
/// use ringmill::array::SharedArray;
/// let mut prices = SharedArray::<f64>::open_npy_read_only("prices.npy").unwrap();
/// prices[0] = 1.0; // cannot borrow as mutable
/// ```
pub trait Access: sealed::Sealed + Send + Sync + 'static {}

/// The elements may be changed where they lie.
///
/// # Examples
///
/// See [`Access`].
#[derive(Clone, Copy, Debug)]
pub enum InPlace {}

/// The elements may be read.
///
/// # Examples
///
/// See [`Access`].
#[derive(Clone, Copy, Debug)]
pub enum ReadOnly {}

impl sealed::Sealed for InPlace {}
impl sealed::Sealed for ReadOnly {}
impl Access for InPlace {}
impl Access for ReadOnly {}

/// The order in which elements of several dimensions follow each other in memory.
///
/// Work on each element by itself does not ask. Arrays created here are in C order.
///
/// # Examples
///
/// ```
/// use ringmill::array::{Order, SharedArray};
/// assert_eq!(SharedArray::<f32>::anonymous(&[2, 3])?.order(), Order::C);
/// # Ok::<(), ringmill::array::ArrayError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The last index runs fastest: row by row.
    C,
    /// The first index runs fastest: column by column.
    Fortran,
}
