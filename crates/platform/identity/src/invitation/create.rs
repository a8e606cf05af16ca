//! Invite somebody by mail, to a role up to one's own. To send it again, invite again: the newer one counts.

use access::{Audit, DataClass, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Email, Error, Result, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tenanted, Tx};

use super::{Invitation, by_id, invite};
use crate::organisation::HeldOrganisation;
use crate::{Identity, member};

pub(crate) struct Create(pub(crate) Identity);

/// Who is invited, as what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateInvitation {
    email: Email,
    role: Role,
}

/// An invitation, and whether it is on its way.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitationMade {
    /// The invitation.
    #[serde(flatten)]
    invitation: Invitation,
    /// Whether there is a mail server to send it; if not, it waits at the console.
    mailed: bool,
}

impl Operation for Create {
    const ID: &'static str = "invitation.create";
    const SUMMARY: &'static str =
        "Invites somebody by mail, to a role up to the caller's own; replaces an earlier invitation.";
    const ROUTE: Route = Route::post("/orgs/{org}/invitations");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 600);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = HeldOrganisation;
    type Input = CreateInvitation;
    type Output = InvitationMade;

    async fn run(
        &self,
        cx: &Cx,
        tx: &mut Tx,
        at: &Proof<Self>,
        input: CreateInvitation,
    ) -> Result<InvitationMade> {
        member::within_ceiling(cx, input.role)?;
        let invitation = invite(cx, tx, &self.0, &at.tenant(), &input.email, input.role).await?;
        cx.about(invitation.id);
        cx.note("role", input.role.as_str());
        Ok(InvitationMade { invitation, mailed: self.0.config().mails })
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, made: &str) -> Result<InvitationMade> {
        let id = made.parse().map_err(|_| Error::not_found())?;
        let invitation = by_id(tx, &at.tenant(), id, cx.now()).await?.ok_or_else(Error::not_found)?;
        Ok(InvitationMade { invitation, mailed: self.0.config().mails })
    }
}
