//! Rename an organisation. Its slug stays, because addresses are kept elsewhere.

use access::{Audit, DataClass, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use store::{Tenanted, Tx, params};

use crate::event;

use super::{Org, OrgName, load};

pub(crate) struct Update;

/// What is changed about an organisation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateOrg {
    /// The new name.
    name: OrgName,
}

impl Operation for Update {
    const ID: &'static str = "org.update";
    const SUMMARY: &'static str = "Renames the organisation.";
    const ROUTE: Route = Route::patch("/orgs/{org}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(30, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = UpdateOrg;
    type Output = Org;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, input: UpdateOrg) -> Result<Org> {
        cx.note("changed", "name");
        let sql = "UPDATE organisation SET name = ?2 WHERE org_id = ?1";
        tx.within(at).execute(sql, params![input.name.as_str()]).await?;
        tx.publish(kernel::Topic::org(at.tenant().org()), &event::OrgChanged {})?;
        load(tx, at).await
    }
}
