//! Make another organisation and invite its first owner.

use access::{Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Email, Error, Result, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;

use super::{Org, OrgName, found, load};
use crate::invitation::{self, Invitation};
use crate::{Identity, tenant};

pub(crate) struct Create(pub(crate) Identity);

/// An organisation to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateOrg {
    /// Its name.
    name: OrgName,
    /// Who is invited to own it.
    owner_email: Email,
}

/// The organisation made, and the invitation of its owner.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OrgCreated {
    org: Org,
    invitation: Invitation,
}

impl Operation for Create {
    const ID: &'static str = "org.create";
    const SUMMARY: &'static str = "Makes an organisation and invites its first owner.";
    const ROUTE: Route = Route::post("/orgs");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(20, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = InstallationTarget;
    type Input = CreateOrg;
    type Output = OrgCreated;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, input: CreateOrg) -> Result<OrgCreated> {
        let (tenant, org) = found(cx, tx, &input.name).await?;
        cx.about(org.id);
        let invitation =
            invitation::invite(cx, tx, &self.0, &tenant, &input.owner_email, Role::Owner).await?;
        Ok(OrgCreated { org, invitation })
    }

    async fn again(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, made: &str) -> Result<OrgCreated> {
        let tenant = tenant::founding(made.parse().map_err(|_| Error::not_found())?);
        let org = load(tx, &tenant).await?;
        let invitation = invitation::first(tx, &tenant, cx.now()).await?.ok_or_else(Error::not_found)?;
        Ok(OrgCreated { org, invitation })
    }
}
