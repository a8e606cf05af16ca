//! End a token at once, also on the sockets that it has opened.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use store::{Tenanted, Tx};

use super::{TokenTarget, end};

pub(crate) struct Revoke;

impl Operation for Revoke {
    const ID: &'static str = "token.revoke";
    const SUMMARY: &'static str = "Ends a token at once, on open sockets too.";
    const ROUTE: Route = Route::delete("/orgs/{org}/tokens/{token}");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = TokenTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        cx.note("name", &at.name);
        cx.note("member", at.member);
        end(cx, tx, &at.tenant(), at).await?;
        Ok(Empty {})
    }
}
