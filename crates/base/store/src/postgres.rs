//! The store at scale: PostgreSQL over verified TLS, as a role that does not own the tables.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::FutureExt;
use futures_util::future::{join_all, join4};
use kernel::{Code, Committed, Error, OrgId, Result, Secret};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use crate::tx::{Connection, Tx};
use crate::value::{Param, Row};
use crate::{OnCommit, TxFuture, migrate, unavailable};

pub(crate) struct Postgres {
    pool: Pool,
    on_commit: OnCommit,
}

fn bad_url(why: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("database.url: {why}"))
        .message("The database setting is not right.")
        .hint("database.url should be like postgres://user:password@host:5432/holdfast")
}

/// TLS with the server's certificate checked against `ca_file`, or the public authorities.
fn tls(ca_file: Option<&Path>) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = ca_file {
        for cert in CertificateDer::pem_file_iter(file)
            .map_err(|e| bad_url(format_args!("{}: {e}", file.display())))?
        {
            roots.add(cert.map_err(bad_url)?).map_err(bad_url)?;
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(Error::internal)?
            .with_root_certificates(roots)
            .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Only a database on this very machine may be spoken to in clear.
fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
    }
}

/// Also names the transaction, so that its outcome can be asked for should the answer to its COMMIT be lost.
const WRITE: &str = "BEGIN READ WRITE; SELECT pg_current_xact_id()";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// How long whoever wrote waits to hear what became of a commit whose answer was lost.
const SETTLED_WITHIN: Duration = Duration::from_secs(3);
/// How often the database is asked that at most, while it is away.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// Tells row-level security whose rows may be seen, until the transaction ends.
const ENTER: &str = "SELECT set_config('holdfast.org', $1, true)";

fn reach(url: &Secret, ca_file: Option<&Path>) -> Result<(tokio_postgres::Config, MakeRustlsConnect)> {
    let mut config: tokio_postgres::Config = url.reveal().parse().map_err(bad_url)?;
    if config.get_hosts().is_empty() {
        return Err(bad_url("names no host"));
    }
    let local = config.get_hosts().iter().all(is_local);
    // Half-hearted TLS, which goes on in clear when refused, protects nobody: it is verified or, on this machine, not used.
    let verified = ca_file.is_some() || !local || config.get_ssl_mode() == SslMode::Require;
    config.ssl_mode(if verified { SslMode::Require } else { SslMode::Disable });
    config.application_name("holdfast");
    Ok((config, tls(ca_file)?))
}

/// A connection that looks and changes nothing, as whoever logs in.
pub(crate) async fn look(url: &Secret, ca_file: Option<&Path>) -> Result<tokio_postgres::Client> {
    let (config, tls) = reach(url, ca_file)?;
    let (client, link) = config.connect(tls).await.map_err(fault)?;
    // It ends with the client.
    drop(tokio::spawn(link));
    client.batch_execute("SET default_transaction_read_only = on").await.map_err(fault)?;
    Ok(client)
}

impl Postgres {
    pub(crate) async fn open(
        url: &Secret,
        ca_file: Option<&Path>,
        connections: usize,
        on_commit: OnCommit,
    ) -> Result<Self> {
        let (config, tls) = reach(url, ca_file)?;
        let (mut owner, link) = config.connect(tls.clone()).await.map_err(fault)?;
        let link = tokio::spawn(link);
        migrate::postgres(&mut owner).await?;
        drop(owner);
        link.abort();

        let manager =
            Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let role = deadpool_postgres::Hook::async_fn(|client, _| {
            Box::pin(async move {
                // From here on the connection cannot reach past row-level security, whoever logged in; and outside a
                // transaction that was begun to write it changes nothing, should beginning one have failed.
                let sql = "SET ROLE holdfast_app; SET default_transaction_read_only = on";
                client.batch_execute(sql).await.map_err(deadpool_postgres::HookError::Backend)
            })
        });
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(10)))
            .post_create(role)
            .build()
            .map_err(Error::internal)?;
        let db = Self { pool, on_commit };
        db.check_role().await?;
        Ok(db)
    }

    /// Row-level security does not bind superusers, and a pooler may forget what a session was told: be sure.
    async fn check_role(&self) -> Result<()> {
        let client = self.connection().await?;
        let sql = "SELECT current_user = 'holdfast_app' AND NOT rolsuper AND NOT rolbypassrls
                     AND current_setting('default_transaction_read_only') = 'on'
                   FROM pg_roles WHERE rolname = current_user";
        let safe: bool = client.query_one(sql, &[]).await.map_err(fault)?.get(0);
        if safe {
            Ok(())
        } else {
            Err(Error::internal(
                "the role holdfast_app is a superuser, bypasses row-level security, or writes outside a transaction",
            ))
        }
    }

    async fn connection(&self) -> Result<Object> {
        self.pool.get().await.map_err(unavailable)
    }

    pub(crate) async fn write<T, F>(self: Arc<Self>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send + 'static,
    {
        // On a task of its own: a client that goes away must not tear a commit from what is told of it.
        let task = tokio::spawn(async move {
            let Ended { result, leaving, doubt } = self.transaction(WRITE, work).await;
            let Some(doubt) = doubt else {
                self.tell(leaving);
                return result;
            };
            // Whose authority it may have changed is looked at anew, whatever comes of it.
            self.tell(Committed { authority: leaving.authority.clone(), ..Committed::default() });
            let Doubt { transaction, error } = doubt;
            let settling = tokio::spawn(self.settle(transaction, leaving));
            match tokio::time::timeout(SETTLED_WITHIN, settling).await {
                Ok(Ok(true)) => result,
                _ => Err(error),
            }
        });
        task.await.map_err(|e| Error::internal(format_args!("a verb panicked: {e}")))?
    }

    fn tell(&self, leaving: Committed) {
        if !leaving.is_empty() {
            (self.on_commit)(leaving);
        }
    }

    /// The answer to a COMMIT was lost: asks the database what became of it until it tells, and if it was committed tells
    /// of it as of any commit. Returns whether it was committed.
    async fn settle(self: Arc<Self>, transaction: String, leaving: Committed) -> bool {
        let mut wait = Duration::from_millis(10);
        loop {
            match self.outcome(&transaction).await {
                Ok(Some(true)) => {
                    tracing::warn!(transaction, "the answer to a commit was lost; it was committed");
                    self.tell(leaving);
                    return true;
                }
                Ok(Some(false)) => return false,
                // It is still under way, or the database is away.
                Ok(None) | Err(_) => tokio::time::sleep(wait).await,
            }
            wait = (wait * 2).min(LOOKS_EVERY);
        }
    }

    /// Whether a transaction was committed; none: it is not decided yet.
    async fn outcome(&self, transaction: &str) -> Result<Option<bool>> {
        let client = self.connection().await?;
        let sql = "SELECT pg_xact_status($1::text::xid8)";
        let row = client.query_one(sql, &[&transaction]).await.map_err(fault)?;
        // None: so old that nobody remembers. Long before that, everybody has read the log.
        let status: Option<&str> = row.get(0);
        Ok(match status {
            Some("in progress") => None,
            status => Some(status == Some("committed")),
        })
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send,
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send,
    {
        self.transaction(READ, work).await.result
    }

    async fn transaction<T, F>(&self, begin: &'static str, work: F) -> Ended<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send,
    {
        let client = match self.connection().await {
            Ok(client) => client,
            Err(error) => return Ended::without(error),
        };
        Guard(Some(Tx::new(Connection::Postgres(Session::new(client, begin))))).finish(work).await
    }
}

/// How a transaction ended.
struct Ended<T> {
    result: Result<T>,
    /// What others hear of when it commits.
    leaving: Committed,
    /// Why nobody knows whether it was committed. Then `result` and `leaving` are what they are if it was.
    doubt: Option<Doubt>,
}

/// A commit that was not answered.
struct Doubt {
    /// Its name in the database.
    transaction: String,
    /// What the caller is told if it was not committed, or if nobody can tell in time.
    error: Error,
}

impl<T> Ended<T> {
    /// Nothing was committed.
    fn without(error: Error) -> Self {
        Self { result: Err(error), leaving: Committed::default(), doubt: None }
    }
}

/// Takes a connection out of the pool for good if its transaction was left open (a panic, a dropped read).
struct Guard(Option<Tx>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Tx { connection: Connection::Postgres(session), .. }) = self.0.take() {
            drop(Object::take(session.client));
        }
    }
}

impl Guard {
    async fn finish<T, F>(mut self, work: F) -> Ended<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send,
    {
        let Some(tx) = self.0.as_mut() else { return Ended::without(Error::internal("no transaction")) };
        let mut result = work(tx).await;
        if tx.broken && result.as_ref().map_or_else(|e| e.keep, |_| true) {
            // PostgreSQL answers COMMIT of a broken transaction with a silent ROLLBACK; say so instead.
            result = Err(Error::internal("a verb went on after a statement had failed"));
        }
        let keep = result.as_ref().map_or_else(|error| error.keep, |_| true);
        let Connection::Postgres(session) = &mut tx.connection else {
            return Ended::without(Error::internal("not a PostgreSQL transaction"));
        };
        let (ended, name) = (session.end(keep).await, session.said.name.take());
        let leaving = if keep { std::mem::take(&mut tx.leaving) } else { Committed::default() };
        match ended {
            Ok(()) => {
                self.0.take();
                Ended { result, leaving, doubt: None }
            }
            Err(error) => match name.filter(|_| keep) {
                Some(transaction) => {
                    Ended { result, leaving, doubt: Some(Doubt { transaction, error: fault(error) }) }
                }
                None => Ended::without(fault(error)),
            },
        }
    }
}

/// A connection and its transaction, which begins with the first statement: what must be said before that travels with it,
/// so that a transaction of one statement is two journeys (one when it only reads) and not four.
pub(crate) struct Session {
    client: Object,
    reads: bool,
    said: Said,
}

/// What has been said so far.
struct Said {
    /// How the transaction begins; none once that was said.
    begin: Option<&'static str>,
    /// The transaction's name in the database, of one that writes.
    name: Option<String>,
    /// Which organisation row-level security has been told of.
    entered: Option<OrgId>,
    /// The rows that are to be taken before the next statement.
    holds: Vec<Hold>,
}

/// Rows to be taken: within an organisation its id comes first, then theirs.
struct Hold {
    within: Option<OrgId>,
    sql: &'static str,
    ids: Vec<Uuid>,
}

impl Hold {
    async fn take(
        &self,
        client: &Object,
        sql: &tokio_postgres::Statement,
    ) -> Result<(), tokio_postgres::Error> {
        let rows = match &self.within {
            Some(org) => client.query(sql, &[&org.0, &self.ids]).await,
            None => client.query(sql, &[&self.ids]).await,
        };
        rows.map(|_| ())
    }
}

impl Said {
    /// Runs a statement, and before it what has not been said yet. Each future sends what it has to say when it is first
    /// polled, and they are polled in this order. If saying one fails, so does this, whatever the statement answered.
    async fn then<T>(
        &mut self,
        client: &Object,
        within: Option<OrgId>,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let holds = std::mem::take(&mut self.holds);
        let within = within.or_else(|| holds.iter().find_map(|hold| hold.within));
        if holds.iter().any(|hold| hold.within.is_some() && hold.within != within) {
            return Err(Error::internal("one statement was to take rows of two organisations"));
        }
        let mut prepared = Vec::with_capacity(holds.len());
        for hold in &holds {
            prepared.push(prepare(client, hold.sql).await?);
        }
        let entering = match within.filter(|org| self.entered != Some(*org)) {
            Some(org) => Some((org.0.to_string(), client.prepare_cached(ENTER).await.map_err(fault)?)),
            None => None,
        };
        let begin = self.begin.take();
        let begin = async {
            match begin {
                Some(begin) => client.simple_query(begin).await,
                None => Ok(Vec::new()),
            }
        };
        let enter = async {
            match &entering {
                Some((org, sql)) => client.execute(sql, &[org]).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let hold = join_all(holds.iter().zip(&prepared).map(|(hold, sql)| hold.take(client, sql)));
        let (begun, entered, held, result) = join4(begin, enter, hold, statement).await;
        for message in begun.map_err(fault)? {
            if let SimpleQueryMessage::Row(row) = message {
                self.name = row.get(0).map(str::to_owned);
            }
        }
        held.into_iter().fold(entered, Result::and).map_err(fault)?;
        self.entered = within.or(self.entered);
        result.map_err(fault)
    }
}

impl Session {
    fn new(client: Object, begin: &'static str) -> Self {
        Self {
            client,
            reads: begin == READ,
            said: Said { begin: Some(begin), name: None, entered: None, holds: Vec::new() },
        }
    }

    /// Takes these rows before the next statement; for a transaction that only reads there is nothing to take.
    pub(crate) fn hold(&mut self, within: Option<OrgId>, sql: &'static str, ids: &[Uuid]) {
        if !self.reads {
            self.said.holds.push(Hold { within, sql, ids: ids.to_vec() });
        }
    }

    pub(crate) async fn query<T>(
        &mut self,
        within: Option<OrgId>,
        sql: &'static str,
        params: &[Param<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let statement = prepare(&self.client, sql).await?;
        let params = refs(params);
        let rows = self.said.then(&self.client, within, self.client.query(&statement, &params)).await?;
        rows.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    pub(crate) async fn execute(
        &mut self,
        within: Option<OrgId>,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<u64> {
        let statement = prepare(&self.client, sql).await?;
        let params = refs(params);
        self.said.then(&self.client, within, self.client.execute(&statement, &params)).await
    }

    /// Ends the transaction, if it ever began. Nobody waits for the end of one that only read: whatever uses the connection
    /// next comes after it.
    async fn end(&self, keep: bool) -> Result<(), tokio_postgres::Error> {
        if self.said.begin.is_some() {
            return Ok(());
        }
        let ending = self.client.batch_execute(if keep { "COMMIT" } else { "ROLLBACK" });
        if self.reads {
            return ending.now_or_never().unwrap_or(Ok(()));
        }
        ending.await
    }
}

fn refs<'a>(params: &'a [Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|p| p as &(dyn ToSql + Sync)).collect()
}

async fn prepare(client: &Object, sql: &'static str) -> Result<tokio_postgres::Statement> {
    client.prepare_cached(&dollars(sql)).await.map_err(|e| {
        let error = fault(e);
        let cause = format!("{} in {sql}", error.cause.as_deref().unwrap_or_default());
        error.cause(cause)
    })
}

/// `?1` as PostgreSQL writes it. Our statements have no other question marks.
fn dollars(sql: &'static str) -> String {
    sql.replace('?', "$")
}

pub(crate) fn fault(error: tokio_postgres::Error) -> Error {
    let text = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::FOREIGN_KEY_VIOLATION => {
            Error::new(Code::Conflict).cause(text)
        }
        Some(code)
            if *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE =>
        {
            unavailable(text)
        }
        // Of these classes are a server that stops, starts, has crashed, has no room or no connection left.
        Some(code) if ["08", "53", "57", "58"].contains(&&code.code()[..2]) => unavailable(text),
        Some(_) => Error::internal(text),
        None => {
            unavailable(std::error::Error::source(&error).map_or(text.clone(), |s| format!("{text}: {s}")))
        }
    }
}
