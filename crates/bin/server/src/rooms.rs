//! The list of rooms: the table of contents of the product.

use access::Room;
use identity::Identity;

/// Every room, in the order in which documents list them.
pub(crate) fn rooms(identity: &Identity) -> Vec<Room> {
    vec![identity.room(), audit::room(), chat::room()]
}
