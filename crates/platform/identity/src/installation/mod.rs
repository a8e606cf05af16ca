//! The installation as a whole: what its administrators see of it, and what front ends tell it of their crashes.

pub(crate) mod read;
pub(crate) mod report_crash;
