//! Mail: queued in the transaction of the verb that asks for it, sent after the commit, tried again until it goes.

mod courier;
pub(crate) mod list;
pub(crate) mod texts;

pub use courier::{Courier, MailConfig, MailSecurity};

use kernel::{Cx, Email, Error, Result};
use serde::{Deserialize, Serialize};
use store::{Tx, params};
use uuid::Uuid;

use crate::Identity;

/// What lies in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A mail to be sent.
    Mail,
    /// A mail to nobody: written so that the time of an answer does not tell whether there was somebody to write to.
    Void,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Mail => "mail",
            Kind::Void => "void",
        }
    }
}

/// A mail in the outbox.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Erases the mails that wait for somebody.
pub(crate) async fn erase(tx: &mut Tx, folded: &str) -> Result<()> {
    let sql = "SELECT id, payload FROM outbox WHERE kind = 'mail'";
    let waiting = tx
        .query(sql, &[], |row| {
            let letter: Letter = serde_json::from_str(row.text(1)?).map_err(Error::internal)?;
            Ok((row.get::<Uuid>(0)?, Email::stored(letter.to).folded()))
        })
        .await?;
    for (id, _) in waiting.into_iter().filter(|(_, to)| to == folded) {
        tx.execute("DELETE FROM outbox WHERE id = ?1", params![id]).await?;
    }
    Ok(())
}

/// Queues a mail.
pub(crate) async fn queue(
    cx: &Cx,
    tx: &mut Tx,
    identity: &Identity,
    kind: Kind,
    to: &Email,
    words: &texts::Words,
) -> Result<()> {
    let letter = Letter {
        to: to.as_str().to_owned(),
        subject: words.subject.clone(),
        text: words.text(),
        html: words.html(),
    };
    let payload = serde_json::to_string(&letter).map_err(Error::internal)?;
    tx.execute(
        "INSERT INTO outbox (id, kind, payload, due_at) VALUES (?1, ?2, ?3, ?4)",
        params![cx.uuid(), kind.as_str(), &payload, cx.now()],
    )
    .await?;
    // The transaction is still open: the courier looks a moment later, and again before long.
    identity.0.mail.notify_one();
    Ok(())
}
