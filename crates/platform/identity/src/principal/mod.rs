//! Whoever asks, whatever they are known by.

pub(crate) mod read;
