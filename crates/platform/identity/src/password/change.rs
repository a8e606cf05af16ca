//! Change one's own password. It ends all other sessions and gives this one a new token.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Prepare, Proof, Rate, Route};
use kernel::{Code, Cx, Email, Error, Password, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Store, Tx};

use crate::account::{self, Checked};
use crate::session::{self, Oneself, lockout, person};
use crate::{Identity, mail};

pub(crate) struct Change(pub(crate) Identity);

/// The old password and the new one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePassword {
    current: Password,
    password: Password,
}

/// What came of the old one, and the hash of the new one.
pub(crate) struct Ready {
    checked: Checked,
    hash: String,
}

impl Operation for Change {
    const ID: &'static str = "me.change_password";
    const SUMMARY: &'static str =
        "Changes the caller's own password, ends their other sessions and renews this one's token.";
    const ROUTE: Route = Route::post("/me/password");
    const PERMISSION: Permission = Permission::Account("one's own password, and the present one proves it");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_person(20, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LockedOut];
    type Target = Oneself;
    type Input = Ready;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: Ready) -> Result<Empty> {
        let person = person(cx)?;
        cx.about(person.user);
        let right = account::still_right(tx, &input.checked).await?;
        if !lockout::count(cx, tx, &input.checked.folded, right).await? {
            return Err(Error::field("current", "is not your present password").keeping());
        }
        account::set_password(cx, tx, person.user, &input.hash).await?;
        let ended = session::end_all(cx, tx, person.user, Some(person.session)).await?;
        session::renew(cx, tx, person.session).await?;
        cx.note("sessions_ended", ended);
        if let Some(account) = &input.checked.account {
            let email = Email::stored(account.email.as_str());
            let text = mail::texts::password_changed(&account.name, self.0.config().public_url.as_str());
            mail::queue(cx, tx, mail::Recipient::Address, &email, &text).await?;
        }
        Ok(Empty {})
    }
}

impl Prepare for Change {
    type Wire = ChangePassword;

    async fn prepare(&self, cx: &Cx, store: &Store, wire: ChangePassword) -> Result<Ready> {
        let user = person(cx)?.user;
        let account = store.read(move |tx| Box::pin(async move { account::by_id(tx, user).await })).await?;
        let account = account.ok_or_else(|| Error::new(Code::Unauthenticated))?;
        let folded = Email::stored(account.email.as_str()).folded();
        let hash = self.0.new_password(cx, &wire.password, &[&account.name, &account.email]).await?;
        let checked = self.0.check_password(cx, store, folded, &wire.current).await?;
        Ok(Ready { checked, hash })
    }
}
