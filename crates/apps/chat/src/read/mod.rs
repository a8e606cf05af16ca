//! Read positions. What is unread is computed from them, never counted.

pub(crate) mod mark;
pub(crate) mod totals;
