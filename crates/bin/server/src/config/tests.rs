//! The configuration's own tests: everything is passed in, so nothing here depends on the machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kernel::cx::OsEntropy;
use store::Location;

use super::*;

fn load(dir: &Path, env: &[(&str, &str)]) -> Result<Config, Problems> {
    let mut all = vec![("HOLDFAST_DATA_DIR".to_owned(), dir.join("data").display().to_string())];
    all.extend(env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    Config::load(None, all)
}

fn names(problems: Problems) -> Vec<String> {
    problems.0.into_iter().map(|p| p.setting).collect()
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

// REQ EDGE-1 EDGE-2
#[test]
fn nothing_set_is_a_safe_laptop() {
    let config = Config::load(None, []).unwrap();
    assert_eq!(config.public_url.as_str(), "https://localhost:8443");
    assert_eq!(config.listen.https, ["127.0.0.1:8443".parse().unwrap()]);
    assert_eq!(config.listen.http, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.tls, Tls::Local);
    assert_eq!(config.data_dir, Path::new("data"));
    assert!(config.mail.is_none() && config.otlp.is_none() && config.metrics_token.is_none());
    assert!(config.trusted_proxies.is_empty() && config.cors_allowed_origins.is_empty());
    assert!(matches!(config.database, Database::Embedded { .. }));
    let listen = config.listen_config();
    assert!(listen.proxied.is_empty() && listen.redirect.len() == 1);
}

// REQ EDGE-1
#[test]
fn every_problem_is_told_at_once_with_its_name_and_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let problems = load(
        dir.path(),
        &[
            ("HOLDFAST_PUBLIC_URL", "http://chat.example.org"),
            ("HOLDFAST_LISTEN__HTTPS", "localhost"),
            ("HOLDFAST_LIMITS__BODY_BYTES", "many"),
            ("HOLDFAST_LIMITS__STREAMS", "0"),
            ("HOLDFAST_LIMITS__BODY_BITES", "10"),
            ("HOLDFAST_TLS__MODE", "files"),
            ("HOLDFAST_DATABASE__URL", "postgres://holdfast:hunter2@db.example.org/holdfast"),
            ("HOLDFAST_MAIL__HOST", "mail.example.org"),
            ("HOLDFAST_MAIL__TLS", "off"),
            ("HOLDFAST_MAIL__USERNAME", "holdfast"),
            ("HOLDFAST_SESSION__IDLE_DAYS", "100"),
            ("HOLDFAST_TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
            ("HOLDFAST_CORS_ALLOWED_ORIGINS", "*"),
            ("HOLDFAST_LOG__LEVEL", "loud"),
            ("HOLDFAST_METRICS__TOKEN_FILE", "/nonexistent/token"),
            ("HOLDFAST_OTLP__ENDPOINT", "http://collector.example.org:4318"),
            ("OTHER_THING", "is not ours"),
        ],
    )
    .unwrap_err();
    let text = problems.to_string();
    for problem in &problems.0 {
        assert!(!problem.mend.is_empty() && text.contains(&problem.variable()), "{problem}");
    }
    assert!(text.contains("limits.body_bites (HOLDFAST_LIMITS__BODY_BITES) is no setting"), "{text}");
    assert!(text.contains("Did you mean limits.body_bytes?"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let mut found = names(problems);
    found.sort();
    found.dedup();
    let expected = [
        "cors_allowed_origins",
        "database.url",
        "limits.body_bites",
        "limits.body_bytes",
        "limits.streams",
        "listen.https",
        "log.level",
        "mail.from",
        "mail.password_file",
        "mail.tls",
        "metrics.token_file",
        "otlp.endpoint",
        "public_url",
        "session.idle_days",
        "tls.cert_file",
        "tls.key_file",
        "trusted_proxies",
    ];
    assert_eq!(found, expected, "{text}");
}

// REQ EDGE-1
#[test]
fn the_environment_wins_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("holdfast.toml");
    write(&file, "public_url = 'https://a.example.org'\n[limits]\nstreams = 7\nbody_seconds = 3\n", 0o644);
    let env = [("HOLDFAST_LIMITS__STREAMS", "9"), ("HOLDFAST_CONFIG", "x")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
    let config = Config::load(Some(&file), env).unwrap();
    assert_eq!(config.public_url.as_str(), "https://a.example.org");
    assert_eq!(config.limits.connections.streams, 9);
    assert_eq!(config.limits.body.time, Duration::from_secs(3));
    assert!(config.hsts > Duration::from_secs(86_400 * 365));
    assert_eq!(names(Config::load(Some(&dir.path().join("none")), []).unwrap_err()), ["config"]);
    write(&file, "[limits]\nstreams = 'many'\nsecret = hunter2\n", 0o600);
    let text = Config::load(Some(&file), []).unwrap_err().to_string();
    assert!(text.contains("is not TOML") && !text.contains("hunter2"), "{text}");
    write(&file, "limits = 3\n[listen]\nhttps = [1, 'x']\n", 0o600);
    let mut found = names(Config::load(Some(&file), []).unwrap_err());
    found.sort();
    assert_eq!(found, ["limits", "listen.https", "listen.https"]);
}

// REQ EDGE-1
#[test]
fn no_secret_is_empty_weak_or_lying_about() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    let shown = token.display().to_string();
    let told = |env: &[(&str, &str)]| load(dir.path(), env).map(|_| ()).map_err(names);
    let metrics = [("HOLDFAST_METRICS__TOKEN_FILE", shown.as_str())];
    for (text, mode) in [("", 0o600), ("short", 0o600), (&*"a".repeat(64), 0o600), (GOOD, 0o644)] {
        write(&token, text, mode);
        assert_eq!(told(&metrics), Err(vec!["metrics.token_file".to_owned()]), "{text} {mode:o}");
    }
    write(&token, GOOD, 0o600);
    assert_eq!(told(&metrics), Ok(()));
    for url in [
        "",
        "postgres://u@db.example.org/h",
        "postgres://u:@db.example.org/h",
        "mysql://u:correct-horse@x/h",
        "x",
    ] {
        assert_eq!(told(&[("HOLDFAST_DATABASE__URL", url)]), Err(vec!["database.url".to_owned()]), "{url}");
    }
    for url in ["postgres://u:correct-horse@db.example.org/h", "postgres://u@localhost/h"] {
        assert_eq!(told(&[("HOLDFAST_DATABASE__URL", url)]), Ok(()), "{url}");
    }
    let open = dir.path().join("holdfast.toml");
    write(&open, "[database]\nurl = 'postgres://u:correct-horse@db.example.org/h'", 0o644);
    assert_eq!(names(Config::load(Some(&open), []).unwrap_err()), ["database.url"]);
}

const GOOD: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// REQ EDGE-2 EDGE-8
#[test]
fn a_proxy_must_be_named_to_be_believed() {
    let dir = tempfile::tempdir().unwrap();
    let mode = ("HOLDFAST_TLS__MODE", "off-behind-proxy");
    let found = names(load(dir.path(), &[mode]).unwrap_err());
    assert_eq!(found, ["trusted_proxies", "public_url"]);
    let url = ("HOLDFAST_PUBLIC_URL", "https://chat.example.org");
    let proxies = ("HOLDFAST_TRUSTED_PROXIES", "127.0.0.1,::1");
    let config = load(dir.path(), &[mode, url, proxies]).unwrap();
    let listen = config.listen_config();
    assert!(listen.https.is_empty() && listen.redirect.is_empty() && listen.proxied.len() == 1);
    assert!(config.certificate_source().is_none());
    let https = ("HOLDFAST_LISTEN__HTTPS", "127.0.0.1:8443");
    assert_eq!(names(load(dir.path(), &[mode, url, proxies, https]).unwrap_err()), ["listen.https"]);
}

// REQ EDGE-1
#[test]
fn the_database_key_is_made_once_and_never_under_a_database() {
    let dir = tempfile::tempdir().unwrap();
    let config = load(dir.path(), &[]).unwrap();
    let key_of = |location| match location {
        Location::Sqlite { key, .. } => key.reveal().to_owned(),
        Location::Postgres { .. } => unreachable!(),
    };
    let first = key_of(database_location(&config, &OsEntropy).unwrap());
    assert!(first.len() == 64 && first.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(first, key_of(database_location(&config, &OsEntropy).unwrap()));
    let key_file = dir.path().join("data/keys/database.key");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key_file), mode(key_file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(mode(&dir.path().join("data")), 0o700);

    fs::write(dir.path().join("data/holdfast.db"), "x").unwrap();
    for (text, permissions) in [(GOOD, 0o640), ("", 0o600), (&*"0".repeat(64), 0o600), ("not hex", 0o600)] {
        write(&key_file, text, permissions);
        assert_eq!(
            names(load(dir.path(), &[]).unwrap_err()),
            ["database.key_file"],
            "{text} {permissions:o}"
        );
        assert!(database_location(&config, &OsEntropy).is_err());
    }
    fs::remove_file(&key_file).unwrap();
    let text = load(dir.path(), &[]).unwrap_err().to_string();
    assert!(text.contains("is missing, although the database"), "{text}");
    assert!(database_location(&config, &OsEntropy).is_err());
    assert!(!key_file.exists());
}

// REQ EDGE-1 EDGE-9
#[test]
fn mail_is_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    write(&password, "correct horse\n", 0o600);
    let shown = password.display().to_string();
    let whole = [
        ("HOLDFAST_MAIL__HOST", "mail.example.org"),
        ("HOLDFAST_MAIL__TLS", "implicit"),
        ("HOLDFAST_MAIL__USERNAME", "12345"),
        ("HOLDFAST_MAIL__PASSWORD_FILE", &shown),
        ("HOLDFAST_MAIL__FROM", "holdfast@example.org"),
        ("HOLDFAST_MAIL__CA_FILE", &shown),
    ];
    let config = load(dir.path(), &whole).unwrap();
    let mail = config.mail.as_ref().unwrap();
    let (name, secret) = mail.login.as_ref().unwrap();
    assert_eq!((mail.port, name.as_str(), secret.reveal()), (465, "12345", "correct horse"));
    assert!(!format!("{config:?}").contains("correct horse"));
    assert_eq!(mail.ca_file.as_ref(), Some(&password));
    assert_eq!(names(load(dir.path(), &whole[1..]).unwrap_err()), ["mail.host"]);
    let missing =
        [("HOLDFAST_MAIL__HOST", "localhost"), whole[4], ("HOLDFAST_MAIL__CA_FILE", "/nowhere.pem")];
    assert_eq!(names(load(dir.path(), &missing).unwrap_err()), ["mail.ca_file"]);
}
