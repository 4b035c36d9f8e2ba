//! What a type looks like, so that two programs agree on it before they share its values.
//!
//! A shape is a tree that the compiler builds: numbers, arrays of shapes, structs of named fields. Its text is one line, and
//! says all of it. Two programs that share memory compare the hash of that text; where it differs, each shows its own.
//!
//! ```text
//! number   f64                  usize64 and isize64 say how wide they are here
//! array    [shape; 4]
//! struct   Tick { price: f64 @0, volume: u64 @8; 16 bytes, align 8 }      @ is the field's offset
//! hash     FNV-1a, 64 bits, of the text in UTF-8
//! ```

use std::fmt::{self, Display};

use super::{Value, fnv};

/// A value whose layout can be told to other programs: its declared name, its fields, their offsets and shapes.
///
/// The numbers have a shape, and so have arrays of what has one. A struct derives it, with the feature `derive`; the struct
/// is [`Pod`](bytemuck::Pod), and all of its fields have a shape. Generic structs derive it too: a parameter shows
/// in the shapes of the fields. Enums and unions have none, because not all of their bits mean something.
///
/// The declared name is the struct's own, without the crate and the modules around it, so that it may move. Use
/// `#[shape(name = "...")]` to declare another, and `#[shape(crate = path)]` where ringmill goes by another name.
///
/// To implement this by hand so that it says what is not true breaks no memory: any bits are a valid value. It makes the
/// program read nonsense.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use bytemuck::{Pod, Zeroable};
/// use ringmill::memory::Shape;
///
/// #[derive(Clone, Copy, Pod, Zeroable, Shape)]
/// #[repr(C)]
/// struct Tick {
///     price: f64,
///     volume: u64,
/// }
///
/// assert_eq!(Tick::SHAPE.to_string(), "Tick { price: f64 @0, volume: u64 @8; 16 bytes, align 8 }");
/// # }
/// ```
///
/// A field that has none is an error where it stands, and so is an enum:
///
/// ```compile_fail,E0277
/// use bytemuck::{Pod, Zeroable};
///
/// #[derive(Clone, Copy, Pod, Zeroable)]
/// #[repr(transparent)]
/// struct Volume(u64);
///
/// #[derive(Clone, Copy, Pod, Zeroable, ringmill::memory::Shape)]
/// #[repr(C)]
/// struct Tick {
///     price: f64,
///     volume: Volume, // has no shape
/// }
/// ```
///
/// ```compile_fail
/// #[derive(Clone, Copy, ringmill::memory::Shape)]
/// #[repr(u8)]
/// enum Side {
///     Buy,
///     Sell,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no shape, so it cannot lie in memory that programs share",
    note = "derive `ringmill::memory::Shape` for it, with the feature `derive`"
)]
pub trait Shape: Value {
    /// What the type looks like.
    const SHAPE: &'static TypeShape;
}

/// The shape of one type: its size and alignment, and what it is made of. As text it is one line.
///
/// # Examples
///
/// ```
/// use ringmill::memory::Shape;
/// let shape = <[f32; 3]>::SHAPE;
/// assert_eq!(shape.to_string(), "[f32; 3]");
/// assert_eq!((shape.size_bytes(), shape.align()), (12, 4));
/// assert_ne!(shape.hash(), <[f32; 4]>::SHAPE.hash());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeShape {
    form: Form,
    size_bytes: usize,
    align: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Number(&'static str),
    Array { of: &'static TypeShape, len: usize },
    Struct { name: &'static str, fields: &'static [Field] },
}

/// A field of a struct's shape.
///
/// # Examples
///
/// See [`TypeShape::of_struct`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    name: &'static str,
    offset: usize,
    shape: &'static TypeShape,
}

impl Field {
    /// Describes a field: its name, at which byte of the struct it begins, and its shape.
    ///
    /// # Examples
    ///
    /// See [`TypeShape::of_struct`].
    ///
    /// # Panics
    ///
    /// If the name has other signs than letters, digits and `_.:-`, or none; when the program is compiled.
    pub const fn new(name: &'static str, offset: usize, shape: &'static TypeShape) -> Self {
        assert!(is_name(name), "a field's name has letters, digits and `_.:-`, and at least one of them");
        Self { name, offset, shape }
    }
}

impl TypeShape {
    /// Describes a struct, for those who do not derive it.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytemuck::{Pod, Zeroable};
    /// use ringmill::memory::{Field, Shape, TypeShape};
    /// use std::mem::offset_of;
    ///
    /// #[derive(Clone, Copy, Pod, Zeroable)]
    /// #[repr(C)]
    /// struct Point {
    ///     x: f32,
    ///     y: f32,
    /// }
    ///
    /// impl Shape for Point {
    ///     const SHAPE: &'static TypeShape = &TypeShape::of_struct::<Self>("Point", &[
    ///         Field::new("x", offset_of!(Point, x), f32::SHAPE),
    ///         Field::new("y", offset_of!(Point, y), f32::SHAPE),
    ///     ]);
    /// }
    /// assert_eq!(Point::SHAPE.to_string(), "Point { x: f32 @0, y: f32 @4; 8 bytes, align 4 }");
    /// ```
    ///
    /// # Panics
    ///
    /// If the fields are not as large as the struct, or one does not lie in it, or the name has other signs than letters,
    /// digits and `_.:-`; when the program is compiled.
    pub const fn of_struct<T: Value>(name: &'static str, fields: &'static [Field]) -> Self {
        assert!(is_name(name), "a struct's name has letters, digits and `_.:-`, and at least one of them");
        let (mut k, mut bytes) = (0, 0);
        while k < fields.len() {
            let Field { offset, shape, .. } = fields[k];
            assert!(
                shape.size_bytes <= size_of::<T>() && offset <= size_of::<T>() - shape.size_bytes,
                "a field lies in its struct"
            );
            bytes += shape.size_bytes;
            k += 1;
        }
        assert!(bytes == size_of::<T>(), "the fields are as large as their struct, which has no padding");
        Self { form: Form::Struct { name, fields }, size_bytes: size_of::<T>(), align: align_of::<T>() }
    }

    const fn of_number<T: Value>(name: &'static str) -> Self {
        Self { form: Form::Number(name), size_bytes: size_of::<T>(), align: align_of::<T>() }
    }

    /// Returns the size of a value in bytes.
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Returns of what a value's address is a multiple.
    pub const fn align(&self) -> usize {
        self.align
    }

    /// Returns the hash of the text: FNV-1a with 64 bits. The same in every program, on every machine, in every version.
    pub fn hash(&self) -> u64 {
        fnv::hash_text(self)
    }
}

/// Says whether all signs are letters, digits or `_.:-`; those beyond ASCII are taken for letters.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut k = 0;
    while k < bytes.len() {
        if !matches!(bytes[k], b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b':' | b'-' | 0x80..) {
            return false;
        }
        k += 1;
    }
    !bytes.is_empty()
}

impl Display for TypeShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Number(name) => f.write_str(name),
            Form::Array { of, len } => write!(f, "[{of}; {len}]"),
            Form::Struct { name, fields } => {
                write!(f, "{name} {{ ")?;
                for (k, field) in fields.iter().enumerate() {
                    let comma = if k == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {} @{}", field.name, field.shape, field.offset)?;
                }
                write!(f, "; {} bytes, align {} }}", self.size_bytes, self.align)
            }
        }
    }
}

macro_rules! numbers {
    ($($number:ty: $name:literal),*) => {$(
        impl Shape for $number {
            const SHAPE: &'static TypeShape = &TypeShape::of_number::<Self>($name);
        }
    )*};
}

numbers! {
    f32: "f32", f64: "f64",
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", i128: "i128",
    u8: "u8", u16: "u16", u32: "u32", u64: "u64", u128: "u128"
}
#[cfg(target_pointer_width = "64")]
numbers! { isize: "isize64", usize: "usize64" }
#[cfg(target_pointer_width = "32")]
numbers! { isize: "isize32", usize: "usize32" }

impl<T: Shape, const N: usize> Shape for [T; N]
where
    [T; N]: Value,
{
    const SHAPE: &'static TypeShape = &TypeShape {
        form: Form::Array { of: T::SHAPE, len: N },
        size_bytes: size_of::<Self>(),
        align: align_of::<Self>(),
    };
}
