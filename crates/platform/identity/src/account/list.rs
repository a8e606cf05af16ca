//! All accounts, for administrators of the installation.

use access::{Audit, DataClass, Expose, InstallationTarget, Operation, Permission, Proof, Rate, Route};
use kernel::text::fold;
use kernel::{Cx, Error, Line, Result, Timestamp, UserId, Whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Tx, params};
use uuid::Uuid;

use super::is_aside;
use crate::session::lockout;

pub(crate) struct List;

const USUAL: i64 = 200;

/// Which accounts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountQuery {
    /// Only those whose name or address contains this.
    #[serde(default)]
    search: Option<Line<1, 80>>,
    /// Where the last page ended.
    #[serde(default)]
    cursor: Option<UserId>,
    /// Accounts at most.
    #[serde(default)]
    limit: Option<Whole<1, 200>>,
}

/// An account, as an administrator sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountSummary {
    id: UserId,
    name: String,
    email: String,
    super_admin: bool,
    state: AccountState,
    created_at: Timestamp,
    /// Until when failed sign-ins lock it at the longest; an address may be locked for less.
    locked_until: Option<Timestamp>,
    /// An older account has this address, by the rule for text: nobody can sign in to this one until it has another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    address_taken: bool,
}

/// What has become of an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountState {
    /// In use.
    Active,
    /// Erased.
    Deleted,
}

/// A page of accounts, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountPage {
    items: Vec<AccountSummary>,
    next: Option<UserId>,
}

impl Operation for List {
    const ID: &'static str = "account.list";
    const SUMMARY: &'static str = "Lists the installation's accounts, the newest first.";
    const ROUTE: Route = Route::get("/accounts");
    const PERMISSION: Permission = Permission::SuperAdmin;
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Silent("reading the list changes nothing");
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = InstallationTarget;
    type Input = AccountQuery;
    type Output = AccountPage;

    async fn run(&self, cx: &Cx, tx: &mut Tx, _: &Proof<Self>, query: AccountQuery) -> Result<AccountPage> {
        let limit = query.limit.map_or(USUAL, Whole::get);
        let from = query.cursor.map_or(Uuid::max(), |cursor| cursor.0);
        let like = query.search.map_or_else(|| "%".to_owned(), |search| containing(search.as_str()));
        let mut items = tx
            .query(
                "SELECT id, name, email, super_admin, state, created_at, email_folded FROM account
                 WHERE id < ?1 AND (email_folded LIKE ?3 ESCAPE '!' OR name_folded LIKE ?3 ESCAPE '!')
                 ORDER BY id DESC LIMIT ?2",
                params![from, limit + 1, &like],
                |row| {
                    let state = serde_json::Value::String(row.get(4)?);
                    let folded = row.get::<String>(6)?;
                    let summary = AccountSummary {
                        id: row.get(0)?,
                        name: row.get(1)?,
                        email: row.get(2)?,
                        super_admin: row.get(3)?,
                        state: serde_json::from_value(state).map_err(Error::internal)?,
                        created_at: row.get(5)?,
                        locked_until: None,
                        address_taken: is_aside(&folded),
                    };
                    Ok((summary, folded))
                },
            )
            .await?;
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let mut accounts = Vec::with_capacity(items.len());
        for (account, folded) in items {
            let locked_until = lockout::locked_until(tx, &folded, cx.now()).await?;
            accounts.push(AccountSummary { locked_until, ..account });
        }
        let next = accounts.last().filter(|_| more).map(|account| account.id);
        Ok(AccountPage { items: accounts, next })
    }
}

/// A pattern for whatever contains a text, taken literally.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in fold(text).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
