//! Lift the lock that failed sign-ins have put on an account.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Result};
use store::Tx;

use super::AccountTarget;
use crate::session::lockout;

pub(crate) struct Unlock;

impl Operation for Unlock {
    const ID: &'static str = "account.unlock";
    const SUMMARY: &'static str = "Lifts the lock that failed sign-ins have put on an account.";
    const ROUTE: Route = Route::post("/accounts/{user}/unlock");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = AccountTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        lockout::clear(tx, &at.folded).await?;
        Ok(Empty {})
    }
}
