//! Pinned workers and parallel loops.
