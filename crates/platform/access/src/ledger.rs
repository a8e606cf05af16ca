//! What the dispatcher tells the ledger. The audit module keeps it.

use kernel::{OrgId, Principal, Request, Timestamp};
use store::{Tx, TxFuture};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Carried out.
    Ok,
    /// Not permitted.
    Denied,
    /// Refused or failed for another reason.
    Failed,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The organisation; none for the installation itself.
    pub org: Option<OrgId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub principal: Principal,
    /// The operation's id.
    pub action: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// On what.
    pub resource: Option<String>,
    /// By which line of the policy.
    pub policy: Option<String>,
    /// From where.
    pub request: Request,
    /// What else matters.
    pub notes: Vec<(&'static str, String)>,
}

/// Keeps entries. If it cannot, the action fails.
pub trait Ledger: Send + Sync + 'static {
    /// Appends an entry in the action's own transaction.
    fn append<'t>(&'t self, tx: &'t mut Tx, entry: Entry) -> TxFuture<'t, ()>;
}
