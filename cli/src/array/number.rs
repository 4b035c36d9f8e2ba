//! What the array verbs ask of an element type: its bounds, and a sum that is exact or nearly so.

use ringmill::memory::Element;

use crate::aggregate::Sum;
use crate::output::Value;

/// An element type that can be summed and ranked.
pub(crate) trait Number: Element {
    const LOWEST: Self;
    const HIGHEST: Self;

    /// A sum under way: without an error for integers, compensated for floats.
    type Total: Default + Send;

    fn total(chunk: &[Self]) -> Self::Total;
    fn join(left: Self::Total, right: Self::Total) -> Self::Total;
    fn total_value(total: Self::Total) -> Value;

    /// The nearest `f64`.
    fn to_f64(self) -> f64;
    fn value(self) -> Value;
}

/// Elements of at most 32 bits are summed in 64 bits, a block of 2^16 at a time, which cannot overflow.
const BLOCK: usize = 1 << 16;

macro_rules! integers {
    ($($T:ident by $total:expr);*) => {$(
        impl Number for $T {
            const LOWEST: Self = Self::MIN;
            const HIGHEST: Self = Self::MAX;

            type Total = i128;

            fn total(chunk: &[Self]) -> i128 {
                let total: fn(&[Self]) -> i128 = $total;
                total(chunk)
            }

            fn join(left: i128, right: i128) -> i128 {
                left + right
            }

            fn total_value(total: i128) -> Value {
                Value::Integer(total)
            }

            fn to_f64(self) -> f64 {
                self as f64
            }

            fn value(self) -> Value {
                Value::Integer(i128::from(self))
            }
        }
    )*};
}

integers! {
    i8 by narrow; i16 by narrow; i32 by narrow; u8 by narrow; u16 by narrow; u32 by narrow;
    i64 by wide; u64 by wide
}

fn narrow<T: Copy + Into<i64>>(chunk: &[T]) -> i128 {
    let block = |block: &[T]| i128::from(block.iter().map(|&x| x.into()).sum::<i64>());
    chunk.chunks(BLOCK).map(block).sum()
}

fn wide<T: Copy + Into<i128>>(chunk: &[T]) -> i128 {
    chunk.iter().map(|&x| x.into()).sum()
}

macro_rules! floats {
    ($($T:ident as $value:expr);*) => {$(
        impl Number for $T {
            const LOWEST: Self = Self::NEG_INFINITY;
            const HIGHEST: Self = Self::INFINITY;

            type Total = Sum;

            fn total(chunk: &[Self]) -> Sum {
                Sum::of(chunk)
            }

            fn join(mut left: Sum, right: Sum) -> Sum {
                left.merge(&right);
                left
            }

            fn total_value(total: Sum) -> Value {
                Value::sum(total.value())
            }

            fn to_f64(self) -> f64 {
                self.into()
            }

            fn value(self) -> Value {
                $value(self)
            }
        }
    )*};
}

floats! { f32 as Value::Single; f64 as Value::Exact }
