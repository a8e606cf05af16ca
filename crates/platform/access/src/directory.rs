//! What the dispatcher asks about principals. Identity answers.

use kernel::{Membership, OrgId, Principal};
use store::{Tx, TxFuture};

use crate::target::Hold;

/// How what is asked may be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// From memory, if it is remembered.
    Remembered,
    /// From the database.
    Fresh,
    /// From the database, and so that it stays so until the transaction ends.
    Held,
}

/// Knows credentials and memberships.
pub trait Directory: Send + Sync + 'static {
    /// Takes what [`Hold`] names for this transaction, except the caller's membership, which is taken when it is asked for.
    fn hold(&self, tx: &mut Tx, principal: &Principal, org: Option<OrgId>, hold: Hold);

    /// Whether the credential is still live, and good for no less than it says. `fresh`: ask the database, not memory.
    fn is_live<'t>(&'t self, tx: &'t mut Tx, principal: &'t Principal, fresh: bool) -> TxFuture<'t, bool>;

    /// Who this principal is in an organisation, if they are an active member and the credential is good there.
    fn membership<'t>(
        &'t self,
        tx: &'t mut Tx,
        principal: &'t Principal,
        org: OrgId,
        asking: Asking,
    ) -> TxFuture<'t, Option<Membership>>;
}
