//! Delete a person (ID-9): account, password, sessions, names and handles, the invitations and waiting mail to their address, and
//! the count of failed sign-ins are erased. What they wrote stays with the organisations, under "Deleted user", and every key
//! stays sound because it points at the member. The ledger is append-only: its entries keep the name, address and device of
//! who acted.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::text::fold;
use kernel::{Cx, Error, Result};
use store::{Tx, params};

use super::AccountTarget;
use crate::event;
use crate::member::end::end;
use crate::session::{end_all, lockout};
use crate::tenant::{self, Belonging};
use crate::{Identity, invitation, mail, member, session};

pub(crate) struct Delete(pub(crate) Identity);

const NAME: &str = "Deleted user";

impl Operation for Delete {
    const ID: &'static str = "account.delete";
    const SUMMARY: &'static str = "Deletes a person: erases who they were, except in the audit ledger, and leaves what they wrote under \"Deleted user\".";
    const ROUTE: Route = Route::delete("/accounts/{user}");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = AccountTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        if at.super_admin {
            keep_one_administrator(tx, at).await?;
        }
        for belonging in tenant::belongings(tx, at.user).await? {
            leave(cx, tx, &self.0, &belonging).await?;
        }
        for tenant in tenant::all(tx).await? {
            invitation::erase(tx, &tenant, &at.folded, at.user, cx.now()).await?;
        }
        mail::erase(tx, &at.folded).await?;
        end_all(cx, tx, at.user, None).await?;
        lockout::clear(tx, &at.folded).await?;
        let user = at.user.to_string();
        let gone = format!("{user}@deleted.invalid");
        tx.execute("DELETE FROM session WHERE user_id = ?1", params![at.user]).await?;
        tx.execute("DELETE FROM password_reset WHERE user_id = ?1", params![at.user]).await?;
        tx.execute("DELETE FROM membership WHERE user_id = ?1", params![at.user]).await?;
        access::forget_answers_to(tx, &user).await?;
        tx.execute(
            "UPDATE account SET email = ?2, email_folded = ?2, name = ?3, name_folded = ?5, password_hash = NULL, super_admin = ?4,
             state = 'deleted' WHERE id = ?1",
            params![at.user, &gone, NAME, false, &fold(NAME)],
        )
        .await?;
        if session::person(cx).is_ok_and(|person| person.user == at.user) {
            cx.sign_in(kernel::cx::SignIn::End);
        }
        Ok(Empty {})
    }
}

/// An installation without an administrator could not be administered any more, except at the console.
async fn keep_one_administrator(tx: &mut Tx, at: &AccountTarget) -> Result<()> {
    // The installation is held (see the target), so that two administrators cannot delete each other at once.
    let sql = "SELECT 1 FROM account WHERE super_admin = ?2 AND state = 'active' AND id <> ?1 LIMIT 1";
    let another = tx.optional(sql, params![at.user, true], |_| Ok(())).await?;
    another.ok_or_else(|| Error::conflict("This is the installation's last administrator."))
}

/// Erases the person from one organisation.
async fn leave(cx: &Cx, tx: &mut Tx, identity: &Identity, belonging: &Belonging) -> Result<()> {
    let org = &belonging.tenant;
    member::hold_organisation(tx, org);
    member::hold(tx, org, belonging.member);
    if member::is_last_owner(tx, org, belonging.member).await?
        && member::has_others(tx, org, belonging.member).await?
    {
        return Err(Error::conflict("They are the last owner of an organisation that has other members.")
            .hint("Make somebody else its owner first."));
    }
    // Also of one who left long ago: before there was one place for it, something may have stayed. The member's own row comes
    // last, for who mentions them waits for its keys.
    end(cx, tx, identity, org, belonging.member).await?;
    // Eight digits nearly always do; after a clash there are more.
    for digits in [8, 16, 32] {
        let handle = format!("deleted-{}", &cx.uuid().simple().to_string()[32 - digits..]);
        let handle: String = handle.chars().take(kernel::Handle::MAX).collect();
        let free = "SELECT 1 FROM member WHERE org_id = ?1 AND handle = ?2";
        if tx.within(org).optional(free, params![&handle], |_| Ok(())).await?.is_some() {
            continue;
        }
        let sql = "UPDATE member SET user_id = NULL, name = ?3, handle = ?4, state = 'deleted' WHERE org_id = ?1 AND id = ?2";
        tx.within(org).execute(sql, params![belonging.member, NAME, &handle]).await?;
        break;
    }
    event::members_changed(tx, belonging.org)?;
    event::invitations_changed(tx, belonging.org)?;
    Ok(())
}
