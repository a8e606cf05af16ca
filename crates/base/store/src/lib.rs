//! SQLite (embedded, encrypted) and PostgreSQL (at scale) behind one transaction type.
//!
//! Verbs see a [`Tx`] and nothing else: no pool, no connection, no way to begin. SQL is `&'static str`, so a statement
//! cannot be put together from input. A statement about a tenant's rows needs a [`Tenant`], whose organisation is bound as
//! `?1`; on PostgreSQL row-level security asks the same question again.

#[cfg(feature = "check")]
pub mod check;
mod edition;
mod history;
mod look;
mod migrate;
mod postgres;
mod sqlite;
mod tx;
mod value;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use kernel::{Code, Committed, Error, Result, Secret};

pub use edition::{set_text_edition, text_edition};
pub use history::{History, believe, seen_at};
pub use look::{Look, look};
pub use migrate::{MIGRATIONS, Migration, OWN_TABLES, TENANT_TABLES};
pub use sqlite::wait_until_ready;
pub use tx::{OrgTx, Tenant, Tenanted, Tx};
pub use value::{Column, Param, Row, Sql};

/// A future that borrows the transaction it runs in.
pub type TxFuture<'t, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

/// Hears of each commit that concerns others, in commit order per writer, before the caller hears of success.
pub type OnCommit = Arc<dyn Fn(Committed) + Send + Sync>;

/// The database cannot do it now, and may soon: whoever asked is told when to come again.
pub(crate) fn unavailable(cause: impl std::fmt::Display) -> Error {
    Error::new(Code::Unavailable).cause(cause).retry_after(2)
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file that SQLCipher encrypts.
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// 32 bytes as 64 hex digits.
        key: Secret,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://user:password@host/database`.
        url: Secret,
        /// PEM file with the certificate authority that signed the server's certificate; none: the public ones.
        ca_file: Option<PathBuf>,
        /// Connections at most.
        connections: usize,
    },
}

impl Location {
    /// Whether another process can change the same database, so that what is remembered here may be out of date.
    pub fn is_shared(&self) -> bool {
        matches!(self, Location::Postgres { .. })
    }
}

/// The database. Whoever holds it can begin transactions: the dispatcher and the server's own work, nobody else.
#[derive(Clone)]
pub struct Store(Inner);

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl Store {
    /// Opens the database, brings its tables up to date, and refuses one that a newer Holdfast has written.
    pub async fn open(location: &Location, on_commit: OnCommit) -> Result<Self> {
        Ok(Self(match location {
            Location::Sqlite { path, key } => {
                Inner::Sqlite(Arc::new(sqlite::Sqlite::open(path, key, on_commit)?))
            }
            Location::Postgres { url, ca_file, connections } => {
                let open = postgres::Postgres::open(url, ca_file.as_deref(), *connections, on_commit);
                Inner::Postgres(Arc::new(open.await?))
            }
        }))
    }

    /// Which database it is, for people.
    pub fn engine(&self) -> &'static str {
        match &self.0 {
            Inner::Sqlite(_) => "SQLite",
            Inner::Postgres(_) => "PostgreSQL",
        }
    }

    /// Whether another process can change the same database, so that what is remembered here may be out of date.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Inner::Postgres(_))
    }

    /// Runs `work` in a transaction that may write. What it wrote is durable when this returns `Ok`. An error rolls back,
    /// unless it says [`keep`](kernel::Error::keep).
    ///
    /// `work` must wait for nothing but the transaction: on SQLite it runs to its end on the one writing thread.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send + 'static,
    {
        match &self.0 {
            Inner::Sqlite(db) => db.write(work).await,
            Inner::Postgres(db) => db.clone().write(work).await,
        }
    }

    /// Runs `work` on a snapshot. Writing there is an error.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send,
        F: for<'t> FnOnce(&'t mut Tx) -> TxFuture<'t, T> + Send,
    {
        match &self.0 {
            Inner::Sqlite(db) => db.read(work),
            Inner::Postgres(db) => db.read(work).await,
        }
    }

    /// What is committed is in the embedded database's file, and not only in its log.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        match &self.0 {
            Inner::Sqlite(db) => db.checkpoint(),
            Inner::Postgres(_) => Ok(()),
        }
    }

    /// Whether the database answers, and what it answered so far was whole.
    pub async fn ping(&self) -> Result<()> {
        if let Inner::Sqlite(db) = &self.0 {
            db.sound()?;
        }
        self.read(|tx| Box::pin(async move { tx.query("SELECT 1", &[], |_| Ok(())).await.map(|_| ()) })).await
    }
}
