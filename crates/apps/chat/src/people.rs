//! The people that an answer names: they come with it, so that nobody waits for the list of all members to read a name.

use std::collections::BTreeSet;

use ::store::{Sql, Tenanted, Tx, params};
use kernel::{Error, MemberId, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// A member as messages and conversations name them; those who have left are named, too.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Person {
    /// Their member id.
    id: MemberId,
    /// Their name.
    name: String,
    /// By which they are mentioned.
    handle: String,
    /// Whether they are still there.
    active: bool,
}

/// Those of these members, each once.
pub(crate) async fn named(
    tx: &mut Tx,
    at: &impl Tenanted,
    ids: impl Iterator<Item = MemberId>,
) -> Result<Vec<Person>> {
    let ids: BTreeSet<MemberId> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // One statement however many they are: on PostgreSQL each costs a way there and back.
    let ids: Vec<String> = ids.iter().map(|id| id.0.simple().to_string()).collect();
    let ids = serde_json::to_string(&ids).map_err(Error::internal)?;
    let sql = Sql::each(
        "SELECT p.id, p.name, p.handle, p.state FROM member p \
         WHERE p.org_id = ?1 AND p.id IN (SELECT unhex(value) FROM json_each(?2)) ORDER BY p.id",
        "SELECT id, name, handle, state FROM member \
         WHERE org_id = ?1 AND id = ANY (ARRAY(SELECT json_array_elements_text(?2::text::json)::uuid)) ORDER BY id",
    );
    tx.within(at)
        .query(sql, params![&ids], |row| {
            Ok(Person {
                id: row.get(0)?,
                name: row.get(1)?,
                handle: row.get(2)?,
                active: row.text(3)? == "active",
            })
        })
        .await
}
