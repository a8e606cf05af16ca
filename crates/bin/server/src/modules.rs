//! The list of modules: the table of contents of the product.

use std::sync::Arc;

use access::{MembershipEnds, Module};
use chat::People;
use identity::Identity;

/// What ends with a membership, in modules that keep something for a member.
pub(crate) fn membership_ends() -> Vec<Arc<dyn MembershipEnds>> {
    vec![Arc::new(chat::SeatsEnd)]
}

/// Every module, in the order in which documents list them.
pub(crate) fn modules(identity: &Identity, people: &People) -> Vec<Module> {
    vec![identity.module(), audit::module(), chat::module(people)]
}
