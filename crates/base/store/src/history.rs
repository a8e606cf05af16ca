//! Which database this is and how far it has come. A restore, a file copied back by hand, a lost log: the row in the database
//! then tells less than what was remembered beside it, and everything that clients know is of another history (ADR 10).

use kernel::{Result, Timestamp};
use uuid::Uuid;

use crate::value::Row;
use crate::{Store, Tx, params};

/// What a database says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// Which database it is: the same in every copy of it.
    pub database_id: Uuid,
    /// What clients compare: with another epoch they load anew.
    pub epoch: i64,
    /// How often it has been opened to be worked with.
    pub generation: i64,
    /// Counts on while there is work, every second or so.
    pub pulse: i64,
    /// Whether all was closed in order and nothing has been written since: then the file is whole without its log.
    pub closed: bool,
    /// The latest date that was believed.
    pub seen_at: Option<Timestamp>,
}

/// The columns that [`History::read`] reads.
macro_rules! columns {
    () => {
        "database_id, epoch, generation, pulse, closed, seen_at"
    };
}

pub(crate) const READ: &str = concat!("SELECT ", columns!(), " FROM history WHERE id = 1");
/// The last thing that the embedded store's writer does.
pub(crate) const CLOSE: &str = "UPDATE history SET closed = 1 WHERE id = 1";

impl History {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            database_id: row.get(0)?,
            epoch: row.get(1)?,
            generation: row.get(2)?,
            pulse: row.get(3)?,
            closed: row.get(4)?,
            seen_at: row.get(5)?,
        })
    }
}

/// One statement that changes the row, and what it is then.
async fn change(tx: &mut Tx, sql: &'static str, params: &[crate::Param<'_>]) -> Result<History> {
    let changed = tx.optional(sql, params, History::read).await?;
    changed.ok_or_else(|| kernel::Error::internal("the database does not say which it is"))
}

impl Store {
    /// What the database says of itself.
    pub async fn history(&self) -> Result<History> {
        self.read(|tx| Box::pin(async move { change(tx, READ, &[]).await })).await
    }

    /// The start of work: the next generation after all that are known, and another epoch if one is given. When this returns,
    /// the embedded database's file itself says that it is not whole without its log.
    pub async fn begin(&self, known: i64, epoch: Option<i64>) -> Result<History> {
        const BEGIN: &str = concat!(
            "UPDATE history SET closed = FALSE, epoch = coalesce(?2, epoch),
               generation = 1 + CASE WHEN generation < ?1 THEN ?1 ELSE generation END
             WHERE id = 1 RETURNING ",
            columns!()
        );
        let begun =
            self.write(move |tx| Box::pin(async move { change(tx, BEGIN, params![known, epoch]).await }));
        let begun = begun.await?;
        self.checkpoint()?;
        Ok(begun)
    }

    /// Counts on, so that a copy from before can be told from this.
    pub async fn pulse(&self) -> Result<History> {
        const PULSE: &str =
            concat!("UPDATE history SET pulse = pulse + 1 WHERE id = 1 RETURNING ", columns!());
        self.write(|tx| Box::pin(async move { change(tx, PULSE, &[]).await })).await
    }
}

/// The latest date that was believed, in a transaction that decides by it.
pub async fn seen_at(tx: &mut Tx) -> Result<Option<Timestamp>> {
    Ok(change(tx, READ, &[]).await?.seen_at)
}

/// Believes this date.
pub async fn believe(tx: &mut Tx, now: Timestamp) -> Result<()> {
    tx.execute("UPDATE history SET seen_at = ?1 WHERE id = 1", params![now]).await.map(|_| ())
}
