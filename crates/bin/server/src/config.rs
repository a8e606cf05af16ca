//! The configuration: `holdfast.toml` and the environment (`HOLDFAST_SECTION__KEY`), typed and checked at
//! start (EDGE-1).
//!
//! Every problem is found in one go and says which setting it is about and how to mend it. A setting that
//! nobody knows is a problem too: a misspelt limit must not silently be no limit. No secret has a default.

mod keys;
mod private;
mod read;
mod sections;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kernel::time::DAY;
use kernel::{Email, Secret};
use wire::{BodyLimit, CertificateSource, Cidr, ConnectionLimits, Hosts, ListenConfig, Origin};

pub use keys::database_location;
pub(crate) use keys::{database_there, make_data_dir};
pub(crate) use private::unusable;
use read::Reader;
pub use read::{Problem, Problems};
use sections::{database, is_loopback, limits, listen_and_tls, mail, metrics_token, otlp, session};

/// All that an installation decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept that is not in PostgreSQL.
    pub data_dir: PathBuf,
    /// Where people reach this server.
    pub public_url: Origin,
    /// Other hosts that requests may name.
    pub hosts: Vec<String>,
    /// Where to listen.
    pub listen: Listen,
    /// How TLS is done.
    pub tls: Tls,
    /// How long browsers remember that this host speaks only HTTPS.
    pub hsts: Duration,
    /// Where the data is.
    pub database: Database,
    /// How mail leaves; none: it does not.
    pub mail: Option<Mail>,
    /// How long sessions live.
    pub session: Session,
    /// How long the ledger is kept, in microseconds.
    pub audit_keep: i64,
    /// What requests may cost.
    pub limits: Limits,
    /// The proxies that are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Other origins whose pages may use the API.
    pub cors_allowed_origins: Vec<Origin>,
    /// What is logged.
    pub log: Log,
    /// What a reader of `/metrics` must know; none: nobody reads it.
    pub metrics_token: Option<Secret>,
    /// Where traces go; none: nowhere.
    pub otlp: Option<Otlp>,
}

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// HTTPS.
    pub https: Vec<SocketAddr>,
    /// Plain HTTP: the way to HTTPS, or what a proxy speaks.
    pub http: Vec<SocketAddr>,
    /// The local command line's socket.
    pub unix_socket: PathBuf,
}

/// How TLS is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// With a certificate made here.
    Local,
    /// With certificate files that somebody keeps up to date.
    Files {
        /// The certificate and those above it.
        cert_file: PathBuf,
        /// Its key.
        key_file: PathBuf,
    },
    /// By a trusted proxy before this server.
    OffBehindProxy,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Database {
    /// In an encrypted file.
    Embedded {
        /// The file.
        file: PathBuf,
        /// The file with its key.
        key_file: PathBuf,
    },
    /// In PostgreSQL.
    Postgres {
        /// How to reach it; holds the password.
        url: Secret,
        /// The authority that signed its certificate.
        ca_file: Option<PathBuf>,
        /// Connections at most.
        connections: usize,
    },
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The SMTP server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Name and password, if it asks.
    pub login: Option<(String, Secret)>,
    /// The sender.
    pub from: Email,
    /// Who certifies the server, if not the public authorities.
    pub ca_file: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte.
    Implicit,
    /// TLS after a word in clear; refused where the server has none.
    Starttls,
    /// Not at all; only on this very machine.
    Off,
}

/// How long sessions live.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Unused, in microseconds.
    pub idle: i64,
    /// At the latest, in microseconds.
    pub absolute: i64,
}

/// What requests may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// A JSON body.
    pub body: BodyLimit,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// From a request to its answer.
    pub request_time: Duration,
    /// Requests of one address per minute, before operations have their own limits.
    pub requests_per_minute: u32,
    /// Requests of all members of one organisation per minute.
    pub requests_per_minute_per_organisation: u32,
    /// Sockets one person may have open.
    pub sockets_per_person: usize,
    /// Frames one socket may send per minute.
    pub frames_per_minute: u32,
    /// Every operation's own limit is this many times what it declares: for load tests, and for many people behind few
    /// accounts.
    pub rate_factor: u32,
    /// What connections may cost.
    pub connections: ConnectionLimits,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For eyes.
    Text,
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct Log {
    /// From which level on.
    pub level: tracing::Level,
    /// How lines look.
    pub format: LogFormat,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub struct Otlp {
    /// The collector's HTTP endpoint.
    pub endpoint: String,
    /// How many requests of a hundred are traced.
    pub percent: u8,
}

macro_rules! words {
    ($name:ident { $($text:literal => $variant:expr,)* }) => {
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok($variant),)*
                    _ => Err(format!("{text:?} is none of its words")),
                }
            }
        }
    };
}

/// The words for [`Tls`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsMode {
    Local,
    Files,
    OffBehindProxy,
}

words!(TlsMode {
    "local" => TlsMode::Local,
    "files" => TlsMode::Files,
    "off-behind-proxy" => TlsMode::OffBehindProxy,
});
words!(MailTls { "implicit" => MailTls::Implicit, "starttls" => MailTls::Starttls, "off" => MailTls::Off, });
words!(LogFormat { "json" => LogFormat::Json, "text" => LogFormat::Text, });

impl Config {
    /// Reads the file (if one is named, it must be there) and the environment, and lists all that is wrong
    /// with them.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let mut r = Reader::new(file, env);
        let data_dir: PathBuf = r.one("data_dir", "Write the path of a directory.", || "data".into());
        let limits = limits(&mut r);
        let trusted_proxies: Vec<Cidr> =
            r.list("trusted_proxies", "List ranges such as 10.0.0.0/8.", Vec::new);
        if trusted_proxies.iter().any(Cidr::is_everything) {
            r.problem("trusted_proxies", "trusts every address there is", "List only your proxies.");
        }
        let (listen, tls) = listen_and_tls(&mut r, &data_dir, &trusted_proxies);
        let port = listen.https.first().map_or(8443, SocketAddr::port);
        let example = "Write the https:// address that people open, such as https://chat.example.org.";
        let localhost = || Origin::parse(&format!("https://localhost:{port}")).ok();
        let public_url = r.some::<Origin>("public_url", example).or_else(localhost);
        if tls == Tls::OffBehindProxy && !r.is_set("public_url") {
            r.problem("public_url", "is missing; behind a proxy nobody else knows it", example);
        }
        if public_url.as_ref().is_some_and(|url| !url.is_https()) {
            r.problem("public_url", "is not https", example);
        }
        let loopback = public_url.as_ref().is_none_or(|url| is_loopback(url.host()));
        // A browser keeps the rule for a name and all its ports: on localhost it would break other work for
        // years.
        let hsts =
            Duration::from_secs(86_400 * r.number("tls.hsts_days", 0..=3650, if loopback { 1 } else { 730 }));
        let hosts = r.list("hosts", "List host names without scheme or port.", Vec::<String>::new);
        let database = database(&mut r, &data_dir);
        let mail = mail(&mut r);
        let session = session(&mut r);
        let audit_keep = DAY * r.number("audit.retention_days", 30..=36_500, 730);
        let origins: Vec<Origin> =
            r.list("cors_allowed_origins", "List origins such as https://tools.example.org.", Vec::new);
        if origins.iter().any(|origin| !origin.is_https() && !is_loopback(origin.host())) {
            r.problem(
                "cors_allowed_origins",
                "has an origin without https",
                "Anybody could pose as it; use https.",
            );
        }
        let level = r.one("log.level", "Write error, warn, info, debug or trace.", || tracing::Level::INFO);
        let format = r.one("log.format", "Write json or text.", || LogFormat::Json);
        let metrics_token = metrics_token(&mut r);
        let otlp = otlp(&mut r);
        let problems = r.finish();
        match public_url {
            Some(public_url) if problems.0.is_empty() => Ok(Self {
                data_dir,
                public_url,
                hosts,
                listen,
                tls,
                hsts,
                database,
                mail,
                session,
                audit_keep,
                limits,
                trusted_proxies,
                cors_allowed_origins: origins,
                log: Log { level, format },
                metrics_token,
                otlp,
            }),
            _ => Err(problems),
        }
    }

    /// As [`load`](Self::load), with this process's environment. Called once, at start; nothing else reads
    /// it.
    pub fn from_environment(file: Option<&Path>) -> Result<Self, Problems> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        Self::load(file, std::env::vars_os().filter_map(text))
    }

    /// The hosts that requests may name.
    pub fn known_hosts(&self) -> Hosts {
        Hosts::new(self.hosts.iter().map(String::as_str).chain([self.public_url.host()]))
    }

    /// Where the certificate is from; none where a proxy has it.
    pub fn certificate_source(&self) -> Option<CertificateSource> {
        match &self.tls {
            Tls::Local => {
                let hosts = self.hosts.iter().cloned().chain([self.public_url.host().to_owned()]).collect();
                Some(CertificateSource::Local { dir: self.data_dir.join("tls"), hosts })
            }
            Tls::Files { cert_file, key_file } => {
                Some(CertificateSource::Files { certificate: cert_file.clone(), key: key_file.clone() })
            }
            Tls::OffBehindProxy => None,
        }
    }

    /// Where the server listens.
    pub fn listen_config(&self) -> ListenConfig {
        let Listen { https, http, unix_socket } = self.listen.clone();
        let (redirect, proxied) = match self.tls {
            Tls::OffBehindProxy => (Vec::new(), http),
            _ => (http, Vec::new()),
        };
        let limits = self.limits.connections.clone();
        ListenConfig { https, redirect, proxied, socket: Some(unix_socket), limits }
    }
}
