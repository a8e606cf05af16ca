//! Reading the ledger, newest first: by the order of writing, whatever the clock showed.

use crate::AuditId;
use access::{
    Audit, DataClass, Expose, InstallationTarget, Operation, OrgTarget, Permission, Proof, Rate, Route,
};
use kernel::{Cx, Error, Line, Result, Timestamp, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Row, Tenanted, Tx, params};

use crate::ledger_of;

/// Entries of one page, if not said.
const USUAL: i64 = 50;

/// What to look for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditQuery {
    /// Entries of this member or user.
    #[serde(default)]
    pub actor: Option<Line<1, 64>>,
    /// Entries of this operation.
    #[serde(default)]
    pub action: Option<Line<1, 100>>,
    /// Entries that ended so.
    #[serde(default)]
    pub outcome: Option<AuditResult>,
    /// Entries at this time or later.
    #[serde(default)]
    #[schemars(with = "Option<i64>")]
    pub after: Option<Timestamp>,
    /// Entries before this time.
    #[serde(default)]
    #[schemars(with = "Option<i64>")]
    pub before: Option<Timestamp>,
    /// Where the last page ended.
    #[serde(default)]
    pub cursor: Option<AuditId>,
    /// Entries at most.
    #[serde(default)]
    pub limit: Option<Whole<1, 200>>,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    /// Carried out.
    Ok,
    /// Not permitted.
    Denied,
    /// Refused or failed for another reason.
    Failed,
}

/// What kind of actor it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A member of the organisation.
    Member,
    /// A member for a program, by a token.
    ServiceAccount,
    /// A person with an account, outside any organisation.
    User,
    /// An administrator at the machine itself.
    Console,
    /// Holdfast's own work.
    System,
    /// Nobody who was known.
    Anonymous,
}

/// Who acted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditActor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Their id, if they have one.
    pub id: Option<String>,
    /// Their name when they acted.
    pub name: String,
}

/// One entry of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: AuditActor,
    /// The operation.
    pub action: String,
    /// How it ended.
    pub outcome: AuditResult,
    /// On what.
    pub resource: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub device: Option<String>,
    /// By which line of the policy.
    pub policy: Option<String>,
    /// The request, as named in logs.
    pub request_id: String,
    /// How many times it happened: more than once where refusals of one kind were only counted for a minute, after the
    /// first of them had an entry of its own. `detail` tells since when and until when.
    pub times: i64,
    /// What else matters.
    pub detail: Map<String, Value>,
}

/// A page of entries, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// The cursor of the next page, if there is more.
    pub next: Option<AuditId>,
}

/// One text for each index that can lead: SQLite plans a statement before it knows which filters are given.
macro_rules! page {
    ($actor:literal, $action:literal) => {
        concat!(
            "SELECT id, at, actor_kind, actor_id, actor_name, action, outcome, resource, policy, address, device, request_id,",
            " detail FROM audit_entry WHERE org_id = ?1 AND seq < ?2 AND seq >= ?3 AND at >= ?4 AND at < ?5 AND ",
            $actor,
            " AND ",
            $action,
            " AND (CAST(?8 AS TEXT) IS NULL OR outcome = ?8) ORDER BY seq DESC LIMIT ?9"
        )
    };
}
const ALL: &str =
    page!("(CAST(?6 AS TEXT) IS NULL OR actor_id = ?6)", "(CAST(?7 AS TEXT) IS NULL OR action = ?7)");
const BY_ACTOR: &str = page!("actor_id = ?6", "(CAST(?7 AS TEXT) IS NULL OR action = ?7)");
const BY_ACTION: &str = page!("(CAST(?6 AS TEXT) IS NULL OR actor_id = ?6)", "action = ?7");

/// Between which numbers the page lies: after the cursor, and where the times asked for are.
async fn bounds(tx: &mut Tx, at: &impl Tenanted, query: &AuditQuery) -> Result<(i64, i64)> {
    let mut newest = i64::MAX;
    if let Some(cursor) = query.cursor {
        let sql = "SELECT seq FROM audit_entry WHERE org_id = ?1 AND id = ?2";
        newest = tx.within(at).optional(sql, params![cursor], |row| row.get(0)).await?.unwrap_or(0);
    }
    if query.after.is_none() && query.before.is_none() {
        return Ok((0, newest));
    }
    let after = query.after.unwrap_or(Timestamp(i64::MIN));
    let before = query.before.unwrap_or(Timestamp(i64::MAX));
    let sql = "SELECT min(seq), max(seq) FROM audit_entry WHERE org_id = ?1 AND at >= ?2 AND at < ?3";
    let (first, last): (Option<i64>, Option<i64>) =
        tx.within(at).one(sql, params![after, before], |row| Ok((row.get(0)?, row.get(1)?))).await?;
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(-1));
    Ok((first, newest.min(last + 1)))
}

fn read(row: &Row<'_>) -> Result<AuditEntry> {
    let detail: Map<String, Value> = serde_json::from_str(row.text(12)?).map_err(Error::internal)?;
    let more = detail.get("more").and_then(Value::as_str).and_then(|more| more.parse().ok());
    let word = |index| Ok::<_, Error>(Value::String(row.get::<String>(index)?));
    Ok(AuditEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: AuditActor {
            kind: serde_json::from_value(word(2)?).map_err(Error::internal)?,
            id: row.get(3)?,
            name: row.get(4)?,
        },
        action: row.get(5)?,
        outcome: serde_json::from_value(word(6)?).map_err(Error::internal)?,
        resource: row.get(7)?,
        policy: row.get(8)?,
        address: row.get(9)?,
        device: row.get(10)?,
        request_id: row.get(11)?,
        times: more.unwrap_or(1),
        detail,
    })
}

pub(crate) async fn page(tx: &mut Tx, at: &impl Tenanted, query: &AuditQuery) -> Result<AuditPage> {
    let limit = query.limit.map_or(USUAL, Whole::get);
    let (oldest, newest) = bounds(tx, at, query).await?;
    let actor = query.actor.as_ref().map(Line::as_str);
    let action = query.action.as_ref().map(Line::as_str);
    let outcome = query.outcome.map(|outcome| match outcome {
        AuditResult::Ok => "ok",
        AuditResult::Denied => "denied",
        AuditResult::Failed => "failed",
    });
    let sql = match (actor, action) {
        (Some(_), _) => BY_ACTOR,
        (None, Some(_)) => BY_ACTION,
        (None, None) => ALL,
    };
    let after = query.after.unwrap_or(Timestamp(i64::MIN));
    let before = query.before.unwrap_or(Timestamp(i64::MAX));
    let more = limit + 1;
    let params = params![newest, oldest, after, before, actor, action, outcome, more];
    let mut items = tx.within(at).query(sql, params, read).await?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let next = (items.len() > limit)
        .then(|| items.truncate(limit))
        .and_then(|()| items.last().map(|entry| entry.id));
    Ok(AuditPage { items, next })
}

/// An organisation's ledger.
pub(crate) struct List;

impl Operation for List {
    const ID: &'static str = "audit.list";
    const SUMMARY: &'static str = "Lists the entries of the organisation's audit ledger, newest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/audit");
    const PERMISSION: Permission = Permission::Policy;
    const EXPOSE: Expose = Expose::Everywhere;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the ledger changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = OrgTarget;
    type Input = AuditQuery;
    type Output = AuditPage;

    async fn run(&self, _: &Cx, tx: &mut Tx, at: &Proof<Self>, query: AuditQuery) -> Result<AuditPage> {
        page(tx, at, &query).await
    }
}

/// The installation's own ledger: sign-ins, accounts, set-up.
pub(crate) struct ListInstallation;

impl Operation for ListInstallation {
    const ID: &'static str = "audit.list_installation";
    const SUMMARY: &'static str = "Lists the entries of the installation's own audit ledger, newest first.";
    const ROUTE: Route = Route::get("/audit");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(120, 60);
    const AUDIT: Audit = Audit::Silent("reading the ledger changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = AuditQuery;
    type Output = AuditPage;

    async fn run(&self, _: &Cx, tx: &mut Tx, _: &Proof<Self>, query: AuditQuery) -> Result<AuditPage> {
        page(tx, &ledger_of(None), &query).await
    }
}
