//! A look into the database past the server, as its administrator could: what a refusal has changed, and what happens when
//! a part of it is taken away.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use tokio_postgres::NoTls;

/// Rows as text, by table.
pub type Tables = BTreeMap<String, Vec<String>>;

/// What any request may write (the ledger, counts, remembered answers), and what the server writes by itself as time passes.
const SET_ASIDE: [&str; 8] = [
    "job_schedule",
    "history",
    "audit_entry",
    "audit_horizon",
    "idempotency",
    "login_failure",
    "schema_migration",
    "migration",
];

/// A second connection to the server's own database.
pub enum Database {
    Sqlite(Box<rusqlite::Connection>),
    Postgres(tokio_postgres::Client),
}

impl Database {
    pub(crate) fn sqlite(dir: &std::path::Path) -> Self {
        let key = std::fs::read_to_string(dir.join("keys/database.key")).unwrap();
        store::wait_until_ready().unwrap();
        let db = rusqlite::Connection::open(dir.join("holdfast.db")).unwrap();
        db.pragma_update(None, "key", format!("x'{}'", key.trim())).unwrap();
        db.pragma_update(None, "busy_timeout", 10_000).unwrap();
        db.pragma_update(None, "foreign_keys", true).unwrap();
        // The log of a killed server stays: without it the next start would be refused.
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        Self::Sqlite(Box::new(db))
    }

    pub(crate) async fn postgres(url: &str) -> Self {
        let (client, link) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(link);
        Self::Postgres(client)
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Statements of this database's dialect; the error is what the database says.
    pub async fn execute(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(db) => db.execute_batch(sql).map_err(|e| e.to_string()),
            Self::Postgres(db) => db
                .batch_execute(sql)
                .await
                .map_err(|e| e.as_db_error().map_or_else(|| e.to_string(), |e| e.message().to_owned())),
        }
    }

    /// The first column of every row, as text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(db) => {
                sqlite_rows(db, sql).into_iter().map(|row| row.into_iter().next().unwrap()).collect()
            }
            Self::Postgres(db) => {
                let rows = db.query(&format!("SELECT (q.*)::text FROM ({sql}) q"), &[]).await.unwrap();
                rows.iter().map(|r| r.get::<_, String>(0).trim_matches(['(', ')', '"']).to_owned()).collect()
            }
        }
    }

    /// The names of all tables.
    pub async fn tables(&self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            }
            Self::Postgres(_) => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        };
        self.column(sql).await
    }

    /// Everything that a refused request must leave as it is.
    pub async fn state(&self) -> Tables {
        let mut state = Tables::new();
        for table in self.tables().await {
            if SET_ASIDE.contains(&table.as_str()) {
                continue;
            }
            // The last use of a session or token is written down by whatever it is used for.
            let columns = match table.as_str() {
                "session" => "id, token_hash, user_id, created_at, expires_at, ended_at, address, device",
                "token" => {
                    "org_id, id, member_id, name, hint, scopes, made_by, created_at, expires_at, revoked_at"
                }
                _ => "*",
            };
            // The clean-up comes and goes as time passes, and a mail to nobody as soon as there is time.
            let rows = match table.as_str() {
                "job" => " WHERE kind NOT IN ('identity.clean_up', 'identity.void', 'audit.forget')",
                _ => "",
            };
            let mut rows = self.rows(&format!("SELECT {columns} FROM {table}{rows}")).await;
            rows.sort();
            state.insert(table, rows);
        }
        state
    }

    /// The tables in which this text stands, the ledger included.
    pub async fn where_is(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for table in self.tables().await {
            if self.rows(&format!("SELECT * FROM {table}")).await.iter().any(|row| row.contains(text)) {
                found.push(table);
            }
        }
        found
    }

    /// Every row, as text.
    async fn rows(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(db) => sqlite_rows(db, sql).into_iter().map(|row| row.join("|")).collect(),
            Self::Postgres(_) => self.column(sql).await,
        }
    }

    /// Rows that refer to something that is not there: none, ever.
    pub async fn broken_keys(&self) -> Vec<String> {
        match self {
            Self::Sqlite(db) => {
                sqlite_rows(db, "PRAGMA foreign_key_check").into_iter().map(|row| row.join("|")).collect()
            }
            // Each constraint is checked anew against all rows.
            Self::Postgres(db) => {
                let keys = "SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) AS v,
                     format('UPDATE pg_constraint SET convalidated = false WHERE oid = %s', oid) AS u
                     FROM pg_constraint WHERE contype = 'f'";
                let mut broken = Vec::new();
                for row in db.query(keys, &[]).await.unwrap() {
                    let (validate, forget): (String, String) = (row.get(0), row.get(1));
                    if let Err(error) = self.execute(&format!("{forget}; {validate}")).await {
                        broken.push(error);
                    }
                }
                broken
            }
        }
    }
}

fn sqlite_rows(db: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns)
            .map(|i| {
                Ok(match row.get_ref(i)? {
                    ValueRef::Null => "null".to_owned(),
                    ValueRef::Integer(n) => n.to_string(),
                    ValueRef::Real(n) => n.to_string(),
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    ValueRef::Blob(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
                })
            })
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What differs between two states, for the message of a test that fails.
pub fn difference(before: &Tables, after: &Tables) -> String {
    let mut out = String::new();
    for (table, rows) in after {
        let then = before.get(table).cloned().unwrap_or_default();
        for row in rows.iter().filter(|r| !then.contains(r)) {
            out.push_str(&format!("+ {table}: {row}\n"));
        }
        for row in then.iter().filter(|r| !rows.contains(r)) {
            out.push_str(&format!("- {table}: {row}\n"));
        }
    }
    out
}
