//! Who listens to what on this node, and the one task that hands committed facts to them in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use kernel::{ChannelId, Fact, MemberId, OrgId, UserId};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::connection::Connection;
use crate::frame::{Frame, encode_text};
use crate::heads::{self, Heads};
use crate::letter::{Batch, Letter};

/// How long an entry waits for one with a lower number that a slower connection is about to report. After that it goes out
/// and the clients fetch the gap from the log.
const PATIENCE: Duration = Duration::from_millis(500);
/// Connections written to before others get a turn: each may cost a call of the operating system.
const TURN: usize = 32;
/// Bytes of a room's entries that go out together, about: well below what may wait for one connection.
const PART: usize = 256 << 10;

/// A socket's number on this node.
pub(crate) type SocketId = u64;

struct Listener {
    connection: Arc<Connection>,
    user: UserId,
    seats: Vec<(OrgId, MemberId)>,
}

#[derive(Default)]
struct Room {
    /// Whose.
    org: Option<OrgId>,
    listeners: Vec<(SocketId, Arc<Connection>)>,
    /// The newest number that was put in order.
    head: i64,
    /// The newest number that every listener was told.
    told: i64,
    /// Frames of entries whose predecessors have not come yet.
    held: BTreeMap<i64, Bytes>,
}

/// One letter, and to whom it goes.
type Delivery = (Vec<Arc<Connection>>, Letter);

#[derive(Default)]
struct State {
    rooms: HashMap<ChannelId, Room>,
    sockets: HashMap<SocketId, Listener>,
    orgs: HashMap<OrgId, Vec<SocketId>>,
    users: HashMap<UserId, Vec<SocketId>>,
    /// Rooms that hold entries back, and until when.
    holding: HashMap<ChannelId, Instant>,
}

/// The hub of this node.
pub struct Hub {
    state: Mutex<State>,
    facts: mpsc::UnboundedSender<Vec<Fact>>,
    next_socket: AtomicU64,
    stopping: AtomicBool,
}

impl Hub {
    /// Starts the hub's task on the running runtime. It ends when the hub is dropped.
    pub fn start() -> Arc<Self> {
        let (facts, queue) = mpsc::unbounded_channel();
        let hub = Arc::new(Self {
            state: Mutex::default(),
            facts,
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

    /// Takes committed facts, in commit order. Never blocks: the store's writing thread calls it.
    pub fn publish(&self, facts: Vec<Fact>) {
        // The task is gone only when the process is going.
        drop(self.facts.send(facts));
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

    /// A new socket, if this person may have one more. One that comes while the hub stops is told so at once.
    pub(crate) fn enter(&self, user: UserId, connection: &Arc<Connection>, most: usize) -> Option<SocketId> {
        let mut state = self.state.lock();
        if self.stopping.load(Ordering::SeqCst) {
            connection.stop();
        }
        let own = state.users.entry(user).or_default();
        if own.len() >= most {
            return None;
        }
        let id = self.next_socket.fetch_add(1, Ordering::Relaxed);
        own.push(id);
        state.sockets.insert(id, Listener { connection: connection.clone(), user, seats: Vec::new() });
        Some(id)
    }

    /// Where the socket's person is a member now. Returns the organisations in which they were one and are not any more.
    pub(crate) fn seat(&self, id: SocketId, seats: Vec<(OrgId, MemberId)>) -> Vec<OrgId> {
        let mut state = self.state.lock();
        let Some(listener) = state.sockets.get_mut(&id) else { return Vec::new() };
        let before = std::mem::replace(&mut listener.seats, seats.clone());
        let mut left = Vec::new();
        for (org, _) in before {
            remove(&mut state.orgs, org, id);
            if seats.iter().all(|(now, _)| *now != org) {
                left.push(org);
            }
        }
        for (org, _) in seats {
            state.orgs.entry(org).or_default().push(id);
        }
        left
    }

    /// A socket is closed.
    pub(crate) fn leave(&self, id: SocketId, rooms: impl Iterator<Item = ChannelId>) {
        let mut state = self.state.lock();
        if let Some(listener) = state.sockets.remove(&id) {
            remove(&mut state.users, listener.user, id);
            for (org, _) in listener.seats {
                remove(&mut state.orgs, org, id);
            }
        }
        for room in rooms {
            detach(&mut state, id, room);
        }
    }

    /// From now on the socket receives this room's log.
    pub(crate) fn attach(
        &self,
        id: SocketId,
        connection: &Arc<Connection>,
        org: Option<OrgId>,
        room: ChannelId,
    ) {
        let mut state = self.state.lock();
        let known = state.rooms.entry(room).or_default();
        known.org = known.org.or(org);
        let listeners = &mut known.listeners;
        if !listeners.iter().any(|(known, _)| *known == id) {
            listeners.push((id, connection.clone()));
        }
    }

    /// No longer.
    pub(crate) fn detach(&self, id: SocketId, room: ChannelId) {
        detach(&mut self.state.lock(), id, room);
    }

    /// The newest number that each of these rooms was told: who has less has missed something.
    pub(crate) fn heads(&self, rooms: impl Iterator<Item = (ChannelId, i64)>) -> BTreeMap<String, i64> {
        let state = self.state.lock();
        rooms
            .map(|(room, seen)| (room.to_string(), state.rooms.get(&room).map_or(seen, |r| r.told.max(seen))))
            .collect()
    }

    /// The rooms that somebody listens to, by organisation.
    pub(crate) fn rooms(&self) -> HashMap<OrgId, Vec<ChannelId>> {
        let mut all: HashMap<OrgId, Vec<ChannelId>> = HashMap::new();
        for (room, known) in &self.state.lock().rooms {
            if let Some(org) = known.org {
                all.entry(org).or_default().push(*room);
            }
        }
        all
    }

    /// These are the rooms' newest numbers in the database, which has had time to report them: whoever has less is told to
    /// ask for the rest.
    pub(crate) fn missed(&self, heads: &[(ChannelId, i64)]) {
        let mut state = self.state.lock();
        for (room, head) in heads {
            let Some(known) = state.rooms.get_mut(room).filter(|known| known.told < *head) else { continue };
            known.told = *head;
            for (_, connection) in &known.listeners {
                if connection.lacks(*room, *head) {
                    connection.beat.notify_one();
                }
            }
        }
    }

    /// Puts facts in order: what is to be delivered now, and to whom.
    fn sort(&self, facts: Vec<Fact>, now: Instant) -> Vec<Delivery> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let mut batches: HashMap<ChannelId, Batch> = HashMap::new();
        let mut changed = HashSet::new();
        let mut deliveries = Vec::new();
        for fact in facts {
            match fact {
                Fact::Logged { room, seq, event, data, .. } => {
                    let Some(known) = state.rooms.get_mut(&room) else { continue };
                    let Ok(data) = RawValue::from_string(data) else { continue };
                    known.held.insert(seq, Frame::Event { room, seq, event, data: &data }.encode());
                    let batch = batches.entry(room).or_default();
                    known.release(batch);
                    if batch.len() > PART {
                        deliveries.extend(known.delivery(room, std::mem::take(batch)));
                    }
                    if known.held.is_empty() {
                        state.holding.remove(&room);
                    } else {
                        state.holding.entry(room).or_insert(now + PATIENCE);
                    }
                }
                // Once is enough: it only says what to fetch anew.
                Fact::Changed { org, member, what } if !changed.insert((org, member, what)) => {}
                Fact::Changed { org, member, what } => {
                    let seated = |l: &Listener| member.is_none_or(|m| l.seats.contains(&(org, m)));
                    let to = listeners(&state.orgs, &state.sockets, &org).filter(|l| seated(l));
                    let frame = Frame::Changed { org, what }.encode();
                    deliveries.push((connections(to), Letter::About(org, frame)));
                }
                Fact::Private { org, member, frame } => {
                    let own = |l: &Listener| l.seats.contains(&(org, member));
                    let to = listeners(&state.orgs, &state.sockets, &org).filter(|l| own(l));
                    deliveries.push((connections(to), Letter::About(org, encode_text(&frame))));
                }
                // The generation has grown before this; the wake-up only saves waiting for the next frame.
                Fact::Authority(user) => {
                    for listener in listeners(&state.users, &state.sockets, &user) {
                        listener.connection.wake.notify_one();
                    }
                }
            }
        }
        for (room, batch) in batches {
            deliveries.extend(state.rooms.get(&room).and_then(|known| known.delivery(room, batch)));
        }
        deliveries
    }

    /// When the next room has waited long enough.
    fn patience_ends(&self) -> Option<Instant> {
        self.state.lock().holding.values().min().copied()
    }

    /// Lets go of what has waited long enough.
    fn lose_patience(&self, now: Instant) -> Vec<Delivery> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let overdue: Vec<ChannelId> =
            state.holding.extract_if(|_, until| *until <= now).map(|(room, _)| room).collect();
        let mut deliveries = Vec::new();
        for room in overdue {
            let Some(known) = state.rooms.get_mut(&room) else { continue };
            let mut batch = Batch::default();
            for (seq, frame) in std::mem::take(&mut known.held) {
                batch.push(seq, &frame);
                known.head = known.head.max(seq);
                if batch.len() > PART {
                    deliveries.extend(known.delivery(room, std::mem::take(&mut batch)));
                }
            }
            deliveries.extend(known.delivery(room, batch));
        }
        deliveries
    }

    async fn deliver(&self, deliveries: Vec<Delivery>) {
        let mut turn = 0;
        for (connections, letter) in deliveries {
            for connection in connections {
                // Everybody depends on this task: what breaks in one connection ends that one.
                if catch_unwind(AssertUnwindSafe(|| connection.deliver(&letter))).is_err() {
                    connection.lost();
                }
                turn += 1;
                if turn % TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
            if let Letter::Entries(entries) = letter
                && let Some(room) = self.state.lock().rooms.get_mut(&entries.room)
            {
                room.told = room.told.max(entries.last());
            }
        }
    }
}

impl Room {
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

    fn delivery(&self, room: ChannelId, batch: Batch) -> Option<Delivery> {
        let letter = batch.finish(room)?;
        Some((self.listeners.iter().map(|(_, connection)| connection.clone()).collect(), letter))
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

fn detach(state: &mut State, id: SocketId, room: ChannelId) {
    if let Some(known) = state.rooms.get_mut(&room) {
        known.listeners.retain(|(known, _)| *known != id);
        if known.listeners.is_empty() {
            state.rooms.remove(&room);
        }
    }
}

async fn fan_out(hub: std::sync::Weak<Hub>, mut queue: mpsc::UnboundedReceiver<Vec<Fact>>) {
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
        hub.deliver(hub.sort(batch.drain(..).flatten().collect(), now)).await;
        // Also when there is always something new: a gap in one room must not outlast its time because others are busy.
        hub.deliver(hub.lose_patience(now)).await;
        patience_ends = hub.patience_ends();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(room: ChannelId, seq: i64) -> Fact {
        Fact::Logged { org: OrgId(uuid::Uuid::nil()), room, seq, event: "e", data: "{}".into() }
    }

    fn seqs(deliveries: &[Delivery]) -> Vec<String> {
        deliveries
            .iter()
            .filter_map(
                |(_, letter)| if let Letter::Entries(entries) = letter { Some(entries) } else { None },
            )
            .map(|entries| format!("{:?}", entries.numbers().collect::<Vec<_>>()))
            .collect()
    }

    // REQ RT-2, RT-6
    #[tokio::test]
    async fn entries_leave_in_order_whatever_the_order_of_reports() {
        let hub = Hub::start();
        let room = ChannelId(uuid::Uuid::from_u128(1));
        let connection = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        let id = hub.enter(UserId(uuid::Uuid::nil()), &connection, 1).unwrap();
        hub.attach(id, &connection, None, room);
        let now = Instant::now();
        let sorted = |numbers: &[i64]| {
            let deliveries = hub.sort(numbers.iter().map(|seq| logged(room, *seq)).collect(), now);
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
        let told = || hub.heads([(room, 0)].into_iter())[&room.to_string()];
        assert_eq!(told(), 0);
        hub.deliver(late).await;
        assert_eq!(told(), 10, "a beat tells what everybody was told, not what is on its way");
        let another = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        assert!(hub.enter(UserId(uuid::Uuid::nil()), &another, 1).is_none(), "one socket was allowed");
        hub.leave(id, [room].into_iter());
        assert!(hub.state.lock().rooms.is_empty());
    }

    // REQ RT-4
    #[tokio::test]
    async fn a_burst_goes_out_in_parts_and_a_hint_once() {
        let hub = Hub::start();
        let (org, room) = (OrgId(uuid::Uuid::nil()), ChannelId(uuid::Uuid::from_u128(1)));
        let connection = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        let id = hub.enter(UserId(uuid::Uuid::nil()), &connection, 1).unwrap();
        hub.attach(id, &connection, None, room);
        let data = format!("\"{}\"", "x".repeat(PART / 2));
        let long = |seq| Fact::Logged { org, room, seq, event: "e", data: data.clone() };
        let parts = hub.sort((1..=5).map(long).collect(), Instant::now());
        assert_eq!(seqs(&parts), ["[1, 2]", "[3, 4]", "[5]"]);
        let hint = || Fact::Changed { org, member: None, what: &["channels"] };
        assert_eq!(hub.sort(vec![hint(), hint(), hint()], Instant::now()).len(), 1);
    }
}
