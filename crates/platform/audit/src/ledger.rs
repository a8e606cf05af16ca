//! Appending: one statement, which also looks up the actor's name as it is now.

use std::sync::Arc;

use crate::AuditId;
use access::{Entry, Ledger, Outcome};
use kernel::cx::uuid_v7;
use kernel::{Entropy, Error, MemberId, Principal, Result, Subject, UserId};
use serde_json::{Map, Value};
use store::{Tx, TxFuture, params};

/// Names are written down as they are today: who an entry names must not change when they marry or leave.
const APPEND: &str =
    "INSERT INTO audit_entry (org_id, id, at, actor_kind, actor_id, actor_name, action, outcome, resource,
    policy, address, device, request_id, detail)
  VALUES (?1, ?2, ?3, ?4, ?5,
    coalesce((SELECT m.name FROM member m WHERE m.org_id = ?1 AND m.id = ?6),
             (SELECT a.name FROM account a WHERE a.id = ?7), ?8),
    ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// Keeps audit entries in the database.
pub struct AuditLedger {
    entropy: Arc<dyn Entropy>,
}

/// Who acted, as the ledger names them.
struct Named {
    kind: &'static str,
    id: Option<String>,
    member: Option<MemberId>,
    user: Option<UserId>,
    otherwise: &'static str,
}

fn named(principal: &Principal) -> Named {
    let nobody = |kind, otherwise| Named { kind, id: None, member: None, user: None, otherwise };
    match (principal.subject, principal.member()) {
        (Subject::Anonymous, _) => nobody("anonymous", "Anonymous"),
        (Subject::Console, _) => nobody("console", "Administrator at the console"),
        (Subject::System, _) => nobody("system", "Holdfast"),
        (Subject::User(user), None) => {
            Named { id: Some(user.to_string()), user: Some(user), ..nobody("user", "Unknown") }
        }
        (Subject::User(user), Some(member)) => Named {
            id: Some(member.to_string()),
            member: Some(member),
            user: Some(user),
            ..nobody("member", "Unknown")
        },
        (Subject::ServiceAccount(member), _) => Named {
            id: Some(member.to_string()),
            member: Some(member),
            ..nobody("service_account", "A service account")
        },
    }
}

impl AuditLedger {
    /// A ledger that takes its ids' random part from here.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy }
    }

    async fn keep(&self, tx: &mut Tx, entry: Entry) -> Result<()> {
        let tenant = crate::ledger_of(entry.org);
        let id = AuditId(uuid_v7(entry.at, &*self.entropy));
        let who = named(&entry.principal);
        let outcome = match entry.outcome {
            Outcome::Ok => "ok",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        };
        let detail: Map<String, Value> =
            entry.notes.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect();
        let detail = serde_json::to_string(&detail).map_err(Error::internal)?;
        let address = entry.request.address.map(|a| a.to_string());
        let request = entry.request.id.to_string();
        tx.within(&tenant)
            .execute(
                APPEND,
                params![
                    id,
                    entry.at,
                    who.kind,
                    who.id.as_deref(),
                    who.member,
                    who.user,
                    who.otherwise,
                    entry.action,
                    outcome,
                    entry.resource.as_deref(),
                    entry.policy.as_deref(),
                    address.as_deref(),
                    &*entry.request.device,
                    &request,
                    &detail,
                ],
            )
            .await
            .map(|_| ())
    }
}

impl Ledger for AuditLedger {
    fn append<'t>(&'t self, tx: &'t mut Tx, entry: Entry) -> TxFuture<'t, ()> {
        Box::pin(self.keep(tx, entry))
    }
}
