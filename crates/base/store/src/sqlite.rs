//! The embedded store: SQLCipher in WAL mode, one writing thread with group commit, reading connections beside it.
//!
//! Writers queue. The thread takes what is waiting, runs each job in a savepoint of its own, and commits them together:
//! one fsync for all. Nobody hears "done" before that commit has returned. While the disk works, the next batch gathers.

use std::cell::Cell;
use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use kernel::{Code, Committed, Error, Result, Secret};
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection as Db, OpenFlags, ffi};
use tokio::sync::oneshot;

use crate::tx::{Connection, Told, Tx};
use crate::value::{Param, Row};
use crate::{OnCommit, TxFuture, history, migrate, unavailable};

/// Jobs in one commit at most: bounds how long the first one waits for the last.
const BATCH: usize = 256;
/// Pages each reading connection may keep decrypted, in KiB. Decryption is most of a read's cost.
const READER_CACHE_KIB: i64 = 64 * 1024;
const WRITER_CACHE_KIB: i64 = 16 * 1024;

pub(crate) struct Sqlite {
    path: PathBuf,
    key: Secret,
    /// Taken when the store is dropped; that ends the writing thread.
    jobs: Option<mpsc::Sender<Box<dyn Work>>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Vec<Db>>,
    /// Whether a damaged page was met.
    damaged: Arc<AtomicBool>,
    told: Told,
}

/// Waits for the writing thread to close its connection: a process that exits meanwhile tears the crypto library away
/// under it.
impl Drop for Sqlite {
    fn drop(&mut self) {
        // The writer closes last: it alone knows whether the log may go.
        self.readers.lock().clear();
        self.jobs.take();
        // The last handle can go with a job, on the writing thread itself.
        if let Some(writer) = self.writer.take().filter(|w| w.thread().id() != std::thread::current().id())
            && writer.join().is_err()
        {
            tracing::error!("the writing thread had panicked");
        }
    }
}

impl Sqlite {
    pub(crate) fn open(path: &Path, key: &Secret, on_commit: OnCommit) -> Result<Self> {
        keep_private(path)?;
        let mut writer = connect(path, key, Use::Write)?;
        migrate::sqlite(&mut writer)?;
        let (jobs, queue) = mpsc::channel();
        let damaged = Arc::<AtomicBool>::default();
        let told = Told::default();
        let tell: OnCommit = {
            let told = told.clone();
            Arc::new(move |committed| {
                told.fetch_add(1, Ordering::SeqCst);
                on_commit(committed);
            })
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn({
                let damaged = damaged.clone();
                move || write_loop(writer, &queue, &tell, &damaged)
            })
            .map_err(Error::internal)?;
        Ok(Self {
            path: path.to_owned(),
            key: key.clone(),
            jobs: Some(jobs),
            writer: Some(thread),
            readers: Mutex::default(),
            damaged,
            told,
        })
    }

    /// Copies what the log holds into the file, and waits until it is there.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        let db = connect(&self.path, &self.key, Use::Write)?;
        let busy: bool = db.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get(0)).map_err(fault)?;
        if busy {
            return Err(unavailable("somebody else works with the database"));
        }
        Ok(())
    }

    /// An error once a damaged page was met: what is read next may be on another.
    pub(crate) fn sound(&self) -> Result<()> {
        if self.damaged.load(Ordering::Relaxed) {
            return Err(Error::internal("a damaged page was read"));
        }
        Ok(())
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job { work: Some(work), result: None, reply };
        let gone = || unavailable("the writing thread has ended");
        self.jobs.as_ref().ok_or_else(gone)?.send(Box::new(job)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Reads on the calling thread: a page of messages takes some tens of microseconds, less than a hand-over.
    pub(crate) fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T>,
    {
        let idle = self.readers.lock().pop();
        let db = idle.map_or_else(|| connect(&self.path, &self.key, Use::Read), Ok)?;
        run(&db, "BEGIN")?;
        let mut tx = Tx::snapshot(Connection::Sqlite(db), &self.told);
        let result = now(work(&mut tx));
        note_damage(&tx, &self.damaged);
        if let Connection::Sqlite(db) = tx.connection {
            // A connection that cannot end its snapshot is dropped, not kept.
            if run(&db, "COMMIT").is_ok() {
                self.readers.lock().push(db);
            }
        }
        result
    }
}

/// Nobody else on this machine reads the files. SQLite gives those beside the database the mode that the database has.
fn keep_private(path: &Path) -> Result<()> {
    let cannot = |e: io::Error| {
        Error::internal(format_args!("{}: {e}", path.display()))
            .message("The database file cannot be made private.")
            .hint("see that the data directory and what is in it belong to the user that runs Holdfast")
    };
    // What cannot be opened is told of by whoever opens it next.
    drop(fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path));
    for beside in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(beside);
        let open = fs::metadata(&file).is_ok_and(|found| found.mode() & 0o077 != 0);
        if open {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).map_err(cannot)?;
        }
    }
    Ok(())
}

fn note_damage(tx: &Tx, damaged: &AtomicBool) {
    if tx.damaged.take() && !damaged.swap(true, Ordering::Relaxed) {
        tracing::error!("the database file is damaged; stop, keep the file, and see docs/guides/backup.md");
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The one that writes.
    Write,
    /// One of those that read beside it.
    Read,
    /// Looking at a database without changing anything in it, not even its mode.
    Look,
}

/// Whether there is anything in the file beside this one.
fn has(path: &Path, ending: &str) -> bool {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    fs::metadata(beside).is_ok_and(|found| found.len() > 0)
}

/// Without a log SQLite would make an empty one to read beside, and whoever removes that again may remove a server's that
/// starts meanwhile. So the file is read as it is. The name is escaped as <https://sqlite.org/uri.html> says.
fn immutable(path: &Path) -> PathBuf {
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{name}?immutable=1").into()
}

/// For whoever opens an embedded database: SQLite calls itself ready before SQLCipher is, and a second thread that opens at
/// that moment is told that its key is empty. So the first connection of a process is alone.
///
/// # Errors
/// When SQLite cannot be made ready.
pub fn wait_until_ready() -> rusqlite::Result<()> {
    static READY: Mutex<bool> = Mutex::new(false);
    let mut ready = READY.lock();
    if !*ready {
        Db::open_in_memory()?;
        *ready = true;
    }
    Ok(())
}

pub(crate) fn connect(path: &Path, key: &Secret, purpose: Use) -> Result<Db> {
    let open = || -> rusqlite::Result<Db> {
        wait_until_ready()?;
        // A journal is left only by a kill in the first moments of a new file; whoever opens it must undo what it tells of.
        let torn = has(path, "-journal");
        let as_it_is = purpose == Use::Look && !torn && !has(path, "-wal");
        let mode = match purpose {
            Use::Look if as_it_is => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            Use::Look if torn => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Use::Look => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Use::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Use::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        let name = if as_it_is { immutable(path) } else { path.to_owned() };
        let db = Db::open_with_flags(name, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // What goes wrong is told once, by us: SQLCipher would write to standard error as well.
        db.pragma_update(None, "cipher_log_level", "NONE")?;
        db.pragma_update(None, "key", format!("x'{}'", key.reveal()))?;
        db.pragma_update(None, "busy_timeout", 5000)?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "temp_store", "memory")?;
        db.pragma_update(None, "trusted_schema", false)?;
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        // A statement's plan is made once. Without this it is made anew at every call that binds a LIMIT, which costs 40 % of
        // reading a page of messages; there are no statistics by which the new plan could be another.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // Only the writer that ends in order lets go of the log.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        if purpose != Use::Look {
            db.pragma_update(None, "journal_mode", "wal")?;
            db.pragma_update(None, "synchronous", "full")?;
        }
        let cache = if purpose == Use::Write { WRITER_CACHE_KIB } else { READER_CACHE_KIB };
        db.pragma_update(None, "cache_size", -cache)?;
        db.set_prepared_statement_cache_capacity(256);
        if purpose != Use::Write {
            db.pragma_update(None, "query_only", true)?;
        }
        Ok(db)
    };
    open().map_err(|error| {
        let hint = match error.sqlite_error_code() {
            Some(ffi::ErrorCode::NotADatabase) => {
                "the key does not fit this database file, or the file is damaged; put back the key file it was made with, \
                 or a copy of both (docs/guides/backup.md)"
            }
            Some(ffi::ErrorCode::DatabaseCorrupt) => "the file is damaged; put back a copy (docs/guides/backup.md)",
            // Whoever reads a log keeps an index of it in a file beside.
            Some(ffi::ErrorCode::CannotOpen) if purpose == Use::Look && has(path, "-wal") => {
                "its log (-wal) can be read only where files can be written beside it: make the file system writable, or look \
                 at a copy of the data directory"
            }
            Some(ffi::ErrorCode::CannotOpen) => {
                "check that the data directory exists and that this user may write there"
            }
            _ => "see the cause",
        };
        Error::internal(format_args!("opening {}: {error}", path.display()))
            .message("The database could not be opened.")
            .hint(hint)
    })
}

pub(crate) fn run(db: &Db, sql: &'static str) -> Result<()> {
    db.prepare_cached(sql).and_then(|mut s| s.execute([])).map(|_| ()).map_err(fault)
}

pub(crate) fn query<T>(
    db: &Db,
    damaged: &Cell<bool>,
    sql: &'static str,
    params: &[Param<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let fault = |error| noted(error, damaged);
    let mut statement = db.prepare_cached(sql).map_err(|e| fault(e).cause(sql))?;
    let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(fault)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        out.push(map(&Row::Sqlite(row))?);
    }
    Ok(out)
}

pub(crate) fn execute(db: &Db, damaged: &Cell<bool>, sql: &'static str, params: &[Param<'_>]) -> Result<u64> {
    let fault = |error| noted(error, damaged);
    let mut statement = db.prepare_cached(sql).map_err(|e| fault(e).cause(sql))?;
    statement.execute(rusqlite::params_from_iter(params)).map(|n| n as u64).map_err(fault)
}

/// What went wrong, and a note if it is damage.
fn noted(error: rusqlite::Error, damaged: &Cell<bool>) -> Error {
    use ffi::ErrorCode::{DatabaseCorrupt, NotADatabase};
    damaged.set(damaged.get() || matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)));
    fault(error)
}

pub(crate) fn fault(error: rusqlite::Error) -> Error {
    let unique = error.sqlite_error().is_some_and(|e| {
        matches!(
            e.extended_code,
            ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_FOREIGNKEY
        )
    });
    match error.sqlite_error_code() {
        _ if unique => Error::new(Code::Conflict).cause(error),
        Some(ffi::ErrorCode::DiskFull | ffi::ErrorCode::SystemIoFailure | ffi::ErrorCode::DatabaseBusy) => {
            unavailable(error)
        }
        Some(ffi::ErrorCode::DatabaseCorrupt) => {
            Error::internal(format_args!("{error}: the file is damaged; see docs/guides/backup.md"))
        }
        _ => Error::internal(error),
    }
}

/// Polls a future that has nothing to wait for.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => {
            Err(Error::internal("work inside a transaction waited for something other than the transaction"))
        }
    }
}

/// A job of any result type.
trait Work: Send {
    /// Runs it. True: keep what it wrote.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Tells the caller. `Err`: the commit failed, so nothing of it happened.
    fn finish(self: Box<Self>, committed: std::result::Result<(), Error>);
}

struct Job<T, F> {
    work: Option<F>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(work) = self.work.take() else { return false };
        // A panic in one verb must end neither the thread nor the other jobs of the batch.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| now(work(tx))));
        let result = outcome.unwrap_or_else(|_| Err(Error::internal("a verb panicked")));
        let keep = result.as_ref().map_or_else(|error| error.keep, |_| true);
        self.result = Some(result);
        keep
    }

    fn finish(self: Box<Self>, committed: std::result::Result<(), Error>) {
        let result = self.result.unwrap_or_else(|| Err(Error::internal("the job did not run")));
        // The receiver is gone when the client went away: the work stands all the same.
        drop(self.reply.send(committed.and(result)));
    }
}

fn write_loop(db: Db, queue: &mpsc::Receiver<Box<dyn Work>>, on_commit: &OnCommit, damaged: &AtomicBool) {
    let mut tx = Tx::new(Connection::Sqlite(db));
    while let Ok(first) = queue.recv() {
        let mut batch = Vec::new();
        let committed = commit_batch(&mut tx, first, queue, &mut batch);
        note_damage(&tx, damaged);
        let leaving = std::mem::take(&mut tx.leaving);
        if committed.is_ok() && !leaving.is_empty() {
            on_commit(leaving);
        }
        for job in batch {
            let failed = |e: &Error| Error {
                retry_after: e.retry_after,
                ..Error::new(e.code).cause(format_args!("{e:?}"))
            };
            let outcome = committed.as_ref().map_err(failed).copied();
            job.finish(outcome);
        }
    }
    // Closing writes all into the file and removes the log. Where that cannot be said, the next start counts on the log.
    if control(&tx, history::CLOSE).is_ok()
        && let Connection::Sqlite(db) = &tx.connection
        && let Err(error) = db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
    {
        tracing::warn!(%error, "the database's log is kept");
    }
}

fn commit_batch(
    tx: &mut Tx,
    first: Box<dyn Work>,
    queue: &mpsc::Receiver<Box<dyn Work>>,
    batch: &mut Vec<Box<dyn Work>>,
) -> Result<()> {
    let done = match control(tx, "BEGIN IMMEDIATE") {
        Ok(()) => run_jobs(tx, first, queue, batch).and_then(|()| control(tx, "COMMIT")),
        Err(error) => {
            batch.push(first);
            Err(error)
        }
    };
    if done.is_err() {
        // Each job is told, and whoever asked for it says so in the log.
        tx.leaving = Committed::default();
        // Some failures have rolled back already. Left open, it would be in the way of every commit that follows.
        drop(control(tx, "ROLLBACK"));
    }
    done
}

/// Runs what waits; an error is one of the transaction, not of a job.
fn run_jobs(
    tx: &mut Tx,
    first: Box<dyn Work>,
    queue: &mpsc::Receiver<Box<dyn Work>>,
    batch: &mut Vec<Box<dyn Work>>,
) -> Result<()> {
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let ended = run_job(tx, &mut *job);
        // Whatever comes of it, whoever waits for the job is told.
        batch.push(job);
        ended?;
        if batch.len() < BATCH {
            next = queue.try_recv().ok();
        }
    }
    Ok(())
}

fn run_job(tx: &mut Tx, job: &mut dyn Work) -> Result<()> {
    let (events, authority) = (tx.leaving.events.len(), tx.leaving.authority.len());
    let enqueued = tx.leaving.enqueued;
    control(tx, "SAVEPOINT job")?;
    if !job.run(tx) {
        tx.leaving.events.truncate(events);
        tx.leaving.authority.truncate(authority);
        tx.leaving.enqueued = enqueued;
        control(tx, "ROLLBACK TO job")?;
    }
    control(tx, "RELEASE job")
}

fn control(tx: &Tx, sql: &'static str) -> Result<()> {
    match &tx.connection {
        Connection::Sqlite(db) => run(db, sql),
        Connection::Postgres(_) => Err(Error::internal("not an embedded store")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Barrier;

    use rusqlite::StatementStatus;

    use super::*;

    const CHILD: &str = "HOLDFAST_TEST_OPENS_AT_ONCE";

    // SQLCipher is made ready once in a process, so each try needs a process of its own.
    #[test]
    fn databases_may_be_opened_at_once_by_the_first_threads_of_a_process() {
        if std::env::var_os(CHILD).is_some() {
            return open_at_once();
        }
        for attempt in 0..80 {
            let name = "sqlite::tests::databases_may_be_opened_at_once_by_the_first_threads_of_a_process";
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env(CHILD, "1")
                .output();
            let said = child.unwrap();
            assert!(said.status.success(), "attempt {attempt}: {}", String::from_utf8_lossy(&said.stdout));
        }
    }

    #[test]
    fn a_plan_is_made_once_whatever_values_are_bound() {
        let dir = tempfile::tempdir().unwrap();
        let key = Secret::new("ab".repeat(32));
        let db = connect(&dir.path().join("holdfast.db"), &key, Use::Write).unwrap();
        db.execute_batch("CREATE TABLE page (room BLOB, seq INTEGER, PRIMARY KEY (room, seq)) WITHOUT ROWID")
            .unwrap();
        let mut statement =
            db.prepare("SELECT seq FROM page WHERE room = ?1 AND seq < ?2 ORDER BY seq LIMIT ?3").unwrap();
        for before in 0..10 {
            assert!(!statement.exists((b"room", before, 50)).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    fn open_at_once() {
        const THREADS: usize = 4;
        let dir = tempfile::tempdir().unwrap();
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for n in 0..THREADS {
                let (path, start) = (dir.path().join(format!("{n}.db")), &start);
                scope.spawn(move || {
                    start.wait();
                    connect(&path, &Secret::new("ab".repeat(32)), Use::Write).unwrap();
                });
            }
        });
    }
}
