//! All organisations of the installation, for its administrators: whoever works at the console has to name one.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::{Org, load};
use crate::tenant;

pub(crate) struct List;

/// An organisation, as an administrator of the installation sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OrgSummary {
    #[serde(flatten)]
    org: Org,
    /// Its active members.
    members: i64,
}

/// The organisations, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OrgList {
    items: Vec<OrgSummary>,
}

impl Operation for List {
    const ID: &'static str = "org.list";
    const SUMMARY: &'static str = "Lists the installation's organisations, the oldest first.";
    const ROUTE: Route = Route::get("/orgs");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = OrgList;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<OrgList> {
        let mut items = Vec::new();
        for tenant in tenant::all(tx).await? {
            let org = load(tx, &tenant).await?;
            let sql = "SELECT count(*) FROM member WHERE org_id = ?1 AND state = 'active'";
            let members = tx.within(&tenant).one(sql, &[], |row| row.get(0)).await?;
            items.push(OrgSummary { org, members });
        }
        Ok(OrgList { items })
    }
}
