//! `ringmill array` reads every numeric type and changes floats where they lie.

mod support;

use serde_json::json;
use support::{Place, f64s, npy, npy_data, npy_f64};

#[test]
fn info_reads_the_header_alone() {
    let place = Place::new().with("a.npy", npy("<i4", "(2, 3)", &[0; 24]));
    let table = "\
what      value
type        i32
shape     2 x 3
order         C
elements      6
bytes        24
";
    assert_eq!(place.run("array info a.npy").succeeded(), table);
    let facts = json!({"type": "i32", "shape": "2 x 3", "order": "C", "elements": 6, "bytes": 24});
    assert_eq!(place.run("array info a.npy --json").json(), facts);
}

#[test]
fn every_type_is_summed() {
    fn bytes<const N: usize>(numbers: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
        numbers.into_iter().flatten().collect()
    }
    let cases = [
        ("|i1", bytes([-5_i8, 127, 127].map(i8::to_le_bytes)), "249"),
        ("|u1", bytes([5_u8, 255, 255].map(u8::to_le_bytes)), "515"),
        ("<i2", bytes([-5_i16, 32767, 32767].map(i16::to_le_bytes)), "65529"),
        ("<u2", bytes([5_u16, 65535, 65535].map(u16::to_le_bytes)), "131075"),
        ("<i4", bytes([-5, i32::MAX, i32::MAX].map(i32::to_le_bytes)), "4294967289"),
        ("<u4", bytes([5, u32::MAX, u32::MAX].map(u32::to_le_bytes)), "8589934595"),
        ("<i8", bytes([-5, i64::MAX, i64::MAX].map(i64::to_le_bytes)), "18446744073709551609"),
        ("<u8", bytes([5, u64::MAX, u64::MAX].map(u64::to_le_bytes)), "36893488147419103235"),
        ("<f4", bytes([0.5_f32, 1e8, 0.25].map(f32::to_le_bytes)), "100000000.75"),
        ("<f8", bytes([1.0_f64, 1e100, -1e100].map(f64::to_le_bytes)), "1"),
    ];
    for (descr, data, expected) in cases {
        let place = Place::new().with("a.npy", npy(descr, "(3,)", &data));
        assert_eq!(place.run("array sum a.npy").succeeded(), format!("{expected}\n"), "{descr}");
        let found = place.run("array stats a.npy --json").json();
        assert_eq!((&found["count"], &found["nan"]), (&json!(3), &json!(0)), "{descr}");
        assert_eq!(found["sum"].to_string().parse::<f64>(), expected.parse(), "{descr}");
    }
}

#[test]
fn stats_leave_out_what_is_not_a_number() {
    let numbers = [4.0, f64::NAN, 7.0, 13.0, 16.0, f64::NAN];
    let place = Place::new().with("a.npy", npy_f64(&numbers));
    let table = "\
what     value
type       f64
count        4
nan          2
min          4
max         16
mean        10
std    5.47723
sum         40
";
    assert_eq!(place.run("array stats a.npy").succeeded(), table);
    assert_eq!(place.run("array sum a.npy").succeeded(), "NaN\n");
}

#[test]
fn an_empty_array_has_a_sum_and_no_mean() {
    let place = Place::new().with("a.npy", npy_f64(&[]));
    assert_eq!(place.run("array sum a.npy").succeeded(), "0\n");
    let found = place.run("array stats a.npy --json").json();
    assert_eq!((&found["count"], &found["mean"], &found["min"]), (&json!(0), &json!(null), &json!(null)));
    assert!(place.run("array scale a.npy --mul 2").succeeded().contains("0 elements"));
}

#[test]
fn scale_changes_the_file_itself() {
    let place = Place::new().with("a.npy", npy_f64(&[100.0, -0.0, 0.5]));
    place.run("array scale a.npy --mul 1.07 --add 0.5").succeeded();
    assert_eq!(f64s(npy_data(&place.read("a.npy"))), [100.0 * 1.07 + 0.5, 0.5, 0.5 * 1.07 + 0.5]);
    let place = Place::new().with("a.npy", npy_f64(&[100.0, -0.0]));
    place.run("array scale a.npy --mul 2").succeeded();
    let data = f64s(npy_data(&place.read("a.npy")));
    assert!(data[0] == 200.0 && data[1] == 0.0 && data[1].is_sign_negative());
    place.run("array scale a.npy --add -200").succeeded();
    assert_eq!(f64s(npy_data(&place.read("a.npy")))[0], 0.0);
}

#[test]
fn singles_are_scaled_in_their_own_precision() {
    let data: Vec<u8> = [0.1_f32, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let place = Place::new().with("a.npy", npy("<f4", "(2,)", &data));
    place.run("array scale a.npy --mul 1.07").succeeded();
    let file = place.read("a.npy");
    let changed: Vec<f32> =
        npy_data(&file).as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    assert_eq!(changed, [0.1_f32 * 1.07, 3.0 * 1.07]);
    assert_eq!(place.run("array stats a.npy --json").json()["max"].to_string(), (3.0_f32 * 1.07).to_string());
}

#[test]
fn integers_are_not_scaled() {
    let file = npy("<i8", "(2,)", &[7; 16]);
    let place = Place::new().with("a.npy", &file);
    let complaint = place.run("array scale a.npy --mul 2").failed();
    assert!(complaint.contains("a.npy: holds i64") && complaint.contains("hint: "), "{complaint}");
    assert_eq!(place.read("a.npy"), file);
}

#[test]
fn every_number_of_workers_gives_the_same_bits() {
    let place = Place::new();
    place.run("generate array a.npy --rows 1000003").succeeded();
    for verb in ["sum", "stats"] {
        let answers: Vec<String> = ["1", "2", "3", "8"]
            .into_iter()
            .map(|threads| place.run(&format!("array {verb} a.npy --json --threads {threads}")).succeeded())
            .collect();
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }
}
