//! The security core: what an operation must declare, who may do it, and the one dispatcher through which HTTP, WebSocket
//! and command line reach a verb.
//!
//! A [`Proof`] can be made here only. Verbs ask for one, and store functions need the tenant that only it carries, so a
//! verb that was not authorised cannot be written.

mod describe;
mod directory;
mod dispatch;
mod ending;
mod events;
mod generation;
mod input;
mod ledger;
mod limit;
mod module;
mod modules;
mod operation;
mod policy;
mod proof;
mod refusals;
mod replay;
mod target;

pub use describe::{markdown, openapi};
pub use directory::{Asking, Directory};
pub use dispatch::each::{Answers, PathIds};
pub use dispatch::{Answer, Call, Dispatcher, Parts, Subscribes};
pub use ending::MembershipEnds;
pub use events::{events_json, events_ts};
pub use generation::Generations;
pub use input::RawInput;
pub use ledger::{Entry, Ledger, Outcome};
pub use limit::{Limiter, Verdict};
pub use module::{Module, ReadHeads, Refold};
pub use modules::Modules;
pub use operation::{Audit, DataClass, Empty, Expose, Method, Operation, Permission, Prepare, Rate, Route};
pub use policy::{Policy, Way};
pub use proof::Proof;
pub use replay::{forget_answers, forget_answers_to, settle_answers};
pub use target::{
    Hold, InOrg, InstallationTarget, Loader, NoPath, OrgPath, OrgTarget, Path, Standing, Target,
};
