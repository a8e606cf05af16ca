//! Sessions and memberships for the dispatcher and the edge, with a memory in front of the database.
//!
//! What is remembered carries the person's generation as it was *before* the database was asked; a change of authority
//! raises it, so a memory older than the change is never used. A snapshot can be older than the generation: what it says is
//! remembered only if nothing was told since it began ([`Tx::may_be_remembered`]). With other processes on the same database, whose changes
//! are not heard of, the only thing remembered is whose a token is, for a moment, so that the edge knows whom to count: the
//! dispatcher asks the database within every action's own transaction.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use access::{Asking, Directory, Generations, Hold};
use kernel::time::{MINUTE, SECOND};
use kernel::{Actor, MemberId, Moment, OrgId, Person, Result, Role, SessionId, Timestamp, UserId};
use lru::LruCache;
use parking_lot::Mutex;
use store::{Row, Sql, Store, Tx, TxFuture, params};

use crate::token::TokenHash;
use crate::{Identity, account, installation, member, tenant, token};

/// People remembered at most.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);
/// A session's last use is written down at most this often.
const SEEN_EVERY: i64 = MINUTE;
/// How long the edge remembers whose a token is when other processes may end the session.
const MOMENT: i64 = 5 * SECOND;

const SESSION: &str = "SELECT s.id, s.user_id, a.super_admin, s.expires_at, s.last_seen_at FROM session s
  JOIN account a ON a.id = s.user_id WHERE s.token_hash = ?1 AND s.ended_at IS NULL AND a.state = 'active'";
const SESSION_BY_ID: &str =
    "SELECT s.id, s.user_id, a.super_admin, s.expires_at, s.last_seen_at FROM session s
  JOIN account a ON a.id = s.user_id WHERE s.id = ?1 AND s.ended_at IS NULL AND a.state = 'active'";

/// A value and the generation it belongs to.
#[derive(Clone)]
struct Stamped<T> {
    value: T,
    generation: u64,
    current: Arc<AtomicU64>,
}

/// A bounded memory of what is true of people.
struct Cache<K: Hash + Eq, T: Clone>(Mutex<LruCache<K, Stamped<T>>>);

impl<K: Hash + Eq, T: Clone> Cache<K, T> {
    fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    fn get(&self, key: &K) -> Option<T> {
        let mut cache = self.0.lock();
        let found = cache.get(key)?;
        if found.current.load(Ordering::SeqCst) == found.generation {
            return Some(found.value.clone());
        }
        cache.pop(key);
        None
    }

    fn clear(&self) {
        self.0.lock().clear();
    }

    fn put(&self, key: K, stamp: Stamp, value: T) {
        self.0.lock().put(key, Stamped { value, generation: stamp.0, current: stamp.1 });
    }
}

/// A person's generation, taken before the database is asked.
struct Stamp(u64, Arc<AtomicU64>);

/// Now, as a date and for measuring.
type Now = (Timestamp, Moment);

/// A session as it was read.
struct Live {
    person: Person,
    expires_at: Timestamp,
    last_seen_at: AtomicI64,
    /// The moment at which its last use was written down.
    written: AtomicI64,
    asked: Moment,
}

impl Live {
    fn read(row: &Row<'_>, (now, moment): Now) -> Result<Arc<Self>> {
        let seen: Timestamp = row.get(4)?;
        let written = moment.0.saturating_sub(now.0.saturating_sub(seen.0).clamp(0, SEEN_EVERY));
        let person = Person { session: row.get(0)?, user: row.get(1)?, super_admin: row.get(2)? };
        let (last_seen_at, written) = (AtomicI64::new(seen.0), AtomicI64::new(written));
        Ok(Arc::new(Self { person, expires_at: row.get(3)?, last_seen_at, written, asked: moment }))
    }

    fn is_live(&self, now: Timestamp, idle: i64) -> bool {
        now < self.expires_at && now.0.saturating_sub(self.last_seen_at.load(Ordering::Relaxed)) < idle
    }
}

/// What is remembered.
pub(crate) struct Memory {
    generations: Arc<Generations>,
    shared: bool,
    by_token: Cache<TokenHash, Arc<Live>>,
    by_session: Cache<SessionId, Arc<Live>>,
    memberships: Cache<(UserId, OrgId), (MemberId, Role)>,
    /// When sessions on open connections were last written down.
    touched: Mutex<LruCache<SessionId, Moment>>,
}

impl Memory {
    pub(crate) fn new(generations: Arc<Generations>, shared: bool) -> Self {
        let touched = Mutex::new(LruCache::new(MOST));
        let (by_token, by_session, memberships) = (Cache::new(), Cache::new(), Cache::new());
        Self { generations, shared, by_token, by_session, memberships, touched }
    }

    /// What is stored has been set right: a last use by a clock that was ahead is forgotten here, too.
    pub(crate) fn forget_sessions(&self) {
        self.by_token.clear();
        self.by_session.clear();
    }

    fn stamp(&self, user: UserId) -> Stamp {
        let current = self.generations.of(user);
        Stamp(current.load(Ordering::SeqCst), current)
    }
}

impl Identity {
    /// The person whose session this token is, if it is live: not ended, neither idle nor too old, the account active.
    /// `fresh`: ask the database if another process might have ended it; for those who do not go on to the dispatcher.
    pub async fn authenticate(
        &self,
        store: &Store,
        token: &str,
        now: Timestamp,
        fresh: bool,
    ) -> Result<Option<Person>> {
        let hash = token::hash(token);
        let memory = &self.0.memory;
        let moment = self.0.clock.moment();
        let recent = |live: &Arc<Live>| !fresh && moment.since(live.asked) < MOMENT;
        let live = match memory.by_token.get(&hash).filter(|live| !memory.shared || recent(live)) {
            Some(live) => live,
            None => match self.look_up(store, hash, (now, moment)).await? {
                Some(live) => live,
                None => return Ok(None),
            },
        };
        if !live.is_live(now, self.config().session_idle) {
            return Ok(None);
        }
        self.seen(store, &live, (now, moment));
        Ok(Some(live.person.clone()))
    }

    /// Notes that a person is active over a connection that stays open, so that their session does not go idle meanwhile.
    /// Cheap: at most one write a minute for each session, and nobody waits for it.
    pub fn touch(&self, store: &Store, person: &Person, now: Timestamp) {
        let (memory, moment) = (&self.0.memory, self.0.clock.moment());
        if let Some(live) = memory.by_session.get(&person.session) {
            if live.is_live(now, self.config().session_idle) {
                self.seen(store, &live, (now, moment));
            }
            return;
        }
        let mut touched = memory.touched.lock();
        if touched.get(&person.session).is_none_or(|last| moment.since(*last) >= SEEN_EVERY) {
            touched.put(person.session, moment);
            drop(touched);
            self.write_down(store, person.session, now);
        }
    }

    async fn look_up(&self, store: &Store, hash: TokenHash, now: Now) -> Result<Option<Arc<Live>>> {
        let memory = &self.0.memory;
        let read = || store.read(move |tx| Box::pin(by_token(tx, hash, now)));
        let Some(live) = read().await? else { return Ok(None) };
        if memory.shared {
            // A change that falls between reading and this is outlived by a moment at most, and at the edge only.
            memory.by_token.put(hash, memory.stamp(live.person.user), live.clone());
            return Ok(Some(live));
        }
        // Only now is it known whose generation counts; so take that, and ask again.
        let user = live.person.user;
        let (first, second) = (memory.stamp(user), memory.stamp(user));
        let Some(live) = read().await?.filter(|again| again.person.user == user) else { return Ok(None) };
        memory.by_session.put(live.person.session, first, live.clone());
        memory.by_token.put(hash, second, live.clone());
        Ok(Some(live))
    }

    /// Writes down, now and then and without keeping anyone waiting, that a session is in use.
    fn seen(&self, store: &Store, live: &Arc<Live>, (now, moment): Now) {
        // A clock that is wrong for a moment brings no session nearer to its end.
        live.last_seen_at.fetch_max(now.0, Ordering::Relaxed);
        let written = live.written.load(Ordering::Relaxed);
        let due = moment.0.saturating_sub(written) >= SEEN_EVERY;
        let ours = due
            && live.written.compare_exchange(written, moment.0, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if ours {
            self.write_down(store, live.person.session, now);
        }
    }

    fn write_down(&self, store: &Store, session: SessionId, now: Timestamp) {
        let (store, since) = (store.clone(), now.plus(-self.config().session_idle));
        tokio::spawn(async move {
            let write = store.write(move |tx| Box::pin(write_seen(tx, session, now, since)));
            if let Err(error) = write.await {
                tracing::warn!(?error, "a session's last use could not be written down");
            }
        });
    }
}

async fn by_token(tx: &mut Tx, hash: TokenHash, now: Now) -> Result<Option<Arc<Live>>> {
    tx.optional(SESSION, params![&hash], |row| Live::read(row, now)).await
}

async fn by_id(tx: &mut Tx, session: SessionId, now: Now) -> Result<Option<Arc<Live>>> {
    tx.optional(SESSION_BY_ID, params![session], |row| Live::read(row, now)).await
}

/// What has ended or gone idle in the meantime does not come back to life. A last use that lies ahead is set right once the
/// date is believed (`age.rs`), and not here: it may be the present clock that is wrong.
async fn write_seen(tx: &mut Tx, session: SessionId, now: Timestamp, since: Timestamp) -> Result<()> {
    let sql = "UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND ended_at IS NULL
               AND last_seen_at < ?2 AND last_seen_at > ?3";
    tx.execute(sql, params![session, now, since]).await.map(|_| ())
}

async fn membership(tx: &mut Tx, user: UserId, org: OrgId, held: bool) -> Result<Option<(MemberId, Role)>> {
    /// With what is added on PostgreSQL, a membership stays as it is until the transaction ends.
    const FIND: &str = "SELECT id, role FROM member WHERE org_id = ?1 AND user_id = ?2 AND state = 'active'";
    const HELD: Sql = Sql::each(
        FIND,
        "SELECT id, role FROM member WHERE org_id = ?1 AND user_id = ?2 AND state = 'active' FOR SHARE",
    );
    let sql = if held { HELD } else { FIND.into() };
    tx.within(&tenant::asked_about(org))
        .optional(sql, params![user], |row| Ok((row.get(0)?, row.get(1)?)))
        .await
}

impl Directory for Identity {
    fn hold(&self, tx: &mut Tx, actor: &Actor, org: Option<OrgId>, hold: Hold) {
        match (hold, org, actor.person()) {
            (Hold::Organisation, Some(org), _) => member::hold_organisation(tx, &tenant::asked_about(org)),
            (Hold::Account, _, Some(person)) => account::hold(tx, person.user),
            (Hold::Installation, ..) => installation::hold(tx),
            (Hold::Caller | Hold::Organisation | Hold::Account, ..) => {}
        }
    }

    fn is_live<'t>(&'t self, tx: &'t mut Tx, person: &'t Person, fresh: bool) -> TxFuture<'t, bool> {
        Box::pin(async move {
            let memory = &self.0.memory;
            let remember = !fresh && !memory.shared;
            let (now, idle) = (self.0.clock.now(), self.config().session_idle);
            let remembered = if remember { memory.by_session.get(&person.session) } else { None };
            // What is remembered as idle may have been used since by way of its token: then ask.
            let remembered = remembered.filter(|live| live.is_live(now, idle));
            let live = match remembered {
                Some(live) => live,
                None => {
                    let stamp = memory.stamp(person.user);
                    let Some(live) = by_id(tx, person.session, (now, self.0.clock.moment())).await? else {
                        return Ok(false);
                    };
                    if remember && live.person.user == person.user && tx.may_be_remembered() {
                        memory.by_session.put(person.session, stamp, live.clone());
                    }
                    live
                }
            };
            // Whoever is no administrator any more must not act as one with what the edge found earlier.
            let same = live.person.user == person.user && (live.person.super_admin || !person.super_admin);
            Ok(same && live.is_live(now, idle))
        })
    }

    fn membership<'t>(
        &'t self,
        tx: &'t mut Tx,
        user: UserId,
        org: OrgId,
        asking: Asking,
    ) -> TxFuture<'t, Option<(MemberId, Role)>> {
        Box::pin(async move {
            let memory = &self.0.memory;
            if asking != Asking::Remembered || memory.shared {
                return membership(tx, user, org, asking == Asking::Held).await;
            }
            if let Some(found) = memory.memberships.get(&(user, org)) {
                return Ok(Some(found));
            }
            let stamp = memory.stamp(user);
            let found = membership(tx, user, org, false).await?;
            if let Some(found) = found.filter(|_| tx.may_be_remembered()) {
                memory.memberships.put((user, org), stamp, found);
            }
            Ok(found)
        })
    }
}
