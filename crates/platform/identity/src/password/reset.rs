//! Set a new password with the token from the mail. It ends all sessions and lifts every lock: this is the way back in
//! for whoever was locked out.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route,
};
use kernel::{Code, Cx, Email, Password, Result, Secret, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Store, Tx, params};

use crate::account::{self, Account};
use crate::secret::{self, SecretHash};
use crate::session::{self, lockout};
use crate::{Identity, link_expired, mail};

pub(crate) struct Reset(pub(crate) Identity);

/// The token and the new password.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResetPassword {
    token: Secret,
    password: Password,
}

/// The same, ready for the transaction.
pub(crate) struct Ready {
    token: SecretHash,
    hash: Option<String>,
}

impl Operation for Reset {
    const ID: &'static str = "password.reset";
    const SUMMARY: &'static str =
        "Sets a new password with a mailed token, ends all sessions and lifts every lock.";
    const ROUTE: Route = Route::post("/password/resets");
    const PERMISSION: Permission =
        Permission::Public("whoever has lost a password cannot sign in; the mailed token decides");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LinkExpired];
    type Target = InstallationTarget;
    type Input = Ready;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: Ready) -> Result<Empty> {
        let hash = input.hash.ok_or_else(link_expired)?;
        // The account first, as everywhere, and then the token: of many who try at once with one, one changes the row.
        let owner = waiting(tx, &input.token, cx.now()).await?.ok_or_else(link_expired)?;
        account::hold(tx, owner.id);
        let sql = "UPDATE password_reset SET used_at = ?2 WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2
                   RETURNING user_id";
        let user =
            tx.optional(sql, params![&input.token, cx.now()], |row| row.get::<Option<UserId>>(0)).await?;
        let user = user.flatten().ok_or_else(link_expired)?;
        let account = account::by_id(tx, user).await?.ok_or_else(link_expired)?;
        cx.about(user);
        account::set_password(cx, tx, user, &hash).await?;
        let ended = session::end_all(cx, tx, user, None).await?;
        cx.note("sessions_ended", ended);
        let email = Email::stored(account.email.as_str());
        lockout::clear(tx, &email.folded()).await?;
        let text = mail::texts::password_changed(&account.name, self.0.config().public_url.as_str());
        mail::queue(cx, tx, mail::Recipient::Address, &email, &text).await?;
        Ok(Empty {})
    }
}

impl Prepare for Reset {
    type Wire = ResetPassword;

    async fn prepare(&self, cx: &Cx, store: &Store, wire: ResetPassword) -> Result<Ready> {
        let (token, now) = (secret::hash(wire.token.reveal()), cx.now());
        let account = store.read(move |tx| Box::pin(async move { waiting(tx, &token, now).await })).await?;
        let hash = match account {
            None => None,
            Some(account) => {
                Some(self.0.new_password(cx, &wire.password, &[&account.name, &account.email]).await?)
            }
        };
        Ok(Ready { token, hash })
    }
}

/// Whose token this is, if it can still be used. For deciding whether hashing a password is worth the work.
async fn waiting(tx: &mut Tx, token: &SecretHash, now: Timestamp) -> Result<Option<Account>> {
    let sql =
        "SELECT user_id FROM password_reset WHERE token_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    let user = tx.optional(sql, params![token, now], |row| row.get::<Option<UserId>>(0)).await?.flatten();
    match user {
        Some(user) => account::by_id(tx, user).await,
        None => Ok(None),
    }
}
