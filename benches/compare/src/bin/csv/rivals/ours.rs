//! ringmill: column at a time, and record by record.

use std::error::Error;

use ringmill::Pool;
use ringmill::csv::{ColumnRef, CsvFile, Groups};

use super::{Seen, figures};
use crate::job::{Answer, Job, Kind};

fn open(job: &Job) -> Result<CsvFile, Box<dyn Error>> {
    let options = CsvFile::options().headers(!job.is_stations);
    Ok(if job.is_stations { options.delimiter(b';') } else { options }.open(&job.path)?)
}

/// A column of a job, as the file names it.
fn column<'j>(job: &'j Job, column: usize) -> ColumnRef<'j> {
    if job.is_stations { column.into() } else { job.columns[column].as_str().into() }
}

/// Column at a time, without a closure for each record.
pub fn by_column(job: &Job) -> Result<Answer, Box<dyn Error>> {
    let pool = Pool::new()?;
    let file = open(job)?;
    match job.kind {
        Kind::Count => Ok(Answer(vec![pool.count_records(&file)? as f64])),
        Kind::Sum => {
            let columns = file.columns().f64(column(job, 0)).build()?;
            let sum = pool.fold_batches(
                &columns,
                || 0.0,
                |sum, batch| Ok(*sum += batch.f64(0).iter().sum::<f64>()),
                |a, b| a + b,
            )?;
            Ok(Answer(vec![sum]))
        }
        Kind::Group | Kind::Totals => {
            let by = file.group_by([column(job, 0)]);
            let value = || column(job, 1);
            let plan = match job.kind {
                Kind::Group => by.min(value()).mean(value()).max(value()).build()?,
                _ => by.sum(value()).mean(value()).build()?,
            };
            let groups = pool.group(&plan)?.sorted_by_key();
            let number = |aggregate| groups.iter().filter_map(|group| group.number(aggregate)).sum::<f64>();
            let sums = (0..groups.names().len()).map(number);
            Ok(Answer([groups.len() as f64].into_iter().chain(sums).collect()))
        }
        Kind::Floats => {
            let columns = (0..job.columns.len()).fold(file.columns(), |plan, at| plan.f64(column(job, at)));
            let arrays = pool.collect_columns(&columns.build()?)?;
            // A sum to compare by; the others take theirs after the clock has stopped.
            let sums = job.columns.iter().map(|name| arrays.f64(name.as_str()).iter().sum());
            Ok(Answer(sums.collect()))
        }
    }
}

/// By a closure that sees each record.
pub fn by_record(job: &Job) -> Result<Answer, Box<dyn Error>> {
    let pool = Pool::new()?;
    let file = open(job)?;
    let at = |column| job.index(file.headers().iter().cloned(), column);
    match job.kind {
        Kind::Count => {
            let count = pool.fold_records(&file, || 0_u64, |count, _| Ok(*count += 1), |a, b| a + b)?;
            Ok(Answer(vec![count as f64]))
        }
        Kind::Sum => {
            let value = at(0)?;
            let sum =
                pool.fold_records(&file, || 0.0, |sum, record| Ok(*sum += record.f64(value)?), |a, b| a + b)?;
            Ok(Answer(vec![sum]))
        }
        Kind::Group | Kind::Totals => {
            let (key, value) = (at(0)?, at(1)?);
            let groups = pool.fold_records(
                &file,
                Groups::new,
                |groups, record| {
                    let number = record.f64(value)?;
                    groups.of_record(record, key, || Seen::NOTHING)?.add(number);
                    Ok(())
                },
                |left, right| left.merge(right, |seen: &mut Seen, other| seen.merge(other)),
            )?;
            let mut groups: Vec<_> =
                groups.into_entries().map(|(key, seen)| (key.into_owned(), seen)).collect();
            Ok(figures(job.kind, &mut groups))
        }
        Kind::Floats => Err("keeps no columns".into()),
    }
}
