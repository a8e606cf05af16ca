//! Who listens to what on this node, and the one task that hands committed facts to them in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use kernel::{ChannelId, Fact, MemberId, OrgId, UserId};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::connection::Connection;
use crate::frame::{Frame, encode_text};
use crate::letter::{Batch, Letter};

/// How long an entry waits for one with a lower number that a slower connection is about to report. After that it goes out
/// and the clients fetch the gap from the log.
const PATIENCE: Duration = Duration::from_millis(500);
/// Connections written to before others get a turn: each may cost a call of the operating system.
const TURN: usize = 32;

/// A socket's number on this node.
pub(crate) type SocketId = u64;

struct Listener {
    connection: Arc<Connection>,
    user: UserId,
    seats: Vec<(OrgId, MemberId)>,
}

#[derive(Default)]
struct Room {
    listeners: Vec<(SocketId, Arc<Connection>)>,
    head: i64,
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
        for listener in self.state.lock().sockets.values() {
            listener.connection.stop();
        }
    }

    /// A new socket, if this person may have one more.
    pub(crate) fn enter(&self, user: UserId, connection: &Arc<Connection>, most: usize) -> Option<SocketId> {
        let mut state = self.state.lock();
        let own = state.users.entry(user).or_default();
        if own.len() >= most || self.stopping.load(Ordering::SeqCst) {
            return None;
        }
        let id = self.next_socket.fetch_add(1, Ordering::Relaxed);
        own.push(id);
        state.sockets.insert(id, Listener { connection: connection.clone(), user, seats: Vec::new() });
        Some(id)
    }

    /// Where the socket's person is a member now.
    pub(crate) fn seat(&self, id: SocketId, seats: Vec<(OrgId, MemberId)>) {
        let mut state = self.state.lock();
        let Some(listener) = state.sockets.get_mut(&id) else { return };
        let before = std::mem::replace(&mut listener.seats, seats.clone());
        for (org, _) in before {
            remove(&mut state.orgs, org, id);
        }
        for (org, _) in seats {
            state.orgs.entry(org).or_default().push(id);
        }
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
    pub(crate) fn attach(&self, id: SocketId, connection: &Arc<Connection>, room: ChannelId) {
        let mut state = self.state.lock();
        let listeners = &mut state.rooms.entry(room).or_default().listeners;
        if !listeners.iter().any(|(known, _)| *known == id) {
            listeners.push((id, connection.clone()));
        }
    }

    /// No longer.
    pub(crate) fn detach(&self, id: SocketId, room: ChannelId) {
        detach(&mut self.state.lock(), id, room);
    }

    /// The newest number known of each of these rooms.
    pub(crate) fn heads(&self, rooms: impl Iterator<Item = (ChannelId, i64)>) -> BTreeMap<String, i64> {
        let state = self.state.lock();
        rooms
            .map(|(room, seen)| (room.to_string(), state.rooms.get(&room).map_or(seen, |r| r.head.max(seen))))
            .collect()
    }

    /// Puts facts in order: what is to be delivered now, to whom, and whether something is held back.
    fn sort(&self, facts: Vec<Fact>) -> (Vec<Delivery>, bool) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let mut batches: HashMap<ChannelId, Batch> = HashMap::new();
        let mut deliveries = Vec::new();
        for fact in facts {
            match fact {
                Fact::Logged { room, seq, event, data, .. } => {
                    let Some(known) = state.rooms.get_mut(&room) else { continue };
                    let Ok(data) = RawValue::from_string(data) else { continue };
                    known.held.insert(seq, Frame::Event { room, seq, event, data: &data }.encode());
                    known.release(batches.entry(room).or_default());
                }
                Fact::Changed { org, member, what } => {
                    let seated = |l: &Listener| member.is_none_or(|m| l.seats.contains(&(org, m)));
                    let to = listeners(&state.orgs, &state.sockets, &org).filter(|l| seated(l));
                    deliveries.push((connections(to), Letter::Plain(Frame::Changed { org, what }.encode())));
                }
                Fact::Private { org, member, frame } => {
                    let own = |l: &Listener| l.seats.contains(&(org, member));
                    let to = listeners(&state.orgs, &state.sockets, &org).filter(|l| own(l));
                    deliveries.push((connections(to), Letter::Plain(encode_text(&frame))));
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
        (deliveries, state.rooms.values().any(|room| !room.held.is_empty()))
    }

    /// Lets go of what has waited long enough.
    fn lose_patience(&self) -> Vec<Delivery> {
        let mut state = self.state.lock();
        let mut deliveries = Vec::new();
        for (room, known) in &mut state.rooms {
            let mut batch = Batch::default();
            for (seq, frame) in std::mem::take(&mut known.held) {
                batch.push(seq, &frame);
                known.head = known.head.max(seq);
            }
            deliveries.extend(known.delivery(*room, batch));
        }
        deliveries
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
    let mut holding = false;
    loop {
        let received = if holding {
            tokio::time::timeout(PATIENCE, queue.recv_many(&mut batch, 256)).await
        } else {
            Ok(queue.recv_many(&mut batch, 256).await)
        };
        let Some(hub) = hub.upgrade() else { return };
        match received {
            Ok(0) => return,
            Ok(_) => {
                let (deliveries, held) = hub.sort(batch.drain(..).flatten().collect());
                holding = held;
                deliver(deliveries).await;
            }
            Err(_) => {
                holding = false;
                deliver(hub.lose_patience()).await;
            }
        }
    }
}

async fn deliver(deliveries: Vec<Delivery>) {
    let mut turn = 0;
    for (connections, letter) in deliveries {
        for connection in connections {
            connection.deliver(&letter);
            turn += 1;
            if turn % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
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
        hub.attach(id, &connection, room);
        let sorted = |numbers: &[i64]| {
            let (deliveries, held) = hub.sort(numbers.iter().map(|seq| logged(room, *seq)).collect());
            (seqs(&deliveries), held)
        };
        assert_eq!(sorted(&[5]), (vec!["[5]".into()], false));
        assert_eq!(sorted(&[8, 7]), (vec![], true));
        assert_eq!(sorted(&[6]), (vec!["[6, 7, 8]".into()], false));
        assert_eq!(sorted(&[10]), (vec![], true));
        assert_eq!(seqs(&hub.lose_patience()), ["[10]"], "a gap that nobody closes is left to the client");
        assert_eq!(
            sorted(&[9, 11]),
            (vec!["[11]".into()], false),
            "and nothing goes out behind its successor"
        );
        let another = Connection::new(Box::new(tokio::io::empty()), Arc::default());
        assert!(hub.enter(UserId(uuid::Uuid::nil()), &another, 1).is_none(), "one socket was allowed");
        hub.leave(id, [room].into_iter());
        assert!(hub.state.lock().rooms.is_empty());
    }
}
