//! End one of one's own sessions by its id.

use access::{
    Audit, DataClass, Empty, Expose, Hold, Loader, Operation, Path, Permission, Proof, Rate, Route, Standing,
    Target,
};
use kernel::cx::SignIn;
use kernel::{Cx, Error, OrgId, Result, SessionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use super::{end, person};

pub(crate) struct Revoke;

/// One of the caller's own sessions.
pub(crate) struct OwnSession(SessionId);

/// Names a session.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionPath {
    /// The session.
    session: SessionId,
}

impl Path for SessionPath {
    fn org(&self) -> Option<OrgId> {
        None
    }
}

impl Target for OwnSession {
    type Path = SessionPath;
    const HOLDS: Hold = Hold::Account;

    async fn load(cx: &Cx, loader: &mut Loader<'_>, path: &SessionPath) -> Result<Option<Self>> {
        let sql = "SELECT id FROM session WHERE id = ?1 AND user_id = ?2 AND ended_at IS NULL";
        let found =
            loader.global().optional(sql, params![path.session, person(cx)?.user], |row| row.get(0)).await?;
        Ok(found.map(Self))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES | Standing::ITSELF
    }
    fn resource(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Operation for Revoke {
    const ID: &'static str = "session.revoke";
    const SUMMARY: &'static str = "Ends one of the caller's own sessions, on open sockets too.";
    const ROUTE: Route = Route::delete("/me/sessions/{session}");
    const PERMISSION: Permission = Permission::Account("one's own sessions");
    const EXPOSE: Expose = Expose::Browser;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = OwnSession;
    type Input = Empty;
    type Output = Empty;

    async fn run(&self, cx: &Cx, tx: &mut Tx, at: &Proof<Self>, _: Empty) -> Result<Empty> {
        let person = person(cx)?;
        if !end(cx, tx, person.user, at.0).await? {
            return Err(Error::not_found());
        }
        if at.0 == person.session {
            cx.sign_in(SignIn::End);
        }
        Ok(Empty {})
    }
}
