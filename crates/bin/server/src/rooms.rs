//! The list of rooms: the table of contents of the product.

use std::sync::Arc;

use access::{MembershipEnds, Room};
use chat::People;
use identity::Identity;

/// What ends with a membership, in rooms that keep something for a member.
pub(crate) fn membership_ends() -> Vec<Arc<dyn MembershipEnds>> {
    vec![Arc::new(chat::SeatsEnd)]
}

/// Every room, in the order in which documents list them.
pub(crate) fn rooms(identity: &Identity, people: &People) -> Vec<Room> {
    vec![identity.room(), audit::room(), chat::room(people)]
}
