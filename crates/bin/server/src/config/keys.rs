//! The embedded database's key: made once, beside the data and never inside it, and never made anew under a
//! database that it could not open.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use kernel::{Entropy, Error, Result, Secret};
use store::Location;

use super::{Config, Database};

/// Hex digits of a key.
const DIGITS: usize = 64;

/// Makes the data directory, and the database file's own if it is elsewhere.
pub(crate) fn make_data_dir(config: &Config) -> Result<()> {
    super::private::directory(&config.data_dir)?;
    match &config.database {
        Database::Embedded { file, .. } => match file.parent() {
            Some(dir) => fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(super::private::unusable),
            None => Ok(()),
        },
        Database::Postgres { .. } => Ok(()),
    }
}

/// Where the database is, with its key. Makes the data directory and, before the first start, the key.
pub fn database_location(config: &Config, entropy: &dyn Entropy) -> Result<Location> {
    make_data_dir(config)?;
    match &config.database {
        Database::Postgres { url, ca_file, connections } => {
            Ok(Location::Postgres { url: url.clone(), ca_file: ca_file.clone(), connections: *connections })
        }
        Database::Embedded { file, key_file } => {
            if let Some((what, mend)) = trouble(file, key_file) {
                return Err(Error::internal(format_args!("database.key_file {what}. {mend}"))
                    .message("The database's key cannot be used."));
            }
            let cannot = |e: io::Error| Error::internal(e).message("The database's key cannot be made.");
            if !key_file.exists() {
                make(key_file, entropy).map_err(cannot)?;
            }
            let key = Secret::new(fs::read_to_string(key_file).map_err(cannot)?.trim());
            Ok(Location::Sqlite { path: file.clone(), key })
        }
    }
}

/// Where a database that exists is, with its key. Makes nothing.
pub(crate) fn database_there(config: &Config) -> Result<Location> {
    match &config.database {
        Database::Embedded { file, key_file } => {
            let cannot = |e: io::Error| Error::internal(e).message("The database's key cannot be read.");
            let key = Secret::new(fs::read_to_string(key_file).map_err(cannot)?.trim());
            Ok(Location::Sqlite { path: file.clone(), key })
        }
        Database::Postgres { url, ca_file, connections } => {
            Ok(Location::Postgres { url: url.clone(), ca_file: ca_file.clone(), connections: *connections })
        }
    }
}

/// What is wrong with the key file, and how to mend it.
pub(super) fn trouble(database: &Path, key_file: &Path) -> Option<(String, String)> {
    let shown = key_file.display();
    let text = match fs::read_to_string(key_file) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return database.exists().then(|| {
                let what = format!("{shown} is missing, although the database {} exists", database.display());
                (
                    what,
                    "Put the key file back from where you keep it; without it the data cannot be read."
                        .to_owned(),
                )
            });
        }
        Err(error) => {
            return Some((
                format!("{shown} cannot be read: {error}"),
                "Let the server's user read it.".to_owned(),
            ));
        }
    };
    if fs::metadata(key_file).is_ok_and(|m| m.mode() & 0o077 != 0) {
        return Some((format!("{shown} can be read by others"), format!("chmod 600 {shown}.")));
    }
    let key = text.reveal().trim();
    let kinds = key
        .bytes()
        .fold(0u16, |kinds, b| kinds | (b as char).to_digit(16).map_or(0, |d| 1 << d))
        .count_ones();
    let sound = key.len() == DIGITS && key.bytes().all(|b| b.is_ascii_hexdigit()) && kinds >= 6;
    (!sound).then(|| {
        let mend = "Put the key back from where you keep it; a new one does not open an old database.";
        (format!("{shown} does not hold a key of {DIGITS} random hex digits"), mend.to_owned())
    })
}

/// What is wrong with a database URL.
pub(super) fn weakness_of_url(url: &Secret) -> Option<&'static str> {
    let Ok(parsed) = url::Url::parse(url.reveal()) else { return Some("is not a URL") };
    if !matches!(parsed.scheme(), "postgres" | "postgresql") {
        return Some("is not a postgres:// URL");
    }
    let local = match parsed.host_str() {
        None | Some("") => true,
        Some(host) => super::sections::is_loopback(host.trim_matches(['[', ']'])),
    };
    match parsed.password() {
        // On this very machine PostgreSQL can know a user by other means (peer).
        None if local => None,
        None => Some("has no password"),
        Some(password) if password.len() < 12 && !local => Some("has a password of fewer than 12 characters"),
        Some(_) => None,
    }
}

fn make(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut bytes = zeroize::Zeroizing::new([0u8; DIGITS / 2]);
    entropy.fill(&mut *bytes);
    let mut text = zeroize::Zeroizing::new(String::with_capacity(DIGITS + 1));
    for byte in bytes.iter() {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The name must survive a crash before anything is encrypted with what it names.
    path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
}
