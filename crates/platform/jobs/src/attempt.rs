//! One attempt at a job: what a handler is given, and how it says what came of it.

use std::future::Future;
use std::sync::Arc;

use crate::JobId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Clock, Cx, Entropy, Error, Principal, Request, RequestId, Result, Timestamp};
use parking_lot::Mutex;
use store::{Store, Tx, TxFuture};

use crate::job::{Job, Unique};
use crate::registry::Declared;
use crate::rows::{self, Progress};

/// Carries out the jobs of one kind.
pub trait Handler: Send + Sync + 'static {
    /// The kind.
    type Job: Job;

    /// Carries one out. It may be dropped at any `await`: when the job is cancelled, when the lease is lost, when the server
    /// stops.
    fn run(
        &self,
        attempt: &Attempt,
        job: Self::Job,
    ) -> impl Future<Output = std::result::Result<(), Failure>> + Send;
}

/// Why an attempt failed.
#[derive(Debug)]
pub struct Failure {
    /// For administrators.
    pub problem: String,
    /// For the log, which holds nothing personal.
    pub logged: String,
}

impl Failure {
    /// A problem that may be told everywhere.
    pub fn new(why: impl Into<String>) -> Self {
        let problem = why.into();
        Self { logged: problem.clone(), problem }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let cause = error.cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default();
        Self::new(format!("{}{cause}", error.message))
    }
}

/// One attempt at a job.
pub struct Attempt {
    /// The job. The same at each attempt.
    pub id: JobId,
    /// Which attempt it is, from 1.
    pub number: i64,
    pub(crate) run: i64,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) progress: Mutex<Progress>,
}

impl Attempt {
    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The context of Holdfast's own work, for what asks for one.
    pub fn cx(&self) -> Cx {
        system_cx(self.clock.clone(), self.entropy.clone())
    }

    /// Tells how far it has come: so much of so much. Administrators see it at the next heartbeat.
    pub fn progress(&self, done: i64, total: i64, text: &str) {
        *self.progress.lock() =
            Progress { done: Some(done), total: Some(total), text: Some(text.to_owned()) };
    }

    /// Ends the job together with its result: `work` and the end are one commit, so whatever happens there is one result. An
    /// error if somebody else has taken the job meanwhile.
    pub async fn complete<F>(&self, work: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, ()> + Send + 'static,
    {
        let (id, run) = (self.id, self.run);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !rows::remove(tx, id, run).await? {
                        return Err(Error::conflict("Somebody else has taken this job."));
                    }
                    work(tx).await
                })
            })
            .await
    }
}

/// A handler of any kind.
pub(crate) trait AnyHandler: Send + Sync {
    fn declared(&self) -> Declared;
    /// The key of a job that carries this.
    fn key(&self, payload: &str) -> Result<Option<String>>;
    fn run<'a>(
        &'a self,
        attempt: &'a Attempt,
        payload: &'a str,
    ) -> BoxFuture<'a, std::result::Result<(), Failure>>;
}

impl<H: Handler> AnyHandler for H {
    fn declared(&self) -> Declared {
        Declared::of::<H::Job>()
    }

    fn key(&self, payload: &str) -> Result<Option<String>> {
        let Unique::Key(key) = H::Job::UNIQUE else { return Ok(None) };
        serde_json::from_str(payload).map(|job| Some(key(&job))).map_err(Error::internal)
    }

    fn run<'a>(
        &'a self,
        attempt: &'a Attempt,
        payload: &'a str,
    ) -> BoxFuture<'a, std::result::Result<(), Failure>> {
        async move {
            let job = serde_json::from_str(payload)
                .map_err(|e| Failure::new(format!("what it carries cannot be read: {e}")))?;
            Handler::run(self, attempt, job).await
        }
        .boxed()
    }
}

/// The context of Holdfast's own work.
pub(crate) fn system_cx(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Cx {
    let id = RequestId(kernel::cx::uuid_v7(clock.now(), &*entropy));
    let request = Request { id, address: None, device: "job".into(), idempotency_key: None };
    Cx::new(Principal::system(), request, clock, entropy)
}
