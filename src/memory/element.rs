//! The numbers that arrays are made of.

use std::fmt::{self, Debug, Display};

use super::Shape;

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
/// use ringmill::memory::{Element, ElementType};
/// fn type_of<T: Element>(_: &[T]) -> ElementType {
///     T::TYPE
/// }
/// assert_eq!(type_of(&[1.5f32]), ElementType::F32);
/// ```
pub trait Element: Shape + Default + PartialEq + PartialOrd + Debug + Display + sealed::Sealed {
    /// Which of the element types this is.
    const TYPE: ElementType;
}

/// The name of an element type, for data whose type is known only at run time.
///
/// # Examples
///
/// ```
/// use ringmill::memory::ElementType;
/// let kind = ElementType::from_npy("<f8").unwrap();
/// assert_eq!((kind.name(), kind.size_bytes()), ("f64", 8));
/// assert_eq!(ElementType::from_npy("<c16"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is named as the type it stands for")]
pub enum ElementType {
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

macro_rules! elements {
    ($($name:ident $kind:ident $npy:literal),*) => {
        $(
            impl sealed::Sealed for $name {}
            impl Element for $name {
                const TYPE: ElementType = ElementType::$kind;
            }
        )*

        impl ElementType {
            /// Every element type.
            pub const ALL: [Self; 10] = [$(Self::$kind),*];

            /// Returns the type's name in Rust, such as `f64`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($name)),*
                }
            }

            /// Returns the type's name in the header of an `.npy` file, such as `<f8`.
            pub const fn npy(self) -> &'static str {
                match self {
                    $(Self::$kind => $npy),*
                }
            }

            /// Returns the size of one element in bytes.
            pub const fn size_bytes(self) -> usize {
                match self {
                    $(Self::$kind => size_of::<$name>()),*
                }
            }
        }
    };
}

elements! {
    f32 F32 "<f4", f64 F64 "<f8",
    i8 I8 "|i1", i16 I16 "<i2", i32 I32 "<i4", i64 I64 "<i8",
    u8 U8 "|u1", u16 U16 "<u2", u32 U32 "<u4", u64 U64 "<u8"
}

impl ElementType {
    /// Returns the type that an `.npy` header calls `descr`, if it is an element type in little-endian order.
    pub fn from_npy(descr: &str) -> Option<Self> {
        // One byte has no order, so `<` says nothing there.
        let one_byte = |kind: &Self| kind.size_bytes() == 1 && descr.strip_prefix('<') == kind.npy().get(1..);
        Self::ALL.into_iter().find(|kind| kind.npy() == descr || one_byte(kind))
    }
}

impl Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
