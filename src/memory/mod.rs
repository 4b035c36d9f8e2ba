//! Mapped memory: element types, layout arithmetic, regions.
