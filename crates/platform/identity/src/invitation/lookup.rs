//! What the holder of an invitation's token is invited to.

use access::{Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route};
use kernel::{Code, Cx, Email, Result, Role, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;

use super::{by_token, inviter};
use crate::{account, link_expired, organisation, secret};

pub(crate) struct Lookup;

/// The token from the mail.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LookUpInvitation {
    token: Secret,
}

/// What one is invited to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitationOffer {
    organisation: String,
    email: String,
    role: Role,
    has_account: bool,
    invited_by: String,
}

impl Operation for Lookup {
    const ID: &'static str = "invitation.lookup";
    const SUMMARY: &'static str = "Tells the holder of an invitation's token what they are invited to.";
    const ROUTE: Route = Route::post("/invitations/lookup");
    const PERMISSION: Permission =
        Permission::Public("the invited have no account yet; the mailed token decides");
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_address(60, 60);
    const AUDIT: Audit = Audit::Silent("reading the offer changes nothing");
    const DATA_CLASS: DataClass = DataClass::Credential;
    const REFUSES: &'static [Code] = &[Code::LinkExpired];
    type Target = InstallationTarget;
    type Input = LookUpInvitation;
    type Output = InvitationOffer;

    async fn run(
        &self,
        cx: &Cx,
        tx: &mut Tx,
        _: &Proof<Self>,
        input: LookUpInvitation,
    ) -> Result<InvitationOffer> {
        let hash = secret::hash(input.token.reveal());
        let held = by_token(tx, &hash, cx.now()).await?.ok_or_else(link_expired)?;
        let email = Email::stored(held.invitation.email.as_str());
        Ok(InvitationOffer {
            organisation: organisation::load(tx, &held.tenant).await?.name,
            role: held.invitation.role,
            has_account: account::by_email(tx, &email.folded()).await?.is_some(),
            invited_by: inviter(tx, &held.tenant, held.invitation.invited_by).await?,
            email: held.invitation.email,
        })
    }
}
