//! Hands the parts of one array to threads of your own, which count in an atomic view who had how much.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::thread;

use ringmill::array::SharedArray;

fn main() -> Result<(), Box<dyn Error>> {
    let array = SharedArray::<f32>::anonymous(&[1_000_000])?;
    let done = SharedArray::<u64>::anonymous(&[1])?.into_atomics();

    let threads: Vec<_> = array
        .parts(4)
        .into_iter()
        .map(|mut part| {
            let done = done.clone();
            thread::spawn(move || {
                let offset = part.offset();
                for (index, element) in part.iter_mut().enumerate() {
                    *element = (offset + index) as f32;
                }
                done.view().add(0, part.len() as u64).expect("it has an element 0");
                part
            })
        })
        .collect();

    let mut parts = Vec::new();
    for thread in threads {
        parts.push(thread.join().expect("the threads do not panic"));
    }
    let array = SharedArray::reunite(parts)?;
    println!("{} elements set, the last to {}", done.view().load(0)?, array[array.len() - 1]);
    Ok(())
}
