//! The list of modules: the table of contents of the product.

use access::Module;
use identity::Identity;

/// Every module, in the order in which documents list them.
pub(crate) fn modules(identity: &Identity) -> Vec<Module> {
    vec![identity.module(), audit::module(), chat::module(identity.people())]
}
