#!/usr/bin/env python3
"""How fast is x = a * x + b over a mapped file in numpy and numexpr?

The rows that `cargo run --release --bin array` lacks: same file, same passes, same unit (GB of the array per second).
Usage: array.py [BYTES] [ROUNDS]. Rows run in interleaved rounds, the first of which is thrown away; each maps the file
anew, so that its first pass takes the page faults. RINGMILL_BENCH_DIR says where the file lies.
"""

import os
import statistics
import sys
import tempfile
import time

import numpy

try:
    import numexpr
except ImportError:
    numexpr = None

A, B = numpy.float32(0.75), numpy.float32(0.5)


def by_numpy(values):
    """In place, by two passes of one thread: numpy has no fused operation."""
    numpy.multiply(values, A, out=values)
    numpy.add(values, B, out=values)


def by_numpy_blocks(values, block=1 << 14):
    """The same in blocks that stay in the cache between the two."""
    for start in range(0, len(values), block):
        by_numpy(values[start : start + block])


def by_numexpr(values):
    """In place, on two threads."""
    numexpr.evaluate("values * A + B", out=values)


def main():
    length = int(sys.argv[1] if len(sys.argv) > 1 else 1 << 30) // 4
    rounds = int(sys.argv[2] if len(sys.argv) > 2 else 9)
    ways = {"numpy": by_numpy, "numpy, in blocks": by_numpy_blocks}
    if numexpr:
        numexpr.set_num_threads(2)
        ways["numexpr, 2 threads"] = by_numexpr
    directory = os.environ.get("RINGMILL_BENCH_DIR")
    with tempfile.NamedTemporaryFile(suffix=".npy", dir=directory) as file:
        array = numpy.lib.format.open_memmap(file.name, "w+", numpy.float32, (length,))
        array[:] = 1
        array.flush()
        del array
        samples = {name: ([], []) for name in ways}
        for round_number in range(rounds + 1):
            for name, way in ways.items():
                values = numpy.load(file.name, mmap_mode="r+")
                expected = (values[0] * A + B) * A + B
                for which in range(2):
                    began = time.perf_counter()
                    way(values)
                    taken = time.perf_counter() - began
                    if round_number > 0:
                        samples[name][which].append(length * 4 / taken / 1e9)
                assert numpy.all(values == expected), name
                del values
    for which, title in enumerate(["first", "second"]):
        print(f"\nx = a * x + b in place, {title} pass, GB/s (more is better)")
        for name, passes in samples.items():
            rates = passes[which]
            print(f"  {name:24} {statistics.median(rates):6.2f} ({min(rates):.2f}-{max(rates):.2f})")


if __name__ == "__main__":
    main()
