//! The list of modules: the table of contents of the product.

use access::Module;
use audit::Retention;
use identity::{Identity, MailConfig};
use jobs::Registry;
use kernel::Result;

/// Every module, in the order in which documents list them.
pub(crate) fn modules(identity: &Identity) -> Vec<Module> {
    vec![identity.module(), audit::module(), jobs::module(), chat::module(identity.people())]
}

/// What modules do in jobs.
pub(crate) fn jobs(identity: &Identity, mail: Option<MailConfig>, retention: Retention) -> Result<Registry> {
    Ok(identity.jobs(mail)?.and(audit::jobs(retention, identity::tenants)?))
}
