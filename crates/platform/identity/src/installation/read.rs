//! The installation at a glance, for its administrators: its version, how much there is, and whether mail gets out.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;

use crate::mail::MailMessage;
use crate::{Identity, tenant};

pub(crate) struct Read(pub(crate) Identity);

/// The installation at a glance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Installation {
    /// Of the server.
    version: String,
    organisations: i64,
    /// Accounts in use.
    accounts: i64,
    mail: MailHealth,
}

/// Whether mail gets out.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailHealth {
    /// Whether there is a mail server; without one, mails wait for somebody at the console.
    configured: bool,
    /// Mails that wait.
    waiting: i64,
    /// Those of them that were tried at least once and could not be sent.
    troubled: i64,
}

impl Operation for Read {
    const ID: &'static str = "installation.read";
    const SUMMARY: &'static str =
        "Shows the installation at a glance: version, how much there is, whether mail gets out.";
    const ROUTE: Route = Route::get("/installation");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("reading changes nothing");
    const DATA_CLASS: DataClass = DataClass::Internal;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = Installation;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<Installation> {
        let organisations = i64::try_from(tenant::all(tx).await?.len()).map_err(Error::internal)?;
        let accounts = tx
            .optional("SELECT count(*) FROM account WHERE state = 'active'", &[], |row| row.get(0))
            .await?
            .unwrap_or_default();
        let mails = jobs::counts::<MailMessage>(tx).await?;
        Ok(Installation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            organisations,
            accounts,
            mail: MailHealth {
                configured: self.0.config().mails,
                waiting: mails.unfinished,
                troubled: mails.troubled,
            },
        })
    }
}
