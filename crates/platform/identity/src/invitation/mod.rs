//! Invitations: by mail, for one role, once, for a week, until withdrawn (ID-7).

pub(crate) mod accept;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod revoke;

use kernel::time::DAY;
use kernel::{Cx, Email, Error, Fact, InvitationId, MemberId, OrgId, Result, Role, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Tenant, Tx, params};

use crate::token::{self, TokenHash};
use crate::{Identity, mail, member, organisation, tenant};

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
        concat!("SELECT id, email, role, created_at, expires_at, invited_by, accepted_at, revoked_at FROM invitation ", $($rest),+)
    };
}
pub(crate) use columns;

/// Reads an invitation as it is at this time.
pub(crate) fn read(row: &Row<'_>, now: Timestamp) -> Result<Invitation> {
    let expires_at: Timestamp = row.get(4)?;
    let (accepted, revoked) = (row.get::<Option<i64>>(6)?.is_some(), row.get::<Option<i64>>(7)?.is_some());
    let state = match (accepted, revoked) {
        (true, _) => InvitationState::Accepted,
        (false, true) => InvitationState::Revoked,
        (false, false) if expires_at <= now => InvitationState::Expired,
        (false, false) => InvitationState::Pending,
    };
    Ok(Invitation {
        id: row.get(0)?,
        email: row.get(1)?,
        role: row.get(2)?,
        state,
        created_at: row.get(3)?,
        expires_at,
        invited_by: row.get(5)?,
    })
}

/// Invites somebody and queues the mail. An invitation that the same address has already is replaced.
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
    tx.within(at)
        .execute(
            "UPDATE invitation SET revoked_at = ?3
             WHERE org_id = ?1 AND email_folded = ?2 AND accepted_at IS NULL AND revoked_at IS NULL",
            params![&folded, now],
        )
        .await?;
    let invitation = Invitation {
        id: InvitationId::new(cx),
        email: email.as_str().to_owned(),
        role,
        state: InvitationState::Pending,
        created_at: now,
        expires_at: now.plus(LIFE),
        invited_by: cx.actor.member(),
    };
    tx.within(at)
        .execute(
            "INSERT INTO invitation (org_id, id, email, email_folded, role, invited_by, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![invitation.id, email.as_str(), &folded, role.as_str(), invitation.invited_by, now, invitation.expires_at],
        )
        .await?;
    let secret = token::fresh(cx);
    tx.execute(
        "INSERT INTO invitation_token (token_hash, org_id, invitation_id) VALUES (?1, ?2, ?3)",
        params![&token::hash(secret.reveal()), at.org(), invitation.id],
    )
    .await?;
    let organisation = organisation::load(tx, at).await?.name;
    let inviter = inviter(tx, at, invitation.invited_by).await?;
    let text = mail::texts::invitation(&organisation, &inviter, role, &identity.link("invite", &secret));
    mail::queue(cx, tx, identity, mail::Kind::Mail, email, &text).await?;
    tx.publish(Fact::Changed { org: at.org(), member: None, what: &["invitations"] });
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

/// An invitation whose token somebody holds.
pub(crate) struct Held {
    pub(crate) tenant: Tenant,
    pub(crate) invitation: Invitation,
}

/// The pending invitation with this token.
pub(crate) async fn by_token(tx: &mut Tx, hash: &TokenHash, now: Timestamp) -> Result<Option<Held>> {
    let sql = "SELECT org_id, invitation_id FROM invitation_token WHERE token_hash = ?1";
    let found = tx
        .optional(sql, params![hash], |row| Ok((row.get::<OrgId>(0)?, row.get::<InvitationId>(1)?)))
        .await?;
    let Some((org, id)) = found else { return Ok(None) };
    let tenant = tenant::invited_to(org);
    let invitation = tx
        .within(&tenant)
        .optional(columns!("WHERE org_id = ?1 AND id = ?2"), params![id], |row| read(row, now))
        .await?;
    let pending = invitation.filter(|invitation| invitation.state == InvitationState::Pending);
    Ok(pending.map(|invitation| Held { tenant, invitation }))
}
