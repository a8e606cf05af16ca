//! Brings a database's tables up to date, forward only, and refuses one that a newer Holdfast has written (RUN-4).

use kernel::{Error, Result};
use rusqlite::OptionalExtension;

/// One step, with its text for each database.
pub struct Migration {
    /// Its number: 1, 2, 3, …
    pub version: i64,
    /// What it brings.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        /// Every step, in order.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../../migrations/postgres/", $name, ".sql")),
        },)*];
    };
}

migrations! {
    1 "0001_foundation";
    2 "0002_chat";
    3 "0003_import";
    4 "0004_text";
    5 "0005_order_and_seats";
    6 "0006_history";
    8 "0008_text_of_messages";
    9 "0009_audit_horizon";
    10 "0010_import_lines";
    11 "0011_horizon_date";
    12 "0012_tokens";
    13 "0013_jobs";
}

/// The tables that the store itself keeps; all others have a module as their owner.
pub const OWN_TABLES: &[&str] = &["schema_migration", "history", "text_edition"];

/// The tables whose rows belong to an organisation. A test compares this with both databases.
pub const TENANT_TABLES: &[&str] = &[
    "organisation",
    "member",
    "invitation",
    "token",
    "audit_entry",
    "channel",
    "channel_member",
    "message",
    "message_revision",
    "mention",
    "reaction",
    "channel_event",
    "import_source",
    "import_batch",
];

const LEDGER: &str =
    "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL)";

fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

/// The steps that a database at this version still needs.
pub(crate) fn pending(found: i64) -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().filter(move |m| m.version > found).map(|m| m.name)
}

pub(crate) fn refuse_newer(found: i64) -> Result<()> {
    if found > newest() {
        return Err(Error::internal(format_args!(
            "the database is at version {found}, this Holdfast knows {}",
            newest()
        ))
        .message("This database was written by a newer Holdfast.")
        .hint("start the newer Holdfast again, or put back a copy that this version made (docs/guides/backup.md)"));
    }
    Ok(())
}

fn failed(step: &Migration, error: impl std::fmt::Display) -> Error {
    Error::internal(format_args!("migration {}: {error}", step.name))
        .message("The database could not be brought up to date.")
}

pub(crate) fn sqlite(db: &mut rusqlite::Connection) -> Result<()> {
    db.execute_batch(LEDGER).map_err(Error::internal)?;
    let found: Option<i64> = db
        .query_row("SELECT max(version) FROM schema_migration", [], |r| r.get(0))
        .optional()
        .map_err(Error::internal)?
        .flatten();
    let found = found.unwrap_or(0);
    refuse_newer(found)?;
    for step in MIGRATIONS.iter().filter(|m| m.version > found) {
        let tx = db.transaction().map_err(Error::internal)?;
        tx.execute_batch(step.sqlite).map_err(|e| failed(step, e))?;
        tx.execute("INSERT INTO schema_migration VALUES (?1, ?2)", (step.version, step.name))
            .map_err(|e| failed(step, e))?;
        tx.commit().map_err(|e| failed(step, e))?;
    }
    Ok(())
}

pub(crate) async fn postgres(db: &mut tokio_postgres::Client) -> Result<()> {
    // One node migrates, the others wait for it.
    db.batch_execute("SELECT pg_advisory_lock(4857363011)").await.map_err(crate::postgres::fault)?;
    db.batch_execute(LEDGER).await.map_err(crate::postgres::fault)?;
    let row = db
        .query_one("SELECT max(version) FROM schema_migration", &[])
        .await
        .map_err(crate::postgres::fault)?;
    let found: i64 = row.get::<_, Option<i64>>(0).unwrap_or(0);
    refuse_newer(found)?;
    for step in MIGRATIONS.iter().filter(|m| m.version > found) {
        let tx = db.transaction().await.map_err(crate::postgres::fault)?;
        tx.batch_execute(step.postgres)
            .await
            .map_err(|e| failed(step, e.as_db_error().map_or(e.to_string(), ToString::to_string)))?;
        tx.execute("INSERT INTO schema_migration VALUES ($1, $2)", &[&step.version, &step.name])
            .await
            .map_err(crate::postgres::fault)?;
        tx.commit().await.map_err(crate::postgres::fault)?;
    }
    db.batch_execute("SELECT pg_advisory_unlock(4857363011)").await.map_err(crate::postgres::fault)
}
