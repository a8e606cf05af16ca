//! The people that an answer names: they come with it, so that nobody waits for the list of all members to read a name.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kernel::{Error, Event, EventType, MemberId, OrgId, Result};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;
use store::{Sql, Tenanted, Tx, params};

use crate::event::MembersChanged;

/// People remembered at most.
const MOST: usize = 20_000;

/// A member as messages and conversations name them; those who have left are named, too.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    /// Their member id.
    id: MemberId,
    /// Their name.
    name: String,
    /// By which they are mentioned.
    handle: String,
    /// Whether they are still there.
    active: bool,
}

/// Knows people by their ids, and remembers those whom it was asked about until a member changes anywhere.
#[derive(Clone, Default)]
pub struct People(Arc<Mutex<HashMap<(OrgId, MemberId), Person>>>);

impl People {
    /// To be told of each commit, before its caller is.
    pub(crate) fn hear(&self, events: &[Event]) {
        if events.iter().any(|event| event.name == MembersChanged::NAME) {
            self.0.lock().clear();
        }
    }

    /// Those of these members, each once.
    pub async fn named(
        &self,
        tx: &mut Tx,
        at: &impl Tenanted,
        ids: impl Iterator<Item = MemberId>,
    ) -> Result<Vec<Person>> {
        let org = at.tenant().org();
        let ids: BTreeSet<MemberId> = ids.collect();
        let mut found = Vec::with_capacity(ids.len());
        let mut missing = Vec::new();
        {
            let known = self.0.lock();
            for id in ids {
                match known.get(&(org, id)) {
                    Some(person) => found.push(person.clone()),
                    None => missing.push(id),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read = read(tx, at, &missing).await?;
        let mut known = self.0.lock();
        // With the lock held: who forgets after this forgets these, too.
        if tx.may_be_remembered() {
            if known.len() + read.len() > MOST {
                known.clear();
            }
            known.extend(read.iter().map(|person| ((org, person.id), person.clone())));
        }
        drop(known);
        found.extend(read);
        found.sort_by_key(|person| person.id);
        Ok(found)
    }
}

async fn read(tx: &mut Tx, at: &impl Tenanted, ids: &[MemberId]) -> Result<Vec<Person>> {
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
