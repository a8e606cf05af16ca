//! The statement checker (feature `check`, on in tests): parses every statement that runs, once, and fails the one that
//! reaches a tenant's table without its tenant. It is SQLite's second layer of isolation; PostgreSQL has its policies.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Mutex;

use kernel::{Error, Result};
use sqlparser::ast::{
    BinaryOperator, Expr, Insert, ObjectName, SetExpr, Statement, TableFactor, TableObject, Value, Visit,
    Visitor, visit_expressions,
};
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
    let of_tenants: Vec<_> =
        tables.0.iter().filter(|(name, _)| TENANT_TABLES.contains(&name.as_str())).collect();
    if !tenant {
        return of_tenants
            .first()
            .map_or(Ok(()), |(name, _)| Err(format!("{name} belongs to organisations")));
    }
    if of_tenants.is_empty() {
        return Err("it touches no organisation's table; run it outside".into());
    }
    let bound = bound_columns(statement);
    for (name, alias) in &of_tenants {
        let single = tables.0.len() == 1;
        let guarded = bound.iter().any(|q| q.as_deref() == Some(alias) || (q.is_none() && single));
        if !guarded && !inserts_tenant_first(statement, name) {
            return Err(format!("{name} is reached without org_id = ?1"));
        }
    }
    Ok(())
}

/// Tables named in a statement, with the names they go by in it.
#[derive(Default)]
struct Tables(Vec<(String, String)>);

impl Visitor for Tables {
    type Break = ();
    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, .. } = factor {
            let table = name.to_string().to_lowercase();
            let alias = alias.as_ref().map_or_else(|| table.clone(), |a| a.name.value.to_lowercase());
            self.0.push((table, alias));
        }
        ControlFlow::Continue(())
    }
    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let table = relation.to_string().to_lowercase();
        if !self.0.iter().any(|(name, _)| *name == table) {
            self.0.push((table.clone(), table));
        }
        ControlFlow::Continue(())
    }
}

/// Qualifiers of every `org_id` that is compared with `?1`, or with another table's `org_id`.
fn bound_columns(statement: &Statement) -> Vec<Option<String>> {
    let mut found = Vec::new();
    let _: ControlFlow<()> = visit_expressions(statement, |expr| {
        if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr {
            match (org_id(left), org_id(right)) {
                (Some(a), Some(b)) => found.extend([a, b]),
                (Some(a), None) if is_first_parameter(right) => found.push(a),
                (None, Some(b)) if is_first_parameter(left) => found.push(b),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    });
    found
}

fn org_id(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Identifier(ident) if ident.value == "org_id" => Some(None),
        Expr::CompoundIdentifier(parts) if parts.last().is_some_and(|p| p.value == "org_id") => {
            Some(parts.first().map(|p| p.value.to_lowercase()))
        }
        _ => None,
    }
}

fn is_first_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(v) if matches!(&v.value, Value::Placeholder(p) if p == "?1"))
}

/// `INSERT INTO table (org_id, …) VALUES (?1, …)` or `… SELECT ?1, …`.
fn inserts_tenant_first(statement: &Statement, table: &str) -> bool {
    let Statement::Insert(Insert { table: TableObject::TableName(name), columns, source, .. }) = statement
    else {
        return false;
    };
    let leads = columns.first().is_some_and(|c| c.to_string() == "org_id");
    let first = source.as_ref().is_some_and(|query| match query.body.as_ref() {
        SetExpr::Values(values) => values.rows.iter().all(|row| row.first().is_some_and(is_first_parameter)),
        SetExpr::Select(select) => select.projection.first().is_some_and(|item| item.to_string() == "?1"),
        _ => false,
    });
    name.to_string() == table && leads && first
}

#[cfg(test)]
mod tests {
    use super::examine;

    // REQ AUTHZ-6, OPS-9
    #[test]
    fn a_statement_without_its_tenant_is_refused() {
        for good in [
            "SELECT id FROM channel WHERE org_id = ?1 AND id = ?2",
            "SELECT m.id FROM message m JOIN channel c ON c.org_id = m.org_id AND c.id = m.channel_id WHERE m.org_id = ?1",
            "INSERT INTO channel (org_id, id) VALUES (?1, ?2)",
            "INSERT INTO mention (org_id, channel_id) SELECT ?1, c.id FROM channel c WHERE c.org_id = ?1",
            "UPDATE channel SET head = head + 1 WHERE org_id = ?1 AND id = ?2 RETURNING head",
            "DELETE FROM reaction WHERE org_id = ?1",
        ] {
            assert_eq!(examine(good, true), Ok(()), "{good}");
        }
        for bad in [
            "SELECT id FROM channel WHERE id = ?2",
            "SELECT id FROM channel WHERE org_id = ?2",
            "SELECT id FROM channel WHERE org_id <> ?1",
            "SELECT m.id FROM message m JOIN channel c ON c.id = m.channel_id WHERE m.org_id = ?1",
            "SELECT id FROM message WHERE org_id = ?1 AND channel_id IN (SELECT id FROM channel)",
            "INSERT INTO channel (org_id, id) VALUES (?2, ?1)",
            "INSERT INTO channel (id, org_id) VALUES (?1, ?2)",
            "UPDATE channel SET head = 0",
            "DELETE FROM reaction",
            "SELECT 1 FROM account",
            "SELECT 1 FROM channel WHERE org_id = ?1; DELETE FROM channel",
        ] {
            assert!(examine(bad, true).is_err(), "{bad}");
        }
        assert!(examine("SELECT id FROM account WHERE id = ?1", false).is_ok());
        assert!(examine("SELECT id FROM channel WHERE org_id = ?1", false).is_err());
    }
}
