//! The numbers that arrays are made of.

use std::fmt::{Debug, Display};

use bytemuck::Pod;

mod sealed {
    pub trait Sealed {}
}

/// A number that an array can hold: `f32`, `f64`, `i8` to `i64`, `u8` to `u64`.
///
/// Any bytes are a valid number of each of these types, and none has padding, so they can be read from and written to
/// a file as they lie in memory. No other type can implement this.
///
/// # Examples
///
/// ```
/// use ringmill::memory::Element;
/// fn type_of<T: Element>(_: &[T]) -> &'static str {
///     T::NAME
/// }
/// assert_eq!(type_of(&[1.5f32]), "f32");
/// ```
pub trait Element:
    Pod + Default + Send + Sync + PartialEq + PartialOrd + Debug + Display + sealed::Sealed
{
    /// The type's name in Rust, such as `f64`.
    const NAME: &'static str;
    /// The type's name in an `.npy` header, such as `<f8`.
    const DESCR: &'static str;
}

macro_rules! elements {
    ($($name:ident $descr:literal),*) => {$(
        impl sealed::Sealed for $name {}
        impl Element for $name {
            const NAME: &'static str = stringify!($name);
            const DESCR: &'static str = $descr;
        }
    )*};
}

elements! {
    f32 "<f4", f64 "<f8",
    i8 "|i1", i16 "<i2", i32 "<i4", i64 "<i8",
    u8 "|u1", u16 "<u2", u32 "<u4", u64 "<u8"
}
