//! Which tables of a statement are held to their tenant, scope by scope.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    AssignmentTarget, BinaryOperator, ConflictTarget, Delete, Expr, FromTable, Insert, JoinConstraint,
    JoinOperator, ObjectName, OnConflictAction, OnInsert, Query, Select, SetExpr, Statement, TableFactor,
    TableObject, TableWithJoins, Update, UpdateTableFromKind, Value, Visit, Visitor,
};

use super::is_tenants;

type Result<T = ()> = std::result::Result<T, String>;

/// The tables that an expression can name, and whether each is held.
type Names = HashMap<String, bool>;

/// Conditions have at most so many branches; more is refused.
const BRANCHES: usize = 64;

/// What one equality of `org_id` says. `None`: the only table of the scope.
#[derive(Clone)]
enum Equality {
    /// It is the tenant.
    Tenant(Option<String>),
    /// Two tables are of one tenant.
    Same(Option<String>, Option<String>),
}

/// What must hold together.
type Branch = Vec<Equality>;

/// The tables of one scope and the conditions that their rows meet.
#[derive(Default)]
struct Scope {
    /// The names that tables go by, and the tables' own; derived ones have none.
    tables: Vec<(String, Option<String>)>,
    conditions: Vec<Expr>,
    /// Of outer joins: they say something of these tables only.
    outer: Vec<(Vec<String>, Expr)>,
}

pub(super) fn plain(name: &ObjectName) -> String {
    name.to_string().to_lowercase().replace(['"', '`', '[', ']'], "")
}

pub(super) fn statement(statement: &Statement) -> Result {
    let none = Names::new();
    match statement {
        Statement::Query(query) => self::query(query, &none),
        Statement::Insert(insert) => self::insert(insert),
        Statement::Update(update) => self::update(update),
        Statement::Delete(delete) => self::delete(delete),
        _ => Err("no statement that a verb needs".into()),
    }
}

fn query(query: &Query, names: &Names) -> Result {
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        self::query(&cte.query, names)?;
    }
    let here = body(&query.body, names)?;
    inner(&query.order_by, &here)?;
    inner(&query.limit_clause, &here)
}

fn body(body: &SetExpr, names: &Names) -> Result<Names> {
    match body {
        SetExpr::Select(select) => self::select(select, names),
        SetExpr::Query(query) => self::query(query, names).map(|()| names.clone()),
        SetExpr::SetOperation { left, right, .. } => {
            self::body(left, names)?;
            self::body(right, names).map(|_| names.clone())
        }
        SetExpr::Values(values) => inner(values, names).map(|()| names.clone()),
        _ => Err("a part that is not understood".into()),
    }
}

fn select(select: &Select, names: &Names) -> Result<Names> {
    let mut scope = Scope::default();
    scope.add_all(&select.from)?;
    scope.conditions.extend(select.selection.clone());
    let here = scope.hold(names)?;
    inner(select, &here)?;
    Ok(here)
}

fn update(update: &Update) -> Result {
    let sets_tenant = |name: &ObjectName| plain(name).ends_with("org_id");
    for assignment in &update.assignments {
        let moves = match &assignment.target {
            AssignmentTarget::ColumnName(name) => sets_tenant(name),
            AssignmentTarget::Tuple(names) => names.iter().any(sets_tenant),
        };
        if moves {
            return Err("a row does not change its organisation".into());
        }
    }
    let mut scope = Scope::default();
    scope.add(&update.table)?;
    if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
        scope.add_all(from)?;
    }
    scope.conditions.extend(update.selection.clone());
    let here = scope.hold(&Names::new())?;
    inner(update, &here)
}

fn delete(delete: &Delete) -> Result {
    let mut scope = Scope::default();
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    scope.add_all(from)?;
    scope.add_all(delete.using.as_deref().unwrap_or_default())?;
    scope.conditions.extend(delete.selection.clone());
    let here = scope.hold(&Names::new())?;
    inner(delete, &here)
}

/// `INSERT INTO table (org_id, …) VALUES (?1, …)` or `… SELECT ?1, …`.
fn insert(insert: &Insert) -> Result {
    let TableObject::TableName(name) = &insert.table else { return Err("no table".into()) };
    let name = plain(name);
    let none = Names::new();
    if let Some(source) = &insert.source {
        query(source, &none)?;
    }
    if !is_tenants(&name) {
        return inner(&insert.on, &none);
    }
    let leads = insert.columns.first().is_some_and(|column| plain(column) == "org_id");
    let first = insert.source.as_ref().is_some_and(|source| tenant_first(&source.body));
    if !leads || !first || insert.replace_into || insert.or.is_some() {
        return Err(format!("{name} gets rows that do not begin with org_id and ?1"));
    }
    if let Some(OnInsert::OnConflict(on)) = &insert.on
        && let OnConflictAction::DoUpdate(_) = on.action
    {
        let own = matches!(&on.conflict_target, Some(ConflictTarget::Columns(columns))
            if columns.iter().any(|column| column.value.eq_ignore_ascii_case("org_id")));
        if !own {
            return Err(format!("{name} may change a row of another organisation on a conflict"));
        }
    }
    inner(&insert.on, &Names::from([(name, true)]))
}

fn tenant_first(body: &SetExpr) -> bool {
    match body {
        SetExpr::Values(values) => values.rows.iter().all(|row| row.first().is_some_and(is_tenant)),
        SetExpr::Select(select) => select.projection.first().is_some_and(|item| item.to_string() == "?1"),
        SetExpr::Query(query) => tenant_first(&query.body),
        SetExpr::SetOperation { left, right, .. } => tenant_first(left) && tenant_first(right),
        _ => false,
    }
}

/// Every query within, but not within another.
fn inner(node: &impl Visit, names: &Names) -> Result {
    struct Inner<'n> {
        depth: usize,
        names: &'n Names,
        result: Result,
    }
    impl Visitor for Inner<'_> {
        type Break = ();
        fn pre_visit_query(&mut self, found: &Query) -> ControlFlow<()> {
            if self.depth == 0 && self.result.is_ok() {
                self.result = query(found, self.names);
            }
            self.depth += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }
    }
    let mut visitor = Inner { depth: 0, names, result: Ok(()) };
    let _: ControlFlow<()> = node.visit(&mut visitor);
    visitor.result
}

impl Scope {
    fn add_all(&mut self, from: &[TableWithJoins]) -> Result {
        from.iter().try_for_each(|table| self.add(table))
    }

    fn add(&mut self, from: &TableWithJoins) -> Result {
        self.factor(&from.relation)?;
        for join in &from.joins {
            let before = self.tables.len();
            self.factor(&join.relation)?;
            use JoinOperator::{CrossJoin, Inner, Join, Left, LeftOuter};
            let (constraint, outer) = match &join.join_operator {
                Join(constraint) | Inner(constraint) | CrossJoin(constraint) => (constraint, false),
                Left(constraint) | LeftOuter(constraint) => (constraint, true),
                _ => return Err("a join that is not understood".into()),
            };
            match constraint {
                JoinConstraint::On(on) if outer => {
                    let joined = self.tables[before..].iter().map(|(alias, _)| alias.clone()).collect();
                    self.outer.push((joined, on.clone()));
                }
                JoinConstraint::On(on) => self.conditions.push(on.clone()),
                JoinConstraint::None => {}
                _ => return Err("a join without ON".into()),
            }
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor) -> Result {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                let table = plain(name);
                let alias = alias.as_ref().map_or_else(|| table.clone(), |a| a.name.value.to_lowercase());
                self.tables.push((alias, Some(table)));
            }
            TableFactor::Derived { alias, .. } => {
                let alias = alias.as_ref().map_or_else(String::new, |a| a.name.value.to_lowercase());
                self.tables.push((alias, None));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.add(table_with_joins)?,
            _ => return Err("a source that is not understood".into()),
        }
        Ok(())
    }

    /// Makes sure that every tenant's table is held in every branch.
    fn hold(&self, around: &Names) -> Result<Names> {
        let mut all: Vec<Branch> = vec![Vec::new()];
        for condition in &self.conditions {
            all = and(all, branches(condition)?)?;
        }
        let outer = self.outer.iter().map(|(joined, on)| Ok((joined, branches(on)?)));
        let outer = outer.collect::<Result<Vec<_>>>()?;
        let mut here = around.clone();
        here.extend(self.tables.iter().map(|(alias, _)| (alias.clone(), false)));
        for branch in &all {
            let mut names = here.clone();
            while self.learn(branch, &outer, &mut names) {}
            let open = self.tables.iter().find(|(alias, table)| {
                table.as_deref().is_some_and(is_tenants) && names.get(alias) != Some(&true)
            });
            if let Some((alias, _)) = open {
                return Err(format!("{alias} is reached without org_id = ?1"));
            }
        }
        for (alias, table) in &self.tables {
            here.insert(alias.clone(), table.as_deref().is_some_and(is_tenants));
        }
        Ok(here)
    }

    /// One round of conclusions. True: something new was found to be held.
    fn learn(&self, branch: &Branch, outer: &[(&Vec<String>, Vec<Branch>)], names: &mut Names) -> bool {
        let mut found = Vec::new();
        for equality in branch {
            found.extend(self.concludes(equality, names));
        }
        for (joined, branches) in outer {
            // Each branch must hold the joined table, and says nothing of the others.
            for alias in *joined {
                let held = |branch: &Branch| {
                    branch.iter().any(|e| self.concludes(e, names).iter().any(|found| found == alias))
                };
                if branches.iter().all(held) {
                    found.push(alias.clone());
                }
            }
        }
        let mut new = false;
        for alias in found {
            if let Some(held) = names.get_mut(&alias) {
                new |= !std::mem::replace(held, true);
            }
        }
        new
    }

    /// The names that an equality shows to be held.
    fn concludes(&self, equality: &Equality, names: &Names) -> Vec<String> {
        let name = |name: &Option<String>| match name {
            Some(name) => Some(name.clone()),
            // Without a qualifier it is clear only where there is one table.
            None if self.tables.len() == 1 => Some(self.tables[0].0.clone()),
            None => None,
        };
        let held = |name: &String| names.get(name) == Some(&true);
        match equality {
            Equality::Tenant(table) => name(table).into_iter().collect(),
            Equality::Same(a, b) => match (name(a), name(b)) {
                (Some(a), Some(b)) if held(&a) => vec![b],
                (Some(a), Some(b)) if held(&b) => vec![a],
                _ => Vec::new(),
            },
        }
        .into_iter()
        // A name of the statement around is held there or not at all.
        .filter(|found| self.tables.iter().any(|(alias, _)| alias == found))
        .collect()
    }
}

/// The branches of a condition, one of which holds.
fn branches(condition: &Expr) -> Result<Vec<Branch>> {
    Ok(match condition {
        Expr::Nested(inner) => branches(inner)?,
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => and(branches(left)?, branches(right)?)?,
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let mut both = branches(left)?;
            both.extend(branches(right)?);
            both
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            vec![match (org_id(left), org_id(right)) {
                (Some(a), Some(b)) => vec![Equality::Same(a, b)],
                (Some(a), None) if is_tenant(right) => vec![Equality::Tenant(a)],
                (None, Some(b)) if is_tenant(left) => vec![Equality::Tenant(b)],
                _ => Vec::new(),
            }]
        }
        _ => vec![Vec::new()],
    })
}

fn and(left: Vec<Branch>, right: Vec<Branch>) -> Result<Vec<Branch>> {
    if left.len() * right.len() > BRANCHES {
        return Err("conditions with too many branches".into());
    }
    let join = |l: &Branch| right.iter().map(|r| [l.as_slice(), r].concat()).collect::<Vec<_>>();
    Ok(left.iter().flat_map(join).collect())
}

fn org_id(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Identifier(ident) if ident.value.eq_ignore_ascii_case("org_id") => Some(None),
        Expr::CompoundIdentifier(parts)
            if parts.last().is_some_and(|p| p.value.eq_ignore_ascii_case("org_id")) =>
        {
            Some(parts.first().map(|p| p.value.to_lowercase()))
        }
        _ => None,
    }
}

fn is_tenant(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(v) if matches!(&v.value, Value::Placeholder(p) if p == "?1"))
}
