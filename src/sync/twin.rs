//! The names of the facade, from loom.
