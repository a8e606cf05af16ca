//! The sections of the configuration, each read and checked on its own.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kernel::time::DAY;
use kernel::{Email, Secret};
use wire::{BodyLimit, Cidr, ConnectionLimits, HeldLimits};

use super::read::{Reader, read_secret};
use super::{Database, Limits, Listen, Mail, MailTls, Otlp, Session, Tls, TlsMode, keys};

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

pub(super) fn limits(r: &mut Reader) -> Limits {
    let seconds = |r: &mut Reader, name, default| Duration::from_secs(r.number(name, 1..=3600, default));
    let body = BodyLimit {
        bytes: r.number("limits.body_bytes", 1024..=16_777_216, 262_144),
        time: seconds(r, "limits.body_seconds", 15),
    };
    let default = ConnectionLimits::default();
    let connections = ConnectionLimits {
        total: r.number("limits.connections", 10..=1_000_000, default.total),
        per_address: r.number("limits.connections_per_address", 1..=1_000_000, default.per_address),
        handshake: seconds(r, "limits.handshake_seconds", default.handshake.as_secs()),
        head: seconds(r, "limits.head_seconds", default.head.as_secs()),
        idle: seconds(r, "limits.idle_seconds", default.idle.as_secs()),
        answer: seconds(r, "limits.answer_seconds", default.answer.as_secs()),
        stall: seconds(r, "limits.stall_seconds", default.stall.as_secs()),
        streams: r.number("limits.streams", 1..=1000, default.streams),
        held: held(r, default.held),
        grace: seconds(r, "limits.stop_seconds", default.grace.as_secs()),
    };
    Limits {
        body,
        head_bytes: r.number("limits.head_bytes", 4096..=65_536, 16_384),
        request_time: seconds(r, "limits.request_seconds", 30),
        requests_per_minute: r.number("limits.requests_per_minute", 10..=10_000_000, 6000),
        requests_per_minute_per_organisation: r.number(
            "limits.requests_per_minute_per_organisation",
            10..=100_000_000,
            60_000,
        ),
        sockets_per_person: r.number("limits.sockets_per_person", 1..=100_000, 20),
        frames_per_minute: r.number("limits.frames_per_minute", 10..=1_000_000, 1200),
        rate_factor: r.number("limits.rate_factor", 1..=100_000, 1),
        connections,
    }
}

/// What is held for clients. Each bound has to fit into the next.
fn held(r: &mut Reader, default: HeldLimits) -> HeldLimits {
    let held = HeldLimits {
        connection: r.number("limits.held_bytes_per_connection", 65_536..=1 << 40, default.connection),
        address: r.number("limits.held_bytes_per_address", 65_536..=1 << 40, default.address),
        total: r.number("limits.held_bytes", 65_536..=1 << 40, default.total),
    };
    for (name, part, name_of_whole, whole) in [
        ("limits.held_bytes_per_connection", held.connection, "limits.held_bytes_per_address", held.address),
        ("limits.held_bytes_per_address", held.address, "limits.held_bytes", held.total),
    ] {
        if part > whole {
            r.problem(name, format!("is more than {name_of_whole}"), "Make it less or equal.");
        }
    }
    held
}

pub(super) fn listen_and_tls(r: &mut Reader, data_dir: &Path, proxies: &[Cidr]) -> (Listen, Tls) {
    let modes = "Write local, files or off-behind-proxy.";
    let mode = r.one("tls.mode", modes, || TlsMode::Local);
    let proxied = mode == TlsMode::OffBehindProxy;
    let addresses = "List addresses with ports, such as 127.0.0.1:8443.";
    let https = r.list("listen.https", addresses, || {
        if proxied { Vec::new() } else { vec![SocketAddr::from(([127, 0, 0, 1], 8443))] }
    });
    let http = r.list("listen.http", addresses, || vec![SocketAddr::from(([127, 0, 0, 1], 8080))]);
    let unix_socket = r.one("listen.unix_socket", "Write a path.", || data_dir.join("holdfast.sock"));
    let mut file = |name| {
        let path: Option<PathBuf> = r.some(name, "Write the path of a PEM file.");
        match &path {
            Some(path) => {
                if let Err(error) = std::fs::File::open(path) {
                    let what = format!("{} cannot be read: {error}", path.display());
                    r.problem(name, what, "Name a PEM file that the server's user can read.");
                }
                if mode != TlsMode::Files {
                    r.problem(
                        name,
                        "has no effect with this tls.mode",
                        "Remove it, or set tls.mode to files.",
                    );
                }
            }
            None if mode == TlsMode::Files => {
                r.problem(name, "is missing", "With tls.mode files, name the PEM file.");
            }
            None => {}
        }
        path.unwrap_or_default()
    };
    let (cert_file, key_file) = (file("tls.cert_file"), file("tls.key_file"));
    if proxied && proxies.is_empty() {
        let mend = "List the proxy's address, such as 127.0.0.1; only it will be served.";
        r.problem("trusted_proxies", "is empty although a proxy ends TLS", mend);
    }
    if proxied && !https.is_empty() {
        r.problem(
            "listen.https",
            "cannot be with tls.mode off-behind-proxy",
            "Remove it, or choose another tls.mode.",
        );
    }
    let reachable = if proxied { &http } else { &https };
    if reachable.is_empty() {
        let name = if proxied { "listen.http" } else { "listen.https" };
        r.problem(name, "is empty, so nobody could connect", addresses);
    }
    let tls = match mode {
        TlsMode::Local => Tls::Local,
        TlsMode::Files => Tls::Files { cert_file, key_file },
        TlsMode::OffBehindProxy => Tls::OffBehindProxy,
    };
    (Listen { https, http, unix_socket }, tls)
}

pub(super) fn database(r: &mut Reader, data_dir: &Path) -> Database {
    let file = r.some::<PathBuf>("database.file", "Write the path of the database file.");
    let key_file = r.some::<PathBuf>("database.key_file", "Write the path of the file with the key.");
    let connections = r.number("database.connections", 1..=1000, 16);
    let ca_file = authorities(r, "database.ca_file");
    let example = "Write postgres://user:password@host:5432/holdfast.";
    if r.is_set("database.url") {
        for (name, set) in [("database.file", file.is_some()), ("database.key_file", key_file.is_some())] {
            if set {
                r.problem(
                    name,
                    "is for the embedded database and database.url is set",
                    "Remove one of them.",
                );
            }
        }
        let url = r.secret("database.url", example);
        if let Some(what) = url.as_ref().and_then(keys::weakness_of_url) {
            r.problem("database.url", what, example);
        }
        return Database::Postgres { url: url.unwrap_or_else(|| Secret::new("")), ca_file, connections };
    }
    if ca_file.is_some() {
        r.problem(
            "database.ca_file",
            "is for PostgreSQL and database.url is not set",
            "Remove it, or set database.url.",
        );
    }
    let file = file.unwrap_or_else(|| data_dir.join("holdfast.db"));
    let key_file = key_file.unwrap_or_else(|| data_dir.join("keys").join("database.key"));
    if let Some((what, mend)) = keys::trouble(&file, &key_file) {
        r.problem("database.key_file", what, mend);
    }
    Database::Embedded { file, key_file }
}

/// A file of certificate authorities.
fn authorities(r: &mut Reader, name: &'static str) -> Option<PathBuf> {
    let path = r.some::<PathBuf>(name, "Write the path of a PEM file.")?;
    if let Err(error) = std::fs::File::open(&path) {
        let what = format!("{} cannot be read: {error}", path.display());
        r.problem(name, what, "Name a PEM file that the server's user can read.");
    }
    Some(path)
}

pub(super) fn mail(r: &mut Reader) -> Option<Mail> {
    let host = r.some::<String>("mail.host", "Write the SMTP server's name.");
    let tls = r.one("mail.tls", "Write implicit, starttls or off.", || MailTls::Starttls);
    let usual = if tls == MailTls::Implicit { 465 } else { 587 };
    let port = r.number("mail.port", 1..=65_535, usual);
    let username = r.some::<String>("mail.username", "Write the name to sign in with.");
    let password_file =
        r.some::<PathBuf>("mail.password_file", "Write the path of a file that holds the password.");
    let from = r.some::<Address>("mail.from", "Write an address such as holdfast@example.org.");
    let ca_file = authorities(r, "mail.ca_file");
    let Some(host) = host else {
        let others =
            ["mail.tls", "mail.port", "mail.username", "mail.password_file", "mail.from", "mail.ca_file"];
        if others.iter().any(|n| r.is_set(n)) {
            r.problem("mail.host", "is missing", "Name the SMTP server, or remove the other mail settings.");
        }
        return None;
    };
    if tls == MailTls::Off && !is_loopback(&host) {
        r.problem("mail.tls", "would send mail in clear over a network", "Write starttls or implicit.");
    }
    let login = match (username, password_file) {
        (None, None) => None,
        (Some(_), None) => {
            r.problem(
                "mail.password_file",
                "is missing",
                "Write the path of a file that holds the password.",
            );
            None
        }
        (None, Some(_)) => {
            r.problem("mail.username", "is missing", "Write the name to sign in with.");
            None
        }
        (Some(name), Some(path)) => {
            read_secret(r, "mail.password_file", &path, 1).map(|secret| (name, secret))
        }
    };
    if from.is_none() && !r.is_set("mail.from") {
        r.problem("mail.from", "is missing", "Write an address such as holdfast@example.org.");
    }
    Some(Mail { host, port, tls, login, from: from?.0, ca_file })
}

/// An e-mail address as a setting.
struct Address(Email);

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Email::new(text).map(Self)
    }
}

pub(super) fn session(r: &mut Reader) -> Session {
    let idle: i64 = r.number("session.idle_days", 1..=365, 14);
    let absolute: i64 = r.number("session.absolute_days", 1..=365, 90);
    if idle > absolute {
        r.problem("session.idle_days", "is more than session.absolute_days", "Make it less or equal.");
    }
    Session { idle: idle * DAY, absolute: absolute * DAY }
}

pub(super) fn metrics_token(r: &mut Reader) -> Option<Secret> {
    let path = r.some::<PathBuf>("metrics.token_file", "Write the path of a file that holds the token.")?;
    read_secret(r, "metrics.token_file", &path, 32)
}

pub(super) fn otlp(r: &mut Reader) -> Option<Otlp> {
    let mend = "Write the collector's address, such as http://127.0.0.1:4318/v1/traces.";
    let endpoint = r.some::<url::Url>("otlp.endpoint", mend);
    let percent = r.number("otlp.percent", 1..=100, 10);
    let endpoint = endpoint?;
    let local = endpoint.host_str().is_some_and(|h| is_loopback(h.trim_matches(['[', ']'])));
    if endpoint.scheme() != "https" && !(endpoint.scheme() == "http" && local) {
        r.problem("otlp.endpoint", "would send traces in clear over a network", mend);
    }
    Some(Otlp { endpoint: endpoint.to_string(), percent })
}
