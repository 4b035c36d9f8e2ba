//! The integers that can be accessed atomically, and the atomic type of each.

use crate::memory::Element;
use crate::sync::atomic;

use atomic::Ordering::SeqCst;

mod sealed {
    pub trait Sealed {}
}

/// An integer that can be accessed atomically: `i8` to `i64`, `u8` to `u64`. No other type can implement this.
///
/// # Examples
///
/// ```compile_fail,E0277
/// use ringmill::array::Atomics;
/// let mut prices = [1.5f64];
/// Atomics::over(&mut prices); // f64 is no AtomicElement
/// ```
pub trait AtomicElement: Element + Eq + sealed::Sealed {
    /// The atomic type of the same size, aligned to it, for which the same bits are valid.
    #[doc(hidden)]
    type Cell: Send + Sync + 'static;
    #[doc(hidden)]
    fn load(cell: &Self::Cell) -> Self;
    #[doc(hidden)]
    fn store(cell: &Self::Cell, value: Self);
    #[doc(hidden)]
    fn exchange(cell: &Self::Cell, value: Self) -> Self;
    #[doc(hidden)]
    fn compare_exchange(cell: &Self::Cell, expected: Self, replacement: Self) -> Self;
    #[doc(hidden)]
    fn add(cell: &Self::Cell, value: Self) -> Self;
    #[doc(hidden)]
    fn sub(cell: &Self::Cell, value: Self) -> Self;
    #[doc(hidden)]
    fn and(cell: &Self::Cell, value: Self) -> Self;
    #[doc(hidden)]
    fn or(cell: &Self::Cell, value: Self) -> Self;
    #[doc(hidden)]
    fn xor(cell: &Self::Cell, value: Self) -> Self;
}

// ORDERING: SeqCst, all of them, and nowhere else on an access in this crate: ECMA-262 orders every operation of
// `Atomics` in one total order, and this is the Rust order that promises one. No protocol of ours rests on it.
macro_rules! atomic_elements {
    ($($name:ident $cell:ident),*) => {$(
        impl sealed::Sealed for $name {}
        impl AtomicElement for $name {
            type Cell = atomic::$cell;

            #[inline]
            fn load(cell: &Self::Cell) -> Self {
                cell.load(SeqCst)
            }

            #[inline]
            fn store(cell: &Self::Cell, value: Self) {
                cell.store(value, SeqCst);
            }

            #[inline]
            fn exchange(cell: &Self::Cell, value: Self) -> Self {
                cell.swap(value, SeqCst)
            }

            #[inline]
            fn compare_exchange(cell: &Self::Cell, expected: Self, replacement: Self) -> Self {
                cell.compare_exchange(expected, replacement, SeqCst, SeqCst).unwrap_or_else(|found| found)
            }

            #[inline]
            fn add(cell: &Self::Cell, value: Self) -> Self {
                cell.fetch_add(value, SeqCst)
            }

            #[inline]
            fn sub(cell: &Self::Cell, value: Self) -> Self {
                cell.fetch_sub(value, SeqCst)
            }

            #[inline]
            fn and(cell: &Self::Cell, value: Self) -> Self {
                cell.fetch_and(value, SeqCst)
            }

            #[inline]
            fn or(cell: &Self::Cell, value: Self) -> Self {
                cell.fetch_or(value, SeqCst)
            }

            #[inline]
            fn xor(cell: &Self::Cell, value: Self) -> Self {
                cell.fetch_xor(value, SeqCst)
            }
        }
        // What `Atomics` relies on to see elements as cells.
        const _: () = assert!(
            size_of::<$name>() == size_of::<atomic::$cell>()
                && align_of::<atomic::$cell>() == size_of::<$name>()
        );
    )*};
}

atomic_elements! {
    i8 AtomicI8, i16 AtomicI16, i32 AtomicI32, i64 AtomicI64,
    u8 AtomicU8, u16 AtomicU16, u32 AtomicU32, u64 AtomicU64
}
