//! The ledger of security-relevant actions: written in the transaction of the action itself, read by page.
//!
//! Entries are append-only (the database refuses anything else). Those of no organisation stand under the nil
//! organisation: the installation's own ledger.

mod ledger;
mod list;

pub use ledger::AuditLedger;
pub use list::{ActorKind, AuditActor, AuditEntry, AuditPage, AuditQuery, AuditResult};

/// The operations of this room.
pub fn room() -> access::Room {
    access::Room::named("audit").operation(list::List).operation(list::ListInstallation)
}
