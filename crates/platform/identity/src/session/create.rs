//! Sign in with e-mail and password. Known and unknown accounts get the same answer after the same work (I1).

use access::{
    Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route,
};
use kernel::{Code, Cx, Email, Error, Password, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Store, Tx};

use super::{begin, lockout};
use crate::Identity;
use crate::account::me::{self, Me};
use crate::account::{self, Checked};

pub(crate) struct Create(pub(crate) Identity);

/// What a person signs in with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignInWith {
    email: Email,
    password: Password,
}

impl Operation for Create {
    const ID: &'static str = "session.create";
    const SUMMARY: &'static str = "Signs in with e-mail and password, and sets the session cookie.";
    const ROUTE: Route = Route::post("/session");
    const PERMISSION: Permission = Permission::Public("this is how one signs in");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_address(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LockedOut];
    type Target = InstallationTarget;
    type Input = Checked;
    type Output = Me;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, checked: Checked) -> Result<Me> {
        if let Some(account) = &checked.account {
            cx.about(account.id);
        }
        let right = account::still_right(tx, &checked).await?;
        if !lockout::count(cx, tx, &checked.folded, right).await? {
            return Err(Error::new(Code::InvalidCredentials).keeping());
        }
        let Some(account) = &checked.account else { return Err(Error::internal("right, but of no account")) };
        account::adopt_rehash(tx, &checked).await?;
        let begun = begin(cx, tx, &self.0, account.id, account.super_admin).await?;
        me::of(tx, &self.0, begun.person, begun.csrf).await
    }
}

impl Prepare for Create {
    type Wire = SignInWith;

    async fn prepare(&self, cx: &Cx, store: &Store, wire: SignInWith) -> Result<Checked> {
        self.0.check_password(cx, store, wire.email.folded(), &wire.password).await
    }
}
