//! The mails that wait, with their links, for an administrator at the machine of an installation without a mail server.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Result, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use super::MailMessage;

pub(crate) struct List;

/// A mail that waits.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaitingMail {
    to: String,
    subject: String,
    text: String,
    /// When it is sent, or tried again.
    due_at: Timestamp,
    attempts: i64,
    /// Why the last attempt failed.
    problem: Option<String>,
}

/// The mails that wait, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WaitingMailList {
    items: Vec<WaitingMail>,
}

impl Operation for List {
    const ID: &'static str = "mail.list";
    const SUMMARY: &'static str =
        "Lists the mails that wait to be sent, with their links; at the console only.";
    const ROUTE: Route = Route::get("/mail");
    const PERMISSION: Permission = Permission::Console("the links in them are as good as sign-ins");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(30, 60);
    // The links in them are as good as other people's sign-ins: reading them is written down.
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Credential;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = WaitingMailList;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<WaitingMailList> {
        let waiting = jobs::unfinished::<MailMessage>(tx, 1000).await?.into_iter();
        let items = waiting.map(|jobs::Unfinished { job, due_at, attempts, problem }| {
            let MailMessage { to, subject, text, .. } = job;
            WaitingMail { to, subject, text, due_at, attempts, problem }
        });
        Ok(WaitingMailList { items: items.collect() })
    }
}
