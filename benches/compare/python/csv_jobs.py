#!/usr/bin/env python3
"""One job over a CSV file by one data-frame library, in this process; `cargo run --release --bin csv` calls it.

Usage: csv_jobs.py LIBRARY JOB FILE [COLUMN..]. The libraries are polars, duckdb and pyarrow; the jobs:

    count                     records
    sum COLUMN                a column's sum
    group KEY VALUE           count of keys; min, mean and max of a column by key
    totals KEY VALUE          count of keys; sum and mean of a column by key
    floats COLUMN..           whole columns of floats, and the sum of each

`stations` as the name of the file's kind is not needed: a file without a header whose delimiter is `;` is told by its
first line. Prints one line, `result seconds=S rss_mib=M check=C`. The clock starts after the imports.
"""

import resource
import sys
import time

THREADS = 2


def stations(path):
    """Whether the file is `station;temperature` without a header."""
    with open(path, "rb") as file:
        return b";" in file.readline()


def six(*numbers):
    """The figures of an answer that all libraries must agree on."""
    return "/".join(f"{number:.8e}" for number in numbers)


def polars_job(job, path, columns):
    import polars

    plain = stations(path)
    started = time.perf_counter()
    if plain:
        names = {"station": polars.String, "temperature": polars.Float64}
        frame = polars.scan_csv(path, separator=";", has_header=False, schema=names)
    else:
        frame = polars.scan_csv(path)
    column = polars.col
    collect = lambda plan: plan.collect(engine="streaming")
    if job == "count":
        answer = [collect(frame.select(polars.len())).item()]
    elif job == "sum":
        answer = [collect(frame.select(column(columns[0]).cast(polars.Float64).sum())).item()]
    elif job in ("group", "totals"):
        key, value = columns
        value = column(value)
        wanted = [value.min().alias("a"), value.mean().alias("b"), value.max().alias("c")]
        if job == "totals":
            wanted = [value.sum().alias("a"), value.mean().alias("b")]
        groups = collect(frame.group_by(key).agg(wanted))
        answer = [len(groups)] + [groups[name].sum() for name in groups.columns[1:]]
    else:
        table = frame.select(columns).collect()
        arrays = [table[name].to_numpy() for name in columns]
        seconds = time.perf_counter() - started
        return seconds, [array.sum() for array in arrays]
    return time.perf_counter() - started, answer


def duckdb_job(job, path, columns):
    import duckdb

    plain = stations(path)
    started = time.perf_counter()
    connection = duckdb.connect(config={"threads": THREADS})
    if plain:
        source = (
            f"read_csv('{path}', delim=';', header=false, "
            "columns={'station': 'VARCHAR', 'temperature': 'DOUBLE'})"
        )
    else:
        source = f"read_csv('{path}')"
    if job == "count":
        answer = connection.execute(f"select count(*) from {source}").fetchone()
    elif job == "sum":
        answer = connection.execute(f"select sum({columns[0]}::double) from {source}").fetchone()
    elif job in ("group", "totals"):
        key, value = columns
        wanted = f"sum({value}) a, avg({value}) b" if job == "totals" else f"min({value}) a, avg({value}) b, max({value}) c"
        inner = f"select {key}, {wanted} from {source} group by {key}"
        sums = "sum(a), sum(b)" if job == "totals" else "sum(a), sum(b), sum(c)"
        answer = connection.execute(f"select count(*), {sums} from ({inner})").fetchone()
    else:
        arrays = connection.execute(f"select {', '.join(columns)} from {source}").fetchnumpy()
        seconds = time.perf_counter() - started
        return seconds, [arrays[name].sum() for name in columns]
    return time.perf_counter() - started, answer


def pyarrow_job(job, path, columns):
    import pyarrow
    from pyarrow import compute, csv

    pyarrow.set_cpu_count(THREADS)
    plain = stations(path)
    started = time.perf_counter()
    read = csv.ReadOptions(column_names=["station", "temperature"] if plain else None)
    parse = csv.ParseOptions(delimiter=";" if plain else ",", newlines_in_values=not plain)
    wanted = csv.ConvertOptions(include_columns=columns or None)
    table = csv.read_csv(path, read, parse, wanted)
    if job == "count":
        answer = [len(table)]
    elif job == "sum":
        answer = [compute.sum(table[columns[0]]).as_py()]
    elif job in ("group", "totals"):
        key, value = columns
        how = ["sum", "mean"] if job == "totals" else ["min", "mean", "max"]
        groups = table.group_by(key).aggregate([(value, name) for name in how])
        answer = [len(groups)] + [compute.sum(groups[f"{value}_{name}"]).as_py() for name in how]
    else:
        arrays = [table[name].to_numpy() for name in columns]
        seconds = time.perf_counter() - started
        return seconds, [array.sum() for array in arrays]
    return time.perf_counter() - started, answer


def main():
    library, job, path, *columns = sys.argv[1:]
    ways = {"polars": polars_job, "duckdb": duckdb_job, "pyarrow": pyarrow_job}
    seconds, answer = ways[library](job, path, columns)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"result seconds={seconds:.6f} rss_mib={peak:.0f} check={six(*answer)}")


if __name__ == "__main__":
    main()
