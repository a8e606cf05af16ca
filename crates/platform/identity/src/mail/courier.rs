//! Sends what is queued, by SMTP over TLS. A mail is taken on lease, so that of several processes one sends it; after a
//! failure it is tried again, later each time, for about three days.
//!
//! SMTP cannot say "exactly once": when the answer to a mail is lost, nobody knows whether it was taken. It is sent again
//! then, under the same Message-ID, by which whoever gets both can tell that they are one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kernel::time::{MINUTE, SECOND};
use kernel::{Clock, Error, Result, Secret, Timestamp};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::Deserialize;
use store::{Store, Tx, params};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::Letter;

/// How long whoever took a mail has to send it, before another may.
const LEASE: i64 = 5 * MINUTE;
/// Sending one mail takes no longer, so that the lease is held until it is settled.
const SENDING: Duration = Duration::from_secs(120);
/// When we stop, a mail that is on its way has so long to get there.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Longest pause between two attempts.
const LONGEST_PAUSE: i64 = 6 * 60 * MINUTE;
/// After so many attempts (about three days) it is given up.
const ATTEMPTS: i64 = 22;
/// Without being woken the courier looks this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Woken from within a transaction, it gives that the time to commit.
const COMMIT_TAKES: Duration = Duration::from_millis(100);

/// How to reach the mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Its name.
    pub host: String,
    /// Its port; none: the usual one.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: MailSecurity,
    /// Who we are there, if it asks.
    #[serde(default)]
    pub user: Option<String>,
    /// The password that goes with it.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Who the mails are from, like `Holdfast <holdfast@example.org>`; an address alone gets our name.
    pub from: String,
    /// PEM file with the certificate authority of the server; none: the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS after STARTTLS, and nothing without it.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: only to this very machine.
    None,
}

fn bad(why: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("mail: {why}")).message("The mail setting is not right.")
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// The worker that sends mail.
pub struct Courier {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    woken: Arc<Notify>,
}

/// A mail taken from the outbox.
struct Taken {
    id: Uuid,
    letter: Letter,
    attempts: i64,
    lease: Timestamp,
}

impl Courier {
    pub(crate) fn new(config: MailConfig, woken: Arc<Notify>) -> Result<Self> {
        let mut from: Mailbox = config.from.parse().map_err(|e| bad(format_args!("from: {e}")))?;
        from.name.get_or_insert_with(|| "Holdfast".to_owned());
        let parameters = || -> Result<TlsParameters> {
            let mut builder = TlsParameters::builder(config.host.clone());
            if let Some(file) = &config.ca_file {
                let pem = std::fs::read(file).map_err(|e| bad(format_args!("{}: {e}", file.display())))?;
                builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(bad)?);
            }
            builder.build_rustls().map_err(bad)
        };
        let (tls, usual) = match config.security {
            MailSecurity::Starttls => (Tls::Required(parameters()?), 587),
            MailSecurity::Tls => (Tls::Wrapper(parameters()?), 465),
            MailSecurity::None if is_this_machine(&config.host) => (Tls::None, 25),
            MailSecurity::None => {
                return Err(bad("security = \"none\" is only for a server on this machine"));
            }
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(Duration::from_secs(30)));
        match (config.user, config.password) {
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user, password.reveal().to_owned()));
            }
            (None, None) => {}
            _ => return Err(bad("user and password go together")),
        }
        Ok(Self { transport: builder.build(), from, woken })
    }

    /// Works until `stop` says true.
    pub async fn run(self, store: Store, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
        loop {
            if *stop.borrow_and_update() {
                return;
            }
            if let Err(error) = self.round(&store, &*clock, &mut stop).await {
                tracing::error!(?error, "the outbox could not be worked on");
            }
            tokio::select! {
                () = self.woken.notified() => tokio::time::sleep(COMMIT_TAKES).await,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Sends all that is due, or what it can until we stop.
    async fn round(&self, store: &Store, clock: &dyn Clock, stop: &mut watch::Receiver<bool>) -> Result<()> {
        store.write(|tx| Box::pin(clear_voids(tx))).await?;
        while !*stop.borrow() {
            let now = clock.now();
            let Some(taken) = store.write(move |tx| Box::pin(take(tx, now))).await? else { return Ok(()) };
            let problem = tokio::select! {
                sent = tokio::time::timeout(SENDING, self.send(&taken, now)) =>
                    sent.unwrap_or_else(|_| Err(Problem::other("it took too long"))).err(),
                () = stopped_for(stop, LAST_WORDS) => Some(Problem::other("Holdfast stopped while it was sent")),
            };
            if let Some(problem) = &problem {
                // The mail's number and the answer's: a mail server's words often repeat the recipient's address, and
                // logs hold no addresses.
                let logged = problem.logged.as_str();
                tracing::warn!(mail = %taken.id, attempt = taken.attempts, problem = logged, "a mail could not be sent");
            }
            let now = clock.now();
            let told = problem.map(|problem| problem.told);
            store.write(move |tx| Box::pin(settle(tx, taken, told, now))).await?;
        }
        Ok(())
    }

    async fn send(&self, taken: &Taken, now: Timestamp) -> std::result::Result<(), Problem> {
        let letter = &taken.letter;
        let to =
            letter.to.parse().map_err(|_| Problem::other("the address is none that mail can be sent to"))?;
        let date = std::time::UNIX_EPOCH + Duration::from_millis(now.millis());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.as_str())
            .date(date)
            // The same at each attempt.
            .message_id(Some(format!("<{}@{}>", taken.id, self.from.email.domain())))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|error| Problem::other(&error.to_string()))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| Problem::of(&error))
    }
}

/// Why a mail was not sent: for administrators at the machine, and for the log.
struct Problem {
    told: String,
    logged: String,
}

impl Problem {
    fn other(why: &str) -> Self {
        Self { told: why.to_owned(), logged: why.to_owned() }
    }

    fn of(error: &lettre::transport::smtp::Error) -> Self {
        let told = error.to_string();
        let logged = match error.status() {
            Some(code) => format!("the mail server answered {code}"),
            None => told.clone(),
        };
        Self { told, logged }
    }
}

/// Waits until we stop, and then a while longer.
async fn stopped_for(stop: &mut watch::Receiver<bool>, while_longer: Duration) {
    // An error: whoever could stop us is gone, which is as good.
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(while_longer).await;
}

/// Tells those who are on holiday not to answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The pause after so many attempts: half a minute, one, two, four, …, six hours.
fn pause(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    (30 * SECOND).saturating_mul(1 << doublings).min(LONGEST_PAUSE)
}

async fn clear_voids(tx: &mut Tx) -> Result<()> {
    tx.execute("DELETE FROM outbox WHERE kind = 'void'", &[]).await.map(|_| ())
}

/// Takes the mail that has been due longest. One that is due later than any pause lasts was queued by a clock that has gone
/// back since: it is due as well.
async fn take(tx: &mut Tx, now: Timestamp) -> Result<Option<Taken>> {
    let (lease, latest) = (now.plus(LEASE), now.plus(LONGEST_PAUSE));
    let sql = store::Sql::each(
        "UPDATE outbox SET due_at = ?2, attempts = attempts + 1 WHERE id =
           (SELECT id FROM outbox WHERE kind = 'mail' AND (due_at <= ?1 OR due_at > ?3) ORDER BY due_at LIMIT 1)
         RETURNING id, payload, attempts",
        "UPDATE outbox SET due_at = ?2, attempts = attempts + 1 WHERE id =
           (SELECT id FROM outbox WHERE kind = 'mail' AND (due_at <= ?1 OR due_at > ?3) ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, payload, attempts",
    );
    tx.optional(sql, params![now, lease, latest], |row| {
        let letter = serde_json::from_str(row.text(1)?).map_err(Error::internal)?;
        Ok(Taken { id: row.get(0)?, letter, attempts: row.get(2)?, lease })
    })
    .await
}

/// Writes down how it went.
async fn settle(tx: &mut Tx, taken: Taken, problem: Option<String>, now: Timestamp) -> Result<()> {
    let Some(problem) = problem else {
        return tx.execute("DELETE FROM outbox WHERE id = ?1", params![taken.id]).await.map(|_| ());
    };
    if taken.attempts >= ATTEMPTS {
        tracing::error!(mail = %taken.id, "a mail is given up after about three days of trying");
        return tx.execute("DELETE FROM outbox WHERE id = ?1", params![taken.id]).await.map(|_| ());
    }
    let sql = "UPDATE outbox SET due_at = ?2, problem = ?3 WHERE id = ?1 AND due_at = ?4";
    tx.execute(sql, params![taken.id, now.plus(pause(taken.attempts)), &problem, taken.lease])
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::time::DAY;

    #[test]
    fn it_is_tried_for_about_three_days() {
        assert_eq!(
            (pause(1), pause(2), pause(3), pause(99)),
            (30 * SECOND, MINUTE, 2 * MINUTE, LONGEST_PAUSE)
        );
        let whole: i64 = (1..ATTEMPTS).map(pause).sum();
        assert!((2 * DAY + DAY / 2..4 * DAY).contains(&whole), "{}", whole / MINUTE);
    }

    #[tokio::test]
    async fn only_this_machine_is_spoken_to_in_clear() {
        let config = |host: &str, security| MailConfig {
            host: host.into(),
            port: None,
            security,
            user: None,
            password: None,
            from: "Holdfast <holdfast@example.org>".into(),
            ca_file: None,
        };
        let woken = Arc::new(Notify::new());
        assert!(Courier::new(config("127.0.0.1", MailSecurity::None), woken.clone()).is_ok());
        assert!(Courier::new(config("mail.example.org", MailSecurity::None), woken.clone()).is_err());
        assert!(Courier::new(config("mail.example.org", MailSecurity::Starttls), woken).is_ok());
    }
}
