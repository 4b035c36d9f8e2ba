//! CSV files, parsed where they are mapped.
