//! The words every module speaks: typed ids, time, randomness, errors, bounded text, secrets, and the context of a
//! request. No I/O, no async runtime, no SQL, no HTTP.

pub mod cx;
pub mod error;
pub mod event;
pub mod id;
pub mod net;
pub mod number;
pub mod principal;
pub mod role;
pub mod secret;
pub mod text;
pub mod time;

pub use cx::{Cx, Entropy, Request};
pub use error::{Code, Error, Result};
pub use event::{Committed, Event, EventType, Topic};
pub use id::*;
pub use number::{Seq, Whole};
pub use principal::{Credential, Membership, Principal, Scope, Scopes, Subject};
pub use role::Role;
pub use secret::{Password, Secret};
pub use text::{Email, Handle, Line, Text};
pub use time::{Clock, Moment, Timestamp};
