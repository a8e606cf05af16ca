//! Bringing in talk from elsewhere, with its own times.

pub(crate) mod lines;
mod store;
