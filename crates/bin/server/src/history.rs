//! Whether the database that is found is the continuation of the one that was worked with last (ADR 10).
//!
//! What was known of it is kept beside it, in `history.json` of the data directory. A database that is missing or has lost
//! its log is refused, because to start would destroy what could still be put back. One that is older than it was, or another
//! file, is a restored copy: it is served in a new epoch, so that clients load anew. The same goes for a `history.json` that was
//! put back with it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use kernel::{Entropy, Error, Result};
use serde::{Deserialize, Serialize};
use store::{History, Store};
use uuid::Uuid;

use crate::config::{Config, Database, unusable};

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    database_id: Uuid,
    generation: i64,
    pulse: i64,
    /// Which file the embedded database is. None: PostgreSQL.
    file: Option<FileId>,
    /// The length of its log. A log of a server that did not stop is never shorter.
    log: u64,
    /// Which file this was written into: put back from a copy, it is another one.
    itself: FileId,
    /// Whether it was read from another file.
    #[serde(skip)]
    copied: bool,
}

/// Inode and birth: a copy has others. File systems give the number of a removed file to the next one, so the time of its
/// birth counts as well; some do not tell it.
type FileId = (u64, i64);

fn id_of(told: &fs::Metadata) -> FileId {
    let born = told.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    (told.ino(), born.and_then(|at| i64::try_from(at.as_micros()).ok()).unwrap_or(0))
}

/// How to go on with a database that is not simply the one known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// What may have been lost by mistake is refused.
    #[default]
    Ask,
    /// A database may be made where there was none, as long as none is remembered.
    Make,
    /// The database is lost for good: a new one begins.
    BeginAnew,
    /// What there is, is all there is: a restored copy.
    AcceptRestored,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The same as before.
    Same,
    /// Nothing was there before.
    New,
    /// An older copy, for this reason.
    Restored(&'static str),
}

/// The memory beside the database.
pub(crate) struct Memory {
    path: PathBuf,
    database: Option<PathBuf>,
}

fn refuse(what: String, hint: &str) -> Error {
    Error::internal(what).message("The database is not what it was when Holdfast last ran.").hint(hint)
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |m| m.len())
}

impl Memory {
    pub(crate) fn of(config: &Config) -> Self {
        let database = match &config.database {
            Database::Embedded { file, .. } => Some(file.clone()),
            Database::Postgres { .. } => None,
        };
        Self { path: config.data_dir.join("history.json"), database }
    }

    /// What is remembered of a database of this kind. What cannot be read is as good as forgotten: the database then counts
    /// as restored, which is the safe side.
    pub(crate) fn known(&self) -> Option<Known> {
        let file = fs::File::open(&self.path).ok()?;
        let mut known: Known = serde_json::from_reader(&file).ok()?;
        // Of the file that was read: a server that runs puts another one into its place every few seconds.
        known.copied = id_of(&file.metadata().ok()?) != known.itself;
        (known.file.is_some() == self.database.is_some()).then_some(known)
    }

    fn file(&self) -> Option<FileId> {
        Some(id_of(&fs::metadata(self.database.as_ref()?).ok()?))
    }

    fn log(&self) -> u64 {
        self.database.as_ref().map_or(0, |database| size(&beside(database, "-wal")))
    }

    /// Before a key or a database is made: whether there should be one already. `key`: the file that would be made with it.
    pub(crate) fn expect_database(&self, key: Option<&Path>, consent: Consent) -> Result<()> {
        let Some(database) = &self.database else { return Ok(()) };
        if size(database) > 0 {
            return Ok(());
        }
        let (log, shown) = (beside(database, "-wal"), database.display());
        let gone = if database.exists() { "is empty" } else { "is missing" };
        if consent == Consent::BeginAnew {
            return set_aside(&log).map_err(Error::internal);
        }
        if self.known().is_some() || size(&log) > 0 {
            return Err(refuse(
                format!("{shown} {gone}, but there was a database here"),
                "put the file and its -wal back, or restore a copy; if it is lost for good, `holdfast init --begin-anew` \
                 makes a new one",
            ));
        }
        if key.is_some_and(Path::exists) && consent != Consent::Make && !self.first_start().exists() {
            return Err(refuse(
                format!("{shown} {gone}, but its key is there"),
                "put the database file back; if there never was one, `holdfast init` makes it with this key",
            ));
        }
        Ok(())
    }

    /// Says that nothing has been kept yet, before a key is made: whoever ends a first start half-way leaves a key without a
    /// database, which would look like a lost one.
    pub(crate) fn note_first_start(&self) -> Result<()> {
        match &self.database {
            Some(database) if size(database) == 0 => {
                fs::File::create(self.first_start()).and_then(|file| file.sync_all()).map_err(unusable)
            }
            _ => Ok(()),
        }
    }

    fn first_start(&self) -> PathBuf {
        self.path.with_file_name("first-start")
    }

    /// Compares what is remembered with what the database says; `known` was read first, since a server that runs counts on.
    /// `said`: none if it does not say yet (it is new, or of an earlier version).
    pub(crate) fn compare(
        &self,
        known: Option<&Known>,
        said: Option<&History>,
        consent: Consent,
    ) -> Result<Finding> {
        if matches!(consent, Consent::Ask | Consent::Make)
            && let (Some(database), Some(lost)) = (&self.database, self.what_the_log_lacks(known, said))
        {
            return Err(refuse(
                format!("{}-wal {lost}, and Holdfast was not stopped in order", database.display()),
                "put the -wal file back: the newest changes are in it; if it is lost, or a copy was put back, \
                 `holdfast accept-restored` goes on with what there is",
            ));
        }
        let Some(known) = known else {
            return Ok(match said {
                // Of an earlier version, or new.
                None => Finding::New,
                Some(said) if said.generation == 0 => Finding::New,
                Some(_) => Finding::Restored("what was known of it is not there (history.json)"),
            });
        };
        if consent == Consent::BeginAnew {
            return Ok(Finding::Restored("a new database was asked for"));
        }
        if known.file != self.file() {
            return Ok(Finding::Restored("its file is a copy"));
        }
        let Some(said) = said else { return Ok(Finding::Restored("it is older than the last start")) };
        if said.database_id != known.database_id {
            return Ok(Finding::Restored("it is another database"));
        }
        if (said.generation, said.pulse) < (known.generation, known.pulse) {
            return Ok(Finding::Restored("it is older than it was"));
        }
        if known.copied {
            return Ok(Finding::Restored("what was known of it is a copy (history.json)"));
        }
        if consent == Consent::AcceptRestored {
            return Ok(Finding::Restored("it was accepted as restored"));
        }
        Ok(Finding::Same)
    }

    /// What is wrong with the log of an embedded database that was not closed: the newest changes are in it alone.
    fn what_the_log_lacks(&self, known: Option<&Known>, said: Option<&History>) -> Option<&'static str> {
        let here = known.filter(|known| known.file == self.file());
        let Some(said) = said else {
            return here.map(|_| "does not fit: the file says less than it did");
        };
        if said.closed || said.generation == 0 {
            return None;
        }
        let log = self.log();
        if log == 0 {
            return Some("is missing or empty");
        }
        let here = here.filter(|known| known.database_id == said.database_id)?;
        // A server that has started meanwhile has begun its log anew, and said so first.
        if log < here.log && self.known().is_none_or(|now| log < now.log) {
            return Some("is shorter than it was");
        }
        let older = (said.generation, said.pulse) < (here.generation, here.pulse);
        older.then_some("does not lead to where the database had come")
    }

    /// The start of work, in a new epoch if the database is a restored copy.
    pub(crate) async fn begin(
        &self,
        store: &Store,
        finding: &Finding,
        entropy: &dyn Entropy,
    ) -> Result<History> {
        let epoch = match finding {
            Finding::Same | Finding::New => None,
            Finding::Restored(why) => {
                tracing::warn!(why, "the database is a restored copy: clients load anew");
                Some(another_epoch(entropy))
            }
        };
        let known = self.known();
        if let Some(known) = known.filter(|known| known.log > 0) {
            // The next log begins anew, and this may end before it is measured.
            self.write(Known { log: 0, ..known }, true).map_err(unusable)?;
        }
        let now = store.begin(known.map_or(0, |known| known.generation), epoch).await?;
        self.keep(&now, true).map_err(unusable)?;
        match fs::remove_file(self.first_start()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(error)),
            _ => Ok(now),
        }
    }

    /// Remembers. `durable`: it must survive a power cut; what is only a moment newer need not.
    pub(crate) fn keep(&self, now: &History, durable: bool) -> io::Result<()> {
        let known = Known {
            database_id: now.database_id,
            generation: now.generation,
            pulse: now.pulse,
            file: self.file(),
            log: self.log(),
            itself: (0, 0),
            copied: false,
        };
        self.write(known, durable)
    }

    fn write(&self, known: Known, durable: bool) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let known = Known { itself: id_of(&file.metadata()?), ..known };
        file.write_all(&serde_json::to_vec(&known)?)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(&new, &self.path)
    }

    /// Whether the database, while in use, has gone back behind what is remembered.
    pub(crate) fn has_gone_back(&self, before: &History, now: &History) -> bool {
        self.database.is_none()
            && (now.database_id != before.database_id
                || now.generation < before.generation
                || now.pulse <= before.pulse)
    }
}

/// A log without its database is kept under another name: a new database would overwrite it.
fn set_aside(log: &Path) -> io::Result<()> {
    if size(log) == 0 {
        return Ok(());
    }
    let free = (1..).map(|n| beside(log, &format!(".before-{n}"))).find(|path| !path.exists());
    free.map_or(Ok(()), |free| fs::rename(log, free))
}

/// An epoch that no client can have seen: after two restores of the same copy both histories must be told from each other,
/// so it does not count up. JavaScript's numbers hold it.
pub(crate) fn another_epoch(entropy: &dyn Entropy) -> i64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    (i64::from_le_bytes(bytes) & ((1 << 53) - 1)).max(2)
}

/// A command that opens the database by itself has ended within this time.
const PATIENCE: Duration = Duration::from_secs(3);

/// One Holdfast at a time works with an embedded database: the operating system holds the lock, and lets go of it however
/// the process ends.
#[derive(Debug)]
pub(crate) struct Lock(#[allow(dead_code, reason = "held, not read")] Option<fs::File>);

impl Lock {
    /// Takes it, after waiting for somebody who is about to end: a command lasts a moment, and a start must not fail by it.
    /// PostgreSQL is shared by design.
    pub(crate) fn take(config: &Config) -> Result<Self> {
        let Database::Embedded { file, .. } = &config.database else { return Ok(Self(None)) };
        // Under its own name, whichever way it was named.
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let path = beside(&real, ".lock");
        let mut lock = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(unusable)?;
        let since = Instant::now();
        let mut taken = lock.try_lock();
        while matches!(taken, Err(fs::TryLockError::WouldBlock)) && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
            taken = lock.try_lock();
        }
        match taken {
            Ok(()) => {
                lock.set_len(0).map_err(unusable)?;
                write!(lock, "{}", std::process::id()).map_err(unusable)?;
                Ok(Self(Some(lock)))
            }
            Err(fs::TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.is_empty() { "unknown" } else { holder.trim() };
                Err(Error::conflict(format!("Another Holdfast (process {holder}) works with this database."))
                    .cause(format_args!("{} is locked", path.display()))
                    .hint(
                        "if a server runs, give this command the same listen.unix_socket, so that it can ask the server; \
                         otherwise wait for the other command or stop it",
                    ))
            }
            Err(fs::TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: History =
        History { database_id: Uuid::nil(), epoch: 1, generation: 2, pulse: 7, closed: false, seen_at: None };

    fn memory(dir: &Path) -> Memory {
        let database = dir.join("holdfast.db");
        fs::write(&database, "a database").unwrap();
        fs::write(beside(&database, "-wal"), "a log of 24 characters !").unwrap();
        Memory { path: dir.join("history.json"), database: Some(database) }
    }

    // REQ RUN-4
    #[test]
    fn a_look_beside_a_server_that_goes_on_finds_the_same_database() {
        let dir = tempfile::tempdir().unwrap();
        let memory = memory(dir.path());
        for pulse in 0..50 {
            memory.keep(&History { pulse, ..SAID }, false).unwrap();
            let known = memory.known();
            memory.keep(&History { pulse: pulse + 1, ..SAID }, false).unwrap();
            let found =
                memory.compare(known.as_ref(), Some(&History { pulse: pulse + 2, ..SAID }), Consent::Ask);
            assert_eq!(found.unwrap(), Finding::Same);
        }
        // A copy of it is known as one all the same.
        let text = fs::read(&memory.path).unwrap();
        fs::write(memory.path.with_extension("copy"), text).unwrap();
        fs::rename(memory.path.with_extension("copy"), &memory.path).unwrap();
        let found =
            memory.compare(memory.known().as_ref(), Some(&History { pulse: 99, ..SAID }), Consent::Ask);
        assert!(matches!(found, Ok(Finding::Restored(_))));
    }

    // REQ RUN-4
    #[test]
    fn a_log_is_not_shorter_because_a_server_has_started_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let memory = memory(dir.path());
        memory.keep(&SAID, false).unwrap();
        let known = memory.known().unwrap();
        fs::write(beside(memory.database.as_ref().unwrap(), "-wal"), "anew").unwrap();
        assert!(memory.compare(Some(&known), Some(&SAID), Consent::Ask).is_err());
        memory.write(Known { log: 0, ..known }, false).unwrap();
        assert_eq!(memory.compare(Some(&known), Some(&SAID), Consent::Ask).unwrap(), Finding::Same);
    }
}
