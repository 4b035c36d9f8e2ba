//! The standard library or loom: the only place that names core atomics, cells and threads.
