//! Ask for a mail with a link that sets a new password. Whether or not there is an account: the same answer, the same
//! statements, the same time. For an address without one all is written just so, as a mail to nobody.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::time::HOUR;
use kernel::{Cx, Email, Result, UserId};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Tx, params};

use crate::mail::{self, Recipient};
use crate::{Identity, account, secret};

pub(crate) struct RequestReset(pub(crate) Identity);

/// How long the link can be used.
const LIFE: i64 = HOUR;
/// Mails to one account within an hour at most.
const MAILS: i64 = 5;

/// Whose password is lost.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequestPasswordReset {
    email: Email,
}

impl Operation for RequestReset {
    const ID: &'static str = "password.request_reset";
    const SUMMARY: &'static str =
        "Mails a link that sets a new password, if the address has an account; never tells whether.";
    const ROUTE: Route = Route::post("/password/reset-requests");
    const PERMISSION: Permission = Permission::Public("whoever has lost a password cannot sign in");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(20, 600);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = RequestPasswordReset;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: RequestPasswordReset) -> Result<Empty> {
        let account = account::by_email_held(tx, &input.email.folded()).await?;
        let user = account.as_ref().map(|account| account.id);
        // With nobody's id in the place of an unknown account's, the ledger's line is as long.
        cx.about(user.unwrap_or(UserId(uuid::Uuid::nil())));
        let now = cx.now();
        let sql =
            "SELECT count(*) FROM password_reset WHERE user_id = ?1 AND created_at > ?2 AND created_at <= ?3";
        let recent = tx
            .optional(sql, params![user, now.plus(-HOUR), now], |row| row.get::<i64>(0))
            .await?
            .unwrap_or(0);
        // Over the limit it is as if there were no account: the links already mailed stay good.
        let user = user.filter(|_| recent < MAILS);
        let recipient = if user.is_some() { Recipient::Address } else { Recipient::Nobody };
        let sql = "UPDATE password_reset SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
        tx.execute(sql, params![user, now]).await?;
        let secret = secret::fresh(cx);
        tx.execute(
            "INSERT INTO password_reset (token_hash, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![&secret::hash(secret.reveal()), user, now, now.plus(LIFE)],
        )
        .await?;
        let text = mail::texts::reset(&self.0.link("reset", &secret));
        // To the address that the account has, never to the one that was typed: it can be another's, spelled nearly the same.
        let to = account.map_or(input.email, |account| Email::stored(account.email));
        mail::queue(cx, tx, recipient, &to, &text).await?;
        Ok(Empty {})
    }
}
