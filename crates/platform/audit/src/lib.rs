//! The ledger of security-relevant actions: written in the transaction of the action itself, read by page.
//!
//! Entries are append-only (the database refuses anything else) until they have been kept as long as the installation
//! says. Those of no organisation stand under the nil
//! organisation: the installation's own ledger.
#![allow(clippy::disallowed_methods, reason = "writes for the organisation that the dispatcher names")]

mod ledger;
mod list;
mod retention;
#[cfg(test)]
mod tests;

pub use ledger::AuditLedger;
pub use list::{ActorKind, AuditActor, AuditEntry, AuditPage, AuditQuery, AuditResult};
pub use retention::{Forget, Retention, Tenants, jobs};

use kernel::OrgId;
use store::Tenant;

kernel::ids! {
    /// An entry of the audit ledger.
    AuditId = "aud";
}
store::id_columns!(AuditId);

/// Whose ledger: an organisation's, as the dispatcher has decided, or the installation's own under the nil organisation.
fn ledger_of(org: Option<OrgId>) -> Tenant {
    Tenant::assume(org.unwrap_or(OrgId(uuid::Uuid::nil())))
}

/// What the ledger brings.
pub fn module() -> access::Module {
    access::Module::named("audit")
        .ids(&[AuditId::PREFIX])
        .tables(&["audit_entry", "audit_horizon"])
        .policy(include_str!("../policy.toml"))
        .operation(list::List)
        .operation(list::ListInstallation)
}
