//! What can lie in memory that several parties hand to each other.

use bytemuck::Pod;

/// A value that can be an element of a ring's buffer or of a stream: any bits are a valid one, it has no padding, and
/// it owns nothing.
///
/// So it can be read where another thread or process wrote it, zeroed pages hold valid ones, and it needs no drop. Every
/// type that is [`bytemuck::Pod`], [`Send`] and [`Sync`] is a value; nothing has to be implemented besides. The numbers
/// are, and so are arrays of values. For a struct of your own derive `Pod` with the `derive` feature of `bytemuck`.
/// A type with an alignment of more than 4096 bytes, or with no size, is refused where memory for it is made.
///
/// # Examples
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use ringmill::memory::Value;
///
/// #[derive(Clone, Copy, Pod, Zeroable)]
/// #[repr(C)]
/// struct Tick {
///     price: f64,
///     volume: u64,
/// }
///
/// fn bytes<T: Value>(values: &[T]) -> usize {
///     size_of_val(values)
/// }
/// assert_eq!(bytes(&[Tick { price: 1.5, volume: 3 }]), 16);
/// ```
///
/// A type that owns something, or of which not every bit is valid, is no value:
///
/// ```compile_fail,E0277
/// fn takes<T: ringmill::memory::Value>(_: T) {}
/// takes(String::new());
/// ```
pub trait Value: Pod + Send + Sync {}

impl<T: Pod + Send + Sync> Value for T {}
