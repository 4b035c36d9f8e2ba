//! The only system calls: map, fault, futex, affinity, limits, fork.
