//! An invitation ends with the right that made it: it is withdrawn when whoever invited is removed, deleted, or no longer has a
//! role in which they could have done so; and none but who could have given it takes it away (attack A12).

use crate::InvitationId;
use kernel::{Code, Cx, Error, MemberId, Membership, Result, Role, Timestamp, UserId};
use store::{Tenant, Tenanted, Tx, params};

use crate::event;

/// The lowest role that invites. A test compares it with the policy.
const LOWEST: Role = Role::Admin;

/// Whether somebody in a role, or in none, may invite to a role.
pub(super) fn covers(own: Option<Role>, invited: Role) -> bool {
    own.is_some_and(|own| own >= LOWEST && own >= invited)
}

/// Nobody takes away what they could not have given. The console stands above all.
pub(super) fn may_withdraw(cx: &Cx, invited: Role) -> Result<()> {
    match cx.principal.membership {
        Some(Membership { role, .. }) if invited > role => Err(Error::new(Code::Forbidden)
            .message("This person is invited to a role above your own.")
            .hint("Somebody in that role can change the invitation.")),
        _ => Ok(()),
    }
}

/// Withdraws what a member has offered that their role no longer covers; without a role, all of it.
pub(crate) async fn withdraw_beyond(
    tx: &mut Tx,
    at: &impl Tenanted,
    inviter: MemberId,
    role: Option<Role>,
    now: Timestamp,
) -> Result<()> {
    let sql = "SELECT id, role FROM invitation
               WHERE org_id = ?1 AND invited_by = ?2 AND accepted_at IS NULL AND revoked_at IS NULL";
    let open = tx
        .within(at)
        .query(sql, params![inviter], |row| Ok((row.get::<InvitationId>(0)?, row.get::<Role>(1)?)))
        .await?;
    let beyond: Vec<InvitationId> =
        open.into_iter().filter(|(_, invited)| !covers(role, *invited)).map(|(id, _)| id).collect();
    for id in &beyond {
        let sql =
            "UPDATE invitation SET revoked_at = ?3 WHERE org_id = ?1 AND id = ?2 AND accepted_at IS NULL";
        tx.within(at).execute(sql, params![*id, now]).await?;
    }
    if !beyond.is_empty() {
        event::invitations_changed(tx, at.tenant().org())?;
    }
    Ok(())
}

/// Erases a person from an organisation's invitations: those to their address, and as an administrator of the installation
/// those that they made.
pub(crate) async fn erase(
    tx: &mut Tx,
    at: &Tenant,
    folded: &str,
    user: UserId,
    now: Timestamp,
) -> Result<()> {
    let to_them = "UPDATE invitation SET email = '', email_folded = '', revoked_at = coalesce(revoked_at, ?3)
                   WHERE org_id = ?1 AND email_folded = ?2";
    let by_them = "UPDATE invitation SET invited_by_admin = NULL, revoked_at = coalesce(revoked_at, ?3)
                   WHERE org_id = ?1 AND invited_by_admin = ?2 AND accepted_at IS NULL";
    let changed = tx.within(at).execute(to_them, params![folded, now]).await?
        + tx.within(at).execute(by_them, params![user, now]).await?;
    if changed > 0 {
        event::invitations_changed(tx, at.org())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ ID-7
    #[test]
    fn who_may_invite_is_what_the_policy_says() {
        let policy = access::Policy::of([("identity", include_str!("../../policy.toml"))]).unwrap();
        for role in Role::ALL {
            assert_eq!(
                covers(Some(role), Role::Viewer),
                policy.may_ever("invitation.create", role),
                "{role:?}"
            );
        }
        assert!(!covers(None, Role::Viewer) && !covers(Some(Role::Admin), Role::Owner));
    }
}
