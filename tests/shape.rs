//! Promise: a type's shape says its declared name and every field, in one line that is the same in every program, and its
//! hash is that line's.

use bytemuck::{Pod, Zeroable};
use ringmill::memory::{Shape, TypeShape};

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(C)]
struct Tick {
    price: f64,
    volume: u64,
}

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(C)]
struct Book {
    best: [Tick; 2],
    r#type: [u8; 4],
    flags: u32,
}

mod moved {
    use super::*;

    #[derive(Clone, Copy, Pod, Zeroable, Shape)]
    #[repr(C)]
    pub(crate) struct Tick {
        pub(crate) price: f64,
        pub(crate) volume: u64,
    }
}

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(C)]
#[shape(name = "Tick")]
struct Renamed {
    price: f64,
    volume: u64,
}

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(C)]
#[shape(name = "Tick")]
struct Swapped {
    volume: u64,
    price: f64,
}

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(transparent)]
struct Of<T>(T);

#[derive(Clone, Copy, Pod, Zeroable, Shape)]
#[repr(C, packed)]
struct Packed<T, const N: usize> {
    tag: u8,
    values: [T; N],
}

/// FNV-1a as its authors describe it, once more.
fn fnv(text: &str) -> u64 {
    let mut hash = 14_695_981_039_346_656_037_u64;
    for byte in text.bytes() {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(1_099_511_628_211);
    }
    hash
}

fn is(shape: &TypeShape, text: &str) {
    assert_eq!(shape.to_string(), text);
    assert_eq!(shape.hash(), fnv(text), "{text}");
}

#[test]
fn every_field_stands_in_the_text() {
    let tick = "Tick { price: f64 @0, volume: u64 @8; 16 bytes, align 8 }";
    is(Tick::SHAPE, tick);
    is(<[Tick; 3]>::SHAPE, &format!("[{tick}; 3]"));
    is(
        Book::SHAPE,
        &format!("Book {{ best: [{tick}; 2] @0, type: [u8; 4] @32, flags: u32 @36; 40 bytes, align 8 }}"),
    );
    assert_eq!((Book::SHAPE.size_bytes(), Book::SHAPE.align()), (40, 8));
}

#[test]
fn a_parameter_shows_in_the_fields() {
    is(Of::<u16>::SHAPE, "Of { 0: u16 @0; 2 bytes, align 2 }");
    is(Of::<Tick>::SHAPE, &format!("Of {{ 0: {} @0; 16 bytes, align 8 }}", Tick::SHAPE));
    is(Packed::<f64, 3>::SHAPE, "Packed { tag: u8 @0, values: [f64; 3] @1; 25 bytes, align 1 }");
}

#[test]
fn the_place_of_the_declaration_does_not_matter_and_all_else_does() {
    assert_eq!(Tick::SHAPE, moved::Tick::SHAPE);
    assert_eq!(Tick::SHAPE.hash(), Renamed::SHAPE.hash());
    let mut hashes: Vec<_> = [
        Tick::SHAPE,
        Swapped::SHAPE,
        Book::SHAPE,
        Of::<f64>::SHAPE,
        Of::<i64>::SHAPE,
        Of::<[f64; 1]>::SHAPE,
        <[f64; 2]>::SHAPE,
        <[[f64; 1]; 2]>::SHAPE,
        f64::SHAPE,
        usize::SHAPE,
    ]
    .map(TypeShape::hash)
    .to_vec();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 10);
}

/// These are in files. Whoever changes one makes every region that exists a foreign one.
#[test]
fn hashes_are_fixed_for_ever() {
    assert_eq!(f32::SHAPE.hash(), 0xdd63_5018_ff70_3544);
    assert_eq!(f64::SHAPE.hash(), 0xdd74_4c18_ff7e_a1ab);
    assert_eq!(u8::SHAPE.hash(), 0x08c4_8207_b567_53d8);
    assert_eq!(i128::SHAPE.hash(), 0x2a2a_82c4_7632_484d);
    assert_eq!(<[[i64; 2]; 7]>::SHAPE.hash(), 0xe27c_626f_0846_d761);
    assert_eq!(Tick::SHAPE.hash(), 0x8529_4419_ba74_7734);
    assert_eq!(Book::SHAPE.hash(), 0x30bc_99d7_7f38_cf08);
}
