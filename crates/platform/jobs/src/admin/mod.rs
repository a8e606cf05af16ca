//! What administrators of the installation see of jobs, and do with them. What a job carries is not shown: it can be a
//! credential, or what people wrote to each other.

mod cancel;
mod discard;
mod list;
mod queues;
mod retry;

use crate::JobId;
use access::{Loader, Module, Path, Standing, Target};
use kernel::{Cx, Error, OrgId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Sql, params};

/// The manifest of this module.
pub fn module() -> Module {
    Module::named("jobs")
        .ids(&[JobId::PREFIX])
        .tables(&["job", "job_schedule"])
        .operation(list::List)
        .operation(queues::List)
        .operation(retry::Retry)
        .operation(cancel::Cancel)
        .operation(discard::Discard)
}

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// It is due later, or nobody has come to it yet.
    Waiting,
    /// Somebody works on it.
    Running,
    /// It has failed too often: a dead letter.
    Dead,
}

impl JobState {
    const fn as_str(self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Dead => "dead",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let all = [JobState::Waiting, JobState::Running, JobState::Dead];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("a job is {text:?}")))
    }
}

/// The id of a job.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobPath {
    job: JobId,
}

impl Path for JobPath {
    fn org(&self) -> Option<OrgId> {
        None
    }
}

/// A job, held until the transaction ends: no worker takes or ends it meanwhile.
pub(crate) struct JobTarget {
    pub(crate) id: JobId,
    pub(crate) state: JobState,
}

impl Target for JobTarget {
    type Path = JobPath;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &JobPath) -> Result<Option<Self>> {
        let sql = Sql::each(
            "SELECT kind, state FROM job WHERE id = ?1",
            "SELECT kind, state FROM job WHERE id = ?1 FOR UPDATE",
        );
        let found = loader
            .global()
            .optional(sql, params![path.job], |row| {
                Ok((row.get::<String>(0)?, JobState::parse(row.text(1)?)?))
            })
            .await?;
        let Some((kind, state)) = found else { return Ok(None) };
        cx.note("kind", kind);
        Ok(Some(Self { id: path.job, state }))
    }

    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }

    fn resource(&self) -> Option<String> {
        Some(self.id.to_string())
    }
}
