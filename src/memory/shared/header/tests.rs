//! What is written is read, and what was not written so is refused.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::memory::Shape;
use crate::memory::shared::fields::PARAMETERS;

/// A header of a ring, with something in every field.
fn ring() -> Header {
    let section = |tag, offset, len_bytes| Section { tag, offset, len_bytes };
    let queue = |name: &str, bound| QueueEntry { name: name.to_owned(), bound, policy: 2 };
    Header {
        features: 1 << 40,
        id: RegionId(*b"0123456789abcdef"),
        made_nanos: 1_800_000_000_000_000_000,
        creator: Creator { process: 12, user: 1000, process_namespace: 4_026_531_836, started_ticks: 99 },
        first_bytes: 1 << 20,
        most_bytes: 1 << 30,
        dimensions: vec![3, 4],
        sections: vec![
            section(Tag::CONTROL, 4096, 128),
            section(Tag::SLOTS, 8192, 200 * 128),
            section(Tag::DATA, 1 << 19, (1 << 30) - (1 << 19)),
        ],
        ring: RingFields {
            slots: 100,
            most_slots: 200,
            stride: 4096,
            buffer_len: 256,
            participants: 64,
            parameters: [1, 2, 3, 4, 5, 6, 7, u64::MAX],
            queues: vec![queue("raw", 7), queue("scaled", u64::MAX), queue("größer", 0)],
        },
        ..Header::new(Kind::Ring, <[f64; 2]>::SHAPE)
    }
}

fn parse(page: &[u8]) -> Result<Header, HeaderError> {
    Header::parse(page, 1 << 20)
}

/// Puts the right sum under a page that was changed.
fn sealed(mut page: [u8; HEADER_BYTES]) -> [u8; HEADER_BYTES] {
    let sum = fnv::hash(&page[..SUM]);
    page[SUM..].copy_from_slice(&sum.to_le_bytes());
    page
}

fn changed(at: usize, bytes: &[u8]) -> [u8; HEADER_BYTES] {
    let mut page = ring().to_bytes();
    page[at..at + bytes.len()].copy_from_slice(bytes);
    page
}

#[test]
fn what_is_written_is_read() {
    let header = ring();
    header.check().unwrap();
    assert_eq!(parse(&header.to_bytes()), Ok(header));
}

/// The bytes are in files. Whoever changes one of them changes the format's version.
#[test]
fn the_bytes_are_fixed_for_ever() {
    let page = ring().to_bytes();
    assert_eq!(&page[..16], b"RINGMILL\x01\0\0\0\x0d\x0c\x0b\x0a");
    assert_eq!(&page[16..24], [8, 1, 3, 3, 2, 0, 0, 0]);
    assert_eq!(&page[512..536], b"CTRL\0\0\0\0\0\x10\0\0\0\0\0\0\x80\0\0\0\0\0\0\0");
    assert_eq!(&page[2048..2061], b"\x07\0\0\0\0\0\0\0\x02\x03raw");
    assert_eq!(fnv::hash(&page), 15_972_110_064_576_055_342);
}

#[test]
fn any_bit_flipped_is_an_error() {
    let page = ring().to_bytes();
    for bit in 0..8 * HEADER_BYTES {
        let mut page = page;
        page[bit / 8] ^= 1 << (bit % 8);
        assert!(parse(&page).is_err(), "bit {bit}");
    }
}

#[test]
fn every_way_to_be_wrong_has_its_own_words() {
    let says = |page: [u8; HEADER_BYTES]| parse(&page).unwrap_err().to_string();
    assert_eq!(says([0; HEADER_BYTES]), "is no ringmill region");
    assert_eq!(says(changed(0, b"ringmill")), "is no ringmill region");
    assert_eq!(says(changed(8, &[2])), "has the newer format 2, and 1 is known here");
    assert_eq!(says(changed(8, &[0])), "has the older format 0, and 1 is known here");
    assert_eq!(
        says(changed(12, &[0x0a, 0x0b, 0x0c, 0x0d])),
        "was made on a machine with the other order of bytes"
    );
    assert_eq!(says(sealed(changed(33, &[1]))), "needs features that are not known here: bits 0x100");
    assert!(says(changed(3000, &[1])).starts_with("has a damaged header: its sum is 0x"));
    let error = Header::parse(&ring().to_bytes()[..1000], 1000).unwrap_err();
    assert_eq!(error.to_string(), "has 1000 bytes and needs 4096: it was cut short");
    let error = Header::parse(&ring().to_bytes(), (1 << 20) - 1).unwrap_err();
    assert_eq!(error, HeaderError::Truncated { needed_bytes: 1 << 20, found_bytes: (1 << 20) - 1 });
    assert!(Header::parse(&ring().to_bytes(), (1 << 30) + 1).is_err());
}

#[test]
fn every_field_is_checked_even_under_the_right_sum() {
    let u64s = |number: u64| number.to_le_bytes().to_vec();
    for (at, bytes, name) in [
        (16, vec![4], "bytes of an address"),
        (17, vec![0], "kind"),
        (17, vec![77], "kind"),
        (18, vec![17], "sections"),
        (18, vec![2], "byte that means nothing"),
        (19, vec![64], "queues"),
        (20, vec![9], "dimensions"),
        (21, vec![1], "byte that means nothing"),
        (88, u64s(4095), "bytes at first"),
        (88, u64s(1 << 31), "bytes at first"),
        (96, u64s(u64::MAX), "bytes at most"),
        (96, u64s(i64::MAX as u64), "bytes at most"),
        (104, vec![201], "slots"),
        (108, vec![255; 4], "slots at most"),
        (112, u64s(u64::MAX), "stride"),
        (120, 1023_u32.to_le_bytes().to_vec(), "participants"),
        (128, vec![0], "element's bytes"),
        (128, vec![17], "element's bytes"),
        (132, vec![3], "element's alignment"),
        (132, vec![0], "element's alignment"),
        (133, vec![64], "element's alignment"),
        (144, vec![255; 2], "length of the element's text"),
        (144, vec![0], "byte that means nothing"),
        (152, u64s(u64::MAX), "dimensions"),
        (281, vec![2], "elements of a buffer"),
        (288, vec![1], "byte that means nothing"),
        (512, vec![b'c'], "section's tag"),
        (512, b"DATA".to_vec(), "section's tag"),
        (520, u64s(4095), "section's first byte"),
        (520, u64s(4096 + 8), "section's first byte"),
        (520 + 48, u64s((1 << 20) + 128), "section's bytes"),
        (528, u64s(1 << 21), "section's bytes"),
        (528, u64s(5000), "section's first byte"),
        (528 + 48, u64s(u64::MAX), "section's bytes"),
        (528 + 48, u64s(1 << 30), "section's bytes"),
        (1024, vec![0xff], "element's text"),
        (1024, vec![b'\n'], "length of the element's text"),
        (2057, vec![255], "queues"),
        (2058, vec![0xff], "queues"),
    ] {
        match parse(&sealed(changed(at, &bytes))) {
            Err(HeaderError::Field { name: found, .. }) => assert_eq!(found, name, "{bytes:?} at {at}"),
            other => panic!("{bytes:?} at {at}: {other:?}"),
        }
    }
}

#[test]
fn a_later_minor_version_may_say_more() {
    let mut page = changed(10, &[1]);
    page[300] = 1;
    let header = parse(&sealed(page)).unwrap();
    assert_eq!(header, Header { minor: 1, ..ring() });
}

#[test]
fn a_long_text_is_cut_and_its_hash_is_not() {
    use crate::memory::{Field, TypeShape};
    const LONG: &str = match str::from_utf8(&[b'x'; 1500]) {
        Ok(name) => name,
        Err(_) => "",
    };
    const SHAPE: TypeShape = TypeShape::of_struct::<u8>(LONG, const { &[Field::new("a", 0, u8::SHAPE)] });
    let header = Header::new(Kind::Array, &SHAPE);
    header.check().unwrap();
    assert_eq!(header.element_text.len(), TEXT.len());
    assert!(header.element_text.ends_with("xxx..."));
    assert_eq!(header.element_hash, fnv::hash(SHAPE.to_string().as_bytes()));
}

/// Headers whose fields may be anything that they have room for.
fn headers() -> impl Strategy<Value = Header> {
    let number = || prop_oneof![0..5000_u64, any::<u64>()];
    let tag =
        prop_oneof![Just(Tag::CONTROL), Just(Tag::SLOTS), Just(Tag::DATA), any::<[u8; 4]>().prop_map(Tag)];
    let section = (tag, 0..200_u64, number()).prop_map(|(tag, lines, len_bytes)| Section {
        tag,
        offset: 4096 + 128 * lines,
        len_bytes,
    });
    let queue = ("[a-zä ]{0,20}", number(), any::<u8>()).prop_map(|(name, bound, policy)| QueueEntry {
        name,
        bound,
        policy,
    });
    let places = (vec(section, 0..4), vec(queue, 0..5), vec(0..9_u64, 0..4), "[a-z]{0,30}");
    let bytes = (0..1_u64 << 15, number(), 0..5000_u64, number());
    let counts = (0..10_u32, 0..20_u32, 0..1100_u32, 0..70_u32, 0..20_u32);
    let kinds = proptest::sample::select(&Kind::ALL[..]);
    (places, bytes, counts, kinds, any::<([u8; 16], u64, u64)>()).prop_map(
        |((sections, queues, dimensions, text), bytes, counts, kind, (id, hash, features))| Header {
            features,
            id: RegionId(id),
            first_bytes: bytes.0,
            most_bytes: bytes.0.saturating_add(bytes.1),
            made_nanos: bytes.3,
            element_bytes: counts.3,
            element_align: 1 << (counts.4 % 14),
            element_hash: hash,
            element_text: text,
            dimensions,
            sections,
            ring: RingFields {
                slots: counts.0,
                most_slots: counts.1,
                stride: bytes.2,
                buffer_len: u64::from(counts.0),
                participants: counts.2,
                parameters: [hash; PARAMETERS],
                queues,
            },
            ..Header::new(kind, u8::SHAPE)
        },
    )
}

proptest! {
    #[test]
    fn what_passes_the_check_is_read_as_it_was_and_nothing_else_is(header in headers()) {
        let page = header.to_bytes();
        let found = Header::parse(&page, header.first_bytes);
        match header.check() {
            Ok(()) => prop_assert_eq!(found, Ok(header)),
            Err(error) => prop_assert_eq!(found, Err(error)),
        }
    }

    #[test]
    fn what_passes_lies_in_the_region(header in headers()) {
        if header.check().is_ok() {
            let mut behind = HEADER_BYTES as u64;
            for (k, section) in header.sections.iter().enumerate() {
                let end = section.offset.checked_add(section.len_bytes).unwrap();
                prop_assert!(section.offset >= behind && end <= header.most_bytes);
                prop_assert!(k + 1 == header.sections.len() || end <= header.first_bytes);
                behind = end;
            }
            prop_assert!(u64::from(header.ring.most_slots) * header.ring.stride <= header.most_bytes);
        }
    }
}
