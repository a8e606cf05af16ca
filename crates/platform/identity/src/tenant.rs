//! The few ways into an organisation that do not come with a proof: a person's own memberships, the token of an
//! invitation, an account that is deleted everywhere. Each says why it may.
#![allow(clippy::disallowed_methods, reason = "finds a membership before there can be a proof")]

use kernel::{MemberId, OrgId, Result, Timestamp, UserId};
use store::{Tenant, Tx, params};

/// One of a person's own organisations, from the table that says where a person belongs.
pub(crate) struct Belonging {
    pub(crate) tenant: Tenant,
    pub(crate) org: OrgId,
    pub(crate) member: MemberId,
    pub(crate) left_at: Option<Timestamp>,
}

/// Where a person is or was a member, oldest organisation first.
pub(crate) async fn belongings(tx: &mut Tx, user: UserId) -> Result<Vec<Belonging>> {
    tx.query(
        "SELECT org_id, member_id, left_at FROM membership WHERE user_id = ?1 ORDER BY org_id",
        params![user],
        |row| {
            let org = row.get(0)?;
            Ok(Belonging { tenant: Tenant::assume(org), org, member: row.get(1)?, left_at: row.get(2)? })
        },
    )
    .await
}

/// The organisation that a question about a membership names; the answer decides what the caller may do there.
pub(crate) fn asked_about(org: OrgId) -> Tenant {
    Tenant::assume(org)
}

/// An organisation being made: there is nobody yet whose rows could be seen. Or one that the caller, who administers the
/// installation, has made before, as the record of their own request says.
pub(crate) fn founding(org: OrgId) -> Tenant {
    Tenant::assume(org)
}

/// The organisation of an invitation whose token the caller holds.
pub(crate) fn invited_to(org: OrgId) -> Tenant {
    Tenant::assume(org)
}

/// The organisation in which a token is good, as the row of its secret says.
pub(crate) fn of_token(org: OrgId) -> Tenant {
    Tenant::assume(org)
}

/// Every organisation to which somebody belongs or is invited, oldest first: for an administrator of the installation.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Tenant>> {
    tx.query(
        "SELECT org_id FROM membership UNION SELECT org_id FROM invitation_token ORDER BY org_id",
        &[],
        |row| Ok(Tenant::assume(row.get(0)?)),
    )
    .await
}
