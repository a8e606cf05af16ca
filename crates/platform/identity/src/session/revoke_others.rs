//! End all of one's own sessions but this one.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::{Oneself, end_all, person};

pub(crate) struct RevokeOthers;

/// How many sessions have ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionsEnded {
    ended: u64,
}

impl Operation for RevokeOthers {
    const ID: &'static str = "session.revoke_others";
    const SUMMARY: &'static str = "Ends all of the caller's own sessions but this one.";
    const ROUTE: Route = Route::post("/me/sessions/revoke-others");
    const PERMISSION: Permission = Permission::Account("one's own sessions");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(20, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = Oneself;
    type Input = Empty;
    type Output = SessionsEnded;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<SessionsEnded> {
        let person = person(cx)?;
        let ended = end_all(cx, tx, person.user, Some(person.session)).await?;
        cx.note("ended", ended);
        Ok(SessionsEnded { ended })
    }
}
