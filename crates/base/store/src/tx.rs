//! A transaction, and the scope of one organisation within it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::{Committed, Error, Event, EventType, OrgId, Result, Subject, Topic};
use uuid::Uuid;

use crate::value::{Param, Row, Sql};

/// The right to read and write one organisation's rows. Made by `access` once a caller is authorised; the lint
/// configuration forbids [`Tenant::assume`] elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant(OrgId);

impl Tenant {
    /// Takes it for granted that the caller may act in this organisation.
    pub const fn assume(org: OrgId) -> Self {
        Self(org)
    }

    /// Which organisation.
    pub fn org(&self) -> OrgId {
        self.0
    }
}

/// Something that carries the right to an organisation's rows: a proof, or a loader.
pub trait Tenanted {
    /// The right.
    fn tenant(&self) -> Tenant;
}

impl Tenanted for Tenant {
    fn tenant(&self) -> Tenant {
        *self
    }
}

pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(crate::postgres::Session),
}

/// How many commits have told something, counted before they tell it.
pub(crate) type Told = Arc<AtomicU64>;

/// An open transaction. It commits when the work that it was given to ends well.
pub struct Tx {
    pub(crate) connection: Connection,
    /// What others hear of when it commits.
    pub(crate) leaving: Committed,
    /// Whether a statement has failed, after which PostgreSQL commits nothing any more.
    pub(crate) broken: bool,
    /// Whether a page of the database was found to be damaged.
    pub(crate) damaged: Cell<bool>,
    /// Of a snapshot that this process alone can outdate: the commits that had told something when it began.
    pub(crate) began: Option<(u64, Told)>,
}

impl Tx {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            leaving: Committed::default(),
            broken: false,
            damaged: Cell::new(false),
            began: None,
        }
    }

    /// For reading. Made before anything is read, for only then the snapshot begins.
    pub(crate) fn snapshot(connection: Connection, told: &Told) -> Self {
        Self { began: Some((told.load(Ordering::SeqCst), told.clone())), ..Self::new(connection) }
    }

    /// Whether what was read may be remembered: nothing has been told since the transaction began. Ask after reading, and
    /// with the generation taken before. Otherwise an old snapshot could be remembered under a new generation.
    pub fn may_be_remembered(&self) -> bool {
        self.began.as_ref().is_some_and(|(began, told)| told.load(Ordering::SeqCst) == *began)
    }

    /// Publishes an event when, and only when, the transaction commits.
    pub fn publish<E: EventType>(&mut self, topic: Topic, event: &E) -> Result<()> {
        self.leaving.events.push(Event::new(topic, None, event)?);
        Ok(())
    }

    /// Publishes the entry of a topic's log that has this number. Whoever keeps the log takes the number in this transaction.
    pub fn publish_entry<E: EventType>(&mut self, topic: Topic, seq: i64, event: &E) -> Result<()> {
        self.leaving.events.push(Event::new(topic, Some(seq), event)?);
        Ok(())
    }

    /// What this person may do has changed or ended: from the commit on nothing that is remembered of it counts.
    pub fn authority_changed(&mut self, subject: Subject) {
        self.leaving.authority.push(subject);
    }

    /// Wakes the worker of this process once, and only if, the transaction commits.
    pub fn job_enqueued(&mut self) {
        self.leaving.enqueued = true;
    }

    /// The scope of one organisation: its statements have the organisation bound as `?1`.
    pub fn within(&mut self, at: &impl Tenanted) -> OrgTx<'_> {
        OrgTx { org: at.tenant().org(), tx: self }
    }

    /// Like [`OrgTx::hold`], for rows that belong to no organisation.
    pub fn hold(&mut self, sql: &'static str, ids: &[Uuid]) {
        self.hold_within(None, sql, ids);
    }

    fn hold_within(&mut self, within: Option<OrgId>, sql: &'static str, ids: &[Uuid]) {
        match &mut self.connection {
            // One thread writes: whoever does holds everything.
            Connection::Sqlite(_) => {}
            Connection::Postgres(db) => db.hold(within, sql, ids),
        }
    }

    /// Runs a query on tables that belong to no organisation.
    pub async fn query<T: Send>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let sql = sql.into();
        #[cfg(feature = "check")]
        crate::check::global(sql)?;
        self.run_query(None, sql, params, map).await
    }

    /// Like [`query`](Self::query), for at most one row.
    pub async fn optional<T: Send>(
        &mut self,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        self.query(sql, params, map).await.map(|rows| rows.into_iter().next())
    }

    /// Runs a statement on tables that belong to no organisation; returns how many rows it touched.
    pub async fn execute(&mut self, sql: impl Into<Sql>, params: &[Param<'_>]) -> Result<u64> {
        let sql = sql.into();
        #[cfg(feature = "check")]
        crate::check::global(sql)?;
        self.run_execute(None, sql, params).await
    }

    /// `within`: whose rows PostgreSQL's row-level security is to show. On SQLite the bound `?1` and the checker stand alone.
    async fn run_query<T: Send>(
        &mut self,
        within: Option<OrgId>,
        sql: Sql,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let result = match &mut self.connection {
            Connection::Sqlite(db) => crate::sqlite::query(db, &self.damaged, sql.sqlite, params, map),
            Connection::Postgres(db) => db.query(within, sql.postgres, params, map).await,
        };
        self.broken |= result.is_err();
        result
    }

    async fn run_execute(&mut self, within: Option<OrgId>, sql: Sql, params: &[Param<'_>]) -> Result<u64> {
        let result = match &mut self.connection {
            Connection::Sqlite(db) => crate::sqlite::execute(db, &self.damaged, sql.sqlite, params),
            Connection::Postgres(db) => db.execute(within, sql.postgres, params).await,
        };
        self.broken |= result.is_err();
        result
    }
}

/// A transaction, seen from inside one organisation.
pub struct OrgTx<'t> {
    org: OrgId,
    tx: &'t mut Tx,
}

impl OrgTx<'_> {
    fn bind<'a>(&self, params: &[Param<'a>]) -> Vec<Param<'a>> {
        let mut all = Vec::with_capacity(params.len() + 1);
        all.push(Param::Uuid(self.org.0));
        all.extend_from_slice(params);
        all
    }

    /// Takes rows until the transaction ends, before anything that decides is read from them. `sql` is PostgreSQL's own,
    /// `SELECT … FOR NO KEY UPDATE` or `… FOR SHARE`, of which keys that refer to the rows take no notice; `?1` is the
    /// organisation, `?2` the list of ids. It goes out with the next statement, which sees what the last holder wrote.
    pub fn hold(self, sql: &'static str, ids: &[Uuid]) {
        self.tx.hold_within(Some(self.org), sql, ids);
    }

    /// Runs a query; `?1` is the organisation, `params` begin at `?2`.
    pub async fn query<T: Send>(
        self,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let sql = sql.into();
        #[cfg(feature = "check")]
        crate::check::tenant(sql)?;
        let params = self.bind(params);
        self.tx.run_query(Some(self.org), sql, &params, map).await
    }

    /// Like [`query`](Self::query), for at most one row.
    pub async fn optional<T: Send>(
        self,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        self.query(sql, params, map).await.map(|rows| rows.into_iter().next())
    }

    /// Like [`query`](Self::query), for exactly one row; none is [`Code::NotFound`](kernel::Code::NotFound).
    pub async fn one<T: Send>(
        self,
        sql: impl Into<Sql>,
        params: &[Param<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<T> {
        self.optional(sql, params, map).await?.ok_or_else(Error::not_found)
    }

    /// Runs a statement; `?1` is the organisation, `params` begin at `?2`. Returns how many rows it touched.
    pub async fn execute(self, sql: impl Into<Sql>, params: &[Param<'_>]) -> Result<u64> {
        let sql = sql.into();
        #[cfg(feature = "check")]
        crate::check::tenant(sql)?;
        let params = self.bind(params);
        self.tx.run_execute(Some(self.org), sql, &params).await
    }
}
