//! Give an account another e-mail address. At the console only: whoever has the address can have the password made anew.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Email, Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Tx, params};

use super::AccountTarget;
use crate::session::lockout;

pub(crate) struct Readdress;

/// Which one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddress {
    /// The new address.
    email: Email,
}

impl Operation for Readdress {
    const ID: &'static str = "account.readdress";
    const SUMMARY: &'static str = "Gives an account another e-mail address; at the console only.";
    const ROUTE: Route = Route::put("/accounts/{user}/address");
    const PERMISSION: Permission = Permission::Console("an address is the way into an account");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = AccountTarget;
    type Input = NewAddress;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, new: NewAddress) -> Result<Empty> {
        let folded = new.email.folded();
        let sql = "SELECT 1 FROM account WHERE email_folded = ?1 AND id <> ?2";
        if tx.optional(sql, params![&folded, at.user], |_| Ok(())).await?.is_some() {
            return Err(Error::conflict("Another account has this address."));
        }
        // Links that went to the old one are void.
        let links = "UPDATE password_reset SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
        tx.execute(links, params![at.user, cx.now()]).await?;
        // Also wrong guesses at the new address while nobody had it: its owner must not find it locked.
        lockout::clear(tx, &at.folded).await?;
        lockout::clear(tx, &folded).await?;
        let sql = "UPDATE account SET email = ?2, email_folded = ?3 WHERE id = ?1";
        tx.execute(sql, params![at.user, new.email.as_str(), &folded]).await?;
        Ok(Empty {})
    }
}
