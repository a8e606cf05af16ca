//! `Idempotency-Key`: the same request again is answered again and changes nothing twice, after a crash as well, because it is
//! kept in the transaction of the change that it was carried out (OPS-6).
//!
//! Of the request a MAC is kept under the key that the client sent, and of that key its hash: whoever reads the table can try
//! out neither. Of operations with credentials nothing is kept, and the header means nothing there; nor of messages: they know a
//! repeated request by what is in it (`clientId`).
//!
//! Of the answer the id of what it was about is kept, and nothing that people wrote: that would outlive its change, its
//! deletion, and the right to see it. The operation makes the answer anew, for whom the policy would let ask today
//! ([`Operation::again`]). An answer that tells nothing is kept whole and given to whoever asked before: who has left a channel
//! may not leave it again, and still wants to hear that the first time went well.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use kernel::{Error, Principal, Result, Subject, Timestamp};
use sha2::{Digest, Sha256};
use store::{Tx, params};

use crate::dispatch::Call;
use crate::input::RawInput;
use crate::operation::{DataClass, Method, Operation};

/// A key and the request it stands for.
pub(crate) struct Replay {
    principal: String,
    key: String,
    operation: &'static str,
    hash: [u8; 32],
}

/// What is kept of an answer.
pub(crate) enum Kept {
    /// All of it.
    Whole(Vec<u8>),
    /// The id of what it was about.
    About(String),
}

impl Replay {
    /// Longest key.
    const MAX: usize = 128;

    /// What a call says of itself, if it carries a key.
    pub(crate) fn of<O: Operation>(principal: &Principal, call: &Call) -> Result<Option<Self>> {
        let Some(key) = &call.request.idempotency_key else { return Ok(None) };
        if O::ROUTE.method != Method::Post
            || matches!(O::DATA_CLASS, DataClass::Credential | DataClass::Content)
        {
            return Ok(None);
        }
        // Without somebody who is known there is nobody to remember an answer for; those operations take one-use tokens.
        if !matches!(principal.subject, Subject::User(_) | Subject::ServiceAccount(_)) {
            return Ok(None);
        }
        if key.is_empty() || key.len() > Self::MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::field("Idempotency-Key", "must be 1 to 128 visible ASCII characters"));
        }
        let principal = principal.subject.to_string();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).map_err(Error::internal)?;
        mac.update(format!("{principal}\0{}", O::ID).as_bytes());
        for (name, value) in &call.path {
            mac.update(format!("\0{name}={value}").as_bytes());
        }
        if let RawInput::Json(body) = &call.input {
            mac.update(b"\0");
            mac.update(body);
        }
        let hash = mac.finalize().into_bytes().into();
        let key = Sha256::new().chain_update(&principal).chain_update(b"\0").chain_update(key).finalize();
        let key = key.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(Self { principal, key, operation: O::ID, hash }))
    }

    /// Takes the key, or finds what was answered under it. Whoever comes second while the first is still at work waits for
    /// its commit here, because both write the same row.
    pub(crate) async fn claim(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Kept>> {
        let sql = "INSERT INTO idempotency (principal, key, operation, request_hash, response, created_at)
                   VALUES (?1, ?2, ?3, ?4, '', ?5) ON CONFLICT (principal, key) DO NOTHING";
        let params = params![&self.principal, &self.key, self.operation, &self.hash, now];
        if tx.execute(sql, params).await? > 0 {
            return Ok(None);
        }
        let kept = tx
            .optional(
                "SELECT request_hash, response FROM idempotency WHERE principal = ?1 AND key = ?2",
                params![&self.principal, &self.key],
                |row| Ok((row.get::<Vec<u8>>(0)?, row.get::<String>(1)?)),
            )
            .await?;
        match kept {
            Some((hash, response)) if hash == self.hash => {
                Ok(Some(match tells_nothing(response.as_bytes()) {
                    true => Kept::Whole(response.into_bytes()),
                    false => Kept::About(response),
                }))
            }
            _ => Err(Error::field("Idempotency-Key", "was used for another request")),
        }
    }

    /// Keeps the answer, if it tells nothing, or else what it is about.
    pub(crate) async fn keep(&self, tx: &mut Tx, body: &[u8], about: Option<String>) -> Result<()> {
        let kept = match tells_nothing(body) {
            true => String::from_utf8(body.to_vec()).map_err(Error::internal)?,
            false => about.unwrap_or_default(),
        };
        let sql = "UPDATE idempotency SET response = ?3 WHERE principal = ?1 AND key = ?2";
        tx.execute(sql, params![&self.principal, &self.key, &kept]).await.map(|_| ())
    }

    /// Gives the key back: what was refused may be tried again.
    pub(crate) async fn release(&self, tx: &mut Tx) -> Result<()> {
        let sql = "DELETE FROM idempotency WHERE principal = ?1 AND key = ?2";
        tx.execute(sql, params![&self.principal, &self.key]).await.map(|_| ())
    }
}

/// Forgets what was kept of answers before a time.
pub async fn forget_answers(tx: &mut Tx, before: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM idempotency WHERE created_at < ?1", params![before]).await.map(|_| ())
}

/// Forgets what was kept of answers to a person.
pub async fn forget_answers_to(tx: &mut Tx, principal: &str) -> Result<()> {
    tx.execute("DELETE FROM idempotency WHERE principal = ?1", params![principal]).await.map(|_| ())
}

/// What was kept by a clock that has gone back since is as if kept now.
pub async fn settle_answers(tx: &mut Tx, now: Timestamp, ahead: Timestamp) -> Result<()> {
    let sql = "UPDATE idempotency SET created_at = ?1 WHERE created_at > ?2";
    tx.execute(sql, params![now, ahead]).await.map(|_| ())
}

/// Whether an answer has nothing but numbers.
fn tells_nothing(body: &[u8]) -> bool {
    serde_json::from_slice::<HashMap<String, i64>>(body).is_ok()
}
