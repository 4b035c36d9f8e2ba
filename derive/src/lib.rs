//! `#[derive(Shape)]` for ringmill, which documents it as `ringmill::memory::Shape` and has it behind its feature `derive`.
//!
//! The declared name and each field's name, offset and shape become a constant. What that constant says of the struct is
//! checked where it is made, in `TypeShape::of_struct`; here only what no struct's shape can say is refused.

mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `ringmill::memory::Shape` for a struct that is `bytemuck::Pod`, all of whose fields have a shape.
///
/// `#[shape(name = "Tick")]` declares another name than the struct's own, `#[shape(crate = path)]` another path to ringmill.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn derive_shape(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::shape(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
