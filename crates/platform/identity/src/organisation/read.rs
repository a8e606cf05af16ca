//! Read an organisation.

use access::{Audit, DataClass, Empty, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use store::Tx;

use super::{Org, load};

pub(crate) struct Read;

impl Operation for Read {
    const ID: &'static str = "org.read";
    const SUMMARY: &'static str = "Reads the organisation.";
    const ROUTE: Route = Route::get("/orgs/{org}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(240, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = OrgTarget;
    type Input = Empty;
    type Output = Org;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Org> {
        load(tx, at).await
    }
}
