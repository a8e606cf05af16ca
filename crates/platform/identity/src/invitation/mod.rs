//! Invitations: by mail, for one role, once, for a week, until withdrawn (ID-7).

pub(crate) mod accept;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod revoke;
mod right;

use kernel::time::DAY;
use kernel::{Cx, Email, Error, MemberId, OrgId, Result, Role, Timestamp, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tenant, Tx, params};

use crate::event;
use crate::secret::{self, SecretHash};
use crate::{Identity, account, mail, member, organisation, tenant};

kernel::ids! {
    /// An invitation into an organisation.
    InvitationId = "inv";
}
store::id_columns!(InvitationId);

/// How long an invitation can be accepted.
const LIFE: i64 = 7 * DAY;

/// An invitation into an organisation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// What has become of it.
    pub state: InvitationState,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// By whom; none: by the installation's administrator.
    pub invited_by: Option<MemberId>,
}

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It can be accepted.
    Pending,
    /// It has been.
    Accepted,
    /// It was withdrawn, or replaced by a newer one.
    Revoked,
    /// Its time is over.
    Expired,
}

/// The columns that [`read`] reads.
macro_rules! columns {
    ($($rest:literal)+) => {
        concat!(
            "SELECT v.id, v.email, v.role, v.created_at, v.expires_at, v.invited_by, v.accepted_at, v.revoked_at, \
             m.role, m.state, v.invited_by_admin, a.super_admin, a.state FROM invitation v \
             LEFT JOIN member m ON m.org_id = v.org_id AND m.id = v.invited_by \
             LEFT JOIN account a ON a.id = v.invited_by_admin ",
            $($rest),+
        )
    };
}
pub(crate) use columns;
pub(crate) use right::{erase, withdraw_beyond};

/// Reads an invitation as it is at this time.
pub(crate) fn read(row: &Row<'_>, now: Timestamp) -> Result<Invitation> {
    let (role, expires_at): (Role, Timestamp) = (row.get(2)?, row.get(4)?);
    let invited_by: Option<MemberId> = row.get(5)?;
    let by_admin: Option<UserId> = row.get(10)?;
    let stands = match (invited_by, by_admin) {
        (Some(_), _) => right::covers(row.get::<Option<Role>>(8)?.filter(|_| is_active(row, 9)), role),
        (None, Some(_)) => row.get::<Option<bool>>(11)? == Some(true) && is_active(row, 12),
        (None, None) => true,
    };
    let (accepted, revoked) =
        (row.get::<Option<i64>>(6)?.is_some(), row.get::<Option<i64>>(7)?.is_some() || !stands);
    let state = match (accepted, revoked) {
        (true, _) => InvitationState::Accepted,
        (false, true) => InvitationState::Revoked,
        (false, false) if expires_at <= now => InvitationState::Expired,
        (false, false) => InvitationState::Pending,
    };
    Ok(Invitation {
        id: row.get(0)?,
        email: row.get(1)?,
        role,
        state,
        created_at: row.get(3)?,
        expires_at,
        invited_by,
    })
}

fn is_active(row: &Row<'_>, column: usize) -> bool {
    row.get::<Option<String>>(column).is_ok_and(|state| state.as_deref() == Some("active"))
}

/// Invites somebody and queues the mail. An invitation that the same address has already is replaced, if the caller could have
/// given it.
pub(crate) async fn invite(
    cx: &Cx,
    tx: &mut Tx,
    identity: &Identity,
    at: &Tenant,
    email: &Email,
    role: Role,
) -> Result<Invitation> {
    if member::has_address(tx, at, email).await? {
        return Err(Error::conflict("Somebody with this address is a member already."));
    }
    let (now, folded) = (cx.now(), email.folded());
    let replaced = tx
        .within(at)
        .query(
            "UPDATE invitation SET revoked_at = ?3
             WHERE org_id = ?1 AND email_folded = ?2 AND accepted_at IS NULL AND revoked_at IS NULL
             RETURNING role, expires_at",
            params![&folded, now],
            |row| Ok((row.get::<Role>(0)?, row.get::<Timestamp>(1)?)),
        )
        .await?;
    for (role, _) in replaced.into_iter().filter(|(_, expires_at)| *expires_at > now) {
        right::may_withdraw(cx, role)?;
    }
    let invitation = Invitation {
        id: InvitationId::new(cx),
        email: email.as_str().to_owned(),
        role,
        state: InvitationState::Pending,
        created_at: now,
        expires_at: now.plus(LIFE),
        invited_by: cx.principal.member(),
    };
    let by_admin = cx.principal.user().filter(|_| invitation.invited_by.is_none());
    tx.within(at)
        .execute(
            "INSERT INTO invitation
               (org_id, id, email, email_folded, role, invited_by, invited_by_admin, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                invitation.id,
                email.as_str(),
                &folded,
                role.as_str(),
                invitation.invited_by,
                by_admin,
                now,
                invitation.expires_at
            ],
        )
        .await?;
    let secret = secret::fresh(cx);
    tx.execute(
        "INSERT INTO invitation_token (token_hash, org_id, invitation_id) VALUES (?1, ?2, ?3)",
        params![&secret::hash(secret.reveal()), at.org(), invitation.id],
    )
    .await?;
    let organisation = organisation::load(tx, at).await?.name;
    let inviter = inviter(tx, at, invitation.invited_by).await?;
    let text = mail::texts::invitation(&organisation, &inviter, role, &identity.link("invite", &secret));
    // Who has an account is written to at its address, never at another that is spelled nearly the same.
    let account = account::by_email(tx, &folded).await?;
    let to = account.map_or_else(|| email.clone(), |account| Email::stored(account.email));
    mail::queue(cx, tx, mail::Recipient::Address, &to, &text).await?;
    event::invitations_changed(tx, at.org())?;
    Ok(invitation)
}

/// The name of whoever has invited.
async fn inviter(tx: &mut Tx, at: &Tenant, member: Option<MemberId>) -> Result<String> {
    let found = match member {
        Some(member) => member::by_id(tx, at, member).await?.map(|member| member.name),
        None => None,
    };
    Ok(found.unwrap_or_else(|| "The administrator".to_owned()))
}

/// An invitation as it is at this time.
pub(crate) async fn by_id(
    tx: &mut Tx,
    at: &Tenant,
    id: InvitationId,
    now: Timestamp,
) -> Result<Option<Invitation>> {
    let sql = columns!("WHERE v.org_id = ?1 AND v.id = ?2");
    tx.within(at).optional(sql, params![id], |row| read(row, now)).await
}

/// The invitation with which an organisation began.
pub(crate) async fn first(tx: &mut Tx, at: &Tenant, now: Timestamp) -> Result<Option<Invitation>> {
    let sql = columns!("WHERE v.org_id = ?1 ORDER BY v.id LIMIT 1");
    tx.within(at).optional(sql, &[], |row| read(row, now)).await
}

/// An invitation whose token somebody holds.
pub(crate) struct Held {
    pub(crate) tenant: Tenant,
    pub(crate) invitation: Invitation,
}

/// The pending invitation with this token.
pub(crate) async fn by_token(tx: &mut Tx, hash: &SecretHash, now: Timestamp) -> Result<Option<Held>> {
    let sql = "SELECT org_id, invitation_id FROM invitation_token WHERE token_hash = ?1";
    let found = tx
        .optional(sql, params![hash], |row| Ok((row.get::<OrgId>(0)?, row.get::<InvitationId>(1)?)))
        .await?;
    let Some((org, id)) = found else { return Ok(None) };
    let tenant = tenant::invited_to(org);
    let invitation = by_id(tx, &tenant, id, now).await?;
    let pending = invitation.filter(|invitation| invitation.state == InvitationState::Pending);
    Ok(pending.map(|invitation| Held { tenant, invitation }))
}
