//! Sends mails, by SMTP over TLS.
//!
//! SMTP cannot say "exactly once": when the answer to a mail is lost, nobody knows whether it was taken. It is sent again
//! then, under the same Message-ID, by which whoever gets both can tell that they are one.

use std::path::PathBuf;
use std::time::Duration;

use jobs::{Attempt, Failure, Handler};
use kernel::{Error, Result, Secret};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::Deserialize;

use super::{MailMessage, VoidMail};

/// Sending one mail takes no longer.
const SENDING: Duration = Duration::from_secs(120);

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

/// Sends mails.
pub(crate) struct Sender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Sender {
    pub(crate) fn new(config: MailConfig) -> Result<Self> {
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
        Ok(Self { transport: builder.build(), from })
    }

    async fn send(&self, attempt: &Attempt, mail: MailMessage) -> std::result::Result<(), Failure> {
        let to = mail.to.parse().map_err(|_| Failure::new("the address is none that mail can be sent to"))?;
        let date = std::time::UNIX_EPOCH + Duration::from_millis(attempt.now().millis());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .date(date)
            // The same at each attempt.
            .message_id(Some(format!("<{}@{}>", attempt.id.0, self.from.email.domain())))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|error| Failure::new(error.to_string()))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| failure(&error))
    }
}

impl Handler for Sender {
    type Job = MailMessage;

    async fn run(&self, attempt: &Attempt, mail: MailMessage) -> std::result::Result<(), Failure> {
        let sent = tokio::time::timeout(SENDING, self.send(attempt, mail)).await;
        sent.unwrap_or_else(|_| Err(Failure::new("it took too long")))
    }
}

/// What the mail server said. The log gets the number only: the words often repeat the recipient's address.
fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    let problem = error.to_string();
    let logged = match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None => problem.clone(),
    };
    Failure { problem, logged }
}

/// Throws away the mails to nobody.
pub(crate) struct Nobody;

impl Handler for Nobody {
    type Job = VoidMail;

    async fn run(&self, _: &Attempt, _: VoidMail) -> std::result::Result<(), Failure> {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(Sender::new(config("127.0.0.1", MailSecurity::None)).is_ok());
        assert!(Sender::new(config("mail.example.org", MailSecurity::None)).is_err());
        assert!(Sender::new(config("mail.example.org", MailSecurity::Starttls)).is_ok());
    }
}
