//! The statement checker (feature `check`, on in tests): parses every statement that runs, once, and fails the one that
//! reaches a tenant's table without its tenant. It is SQLite's second layer of isolation; PostgreSQL has its policies.
//!
//! A table is held if its `org_id` equals `?1`, or equals that of a table that is held, in every branch of the conditions
//! that its rows must meet. What it does not understand it refuses.

mod scope;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Mutex;

use kernel::{Error, Result};
use sqlparser::ast::{ObjectName, TableFactor, Visit, Visitor};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use crate::migrate::TENANT_TABLES;
use crate::value::Sql;

static SEEN: Mutex<Option<HashSet<(&'static str, bool)>>> = Mutex::new(None);

/// Checks a statement that runs outside any organisation.
pub(crate) fn global(sql: Sql) -> Result<()> {
    once(sql, false)
}

/// Checks a statement that runs inside one.
pub(crate) fn tenant(sql: Sql) -> Result<()> {
    once(sql, true)
}

fn once(sql: Sql, tenant: bool) -> Result<()> {
    let fresh = SEEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .get_or_insert_default()
        .insert((sql.sqlite, tenant));
    if fresh {
        examine(sql.sqlite, tenant)
            .map_err(|why| Error::internal(format_args!("statement refused: {why}: {}", sql.sqlite)))?;
    }
    Ok(())
}

/// Says what is wrong with a statement, if anything is.
pub fn examine(sql: &str, tenant: bool) -> Result<(), String> {
    let statements = Parser::parse_sql(&SQLiteDialect {}, sql).map_err(|e| e.to_string())?;
    let [statement] = statements.as_slice() else { return Err("one statement at a time".into()) };
    let mut tables = Tables::default();
    let _: ControlFlow<()> = statement.visit(&mut tables);
    let of_tenants = tables.0.iter().find(|name| is_tenants(name));
    match (tenant, of_tenants) {
        (false, None) => Ok(()),
        (false, Some(name)) => Err(format!("{name} belongs to organisations")),
        (true, None) => Err("it touches no organisation's table; run it outside".into()),
        (true, Some(_)) => scope::statement(statement),
    }
}

fn is_tenants(table: &str) -> bool {
    TENANT_TABLES.contains(&table)
}

/// Tables named in a statement.
#[derive(Default)]
struct Tables(Vec<String>);

impl Visitor for Tables {
    type Break = ();
    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, .. } = factor {
            self.0.push(scope::plain(name));
        }
        ControlFlow::Continue(())
    }
    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.0.push(scope::plain(relation));
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::examine;

    // REQ AUTHZ-6, OPS-9
    #[test]
    fn a_statement_that_holds_every_tenants_table_passes() {
        for good in [
            "SELECT id FROM channel WHERE org_id = ?1 AND id = ?2",
            "SELECT id FROM channel WHERE ?1 = org_id AND (id = ?2 OR name = ?3)",
            "SELECT m.id FROM message m JOIN channel c ON c.org_id = m.org_id AND c.id = m.channel_id WHERE m.org_id = ?1",
            "SELECT c.id FROM channel c LEFT JOIN channel_member m ON m.org_id = c.org_id AND m.channel_id = c.id WHERE c.org_id = ?1",
            "SELECT c.id, (SELECT count(*) FROM message m WHERE m.org_id = c.org_id) FROM channel c WHERE c.org_id = ?1",
            "SELECT c.id, (SELECT h.epoch FROM history h) FROM channel c WHERE c.org_id = ?1",
            "SELECT id FROM channel WHERE (org_id = ?1 AND id = ?2) OR (name = ?3 AND org_id = ?1)",
            "SELECT id FROM channel WHERE org_id = ?1 UNION SELECT id FROM message WHERE org_id = ?1",
            "SELECT count(*) FROM (SELECT 1 FROM message x WHERE x.org_id = ?1 LIMIT 100) AS unread",
            "WITH mine AS (SELECT id FROM channel WHERE org_id = ?1) SELECT id FROM mine",
            "INSERT INTO channel (org_id, id) VALUES (?1, ?2)",
            "INSERT INTO mention (org_id, channel_id) SELECT ?1, c.id FROM channel c WHERE c.org_id = ?1",
            "INSERT INTO channel (org_id, id) VALUES (?1, ?2) ON CONFLICT (org_id, id) DO UPDATE SET head = 1",
            "UPDATE channel SET head = head + 1 WHERE org_id = ?1 AND id = ?2 RETURNING head",
            "DELETE FROM reaction WHERE org_id = ?1",
        ] {
            assert_eq!(examine(good, true), Ok(()), "{good}");
        }
        assert!(examine("SELECT id FROM account WHERE id = ?1", false).is_ok());
    }

    // REQ AUTHZ-6, OPS-9
    #[test]
    fn whatever_lets_a_tenants_table_out_is_refused() {
        for bad in [
            "SELECT id FROM channel WHERE id = ?2",
            "SELECT id FROM channel WHERE org_id = ?2",
            "SELECT id FROM channel WHERE org_id <> ?1",
            "SELECT id FROM channel WHERE NOT (org_id = ?1)",
            "SELECT id FROM channel WHERE (org_id = ?1) IS NOT NULL",
            "SELECT id FROM channel WHERE org_id = ?1 || ''",
            "SELECT id FROM channel WHERE org_id = org_id",
            "SELECT org_id = ?1 FROM channel",
            // OR, at every depth.
            "SELECT id FROM channel WHERE org_id = ?1 OR id = ?2",
            "SELECT id FROM channel WHERE org_id = ?1 OR 1 = 1",
            "SELECT id FROM channel WHERE id = ?2 AND (org_id = ?1 OR name = ?3)",
            "SELECT id FROM channel WHERE (org_id = ?1 OR head > 0) AND (org_id = ?1 OR head <= 0)",
            "UPDATE channel SET head = 0 WHERE org_id = ?1 OR id = ?2",
            "DELETE FROM reaction WHERE org_id = ?1 OR seq = ?2",
            // Joined to one another, and none of them to the tenant.
            "SELECT a.id FROM channel a, message b WHERE a.org_id = b.org_id",
            "SELECT a.id FROM channel a JOIN message b ON a.org_id = b.org_id",
            "SELECT m.id FROM message m JOIN channel c ON c.id = m.channel_id WHERE m.org_id = ?1",
            "SELECT a.id FROM channel a, message b WHERE org_id = ?1",
            "SELECT id FROM channel NATURAL JOIN message WHERE org_id = ?1",
            // An outer join keeps rows that do not meet its condition.
            "SELECT c.id FROM channel c LEFT JOIN message m ON m.org_id = c.org_id AND c.org_id = ?1",
            "SELECT c.id FROM channel c LEFT JOIN message m ON m.org_id = ?1 AND m.org_id = c.org_id",
            "SELECT c.id FROM channel c RIGHT JOIN message m ON m.org_id = c.org_id WHERE c.org_id = ?1",
            "SELECT c.id FROM channel c FULL JOIN message m ON m.org_id = c.org_id WHERE c.org_id = ?1",
            // Inner statements, each by itself.
            "SELECT id FROM message WHERE org_id = ?1 AND channel_id IN (SELECT id FROM channel)",
            "SELECT id FROM message WHERE org_id = ?1 AND EXISTS (SELECT 1 FROM channel c WHERE c.id = channel_id)",
            "SELECT id FROM message WHERE org_id = ?1 ORDER BY (SELECT max(head) FROM channel)",
            "SELECT id, (SELECT max(head) FROM channel) FROM message WHERE org_id = ?1",
            "SELECT count(*) FROM (SELECT id FROM channel) AS c WHERE c.org_id = ?1",
            "SELECT id FROM message m WHERE EXISTS (SELECT 1 FROM channel c WHERE c.org_id = ?1 AND m.org_id = c.org_id)",
            "SELECT 1 FROM channel c WHERE c.org_id = ?1 AND EXISTS (SELECT 1 FROM message c WHERE c.seq = 1)",
            "WITH every AS (SELECT id FROM channel) SELECT id FROM message WHERE org_id = ?1",
            "SELECT id FROM channel WHERE org_id = ?1 UNION SELECT id FROM channel",
            "SELECT id FROM channel WHERE org_id = ?1 UNION ALL SELECT id FROM message WHERE seq = 1",
            // Writing.
            "INSERT INTO channel (org_id, id) VALUES (?2, ?1)",
            "INSERT INTO channel (org_id, id) VALUES (?1, ?2), (?3, ?4)",
            "INSERT INTO channel (id, org_id) VALUES (?1, ?2)",
            "INSERT INTO channel VALUES (?1, ?2)",
            "INSERT INTO mention (org_id, channel_id) SELECT ?1, c.id FROM channel c",
            "INSERT INTO mention (org_id, channel_id) SELECT c.org_id, c.id FROM channel c WHERE c.org_id = ?1",
            "INSERT INTO mention (org_id, channel_id) SELECT ?1, ?2 UNION SELECT ?3, ?4",
            "INSERT INTO organisation (org_id, slug) VALUES (?1, ?2) ON CONFLICT (slug) DO UPDATE SET name = ?3",
            "REPLACE INTO organisation (org_id, slug) VALUES (?1, ?2)",
            "INSERT INTO account (id) SELECT id FROM member",
            "UPDATE channel SET head = 0",
            "UPDATE channel SET head = (SELECT max(seq) FROM message) WHERE org_id = ?1",
            "UPDATE channel SET org_id = ?2 WHERE org_id = ?1",
            "UPDATE channel SET head = m.seq FROM message m WHERE channel.org_id = ?1",
            "DELETE FROM reaction",
            "SELECT 1 FROM account",
            "SELECT 1 FROM channel WHERE org_id = ?1; DELETE FROM channel",
            "DROP TABLE channel",
        ] {
            assert!(examine(bad, true).is_err(), "{bad}");
        }
        assert!(examine("SELECT id FROM channel WHERE org_id = ?1", false).is_err());
    }
}
