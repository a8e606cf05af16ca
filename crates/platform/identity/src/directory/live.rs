//! A credential as the database has it: a session or a token that is in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kernel::time::MINUTE;
use kernel::{Credential, Moment, OrgId, Principal, Result, SessionId, Timestamp, TokenId};
use store::{Row, Tx, params};

use crate::secret::SecretHash;
use crate::{tenant, token};

/// A last use is written down at most this often.
pub(super) const SEEN_EVERY: i64 = MINUTE;

const SESSION: &str = "SELECT s.id, s.user_id, a.super_admin, s.expires_at, s.last_seen_at FROM session s
  JOIN account a ON a.id = s.user_id WHERE s.token_hash = ?1 AND s.ended_at IS NULL AND a.state = 'active'";
const SESSION_BY_ID: &str =
    "SELECT s.id, s.user_id, a.super_admin, s.expires_at, s.last_seen_at FROM session s
  JOIN account a ON a.id = s.user_id WHERE s.id = ?1 AND s.ended_at IS NULL AND a.state = 'active'";

/// Now, as a date and for measuring.
pub(super) type Now = (Timestamp, Moment);

/// A credential as it was read.
pub(super) struct Live {
    pub(super) principal: Principal,
    last_seen_at: AtomicI64,
    /// The moment at which its last use was written down.
    written: AtomicI64,
    pub(super) asked: Moment,
}

impl Live {
    pub(super) fn new(principal: Principal, seen: Timestamp, (now, moment): Now) -> Arc<Self> {
        let written = moment.0.saturating_sub(now.0.saturating_sub(seen.0).clamp(0, SEEN_EVERY));
        let (last_seen_at, written) = (AtomicI64::new(seen.0), AtomicI64::new(written));
        Arc::new(Self { principal, last_seen_at, written, asked: moment })
    }

    fn session(row: &Row<'_>, now: Now) -> Result<Arc<Self>> {
        let principal = Principal::signed_in(row.get(1)?, row.get(0)?, row.get(2)?).until(row.get(3)?);
        Ok(Self::new(principal, row.get(4)?, now))
    }

    /// Whether it has neither expired nor, as a session, gone unused for so long.
    pub(super) fn is_live(&self, now: Timestamp, idle: i64) -> bool {
        let unused = now.0.saturating_sub(self.last_seen_at.load(Ordering::Relaxed));
        let idles = matches!(self.principal.credential, Credential::Session(_)) && unused >= idle;
        !idles && self.principal.expires_at.is_none_or(|expires| now < expires)
    }

    /// It is in use. True: that should be written down.
    pub(super) fn seen(&self, (now, moment): Now) -> bool {
        // A clock that is wrong for a moment brings no session nearer to its end.
        self.last_seen_at.fetch_max(now.0, Ordering::Relaxed);
        let written = self.written.load(Ordering::Relaxed);
        moment.0.saturating_sub(written) >= SEEN_EVERY
            && self.written.compare_exchange(written, moment.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The session whose secret has this hash.
pub(super) async fn session(tx: &mut Tx, hash: SecretHash, now: Now) -> Result<Option<Arc<Live>>> {
    tx.optional(SESSION, params![&hash], |row| Live::session(row, now)).await
}

/// The token whose secret has this hash.
pub(super) async fn token(tx: &mut Tx, hash: SecretHash, now: Now) -> Result<Option<Arc<Live>>> {
    let sql = "SELECT org_id, token_id FROM token_secret WHERE token_hash = ?1";
    match tx.optional(sql, params![&hash], |row| Ok((row.get(0)?, row.get(1)?))).await? {
        Some((org, id)) => token_by_id(tx, org, id, now).await,
        None => Ok(None),
    }
}

async fn token_by_id(tx: &mut Tx, org: OrgId, id: TokenId, now: Now) -> Result<Option<Arc<Live>>> {
    let found = token::in_force(tx, &tenant::of_token(org), id).await?;
    Ok(found.map(|token| {
        let principal = Principal::by_token(token.subject, org, id, token.scopes).until(token.expires_at);
        Live::new(principal, token.last_used_at.unwrap_or(Timestamp(0)), now)
    }))
}

/// The credential itself, as the database has it now.
pub(super) async fn by_credential(tx: &mut Tx, of: Credential, now: Now) -> Result<Option<Arc<Live>>> {
    match of {
        Credential::None => Ok(None),
        Credential::Session(id) => {
            tx.optional(SESSION_BY_ID, params![id], |row| Live::session(row, now)).await
        }
        Credential::Token(org, id) => token_by_id(tx, org, id, now).await,
    }
}

/// Writes a last use down. What has ended or gone idle (last seen before `since`) in the meantime does not come back to life. A
/// last use that lies ahead is set right once the date is believed (`age.rs`), and not here: it may be the present clock that is wrong.
pub(super) async fn write_seen(tx: &mut Tx, of: Credential, now: Timestamp, since: Timestamp) -> Result<()> {
    match of {
        Credential::None => Ok(()),
        Credential::Session(id) => session_seen(tx, id, now, since).await,
        Credential::Token(org, id) => token::used(tx, &tenant::of_token(org), id, now).await,
    }
}

async fn session_seen(tx: &mut Tx, session: SessionId, now: Timestamp, since: Timestamp) -> Result<()> {
    let sql = "UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL
               AND last_seen_at < ?2 AND last_seen_at > ?3";
    tx.execute(sql, params![session, now, since]).await.map(|_| ())
}
