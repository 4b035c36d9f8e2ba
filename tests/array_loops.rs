//! Loops over mapped arrays change the file in place, and tell when the file went away under them.

use ringmill::Pool;
use ringmill::array::SharedArray;
use ringmill::pool::LoopError;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn a_file_is_changed_in_place() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("prices.npy");
    for workers in [1, 2, 3] {
        let pool = Pool::builder().workers(workers).build()?;
        let mut new = SharedArray::<f64>::create_npy(&path, &[1000, 300])?;
        pool.for_each_chunk(&mut new, |chunk| chunk.fill(10.0))?;
        new.publish()?;

        let mut prices = SharedArray::<f64>::open_npy(&path)?;
        pool.for_each_chunk(&mut prices, |chunk| {
            for price in chunk {
                *price = *price * 1.07 + 0.5;
            }
        })?;
        drop(prices);

        let prices = SharedArray::<f64>::open_npy_read_only(&path)?;
        assert_eq!(prices.shape(), [1000, 300]);
        let sum = pool.map_reduce(&prices, |chunk| chunk.iter().sum::<f64>(), |a, b| a + b)?;
        assert!(prices.iter().all(|&price| price == 10.0 * 1.07 + 0.5));
        assert!((sum - 300_000.0 * 11.2).abs() < 1e-3, "{sum}");
    }
    Ok(())
}

#[test]
fn parts_and_arrays_walk_together() -> Outcome {
    let pool = Pool::builder().workers(2).build()?;
    let (mut left, right) = SharedArray::<i32>::anonymous(&[100_000])?.split_at(50_000);
    let mut sums = SharedArray::<i64>::anonymous(&[50_000])?;
    pool.for_each_chunk(&mut left, |chunk| chunk.fill(3))?;
    pool.for_each_chunk((&mut sums, &left, &right), |(sums, left, right)| {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum = i64::from(left + right);
        }
    })?;
    assert!(sums.iter().all(|&sum| sum == 3));
    assert_eq!(SharedArray::reunite([right, left])?.iter().filter(|&&x| x == 3).count(), 50_000);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_cut_short_during_the_loop_is_an_error() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("readings");
    std::fs::write(&path, vec![1; 1 << 20])?;
    for workers in [1, 2] {
        let pool = Pool::builder().workers(workers).build()?;
        let readings = SharedArray::<u8>::open_raw_read_only(&path)?;
        let cut = || std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(4096));
        let sum = pool.map_reduce(
            &readings,
            |chunk| {
                cut().expect("another program's right");
                chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>()
            },
            |a, b| a + b,
        );
        assert!(matches!(sum, Err(LoopError::Memory(_))), "{sum:?}");
        std::fs::write(&path, vec![1; 1 << 20])?;
    }
    Ok(())
}
