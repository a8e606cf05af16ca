//! A person's own live sessions.

use access::{
    Audit, DataClass, Empty, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Result, SessionId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use super::{Session, person};
use crate::Identity;

pub(crate) struct List(pub(crate) Identity);

/// A person's sessions, the last used first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionList {
    items: Vec<Session>,
    next: Option<String>,
}

impl Operation for List {
    const ID: &'static str = "session.list";
    const SUMMARY: &'static str = "Lists the caller's own live sessions, the last used first.";
    const ROUTE: Route = Route::get("/me/sessions");
    const PERMISSION: Permission = Permission::Account("one's own sessions");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading one's own sessions changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = Empty;
    type Output = SessionList;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, _: Empty) -> Result<SessionList> {
        let person = person(cx)?;
        let now = cx.now();
        let items = tx
            .query(
                "SELECT id, created_at, last_seen_at, expires_at, address, device FROM session
                 WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?2 AND last_seen_at > ?3
                 ORDER BY last_seen_at DESC, id DESC LIMIT 200",
                params![person.user, now, now.plus(-self.0.config().session_idle)],
                |row| {
                    let id: SessionId = row.get(0)?;
                    Ok(Session {
                        id,
                        current: id == person.session,
                        created_at: row.get(1)?,
                        last_seen_at: row.get(2)?,
                        expires_at: row.get(3)?,
                        address: row.get(4)?,
                        device: row.get(5)?,
                    })
                },
            )
            .await?;
        Ok(SessionList { items, next: None })
    }
}
