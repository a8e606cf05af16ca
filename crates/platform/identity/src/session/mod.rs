//! Sessions: signed-in browsers. The cookie holds the token, the database its hash.

pub(crate) mod create;
pub(crate) mod device;
pub(crate) mod end;
pub(crate) mod list;
pub(crate) mod lockout;
pub(crate) mod revoke;
pub(crate) mod revoke_others;

use access::{Hold, Loader, NoPath, Standing, Target};
use kernel::cx::SignIn;
use kernel::{Code, Credential, Cx, Error, Principal, Result, SessionId, Subject, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, params};

use crate::{Identity, secret};

/// A signed-in browser, as its person sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// From where it began.
    pub address: Option<String>,
    /// What it is, for instance "Firefox on Linux".
    pub device: String,
}

/// A session just begun.
pub(crate) struct Begun {
    pub(crate) person: Person,
    pub(crate) csrf: String,
}

/// The caller's own account, taken for the transaction: of a sign-in, a change of the password and an end of sessions at
/// once, one comes first.
pub(crate) struct Oneself;

impl Target for Oneself {
    type Path = NoPath;
    const HOLDS: Hold = Hold::Account;

    async fn load(_: &Cx, _: &mut Loader<'_>, _: &NoPath) -> Result<Option<Self>> {
        Ok(Some(Self))
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES | Standing::ITSELF
    }
    fn resource(&self) -> Option<String> {
        None
    }
}

/// A signed-in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

/// The person who asks. The dispatcher has seen to it that there is one: no token reaches what asks for this.
pub(crate) fn person(cx: &Cx) -> Result<Person> {
    match (cx.principal.subject, cx.principal.credential) {
        (Subject::User(user), Credential::Session(session)) => Ok(Person { user, session }),
        _ => Err(Error::new(Code::Unauthenticated)),
    }
}

/// Begins a session and asks the edge to set its cookie. Whatever session the browser had before ends: a token is never
/// carried over into a sign-in.
pub(crate) async fn begin(
    cx: &Cx,
    tx: &mut Tx,
    identity: &Identity,
    user: UserId,
    super_admin: bool,
) -> Result<Begun> {
    if let Ok(before) = person(cx) {
        end(cx, tx, before.user, before.session).await?;
    }
    let (secret, session, now) = (secret::fresh(cx), SessionId::new(cx), cx.now());
    let hash = secret::hash(secret.reveal());
    let address = cx.request.address.map(|a| a.to_string());
    tx.execute(
        "INSERT INTO session (id, token_hash, user_id, created_at, last_seen_at, expires_at, address, device)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
        params![
            session,
            &hash,
            user,
            now,
            now.plus(identity.config().session_absolute),
            address.as_deref(),
            &device::name(&cx.request.device),
        ],
    )
    .await?;
    cx.sign_in(SignIn::Start(secret));
    // The ledger names who signed in, not the nobody who asked.
    drop(cx.known_as(Principal::signed_in(user, session, super_admin)));
    Ok(Begun { person: Person { user, session }, csrf: secret::csrf(&hash) })
}

/// Gives a session a new token, and the browser the new cookie: after a change of what it proves (ID-3).
pub(crate) async fn renew(cx: &Cx, tx: &mut Tx, session: SessionId) -> Result<()> {
    let secret = secret::fresh(cx);
    tx.execute(
        "UPDATE session SET token_hash = ?2 WHERE id = ?1",
        params![session, &secret::hash(secret.reveal())],
    )
    .await?;
    cx.sign_in(SignIn::Start(secret));
    Ok(())
}

/// Ends one session of a person. False: it was not there, or not theirs, or had ended.
pub(crate) async fn end(cx: &Cx, tx: &mut Tx, user: UserId, session: SessionId) -> Result<bool> {
    let sql = "UPDATE session SET ended_at = ?3 WHERE id = ?1 AND user_id = ?2 AND ended_at IS NULL";
    let ended = tx.execute(sql, params![session, user, cx.now()]).await?;
    tx.authority_changed(Subject::User(user));
    Ok(ended > 0)
}

/// Ends a person's sessions, all but one if one is named. Returns how many.
pub(crate) async fn end_all(cx: &Cx, tx: &mut Tx, user: UserId, but: Option<SessionId>) -> Result<u64> {
    // The nil id is no session's: then none is spared.
    let spared = but.map_or(uuid::Uuid::nil(), |session| session.0);
    let sql = "UPDATE session SET ended_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND ended_at IS NULL";
    let ended = tx.execute(sql, params![user, spared, cx.now()]).await?;
    tx.authority_changed(Subject::User(user));
    Ok(ended)
}
