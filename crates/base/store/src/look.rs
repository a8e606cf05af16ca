//! Looking at a database without changing anything in it: before a start, and for `holdfast check`.

use std::path::Path;

use kernel::{Error, Result, Secret};

use crate::sqlite::{Use, connect, fault};
use crate::value::Row;
use crate::{History, Location, history, migrate, postgres};

/// What a look found.
#[derive(Debug)]
pub struct Look {
    /// The steps that a start would take to bring the tables up to date.
    pub pending: Vec<&'static str>,
    /// What the database says of itself; none: it is new, or of a version that did not say.
    pub history: Option<History>,
    /// What is wrong with it, if it was looked at in depth.
    pub problems: Vec<String>,
}

/// Looks. `deep`: at every page, every reference and every log, which takes as long as reading all of it.
pub async fn look(location: &Location, deep: bool) -> Result<Look> {
    match location {
        Location::Sqlite { path, key } => sqlite(path, key, deep),
        Location::Postgres { url, ca_file, .. } => {
            let db = postgres::look(url, ca_file.as_deref()).await?;
            look_at_postgres(&db, deep).await
        }
    }
}

/// Logs that do not fit their channel's head, and numbers taken twice. `{org}`: what narrows it to one organisation.
const LOGS: &str = "SELECT count(*) FROM channel c WHERE {org} c.head <>
      (SELECT count(*) FROM message m WHERE m.org_id = c.org_id AND m.channel_id = c.id AND m.seq BETWEEN 1 AND c.head)
    + (SELECT count(*) FROM channel_event e WHERE e.org_id = c.org_id AND e.channel_id = c.id AND e.seq BETWEEN 1 AND c.head)
   OR EXISTS (SELECT 1 FROM message m WHERE m.org_id = c.org_id AND m.channel_id = c.id AND m.seq > c.head)
   OR EXISTS (SELECT 1 FROM channel_event e WHERE e.org_id = c.org_id AND e.channel_id = c.id AND e.seq > c.head)";
const TWICE: &str = "SELECT count(*) FROM message m JOIN channel_event e
    ON e.org_id = m.org_id AND e.channel_id = m.channel_id AND e.seq = m.seq";

fn of_logs(bad: i64, twice: i64) -> impl Iterator<Item = String> {
    let bad = (bad > 0).then(|| format!("{bad} channels whose log does not reach from 1 to their head"));
    let twice = (twice > 0).then(|| format!("{twice} numbers of logs that were taken twice"));
    bad.into_iter().chain(twice)
}

fn sqlite(path: &Path, key: &Secret, deep: bool) -> Result<Look> {
    let db = connect(path, key, Use::Look)?;
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
    let has = |table: &str| {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        db.query_row(sql, [table], |row| row.get::<_, i64>(0)).map(|n| n > 0).map_err(fault)
    };
    let version = if has("schema_migration")? {
        number("SELECT coalesce(max(version), 0) FROM schema_migration")?
    } else {
        0
    };
    migrate::refuse_newer(version)?;
    let history = if has("history")? {
        let mut statement = db.prepare(history::READ).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        rows.next().map_err(fault)?.map(|row| History::read(&Row::Sqlite(row))).transpose()?
    } else {
        None
    };
    let mut problems = Vec::new();
    if deep {
        for (what, sql) in [
            ("a damaged page", "PRAGMA cipher_integrity_check"),
            ("a damaged structure", "PRAGMA integrity_check"),
            ("a reference to nothing, in table", "PRAGMA foreign_key_check"),
        ] {
            let mut statement = db.prepare(sql).map_err(fault)?;
            let mut rows = statement.query([]).map_err(fault)?;
            let read = |problems: &mut Vec<String>, rows: &mut rusqlite::Rows<'_>| -> rusqlite::Result<()> {
                while let Some(row) = rows.next()? {
                    let told: String = row.get(0)?;
                    if told != "ok" {
                        problems.push(format!("{what}: {told}"));
                    }
                }
                Ok(())
            };
            if let Err(error) = read(&mut problems, &mut rows) {
                problems.push(format!("{what}: {error}"));
            }
        }
        if problems.is_empty() && has("channel_event")? {
            problems.extend(of_logs(number(&LOGS.replace("{org}", ""))?, number(TWICE)?));
        }
        if problems.is_empty() && history.is_some() {
            // What retention deleted lies before its horizon.
            let since = if has("audit_horizon")? { "(SELECT seq FROM audit_horizon)" } else { "0" };
            let gaps = number(&format!(
                "SELECT coalesce(max(seq) - min(seq) + 1 - count(*), 0) FROM audit_entry WHERE seq >= {since}"
            ))?;
            problems.extend((gaps > 0).then(|| format!("{gaps} entries are missing within the ledger")));
        }
    }
    Ok(Look { pending: migrate::pending(version).collect(), history, problems })
}

async fn look_at_postgres(db: &tokio_postgres::Client, deep: bool) -> Result<Look> {
    let has = async |table: &str| {
        let sql = "SELECT to_regclass('public.' || $1) IS NOT NULL";
        db.query_one(sql, &[&table]).await.map(|row| row.get::<_, bool>(0)).map_err(postgres::fault)
    };
    let number = async |sql: &str| {
        db.query_one(sql, &[]).await.map(|row| row.get::<_, i64>(0)).map_err(postgres::fault)
    };
    let version = if has("schema_migration").await? {
        number("SELECT coalesce(max(version), 0) FROM schema_migration").await?
    } else {
        0
    };
    migrate::refuse_newer(version)?;
    let history = if has("history").await? {
        let row = db.query_opt(history::READ, &[]).await.map_err(postgres::fault)?;
        row.map(|row| History::read(&Row::Postgres(&row))).transpose()?
    } else {
        None
    };
    let mut problems = Vec::new();
    if deep && has("channel_event").await? {
        // Row-level security binds the tables' owner as well: one organisation after the other.
        let orgs = db
            .query("SELECT org_id FROM membership UNION SELECT org_id FROM invitation_token", &[])
            .await
            .map_err(postgres::fault)?;
        for row in orgs {
            let org: uuid::Uuid = row.get(0);
            let enter = "SELECT set_config('holdfast.org', $1, false)";
            db.execute(enter, &[&org.to_string()]).await.map_err(postgres::fault)?;
            // Whoever logs in as a superuser sees all: narrowed all the same.
            let logs = LOGS.replace("{org}", &format!("c.org_id = '{org}' AND ("));
            let twice = format!("{TWICE} WHERE m.org_id = '{org}'");
            let (bad, twice) = (number(&format!("{logs})")).await?, number(&twice).await?);
            problems.extend(of_logs(bad, twice).map(|problem| format!("org_{}: {problem}", org.simple())));
        }
    }
    Ok(Look { pending: migrate::pending(version).collect(), history, problems })
}

impl Look {
    /// An error if the tables are not up to date: a command does not change them, a start does.
    pub fn require_up_to_date(&self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(Error::conflict("The database is of an earlier version.")
            .cause(format_args!("pending: {}", self.pending.join(", ")))
            .hint("start `holdfast serve` (or run `holdfast init`), which brings it up to date"))
    }
}
