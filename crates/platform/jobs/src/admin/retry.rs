//! Has a job tried again: a dead letter from the beginning, one that waits without waiting any longer.

use access::{Audit, DataClass, Empty, Expose, Operation, Permission, Proof, Rate, Route};
use kernel::{Cx, Error, Result};
use store::{Tx, params};

use super::{JobState, JobTarget};

pub(crate) struct Retry;

impl Operation for Retry {
    const ID: &'static str = "job.retry";
    const SUMMARY: &'static str = "Has a job that waits or has failed too often tried again at once.";
    const ROUTE: Route = Route::post("/jobs/{job}/retry");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = JobTarget;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        if at.state == JobState::Running {
            return Err(Error::conflict("It is running."));
        }
        // A dead letter begins anew. While it lay there another with its key may have been enqueued, which will do.
        let sql = "UPDATE job SET state = 'waiting', due_at = ?2, wait = 0,
                     attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END
                   WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM job o WHERE o.kind = job.kind AND o.unique_key = job.unique_key
                     AND o.id <> job.id AND o.state <> 'dead')";
        if tx.execute(sql, params![at.id, cx.now()]).await? == 0 {
            return Err(Error::conflict("Another one like it waits or runs already."));
        }
        tx.job_enqueued();
        Ok(Empty {})
    }
}
