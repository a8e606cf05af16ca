//! Folded forms that an older edition of the rule for text made, made anew at the start (ADR 8). Nothing is lost by it: of two
//! accounts that are one by the new rule, the older keeps the address; the list of accounts marks the younger, and the log names
//! both, until it has another address or one of them is deleted.

use std::collections::HashMap;

use crate::InvitationId;
use kernel::text::{EDITION, fold};
use kernel::{Email, Result, UserId};
use store::{Tenant, Tx, params, set_text_edition, text_edition};

use crate::{account, tenant};

const MODULE: &str = "identity";

/// An account, in the forms by which it is found.
struct Found {
    user: UserId,
    email: String,
    email_folded: String,
    name: String,
    name_folded: String,
}

/// Brings what identity keeps in folded form to the rule's newest edition.
pub(crate) async fn refold(tx: &mut Tx) -> Result<()> {
    if text_edition(tx, MODULE).await? >= EDITION {
        return Ok(());
    }
    let settled = accounts(tx).await?;
    for tenant in tenant::all(tx).await? {
        invitations(tx, &tenant).await?;
    }
    // While two accounts claim one address, each start says so.
    if settled {
        set_text_edition(tx, MODULE, EDITION).await?;
    }
    Ok(())
}

/// False: some account could not have its address, because an older one has it.
async fn accounts(tx: &mut Tx) -> Result<bool> {
    let sql =
        "SELECT id, email, email_folded, name, name_folded FROM account WHERE state <> 'deleted' ORDER BY id";
    let found = tx
        .query(sql, &[], |row| {
            Ok(Found {
                user: row.get(0)?,
                email: row.get(1)?,
                email_folded: row.get(2)?,
                name: row.get(3)?,
                name_folded: row.get(4)?,
            })
        })
        .await?;
    let mut settled = true;
    let mut holders: HashMap<String, UserId> = HashMap::new();
    let mut moved = Vec::new();
    // The oldest first: ids rise.
    for account in found {
        let (name, mut email) = (fold(&account.name), Email::stored(account.email).folded());
        if name != account.name_folded {
            let sql = "UPDATE account SET name_folded = ?2 WHERE id = ?1";
            tx.execute(sql, params![account.user, &name]).await?;
        }
        if let Some(holder) = holders.get(&email) {
            settled = false;
            tracing::error!(
                account = %account.user, %holder,
                "two accounts have the same e-mail address by the rule for text; nobody can sign in to the younger one until it has another (`holdfast user address`)"
            );
            email = account::aside(&email, account.user);
        } else {
            holders.insert(email.clone(), account.user);
        }
        if email != account.email_folded {
            moved.push((account.user, email));
        }
    }
    // Out of the way first: one may get the form that another had.
    let sql = "UPDATE account SET email_folded = ?2 WHERE id = ?1";
    for (user, _) in &moved {
        tx.execute(sql, params![*user, &user.to_string()]).await?;
    }
    for (user, email) in &moved {
        tx.execute(sql, params![*user, email]).await?;
    }
    Ok(settled)
}

async fn invitations(tx: &mut Tx, at: &Tenant) -> Result<()> {
    let sql = "SELECT id, email, email_folded FROM invitation WHERE org_id = ?1 AND email <> ''";
    let found = tx
        .within(at)
        .query(sql, &[], |row| {
            Ok((row.get::<InvitationId>(0)?, row.get::<String>(1)?, row.get::<String>(2)?))
        })
        .await?;
    for (id, email, before) in found {
        let folded = Email::stored(email).folded();
        if folded != before {
            let sql = "UPDATE invitation SET email_folded = ?3 WHERE org_id = ?1 AND id = ?2";
            tx.within(at).execute(sql, params![id, &folded]).await?;
        }
    }
    Ok(())
}
