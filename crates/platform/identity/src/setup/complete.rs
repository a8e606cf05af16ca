//! Set the installation up: the token's holder becomes its administrator and owner of the first organisation. However
//! many try at once, one succeeds.

use access::{
    Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route,
};
use kernel::{Code, Cx, Email, Error, Handle, Line, Password, Result, Role, Secret, UserId};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Store, Tx, params};

use crate::account::me::{self, Me};
use crate::member::{self, Joining};
use crate::organisation::OrgName;
use crate::secret::{self, SecretHash};
use crate::{Identity, account, link_expired, organisation, session};

pub(crate) struct Complete(pub(crate) Identity);

/// What sets an installation up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CompleteSetup {
    token: Secret,
    organisation: OrgName,
    name: Line<1, 80>,
    handle: Handle,
    email: Email,
    password: Password,
}

/// The same, ready for the transaction.
pub(crate) struct Ready {
    token: SecretHash,
    organisation: OrgName,
    name: Line<1, 80>,
    handle: Handle,
    email: Email,
    password_hash: Option<String>,
}

impl Operation for Complete {
    const ID: &'static str = "setup.complete";
    const SUMMARY: &'static str =
        "Sets the installation up with the token from the console: first account, first organisation.";
    const ROUTE: Route = Route::post("/setup");
    const PERMISSION: Permission = Permission::Public("there is no account yet; the one-use token decides");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_address(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LinkExpired];
    type Target = InstallationTarget;
    type Input = Ready;
    type Output = Me;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: Ready) -> Result<Me> {
        let password_hash = input.password_hash.ok_or_else(link_expired)?;
        let used = tx
            .execute(
                "UPDATE installation SET set_up_at = ?2, setup_token_hash = NULL
                 WHERE id = 1 AND set_up_at IS NULL AND setup_token_hash = ?1",
                params![&input.token, cx.now()],
            )
            .await?;
        if used == 0 {
            return Err(link_expired());
        }
        let user = UserId::new(cx);
        let name = input.name.as_str();
        if !account::insert(cx, tx, user, &input.email, name, &password_hash, true).await? {
            return Err(Error::conflict("There is an account with this address already."));
        }
        let (tenant, org) = organisation::found(cx, tx, &input.organisation).await?;
        let joining = Joining { user, name, handle: &input.handle, role: Role::Owner };
        member::join(cx, tx, &tenant, joining).await?;
        cx.about(org.id);
        let begun = session::begin(cx, tx, &self.0, user, true).await?;
        me::of(tx, &self.0, begun.person, begun.csrf).await
    }
}

impl Prepare for Complete {
    type Wire = CompleteSetup;

    async fn prepare(&self, cx: &Cx, store: &Store, wire: CompleteSetup) -> Result<Ready> {
        let token = secret::hash(wire.token.reveal());
        let waiting =
            store.read(move |tx| Box::pin(async move { super::is_waiting(tx, &token).await })).await?;
        let about =
            [wire.name.as_str(), wire.email.as_str(), wire.organisation.as_str(), wire.handle.as_str()];
        let password_hash =
            if waiting { Some(self.0.new_password(cx, &wire.password, &about).await?) } else { None };
        let CompleteSetup { organisation, name, handle, email, .. } = wire;
        Ok(Ready { token, organisation, name, handle, email, password_hash })
    }
}
