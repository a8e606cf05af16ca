//! Cancels a running job: its next heartbeat finds that it was asked to.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result};
use store::{Tx, params};

use super::{JobState, JobTarget};

pub(crate) struct Cancel;

impl Operation for Cancel {
    const ID: &'static str = "job.cancel";
    const SUMMARY: &'static str =
        "Asks a running job to stop; it does so within seconds and is not tried again.";
    const ROUTE: Route = Route::post("/jobs/{job}/cancel");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = JobTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        if at.state != JobState::Running {
            return Err(Error::conflict("It is not running.").hint("Discard it instead."));
        }
        tx.execute("UPDATE job SET cancel = ?2 WHERE id = ?1", params![at.id, true]).await?;
        Ok(Empty {})
    }
}
