//! Accept an invitation. Who has an account proves it with its password, so that whoever gets hold of a mail does not get
//! the account; who has none makes one. The mailed token proves the address either way. However many try at once with one
//! token, one succeeds.

use access::{
    Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Prepare, Proof, Rate, Route,
};
use kernel::{Code, Cx, Email, Error, Handle, Line, Membership, OrgId, Password, Result, Secret, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Store, Tx, params};

use super::{Held, by_token};
use crate::account::me::{self, Me};
use crate::account::{self, Checked};
use crate::member::{self, Joining};
use crate::secret::{self, SecretHash};
use crate::session::{self, lockout};
use crate::{Identity, link_expired};

pub(crate) struct Accept(pub(crate) Identity);

/// How an invitation is accepted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    token: Secret,
    /// For a new account.
    #[serde(default)]
    name: Option<Line<1, 80>>,
    handle: Handle,
    password: Password,
}

/// The same, ready for the transaction.
pub(crate) struct Ready {
    token: SecretHash,
    handle: Handle,
    proof: Proven,
}

/// What the password has come to.
enum Proven {
    /// There is no such invitation: no work was done.
    Nothing,
    /// There is an account, and this came of its password.
    Account(Checked),
    /// There is none: what to make one of.
    New { name: Line<1, 80>, email: Email, password_hash: String },
}

/// The person who has accepted, and where they are now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    #[serde(flatten)]
    me: Me,
    /// The organisation that they have joined, which may be one of several.
    joined: OrgId,
}

impl Operation for Accept {
    const ID: &'static str = "invitation.accept";
    const SUMMARY: &'static str =
        "Accepts an invitation, with one's account or a new one, and sets the session cookie.";
    const ROUTE: Route = Route::post("/invitations/accept");
    const PERMISSION: Permission =
        Permission::Public("the invited have no account yet; the mailed token decides");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_address(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LinkExpired, Code::LockedOut];
    type Target = InstallationTarget;
    type Input = Ready;
    type Output = Accepted;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: Ready) -> Result<Accepted> {
        let held = by_token(tx, &input.token, cx.now()).await?.ok_or_else(link_expired)?;
        cx.about(held.invitation.id);
        let (user, name, super_admin) = self.person(cx, tx, input.proof).await?;
        // The account is held by now; the organisation comes after it, and then it is asked again.
        member::hold_organisation(tx, &held.tenant);
        let held = by_token(tx, &input.token, cx.now()).await?.ok_or_else(link_expired)?;
        use_up(cx, tx, &held).await?;
        let joining = Joining { user, name: &name, handle: &input.handle, role: held.invitation.role };
        let member = member::join(cx, tx, &held.tenant, joining).await?;
        cx.note("role", held.invitation.role.as_str());
        let begun = session::begin(cx, tx, &self.0, user, super_admin).await?;
        // The organisation's ledger tells who has joined, as the member they are now.
        let (org, role) = (held.tenant.org(), held.invitation.role);
        drop(cx.known_as(cx.best_known().as_member(Membership { org, member, role })));
        cx.concerns(org);
        Ok(Accepted { me: me::of(tx, &self.0, begun.person, begun.csrf).await?, joined: org })
    }
}

impl Accept {
    /// Who accepts: the account that has proved itself, or a new one.
    async fn person(&self, cx: &Cx, tx: &mut Tx, proof: Proven) -> Result<(UserId, String, bool)> {
        match proof {
            Proven::Nothing => Err(link_expired()),
            Proven::Account(checked) => {
                let right = account::still_right(tx, &checked).await?;
                if !lockout::count(cx, tx, &checked.folded, right).await? {
                    let error = Error::new(Code::InvalidCredentials).message("The password is not right.");
                    return Err(error
                        .hint("Use the password of the account that you have here already.")
                        .keeping());
                }
                account::adopt_rehash(tx, &checked).await?;
                let account = checked.account.ok_or_else(|| Error::internal("right, but of no account"))?;
                Ok((account.id, account.name, account.super_admin))
            }
            Proven::New { name, email, password_hash } => {
                let user = UserId::new(cx);
                if !account::insert(cx, tx, user, &email, name.as_str(), &password_hash, false).await? {
                    return Err(Error::conflict(
                        "There is an account with this address already. Try again, or ask an administrator.",
                    ));
                }
                Ok((user, name.as_str().to_owned(), false))
            }
        }
    }
}

/// Takes the invitation: of many who try at once, one changes the row.
async fn use_up(cx: &Cx, tx: &mut Tx, held: &Held) -> Result<()> {
    let sql = "UPDATE invitation SET accepted_at = ?3
               WHERE org_id = ?1 AND id = ?2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?3";
    match tx.within(&held.tenant).execute(sql, params![held.invitation.id, cx.now()]).await? {
        0 => Err(link_expired()),
        _ => Ok(()),
    }
}

impl Prepare for Accept {
    type Wire = AcceptInvitation;

    async fn prepare(&self, cx: &Cx, store: &Store, wire: AcceptInvitation) -> Result<Ready> {
        let AcceptInvitation { token, name, handle, password } = wire;
        let (token, now) = (secret::hash(token.reveal()), cx.now());
        let found = store.read(move |tx| Box::pin(async move { invited(tx, &token, now).await })).await?;
        let proof = match found {
            None => Proven::Nothing,
            Some((email, true)) => {
                Proven::Account(self.0.check_password(cx, store, email.folded(), &password).await?)
            }
            Some((email, false)) => {
                let name = name.ok_or_else(|| Error::field("name", "is required"))?;
                let about = [name.as_str(), email.as_str(), handle.as_str()];
                let password_hash = self.0.new_password(cx, &password, &about).await?;
                Proven::New { name, email, password_hash }
            }
        };
        Ok(Ready { token, handle, proof })
    }
}

/// The invited address, and whether it has an account.
async fn invited(tx: &mut Tx, token: &SecretHash, now: kernel::Timestamp) -> Result<Option<(Email, bool)>> {
    let Some(held) = by_token(tx, token, now).await? else { return Ok(None) };
    let email = Email::stored(held.invitation.email);
    let known = account::by_email(tx, &email.folded()).await?.is_some();
    Ok(Some((email, known)))
}
