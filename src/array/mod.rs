//! Typed arrays in mapped memory, changed in place.
