//! Discards a job: it is never done.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result};
use store::{Tx, params};

use super::{JobState, JobTarget};

pub(crate) struct Discard;

impl Operation for Discard {
    const ID: &'static str = "job.discard";
    const SUMMARY: &'static str = "Discards a job that waits or has failed too often.";
    const ROUTE: Route = Route::delete("/jobs/{job}");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = JobTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        if at.state == JobState::Running {
            return Err(Error::conflict("It is running.").hint("Cancel it instead."));
        }
        tx.execute("DELETE FROM job WHERE id = ?1", params![at.id]).await?;
        Ok(Empty {})
    }
}
