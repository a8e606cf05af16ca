//! What the dispatcher asks about people. The identity room answers.

use kernel::{MemberId, OrgId, Person, Role, UserId};
use store::{Tx, TxFuture};

/// Knows sessions and memberships.
pub trait Directory: Send + Sync + 'static {
    /// Whether this session is still live. `fresh`: ask the database, not memory.
    fn is_live<'t>(&'t self, tx: &'t mut Tx, person: &'t Person, fresh: bool) -> TxFuture<'t, bool>;

    /// Who this person is in an organisation, if they are an active member. `fresh`: ask the database, not memory.
    fn membership<'t>(
        &'t self,
        tx: &'t mut Tx,
        user: UserId,
        org: OrgId,
        fresh: bool,
    ) -> TxFuture<'t, Option<(MemberId, Role)>>;
}
