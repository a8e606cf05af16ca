//! Direct conversations: channels of kind `direct`, between people who never change.

pub(crate) mod open;
