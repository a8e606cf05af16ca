//! What the dispatcher asks about people. Identity answers.

use kernel::{Actor, MemberId, OrgId, Person, Role, UserId};
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

/// Knows sessions and memberships.
pub trait Directory: Send + Sync + 'static {
    /// Takes what [`Hold`] names for this transaction, except the caller's membership, which is taken when it is asked for.
    fn hold(&self, tx: &mut Tx, actor: &Actor, org: Option<OrgId>, hold: Hold);

    /// Whether this session is still live. `fresh`: ask the database, not memory.
    fn is_live<'t>(&'t self, tx: &'t mut Tx, person: &'t Person, fresh: bool) -> TxFuture<'t, bool>;

    /// Who this person is in an organisation, if they are an active member.
    fn membership<'t>(
        &'t self,
        tx: &'t mut Tx,
        user: UserId,
        org: OrgId,
        asking: Asking,
    ) -> TxFuture<'t, Option<(MemberId, Role)>>;
}
