//! Credentials and memberships for the dispatcher and the edge, with a memory in front of the database.
//!
//! A snapshot can be older than the generation that is stamped on what it says: that is remembered only if nothing was told
//! since the snapshot began ([`Tx::may_be_remembered`]). With other processes on the same database, whose changes are not heard
//! of, the only thing remembered is whose a secret is, for a moment, so that the edge knows whom to count: the dispatcher asks
//! the database within every action's own transaction.

mod live;
mod memory;

use std::sync::Arc;

use access::{Asking, Directory, Hold};
use kernel::time::SECOND;
use kernel::{Credential, Membership, OrgId, Principal, Result, Secret, Subject, Timestamp};
use store::{Sql, Store, Tx, TxFuture, params};

use crate::{Identity, account, installation, member, secret, tenant, token};
use live::{Live, Now, SEEN_EVERY};
pub(crate) use memory::Memory;

/// How long the edge remembers whose a secret is when other processes may withdraw it.
const MOMENT: i64 = 5 * SECOND;

/// What a caller shows of themselves.
#[derive(Clone)]
pub enum Shown {
    /// The value of the session cookie.
    Session(Secret),
    /// A token, as it stands behind `Bearer`.
    Token(Secret),
}

impl Identity {
    /// Whose session or token this is, if it is in force: not ended, neither idle nor expired, its account or member active.
    /// `fresh`: ask the database if another process might have ended it; for those who do not go on to the dispatcher.
    pub async fn authenticate(
        &self,
        store: &Store,
        shown: &Shown,
        now: Timestamp,
        fresh: bool,
    ) -> Result<Option<Principal>> {
        let hash = match shown {
            Shown::Token(token) if !token::looks_like_one(token) => return Ok(None),
            Shown::Session(secret) | Shown::Token(secret) => secret::hash(secret.reveal()),
        };
        let memory = &self.0.memory;
        let moment = self.0.clock.moment();
        let recent = |live: &Arc<Live>| !fresh && moment.since(live.asked) < MOMENT;
        // The same text hashes to the same, so what is found must be of the kind that was shown.
        let same_kind = |live: &Arc<Live>| {
            matches!(
                (shown, live.principal.credential),
                (Shown::Session(_), Credential::Session(_)) | (Shown::Token(_), Credential::Token(..))
            )
        };
        let remembered = memory.by_secret.get(&hash).filter(same_kind);
        let live = match remembered.filter(|live| !memory.shared || recent(live)) {
            Some(live) => live,
            None => match self.look_up(store, shown, hash, (now, moment)).await? {
                Some(live) => live,
                None => return Ok(None),
            },
        };
        if !live.is_live(now, self.config().session_idle) {
            return Ok(None);
        }
        self.seen(store, &live, (now, moment));
        Ok(Some(live.principal.clone()))
    }

    /// Notes that somebody is active over a connection that stays open, so that their session does not go idle meanwhile.
    /// Cheap: at most one write a minute for each credential, and nobody waits for it.
    pub fn touch(&self, store: &Store, principal: &Principal, now: Timestamp) {
        let (memory, moment, credential) = (&self.0.memory, self.0.clock.moment(), principal.credential);
        if let Some(live) = memory.by_credential.get(&credential) {
            if live.is_live(now, self.config().session_idle) {
                self.seen(store, &live, (now, moment));
            }
            return;
        }
        let mut touched = memory.touched.lock();
        if touched.get(&credential).is_none_or(|last| moment.since(*last) >= SEEN_EVERY) {
            touched.put(credential, moment);
            drop(touched);
            self.write_down(store, credential, now);
        }
    }

    async fn look_up(
        &self,
        store: &Store,
        shown: &Shown,
        hash: secret::SecretHash,
        now: Now,
    ) -> Result<Option<Arc<Live>>> {
        let memory = &self.0.memory;
        let is_token = matches!(shown, Shown::Token(_));
        let read = || {
            store.read(move |tx| {
                Box::pin(async move {
                    if is_token {
                        live::token(tx, hash, now).await
                    } else {
                        live::session(tx, hash, now).await
                    }
                })
            })
        };
        let Some(live) = read().await? else { return Ok(None) };
        let subject = live.principal.subject;
        if memory.shared {
            // A change that falls between reading and this is outlived by a moment at most, and at the edge only.
            memory.by_secret.put(hash, memory.stamp(subject), live.clone());
            return Ok(Some(live));
        }
        // Only now is it known whose generation counts; so take that, and ask again.
        let (first, second) = (memory.stamp(subject), memory.stamp(subject));
        let again = read().await?.filter(|again| again.principal.subject == subject);
        let Some(live) = again else { return Ok(None) };
        memory.by_credential.put(live.principal.credential, first, live.clone());
        memory.by_secret.put(hash, second, live.clone());
        Ok(Some(live))
    }

    /// Writes down, now and then and without keeping anyone waiting, that a credential is in use.
    fn seen(&self, store: &Store, live: &Arc<Live>, now: Now) {
        if live.seen(now) {
            self.write_down(store, live.principal.credential, now.0);
        }
    }

    fn write_down(&self, store: &Store, credential: Credential, now: Timestamp) {
        let (store, since) = (store.clone(), now.plus(-self.config().session_idle));
        tokio::spawn(async move {
            let write = store.write(move |tx| Box::pin(live::write_seen(tx, credential, now, since)));
            if let Err(error) = write.await {
                tracing::warn!(?error, "the last use of a session or token could not be written down");
            }
        });
    }
}

async fn membership(tx: &mut Tx, subject: Subject, org: OrgId, held: bool) -> Result<Option<Membership>> {
    /// With what is added on PostgreSQL, a membership stays as it is until the transaction ends.
    const USER: &str = "SELECT id, role FROM member WHERE org_id = ?1 AND user_id = ?2 AND state = 'active'";
    const USER_HELD: Sql = Sql::each(
        USER,
        "SELECT id, role FROM member WHERE org_id = ?1 AND user_id = ?2 AND state = 'active' FOR SHARE",
    );
    const SERVICE: &str =
        "SELECT id, role FROM member WHERE org_id = ?1 AND id = ?2 AND kind = 'service' AND state = 'active'";
    const SERVICE_HELD: Sql = Sql::each(
        SERVICE,
        "SELECT id, role FROM member WHERE org_id = ?1 AND id = ?2 AND kind = 'service' AND state = 'active' FOR SHARE",
    );
    let (id, sql) = match subject {
        Subject::User(user) => (user.0, if held { USER_HELD } else { USER.into() }),
        Subject::ServiceAccount(member) => (member.0, if held { SERVICE_HELD } else { SERVICE.into() }),
        Subject::Anonymous | Subject::Console | Subject::System => return Ok(None),
    };
    tx.within(&tenant::asked_about(org))
        .optional(sql, params![id], |row| Ok(Membership { org, member: row.get(0)?, role: row.get(1)? }))
        .await
}

impl Directory for Identity {
    fn hold(&self, tx: &mut Tx, principal: &Principal, org: Option<OrgId>, hold: Hold) {
        match (hold, org, principal.user()) {
            (Hold::Organisation, Some(org), _) => member::hold_organisation(tx, &tenant::asked_about(org)),
            (Hold::Account, _, Some(user)) => account::hold(tx, user),
            (Hold::Installation, ..) => installation::hold(tx),
            (Hold::Caller | Hold::Organisation | Hold::Account, ..) => {}
        }
    }

    fn is_live<'t>(&'t self, tx: &'t mut Tx, principal: &'t Principal, fresh: bool) -> TxFuture<'t, bool> {
        Box::pin(async move {
            let memory = &self.0.memory;
            let remember = !fresh && !memory.shared;
            let (now, idle) = (self.0.clock.now(), self.config().session_idle);
            let credential = principal.credential;
            let remembered = if remember { memory.by_credential.get(&credential) } else { None };
            // What is remembered as idle may have been used since by way of its secret: then ask.
            let remembered = remembered.filter(|live| live.is_live(now, idle));
            let live = match remembered {
                Some(live) => live,
                None => {
                    let stamp = memory.stamp(principal.subject);
                    let asked = (now, self.0.clock.moment());
                    let Some(live) = live::by_credential(tx, credential, asked).await? else {
                        return Ok(false);
                    };
                    let same = live.principal.subject == principal.subject;
                    if remember && same && tx.may_be_remembered() {
                        memory.by_credential.put(credential, stamp, live.clone());
                    }
                    live
                }
            };
            // Whoever is no administrator any more must not act as one with what the edge found earlier. What a token is good for
            // never changes.
            let same = live.principal.subject == principal.subject
                && live.principal.scopes == principal.scopes
                && (live.principal.super_admin || !principal.super_admin);
            Ok(same && live.is_live(now, idle))
        })
    }

    fn membership<'t>(
        &'t self,
        tx: &'t mut Tx,
        principal: &'t Principal,
        org: OrgId,
        asking: Asking,
    ) -> TxFuture<'t, Option<Membership>> {
        Box::pin(async move {
            // A token is good in its own organisation, wherever else its holder may belong.
            if matches!(principal.credential, Credential::Token(own, _) if own != org) {
                return Ok(None);
            }
            let (memory, subject) = (&self.0.memory, principal.subject);
            if asking != Asking::Remembered || memory.shared {
                return membership(tx, subject, org, asking == Asking::Held).await;
            }
            if let Some(found) = memory.memberships.get(&(subject, org)) {
                return Ok(Some(found));
            }
            let stamp = memory.stamp(subject);
            let found = membership(tx, subject, org, false).await?;
            if let Some(found) = found.filter(|_| tx.may_be_remembered()) {
                memory.memberships.put((subject, org), stamp, found);
            }
            Ok(found)
        })
    }
}
