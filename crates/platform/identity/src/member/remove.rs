//! Take a member out, or leave oneself. Their sessions stay, for they may belong elsewhere; here all ends at once.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use store::{Tenanted, Tx};

use super::end::end;
use super::{MemberTarget, keep_an_owner};
use crate::Identity;

pub(crate) struct Remove(pub(crate) Identity);

impl Operation for Remove {
    const ID: &'static str = "member.remove";
    const SUMMARY: &'static str = "Takes a member out of the organisation, or lets the caller leave it.";
    const ROUTE: Route = Route::delete("/orgs/{org}/members/{member}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = MemberTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        keep_an_owner(tx, at, at.id).await?;
        end(cx, tx, &self.0, &at.tenant(), at.id).await?;
        Ok(Empty {})
    }
}
