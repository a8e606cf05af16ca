//! Who listens to what on this node, and the one task that hands committed events to them in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use kernel::{Committed, Event, MemberId, OrgId, Principal, Scopes, Subject, Topic};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::Connection;
use crate::delivery::{Batch, Delivery};
use crate::frame::Frame;
use crate::heads::{self, Heads};

/// How long an entry waits for one with a lower number that a slower connection is about to report. After that it goes out
/// and the clients fetch the gap from the log.
const PATIENCE: Duration = Duration::from_millis(500);
/// Connections written to before others get a turn: each may cost a call of the operating system.
const TURN: usize = 32;
/// Bytes of a topic's entries that go out together, about: well below what may wait for one connection.
const PART: usize = 256 << 10;

/// An event without data.
const NO_DATA: &str = "{}";

/// A socket's number on this node.
pub(crate) type SocketId = u64;

struct Listener {
    connection: Arc<Connection>,
    subject: Subject,
    scopes: Scopes,
    memberships: Vec<(OrgId, MemberId)>,
}

/// What the hub knows of a topic that somebody subscribed to.
#[derive(Default)]
struct Subscribed {
    listeners: Vec<(SocketId, Arc<Connection>)>,
    /// The newest number that was put in order.
    head: i64,
    /// The newest number that every listener was told.
    told: i64,
    /// Frames of entries whose predecessors have not come yet.
    held: BTreeMap<i64, Bytes>,
}

/// A delivery, and to whom it goes.
type Addressed = (Vec<Arc<Connection>>, Delivery);

#[derive(Default)]
struct State {
    topics: HashMap<Topic, Subscribed>,
    sockets: HashMap<SocketId, Listener>,
    orgs: HashMap<OrgId, Vec<SocketId>>,
    subjects: HashMap<Subject, Vec<SocketId>>,
    /// Topics of which entries are held back, and until when.
    holding: HashMap<Topic, Instant>,
}

/// The hub of this node.
pub struct Hub {
    state: Mutex<State>,
    commits: mpsc::UnboundedSender<Committed>,
    next_socket: AtomicU64,
    stopping: AtomicBool,
}

impl Hub {
    /// Starts the hub's task on the running runtime. It ends when the hub is dropped.
    pub fn start() -> Arc<Self> {
        let (commits, queue) = mpsc::unbounded_channel();
        let hub = Arc::new(Self {
            state: Mutex::default(),
            commits,
            next_socket: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        tokio::spawn(fan_out(Arc::downgrade(&hub), queue));
        hub
    }

    /// From now on looks whether the database knows more than this node was told of. For one that others write to as well,
    /// or whose answers can be lost on the way.
    pub fn watch(self: &Arc<Self>, heads: Heads, heartbeat: Duration) {
        tokio::spawn(heads::watch(Arc::downgrade(self), heads, heartbeat));
    }

    /// Takes what was committed, in commit order. Never blocks: the store's writing thread calls it.
    pub fn publish(&self, committed: Committed) {
        // The task is gone only when the process is going.
        drop(self.commits.send(committed));
    }

    /// How many sockets are open.
    pub fn connections(&self) -> usize {
        self.state.lock().sockets.len()
    }

    /// Tells every socket to come back later, and takes no new ones.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.send_away();
    }

    /// Tells every socket to come back: what they were told is not what there is any more.
    pub fn send_away(&self) {
        for listener in self.state.lock().sockets.values() {
            listener.connection.stop();
        }
    }

    /// A new socket, if this subject may have one more. One that comes while the hub stops is told so at once.
    pub(crate) fn enter(
        &self,
        principal: &Principal,
        connection: &Arc<Connection>,
        most: usize,
    ) -> Option<SocketId> {
        let mut state = self.state.lock();
        if self.stopping.load(Ordering::SeqCst) {
            connection.stop();
        }
        let own = state.subjects.entry(principal.subject).or_default();
        if own.len() >= most {
            return None;
        }
        let id = self.next_socket.fetch_add(1, Ordering::Relaxed);
        own.push(id);
        state.sockets.insert(
            id,
            Listener {
                connection: connection.clone(),
                subject: principal.subject,
                scopes: principal.scopes.clone(),
                memberships: Vec::new(),
            },
        );
        Some(id)
    }

    /// Where the socket's person is a member now. Returns the organisations in which they were one and are not any more.
    pub(crate) fn set_memberships(&self, id: SocketId, now: Vec<(OrgId, MemberId)>) -> Vec<OrgId> {
        let mut state = self.state.lock();
        let Some(listener) = state.sockets.get_mut(&id) else { return Vec::new() };
        let before = std::mem::replace(&mut listener.memberships, now.clone());
        let mut left = Vec::new();
        for (org, _) in before {
            remove(&mut state.orgs, org, id);
            if now.iter().all(|(still, _)| *still != org) {
                left.push(org);
            }
        }
        for (org, _) in now {
            state.orgs.entry(org).or_default().push(id);
        }
        left
    }

    /// A socket is closed.
    pub(crate) fn leave(&self, id: SocketId, topics: impl Iterator<Item = Topic>) {
        let mut state = self.state.lock();
        if let Some(listener) = state.sockets.remove(&id) {
            remove(&mut state.subjects, listener.subject, id);
            for (org, _) in listener.memberships {
                remove(&mut state.orgs, org, id);
            }
        }
        for topic in topics {
            detach(&mut state, id, topic);
        }
    }

    /// From now on the socket receives this topic's log.
    pub(crate) fn attach(&self, id: SocketId, connection: &Arc<Connection>, topic: Topic) {
        let mut state = self.state.lock();
        let listeners = &mut state.topics.entry(topic).or_default().listeners;
        if !listeners.iter().any(|(known, _)| *known == id) {
            listeners.push((id, connection.clone()));
        }
    }

    /// No longer.
    pub(crate) fn detach(&self, id: SocketId, topic: Topic) {
        detach(&mut self.state.lock(), id, topic);
    }

    /// The newest number of each of these topics that all its listeners were told: who has less has missed something.
    pub(crate) fn heads(&self, topics: impl Iterator<Item = (Topic, i64)>) -> BTreeMap<String, i64> {
        let state = self.state.lock();
        topics
            .map(|(topic, seen)| {
                (topic.to_string(), state.topics.get(&topic).map_or(seen, |known| known.told.max(seen)))
            })
            .collect()
    }

    /// The topics that somebody subscribed to, by kind and organisation.
    pub(crate) fn topics(&self) -> HashMap<(&'static str, OrgId), Vec<Uuid>> {
        let mut all: HashMap<_, Vec<Uuid>> = HashMap::new();
        for topic in self.state.lock().topics.keys() {
            all.entry((topic.kind, topic.org)).or_default().push(topic.id);
        }
        all
    }

    /// These are the topics' newest numbers in the database, which has had time to report them: whoever has less is told to
    /// ask for the rest.
    pub(crate) fn missed(&self, heads: &[(Topic, i64)]) {
        let mut state = self.state.lock();
        for (topic, head) in heads {
            let Some(known) = state.topics.get_mut(topic).filter(|known| known.told < *head) else {
                continue;
            };
            known.told = *head;
            for (_, connection) in &known.listeners {
                if connection.lacks(*topic, *head) {
                    connection.beat.notify_one();
                }
            }
        }
    }

    /// Puts what was committed in order: what is to be delivered now, and to whom.
    fn sort(&self, committed: impl Iterator<Item = Committed>, now: Instant) -> Vec<Addressed> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let mut batches: HashMap<Topic, Batch> = HashMap::new();
        let mut told = HashSet::new();
        let mut out = Vec::new();
        for Committed { events, authority, .. } in committed {
            for event in events {
                let topic = event.topic;
                let Some(seq) = event.seq else {
                    // What has no data only says what to fetch anew: once is enough.
                    if event.data != NO_DATA || told.insert((topic, event.name)) {
                        out.extend(state.address(&event));
                    }
                    continue;
                };
                let Some(known) = state.topics.get_mut(&topic) else { continue };
                let Some(frame) = encode(&event) else { continue };
                known.held.insert(seq, frame);
                let batch = batches.entry(topic).or_default();
                known.release(batch);
                if batch.len() > PART {
                    out.extend(known.deliver(topic, std::mem::take(batch)));
                }
                if known.held.is_empty() {
                    state.holding.remove(&topic);
                } else {
                    state.holding.entry(topic).or_insert(now + PATIENCE);
                }
            }
            // Their generation has grown before this; the wake-up only saves waiting for the next frame.
            for subject in authority {
                for listener in listeners(&state.subjects, &state.sockets, &subject) {
                    listener.connection.wake.notify_one();
                }
            }
        }
        for (topic, batch) in batches {
            out.extend(state.topics.get(&topic).and_then(|known| known.deliver(topic, batch)));
        }
        out
    }

    /// When the next topic has waited long enough.
    fn patience_ends(&self) -> Option<Instant> {
        self.state.lock().holding.values().min().copied()
    }

    /// Lets go of what has waited long enough.
    fn lose_patience(&self, now: Instant) -> Vec<Addressed> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let overdue: Vec<Topic> =
            state.holding.extract_if(|_, until| *until <= now).map(|(topic, _)| topic).collect();
        let mut out = Vec::new();
        for topic in overdue {
            let Some(known) = state.topics.get_mut(&topic) else { continue };
            let mut batch = Batch::default();
            for (seq, frame) in std::mem::take(&mut known.held) {
                batch.push(seq, &frame);
                known.head = known.head.max(seq);
                if batch.len() > PART {
                    out.extend(known.deliver(topic, std::mem::take(&mut batch)));
                }
            }
            out.extend(known.deliver(topic, batch));
        }
        out
    }

    async fn deliver(&self, deliveries: Vec<Addressed>) {
        let mut turn = 0;
        for (connections, delivery) in deliveries {
            for connection in connections {
                // Everybody depends on this task: what breaks in one connection ends that one.
                if catch_unwind(AssertUnwindSafe(|| connection.deliver(&delivery))).is_err() {
                    connection.lost();
                }
                turn += 1;
                if turn % TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
            if let Delivery::Entries(entries) = delivery
                && let Some(known) = self.state.lock().topics.get_mut(&entries.topic)
            {
                known.told = known.told.max(entries.last());
            }
        }
    }
}

impl State {
    /// To whom an event goes that is not logged: everybody in the organisation, the member's own sockets, or those who have
    /// subscribed to its topic.
    fn address(&self, event: &Event) -> Option<Addressed> {
        let Topic { kind, org, id } = event.topic;
        let to = match kind {
            OrgId::PREFIX => {
                let good = |l: &&Listener| l.may_hear(event.name);
                connections(listeners(&self.orgs, &self.sockets, &org).filter(good))
            }
            MemberId::PREFIX => {
                let own =
                    |l: &&Listener| l.memberships.contains(&(org, MemberId(id))) && l.may_hear(event.name);
                connections(listeners(&self.orgs, &self.sockets, &org).filter(own))
            }
            _ => self.topics.get(&event.topic)?.connections(),
        };
        Some((to, Delivery::Notice(event.topic, encode(event)?)))
    }
}

impl Listener {
    /// Whether the socket's credential is good for what the event is about: reading its area, or hearing of oneself.
    fn may_hear(&self, event: &str) -> bool {
        let area = event.split('.').next().unwrap_or(event);
        area == "me" || self.scopes.allow(area, false)
    }
}

/// The event's frame. None if its data is not JSON.
fn encode(&Event { topic, name: event, seq, ref data }: &Event) -> Option<Bytes> {
    let data = serde_json::from_str::<&RawValue>(data).ok()?;
    let frame = match seq {
        Some(seq) => Frame::Event { topic, seq, event, data },
        None => Frame::Notice { org: topic.org, topic, event, data },
    };
    Some(frame.encode())
}

impl Subscribed {
    /// Moves what is next in order from `held` to `out`. What comes after its successors went out is dropped: whoever
    /// misses it has seen the gap and fetches it from the log.
    fn release(&mut self, out: &mut Batch) {
        while let Some(entry) = self.held.first_entry() {
            let seq = *entry.key();
            if self.head != 0 && seq > self.head + 1 {
                return;
            }
            let frame = entry.remove();
            if seq > self.head {
                out.push(seq, &frame);
                self.head = seq;
            }
        }
    }

    fn deliver(&self, topic: Topic, batch: Batch) -> Option<Addressed> {
        Some((self.connections(), batch.finish(topic)?))
    }

    fn connections(&self) -> Vec<Arc<Connection>> {
        self.listeners.iter().map(|(_, connection)| connection.clone()).collect()
    }
}

fn connections<'a>(of: impl Iterator<Item = &'a Listener>) -> Vec<Arc<Connection>> {
    of.map(|listener| listener.connection.clone()).collect()
}

fn listeners<'a, K: std::hash::Hash + Eq>(
    index: &'a HashMap<K, Vec<SocketId>>,
    sockets: &'a HashMap<SocketId, Listener>,
    key: &K,
) -> impl Iterator<Item = &'a Listener> {
    index.get(key).into_iter().flatten().filter_map(|id| sockets.get(id))
}

fn remove<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<SocketId>>, key: K, id: SocketId) {
    if let Some(ids) = index.get_mut(&key) {
        ids.retain(|known| *known != id);
        if ids.is_empty() {
            index.remove(&key);
        }
    }
}

fn detach(state: &mut State, id: SocketId, topic: Topic) {
    if let Some(known) = state.topics.get_mut(&topic) {
        known.listeners.retain(|(known, _)| *known != id);
        if known.listeners.is_empty() {
            state.topics.remove(&topic);
        }
    }
}

async fn fan_out(hub: std::sync::Weak<Hub>, mut queue: mpsc::UnboundedReceiver<Committed>) {
    let mut batch = Vec::new();
    let mut patience_ends = None;
    loop {
        let received = match patience_ends {
            Some(end) => tokio::time::timeout_at(end, queue.recv_many(&mut batch, 256)).await.ok(),
            None => Some(queue.recv_many(&mut batch, 256).await),
        };
        let Some(hub) = hub.upgrade() else { return };
        if received == Some(0) {
            return;
        }
        let now = Instant::now();
        hub.deliver(hub.sort(batch.drain(..), now)).await;
        // Also when there is always something new: a gap in one topic must not outlast its time because others are busy.
        hub.deliver(hub.lose_patience(now)).await;
        patience_ends = hub.patience_ends();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: OrgId = OrgId(Uuid::nil());
    const TOPIC: Topic = Topic { kind: "chn", org: ORG, id: Uuid::from_u128(1) };

    fn event(topic: Topic, seq: Option<i64>, data: &str) -> Event {
        Event { topic, name: "e", seq, data: data.into() }
    }

    fn logged(seq: i64) -> Event {
        event(TOPIC, Some(seq), "{}")
    }

    fn of(events: Vec<Event>) -> std::iter::Once<Committed> {
        std::iter::once(Committed { events, ..Committed::default() })
    }

    fn person(number: u128) -> Principal {
        let id = Uuid::from_u128(number);
        Principal::signed_in(kernel::UserId(id), kernel::SessionId(id), false)
    }

    /// A socket of this user, who is this member of the organisation.
    fn enter(hub: &Hub, number: u128) -> (SocketId, Arc<Connection>) {
        let connection = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        let id = hub.enter(&person(number), &connection, 1).unwrap();
        hub.set_memberships(id, vec![(ORG, MemberId(Uuid::from_u128(number)))]);
        (id, connection)
    }

    fn seqs(deliveries: &[Addressed]) -> Vec<String> {
        deliveries
            .iter()
            .filter_map(|(_, delivery)| match delivery {
                Delivery::Entries(entries) => Some(format!("{:?}", entries.numbers().collect::<Vec<_>>())),
                Delivery::Notice(..) => None,
            })
            .collect()
    }

    // REQ RT-2, RT-6
    #[tokio::test]
    async fn entries_leave_in_order_whatever_the_order_of_reports() {
        let hub = Hub::start();
        let (id, connection) = enter(&hub, 0);
        hub.attach(id, &connection, TOPIC);
        let now = Instant::now();
        let sorted = |numbers: &[i64]| {
            let deliveries = hub.sort(of(numbers.iter().copied().map(logged).collect()), now);
            (seqs(&deliveries), hub.patience_ends().is_some())
        };
        assert_eq!(sorted(&[5]), (vec!["[5]".into()], false));
        assert_eq!(sorted(&[8, 7]), (vec![], true));
        assert!(hub.lose_patience(now).is_empty(), "not yet");
        assert_eq!(sorted(&[6]), (vec!["[6, 7, 8]".into()], false));
        assert_eq!(sorted(&[10]), (vec![], true));
        assert_eq!(hub.patience_ends(), Some(now + PATIENCE), "whatever comes meanwhile");
        let late = hub.lose_patience(now + PATIENCE);
        assert_eq!(seqs(&late), ["[10]"], "a gap that nobody closes is left to the client");
        assert_eq!(
            sorted(&[9, 11]),
            (vec!["[11]".into()], false),
            "and nothing goes out behind its successor"
        );
        let told = || hub.heads([(TOPIC, 0)].into_iter())[&TOPIC.to_string()];
        assert_eq!(told(), 0);
        hub.deliver(late).await;
        assert_eq!(told(), 10, "a beat tells what everybody was told, not what is on its way");
        let another = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        assert!(hub.enter(&person(0), &another, 1).is_none(), "one socket was allowed");
        hub.leave(id, [TOPIC].into_iter());
        assert!(hub.state.lock().topics.is_empty());
    }

    // REQ RT-4
    #[tokio::test]
    async fn a_burst_goes_out_in_parts_and_a_hint_once() {
        let hub = Hub::start();
        let (id, connection) = enter(&hub, 0);
        hub.attach(id, &connection, TOPIC);
        let data = format!("\"{}\"", "x".repeat(PART / 2));
        let long = |seq| event(TOPIC, Some(seq), &data);
        let parts = hub.sort(of((1..=5).map(long).collect()), Instant::now());
        assert_eq!(seqs(&parts), ["[1, 2]", "[3, 4]", "[5]"]);
        let hints = |data: &str| {
            let hints = (0..3).map(|_| event(Topic::org(ORG), None, data)).collect();
            hub.sort(of(hints), Instant::now()).len()
        };
        assert_eq!(hints("{}"), 1);
        assert_eq!(hints("{\"n\":1}"), 3, "what says more is said each time");
    }

    // REQ RT-1
    #[tokio::test]
    async fn an_event_goes_to_those_who_listen_to_its_topic() {
        let hub = Hub::start();
        let sockets: Vec<_> = (1..=3).map(|number| enter(&hub, number)).collect();
        let [(first, connection), (second, _), (outside, _)] = &sockets[..] else { panic!() };
        hub.attach(*first, connection, TOPIC);
        hub.set_memberships(*outside, Vec::new());
        let elsewhere = OrgId(Uuid::from_u128(9));
        let receivers = |topic: Topic| {
            let deliveries = hub.sort(of(vec![event(topic, None, "{}")]), Instant::now());
            let connections = deliveries.into_iter().flat_map(|(to, _)| to);
            let number =
                |to: Arc<Connection>| sockets.iter().find(|(_, own)| Arc::ptr_eq(own, &to)).unwrap().0;
            connections.map(number).collect::<Vec<_>>()
        };
        assert_eq!(receivers(Topic::org(ORG)), [*first, *second]);
        assert_eq!(receivers(Topic::org(elsewhere)), Vec::<SocketId>::new());
        assert_eq!(receivers(Topic::member(ORG, MemberId(Uuid::from_u128(2)))), [*second]);
        assert_eq!(receivers(Topic::member(elsewhere, MemberId(Uuid::from_u128(2)))), Vec::<SocketId>::new());
        assert_eq!(receivers(TOPIC), [*first]);
        assert_eq!(receivers(Topic { org: elsewhere, ..TOPIC }), Vec::<SocketId>::new());
    }
}
