//! Group-by without a closure for each record.

#![allow(dead_code, reason = "its users come next")]

mod exact_sum;
mod wide;
