//! Mail: a job of the transaction that asks for it, sent after the commit, tried again until it goes.

pub(crate) mod list;
mod sender;
pub(crate) mod texts;

pub use sender::{MailConfig, MailSecurity};
pub(crate) use sender::{Nobody, Sender};

use jobs::{Job, Priority, Retry, Unique, When};
use kernel::time::{HOUR, SECOND};
use kernel::{Cx, Email, Result, Timestamp};
use serde::{Deserialize, Serialize};
use store::Tx;

/// Whom a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// The address.
    Address,
    /// Nobody: it is written so that the time of an answer does not tell whether there was somebody to write to.
    Nobody,
}

/// A mail that is to be sent. The same job at each attempt, and so the same Message-ID.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MailMessage {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Job for MailMessage {
    const KIND: &'static str = "identity.mail";
    /// About three days.
    const RETRY: Retry = Retry { attempts: 22, first: 30 * SECOND, longest: 6 * HOUR };
    const PRIORITY: Priority = Priority::High;
    const UNIQUE: Unique<Self> = Unique::No;
    /// One connection to the mail server.
    const AT_ONCE: usize = 1;
}

/// A mail to nobody: the same row, thrown away instead of sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct VoidMail(MailMessage);

impl Job for VoidMail {
    const KIND: &'static str = "identity.void";
    const RETRY: Retry = MailMessage::RETRY;
    const PRIORITY: Priority = MailMessage::PRIORITY;
    const UNIQUE: Unique<Self> = Unique::No;
    const AT_ONCE: usize = 1;
}

/// Erases the mails that are to or about somebody.
pub(crate) async fn erase(tx: &mut Tx, folded: &str) -> Result<()> {
    let is_theirs = |mail: &MailMessage| Email::stored(mail.to.clone()).folded() == folded;
    jobs::discard::<MailMessage>(tx, is_theirs).await?;
    jobs::discard::<VoidMail>(tx, |VoidMail(mail)| is_theirs(mail)).await
}

/// Removes mails that nobody could send, and that nobody sent, before this date.
pub(crate) async fn clean_up(tx: &mut Tx, before: Timestamp) -> Result<()> {
    jobs::discard_before::<MailMessage>(tx, before).await
}

/// Queues a mail.
pub(crate) async fn queue(
    cx: &Cx,
    tx: &mut Tx,
    recipient: Recipient,
    to: &Email,
    words: &texts::Words,
) -> Result<()> {
    let mail = MailMessage {
        to: to.as_str().to_owned(),
        subject: words.subject.clone(),
        text: words.text(),
        html: words.html(),
    };
    match recipient {
        Recipient::Address => jobs::enqueue(cx, tx, &mail, When::Now).await,
        Recipient::Nobody => jobs::enqueue(cx, tx, &VoidMail(mail), When::Now).await,
    }
    .map(|_| ())
}

#[cfg(test)]
mod tests {
    use kernel::time::{DAY, MINUTE};

    use super::*;

    #[test]
    fn it_is_tried_for_about_three_days() {
        let retry = MailMessage::RETRY;
        let whole: i64 = (1..retry.attempts).map(|attempts| retry.pause(attempts)).sum();
        assert!((2 * DAY + DAY / 2..4 * DAY).contains(&whole), "{}", whole / MINUTE);
    }
}
