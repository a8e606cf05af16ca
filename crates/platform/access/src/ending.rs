//! What ends with a membership. Modules that keep something for a member say here how it ends; identity asks them all,
//! in the transaction that ends the membership, so that whoever comes back begins with nothing.

use kernel::{Cx, MemberId};
use store::{Tenant, Tx, TxFuture};

/// A module's part in the end of a membership.
pub trait MembershipEnds: Send + Sync + 'static {
    /// Ends what this module keeps for a member. The organisation and the member are held (see [`crate::Hold`]).
    fn end<'t>(&'t self, cx: &'t Cx, tx: &'t mut Tx, at: Tenant, member: MemberId) -> TxFuture<'t, ()>;
}
