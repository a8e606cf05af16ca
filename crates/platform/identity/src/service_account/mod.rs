//! Service accounts: members without an account, for programs. They are changed and removed like every member; what is
//! theirs alone is how they are made.

pub(crate) mod create;
