//! Work that outlives the request that asked for it. A job is a row of the change's own transaction: it exists if, and only
//! if, the change was committed. A worker takes it with a lease, runs it, tries it again after a failure, and keeps it as a
//! dead letter when it has failed too often (ADR 17).
//!
//! A module declares a [`Job`] (what it carries, how it is retried), enqueues it with [`enqueue`], and gives the server a
//! [`Handler`] that carries it out. What must be done outside the database can be done twice, when the process dies between
//! doing it and saying so. What is done inside it is done once: see [`Attempt::complete`].

mod admin;
mod attempt;
mod job;
mod queue;
mod registry;
mod rows;
mod schedule;
mod worker;

pub use admin::module;
pub use attempt::{Attempt, Failure, Handler};
pub use job::{Job, Priority, Retry, Unique};
pub use queue::{Counts, Unfinished, When, counts, discard, discard_before, enqueue, unfinished};
pub use registry::Registry;
pub use schedule::{Missed, Schedule};
pub use worker::Worker;

kernel::ids! {
    /// A job: work that outlives the request that asked for it.
    JobId = "job";
}
store::id_columns!(JobId);
