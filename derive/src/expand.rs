//! From a struct's declaration to the implementation. Pure: tokens in, tokens or an error out.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Fields, Index, LitStr, Member, Path, Result, parse_quote};

/// What `#[shape(...)]` says.
struct Options {
    name: String,
    ringmill: Path,
}

/// Writes the implementation of `Shape` for a struct.
pub(crate) fn shape(input: &DeriveInput) -> Result<TokenStream> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            let why =
                "an enum has no shape: not all of its bits are a valid value; share its number, and check it";
            return Err(Error::new(data.enum_token.span, why));
        }
        Data::Union(data) => {
            let why = "a union has no shape: nothing says which of its fields is the one that was written";
            return Err(Error::new(data.union_token.span, why));
        }
    };
    if fields.is_empty() {
        return Err(Error::new_spanned(&input.ident, "a struct without fields has no values to share"));
    }
    let Options { name, ringmill } = options(input)?;
    let described = described(fields, &ringmill);

    let mut generics = input.generics.clone();
    let parameters: Vec<_> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    if !parameters.is_empty() {
        let clause = generics.make_where_clause();
        for parameter in parameters {
            clause.predicates.push(parse_quote!(#parameter: #ringmill::memory::Shape));
        }
        clause.predicates.push(parse_quote!(Self: #ringmill::memory::Value));
    }
    let (parameters, arguments, clause) = generics.split_for_impl();
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #ringmill::memory::Shape for #ident #arguments #clause {
            const SHAPE: &'static #ringmill::memory::TypeShape =
                &#ringmill::memory::TypeShape::of_struct::<Self>(#name, const { &[#(#described),*] });
        }
    })
}

/// Writes each field's name, offset and shape; what is wrong with a field is reported at its type.
fn described<'a>(fields: &'a Fields, ringmill: &'a Path) -> impl Iterator<Item = TokenStream> + 'a {
    fields.iter().enumerate().map(move |(index, field)| {
        let (member, name) = match &field.ident {
            Some(ident) => (Member::Named(ident.clone()), ident.unraw().to_string()),
            None => (Member::Unnamed(Index::from(index)), index.to_string()),
        };
        let kind = &field.ty;
        quote_spanned! {kind.span()=>
            #ringmill::memory::Field::new(
                #name,
                ::core::mem::offset_of!(Self, #member),
                <#kind as #ringmill::memory::Shape>::SHAPE,
            )
        }
    })
}

fn options(input: &DeriveInput) -> Result<Options> {
    let mut options = Options { name: input.ident.unraw().to_string(), ringmill: parse_quote!(::ringmill) };
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("shape")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                let name: LitStr = meta.value()?.parse()?;
                options.name = checked_name(&name)?;
                Ok(())
            } else if meta.path.is_ident("crate") {
                options.ringmill = meta.value()?.parse()?;
                Ok(())
            } else {
                Err(meta.error("expected `name = \"...\"` or `crate = path`"))
            }
        })?;
    }
    Ok(options)
}

/// The name is part of a text in which other signs mean something.
fn checked_name(name: &LitStr) -> Result<String> {
    let text = name.value();
    let plain = |sign: char| sign.is_alphanumeric() || "_.:-".contains(sign);
    if text.is_empty() || !text.chars().all(plain) {
        return Err(Error::new(
            name.span(),
            "a name has letters, digits and `_.:-`, and at least one of them",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let input = syn::parse_str(text).unwrap();
        match shape(&input) {
            Ok(tokens) => tokens.to_string().replace(' ', ""),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn a_struct_is_described_field_by_field() {
        let text = expanded("struct Tick { price: f64, r#type: [u8; 8] }");
        assert!(text.contains("impl::ringmill::memory::ShapeforTick{"), "{text}");
        assert!(text.contains("of_struct::<Self>(\"Tick\","), "{text}");
        assert!(text.contains("new(\"price\",::core::mem::offset_of!(Self,price),<f64as"), "{text}");
        assert!(text.contains("new(\"type\",::core::mem::offset_of!(Self,r#type),<[u8;8]as"), "{text}");
        let text = expanded("struct Point(f32, f32);");
        assert!(text.contains("new(\"1\",::core::mem::offset_of!(Self,1),<f32as"), "{text}");
    }

    #[test]
    fn parameters_need_shapes_too() {
        let text = expanded("struct Pair<T: Copy, const N: usize>(T, [T; N]);");
        assert!(text.contains("impl<T:Copy,constN:usize>::ringmill::memory::ShapeforPair<T,N>"), "{text}");
        assert!(text.contains("whereT:::ringmill::memory::Shape,Self:::ringmill::memory::Value"), "{text}");
    }

    #[test]
    fn attributes_name_the_struct_and_the_crate() {
        let text = expanded("#[shape(name = \"market::Tick\", crate = mill)] struct T1 { price: f64 }");
        assert!(text.contains("implmill::memory::ShapeforT1"), "{text}");
        assert!(text.contains("(\"market::Tick\","), "{text}");
    }

    #[test]
    fn what_has_no_shape_is_refused_with_the_reason() {
        for (text, why) in [
            ("enum Side { Buy, Sell }", "an enum has no shape: not all of its bits are a valid value"),
            ("union Both { a: u32, b: f32 }", "a union has no shape"),
            ("struct Nothing;", "without fields"),
            ("struct Nothing {}", "without fields"),
            ("#[shape(name = \"\")] struct A(u8);", "at least one"),
            ("#[shape(name = \"a b\")] struct A(u8);", "letters, digits"),
            ("#[shape(size = 3)] struct A(u8);", "expected `name"),
            ("#[shape(name = 3)] struct A(u8);", "expected string literal"),
        ] {
            let found = expanded(text);
            assert!(found.starts_with("error: ") && found.contains(why), "{text}: {found}");
        }
    }
}
