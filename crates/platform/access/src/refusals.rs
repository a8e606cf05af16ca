//! Refusals on their way into the ledger (AUTHZ-3, AUDIT-1): the first of a kind at once, what follows within a minute as
//! one entry that counts them. So no fact is lost, and nobody can make the ledger grow by being refused.

use std::collections::HashMap;
use std::net::IpAddr;

use kernel::time::MINUTE;
use kernel::{Code, Credential, Cx, Error, Moment, OrgId, Principal, Result, Subject, Timestamp};
use parking_lot::Mutex;

use crate::dispatch::{Dispatcher, is_super};
use crate::ledger::{Entry, Outcome};
use crate::operation::{Audit, Operation, Permission};

/// How long refusals of one kind are counted before their sum is written.
pub(crate) const WINDOW: i64 = MINUTE;
/// Entries that one person or address gets at once in a window; more kinds are counted together, by operation.
const AT_ONCE: usize = 20;
/// Entries that all get at once in a window; beyond them everybody is counted together, by operation.
const IN_ALL: usize = 600;
/// Things that a sum over several names.
const NAMED: usize = 32;

/// Who is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Subject(Subject),
    Network(IpAddr),
    Unknown,
    /// Everybody together.
    Many,
}

/// One kind of refusal. A kind without `exactly` is a sum over several.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    source: Source,
    org: Option<OrgId>,
    action: &'static str,
    outcome: Outcome,
    exactly: Option<Exactly>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Exactly {
    code: Option<String>,
    resource: Option<String>,
    policy: Option<String>,
}

struct Window {
    since: Moment,
    first: Entry,
    /// Refusals that have no entry yet.
    more: u64,
    until: Timestamp,
    resources: Vec<String>,
}

#[derive(Default)]
struct Table {
    windows: HashMap<Kind, Window>,
    /// How many kinds of one source have a window of their own.
    of_source: HashMap<Source, usize>,
    exact: usize,
    /// Sums that wait to be written.
    due: Vec<Entry>,
}

/// The refusals of the last minute.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Table>);

fn source(entry: &Entry) -> Source {
    match (entry.principal.subject, entry.request.address) {
        (subject @ (Subject::User(_) | Subject::ServiceAccount(_)), _) => Source::Subject(subject),
        (_, Some(address)) => Source::Network(kernel::net::subscriber(address)),
        (_, None) => Source::Unknown,
    }
}

impl Refusals {
    /// Whether this refusal is written down now; otherwise it is counted. `now` may be asked for twice by the same request,
    /// when its transaction is run again.
    pub(crate) fn is_written_now(&self, entry: &Entry, now: Moment) -> bool {
        if entry.principal.is_console() {
            return true;
        }
        let mut table = self.0.lock();
        let code = entry.notes.iter().find(|(key, _)| *key == "code").map(|(_, code)| code.clone());
        let exactly = Exactly { code, resource: entry.resource.clone(), policy: entry.policy.clone() };
        let mut kind = Kind {
            source: source(entry),
            org: entry.org,
            action: entry.action,
            outcome: entry.outcome,
            exactly: Some(exactly),
        };
        table.close(&kind, now);
        if let Some(window) = table.windows.get_mut(&kind) {
            return window.first.request.id == entry.request.id || window.count(entry);
        }
        let mine = table.of_source.get(&kind.source).copied().unwrap_or_default();
        if mine < AT_ONCE && table.exact < IN_ALL {
            *table.of_source.entry(kind.source).or_default() += 1;
            table.exact += 1;
            table.windows.insert(kind, Window::of(entry, now));
            return true;
        }
        // A sum over several; what it is of is named in it.
        kind.exactly = None;
        if table.windows.len() >= 2 * IN_ALL && !table.windows.contains_key(&kind) {
            kind.source = Source::Many;
        }
        table.close(&kind, now);
        table.windows.entry(kind).or_insert_with(|| Window::of(entry, now)).count(entry);
        false
    }

    /// The sums that are due: those of windows that have ended, or all when the server stops.
    pub(crate) fn due(&self, now: Moment, all: bool) -> Vec<Entry> {
        let mut table = self.0.lock();
        let ended = |window: &Window| all || window.is_over(now);
        let kinds: Vec<Kind> =
            table.windows.iter().filter(|(_, window)| ended(window)).map(|(kind, _)| kind.clone()).collect();
        for kind in kinds {
            table.end(&kind);
        }
        std::mem::take(&mut table.due)
    }

    /// They could not be written: they stay due.
    pub(crate) fn put_back(&self, entries: Vec<Entry>) {
        self.0.lock().due.extend(entries);
    }
}

impl Table {
    /// Ends a kind's window if its time is over.
    fn close(&mut self, kind: &Kind, now: Moment) {
        if self.windows.get(kind).is_some_and(|window| window.is_over(now)) {
            self.end(kind);
        }
    }

    fn end(&mut self, kind: &Kind) {
        let Some(window) = self.windows.remove(kind) else { return };
        if kind.exactly.is_some() {
            self.exact -= 1;
            if let Some(mine) = self.of_source.get_mut(&kind.source) {
                *mine -= 1;
                if *mine == 0 {
                    self.of_source.remove(&kind.source);
                }
            }
        }
        if window.more > 0 {
            self.due.push(window.sum(kind));
        }
    }
}

impl Window {
    fn of(entry: &Entry, since: Moment) -> Self {
        Self { since, first: entry.clone(), more: 0, until: entry.at, resources: Vec::new() }
    }

    fn is_over(&self, now: Moment) -> bool {
        now.since(self.since) >= WINDOW
    }

    /// One more. Says `false`: it is not written now.
    fn count(&mut self, entry: &Entry) -> bool {
        self.more += 1;
        self.until = entry.at;
        if let Some(resource) = &entry.resource
            && self.resources.len() < NAMED
            && !self.resources.contains(resource)
        {
            self.resources.push(resource.clone());
        }
        false
    }

    /// The entry that stands for all that were only counted.
    fn sum(self, kind: &Kind) -> Entry {
        let mut entry = self.first;
        entry.notes.push(("more", self.more.to_string()));
        entry.notes.push(("since", entry.at.0.to_string()));
        entry.notes.push(("until", self.until.0.to_string()));
        if kind.exactly.is_none() {
            entry.resource = None;
            entry.notes.retain(|(key, _)| *key != "code");
            if !self.resources.is_empty() {
                entry.notes.push(("resources", self.resources.join(" ")));
            }
        }
        if kind.source == Source::Many {
            entry.principal = Principal::anonymous();
            entry.request.address = None;
            entry.request.device = "".into();
        }
        entry.at = self.until;
        entry
    }
}

impl Dispatcher {
    /// A refusal leaves no rows, so it has an entry of its own: denials always (AUTHZ-3), other failures where the operation
    /// is audited. What kept its rows has its entry already.
    pub(crate) async fn record_refusal<O: Operation>(
        &self,
        cx: &Cx,
        org: Option<kernel::OrgId>,
        error: &Error,
    ) -> Result<()> {
        let asks = match O::PERMISSION {
            Permission::Policy => true,
            Permission::SuperAdmin => !is_super(&cx.principal),
            Permission::Console(_) => !cx.principal.is_console(),
            // What a token is not good for.
            Permission::Public(_) | Permission::Account(_) => cx.principal.token().is_some(),
        };
        let denied = asks && matches!(error.code, Code::Forbidden | Code::NotFound);
        let outcome = if denied { Outcome::Denied } else { Outcome::Failed };
        if error.keep || error.is_fault() || !(denied || O::AUDIT == Audit::Entry) {
            return Ok(());
        }
        let principal = cx.best_known();
        // Somebody who is not of the organisation must not write into its ledger: that is the installation's to know.
        let org = org.filter(|org| {
            let by_token = matches!(principal.credential, Credential::Token(own, _) if own == *org);
            by_token || principal.membership.is_some_and(|own| own.org == *org)
        });
        let (mut notes, resource) = cx.take_notes();
        notes.push(("code", error.code.as_str().to_owned()));
        let policy = match O::PERMISSION {
            Permission::Policy => Some(self.policy().text(O::ID)),
            Permission::SuperAdmin => Some(crate::policy::SUPER_ADMIN.to_owned()),
            Permission::Console(_) => Some(crate::policy::CONSOLE.to_owned()),
            Permission::Public(_) | Permission::Account(_) => None,
        };
        let known = cx.known_as(principal);
        let entry = self.entry::<O>(&known, org, outcome, resource, policy, notes);
        if !self.0.refusals.is_written_now(&entry, self.moment()) {
            return Ok(());
        }
        self.write_down(vec![entry]).await
    }

    async fn write_down(&self, entries: Vec<Entry>) -> Result<()> {
        let ledger = self.0.parts.ledger.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    for entry in entries {
                        ledger.append(tx, entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Writes down the refusals that were only counted, once their minute is over; all of them when the server stops.
    pub async fn settle_refusals(&self, all: bool) -> Result<()> {
        let due = self.0.refusals.due(self.moment(), all);
        if due.is_empty() {
            return Ok(());
        }
        let written = self.write_down(due.clone()).await;
        if written.is_err() {
            self.0.refusals.put_back(due);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use kernel::time::SECOND;
    use kernel::{Request, RequestId};
    use uuid::Uuid;

    use super::*;

    fn refusal(n: u128, address: [u8; 4], resource: &str, at: i64) -> Entry {
        let request = Request {
            id: RequestId(Uuid::from_u128(n)),
            address: Some(IpAddr::from(address)),
            device: "test".into(),
            idempotency_key: None,
        };
        Entry {
            org: None,
            at: Timestamp(at),
            principal: Principal::anonymous(),
            action: "invitation.accept",
            outcome: Outcome::Failed,
            resource: Some(resource.to_owned()),
            policy: None,
            request,
            notes: vec![("code", "link_expired".to_owned())],
        }
    }

    fn more_of(notes: &[(&'static str, String)]) -> u64 {
        let more = notes.iter().find(|(key, _)| *key == "more");
        more.and_then(|(_, more)| more.parse().ok()).unwrap_or_default()
    }

    const ONE: [u8; 4] = [192, 0, 2, 1];

    // REQ AUDIT-1 AUTHZ-3
    #[test]
    fn the_first_is_written_at_once_and_the_others_are_counted() {
        let refusals = Refusals::default();
        let at = |n: i64| n * SECOND / 20;
        let written: Vec<bool> = (0..776)
            .map(|n| refusals.is_written_now(&refusal(n as u128, ONE, "x", at(n)), Moment(at(n))))
            .collect();
        assert_eq!(written.iter().filter(|now| **now).count(), 1);
        assert!(written[0] && refusals.due(Moment(at(776)), false).is_empty());
        // The same request, run again, is the same refusal.
        assert!(refusals.is_written_now(&refusal(0, ONE, "x", 0), Moment(0)));
        let sums = refusals.due(Moment(WINDOW), false);
        assert_eq!(sums.len(), 1);
        assert_eq!((more_of(&sums[0].notes), sums[0].at), (775, Timestamp(at(775))));
        assert_eq!(sums[0].resource.as_deref(), Some("x"));
        refusals.put_back(sums);
        assert_eq!(refusals.due(Moment(WINDOW), false).len(), 1);
        // A new window begins with an entry of its own.
        assert!(refusals.is_written_now(&refusal(1000, ONE, "x", WINDOW), Moment(WINDOW)));
        assert!(refusals.due(Moment(3 * WINDOW), true).is_empty());
        assert!(refusals.0.lock().of_source.is_empty());
    }

    // REQ AUDIT-1
    #[test]
    fn many_kinds_and_many_sources_are_bounded_and_all_are_counted() {
        let refusals = Refusals::default();
        let mut at_once = 0;
        for n in 0..1000u128 {
            at_once += u64::from(refusals.is_written_now(&refusal(n, ONE, &format!("x{n}"), 0), Moment(0)));
        }
        assert_eq!(at_once, AT_ONCE as u64);
        for n in 1000..11_000u32 {
            let [_, b, c, d] = n.to_be_bytes();
            at_once +=
                u64::from(refusals.is_written_now(&refusal(n.into(), [10, b, c, d], "y", 0), Moment(0)));
        }
        assert_eq!(at_once, IN_ALL as u64);
        let sums = refusals.due(Moment(WINDOW), false);
        assert!(sums.len() <= 2 * IN_ALL + 1, "{}", sums.len());
        assert_eq!(at_once + sums.iter().map(|sum| more_of(&sum.notes)).sum::<u64>(), 11_000);
        let named = sums.iter().find(|sum| sum.request.address == Some(ONE.into())).unwrap();
        let resources = named.notes.iter().find(|(key, _)| *key == "resources").unwrap();
        assert!(resources.1.starts_with("x20 x21 "), "{}", resources.1);
    }
}
