//! Who listens to what on this node, and the one task that hands committed facts to them in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kernel::{ChannelId, Fact, MemberId, OrgId, UserId};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::frame::Frame;
use crate::mailbox::{Letter, Mailbox};

/// How long an entry waits for one with a lower number that a slower connection is about to report. After that it goes out
/// and the clients fetch the gap from the log.
const PATIENCE: Duration = Duration::from_millis(500);

/// A socket's number on this node.
pub(crate) type SocketId = u64;

struct Listener {
    mailbox: Arc<Mailbox>,
    user: UserId,
    seats: Vec<(OrgId, MemberId)>,
}

#[derive(Default)]
struct Room {
    listeners: Vec<(SocketId, Arc<Mailbox>)>,
    head: i64,
    /// Entries whose predecessors have not come yet.
    held: BTreeMap<i64, Letter>,
}

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
            listener.mailbox.stop();
        }
    }

    /// A new socket, if this person may have one more.
    pub(crate) fn enter(&self, user: UserId, most: usize) -> Option<(SocketId, Arc<Mailbox>)> {
        let mut state = self.state.lock();
        let own = state.users.entry(user).or_default();
        if own.len() >= most || self.stopping.load(Ordering::SeqCst) {
            return None;
        }
        let id = self.next_socket.fetch_add(1, Ordering::Relaxed);
        own.push(id);
        let mailbox = Arc::new(Mailbox::default());
        state.sockets.insert(id, Listener { mailbox: mailbox.clone(), user, seats: Vec::new() });
        Some((id, mailbox))
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
    pub(crate) fn attach(&self, id: SocketId, mailbox: &Arc<Mailbox>, room: ChannelId) {
        let mut state = self.state.lock();
        let listeners = &mut state.rooms.entry(room).or_default().listeners;
        if !listeners.iter().any(|(known, _)| *known == id) {
            listeners.push((id, mailbox.clone()));
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

    fn deliver(&self, facts: Vec<Fact>) -> bool {
        let mut state = self.state.lock();
        let state = &mut *state;
        let mut batches: HashMap<ChannelId, Vec<Letter>> = HashMap::new();
        for fact in facts {
            match fact {
                Fact::Logged { room, seq, event, data, .. } => {
                    let Some(known) = state.rooms.get_mut(&room) else { continue };
                    let Ok(data) = RawValue::from_string(data) else { continue };
                    let text = Frame::Event { room, seq, event, data: &data }.text();
                    known.held.insert(seq, Letter::Logged { room, seq, text });
                    known.release(batches.entry(room).or_default());
                }
                Fact::Changed { org, member, what } => {
                    let text = Frame::Changed { org, what }.text();
                    let seated = |l: &Listener| member.is_none_or(|m| l.seats.contains(&(org, m)));
                    for listener in listeners(&state.orgs, &state.sockets, &org).filter(|l| seated(l)) {
                        listener.mailbox.put([Letter::Plain(text.clone())]);
                    }
                }
                Fact::Private { org, member, frame } => {
                    let text = axum::extract::ws::Utf8Bytes::from(frame);
                    for listener in listeners(&state.orgs, &state.sockets, &org)
                        .filter(|l| l.seats.contains(&(org, member)))
                    {
                        listener.mailbox.put([Letter::Plain(text.clone())]);
                    }
                }
                // The generation has grown before this; the wake-up only saves waiting for the next frame.
                Fact::Authority(user) => {
                    for listener in listeners(&state.users, &state.sockets, &user) {
                        listener.mailbox.wake.notify_one();
                    }
                }
            }
        }
        for (room, letters) in batches {
            if let Some(room) = state.rooms.get(&room) {
                room.hand_out(&letters);
            }
        }
        state.rooms.values().any(|room| !room.held.is_empty())
    }

    /// Lets go of what has waited long enough.
    fn lose_patience(&self) {
        let mut state = self.state.lock();
        for room in state.rooms.values_mut() {
            let held = std::mem::take(&mut room.held);
            room.head = held.keys().next_back().copied().unwrap_or(room.head).max(room.head);
            room.hand_out(&held.into_values().collect::<Vec<_>>());
        }
    }
}

impl Room {
    /// Moves what is next in order from `held` to `out`.
    fn release(&mut self, out: &mut Vec<Letter>) {
        while let Some(entry) = self.held.first_entry() {
            let seq = *entry.key();
            if self.head != 0 && seq > self.head + 1 {
                return;
            }
            out.push(entry.remove());
            self.head = self.head.max(seq);
        }
    }

    fn hand_out(&self, letters: &[Letter]) {
        if letters.is_empty() {
            return;
        }
        for (_, mailbox) in &self.listeners {
            mailbox.put(letters.iter().map(share));
        }
    }
}

/// The same bytes once more.
fn share(letter: &Letter) -> Letter {
    match letter {
        Letter::Logged { room, seq, text } => Letter::Logged { room: *room, seq: *seq, text: text.clone() },
        Letter::Plain(text) => Letter::Plain(text.clone()),
    }
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
            Ok(_) => holding = hub.deliver(batch.drain(..).flatten().collect()),
            Err(_) => {
                hub.lose_patience();
                holding = false;
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

    fn seqs(mailbox: &Mailbox) -> Vec<i64> {
        let mut letters = Vec::new();
        mailbox.take(&mut letters);
        letters
            .iter()
            .filter_map(|l| if let Letter::Logged { seq, .. } = l { Some(*seq) } else { None })
            .collect()
    }

    // REQ RT-2, RT-6
    #[tokio::test]
    async fn entries_leave_in_order_whatever_the_order_of_reports() {
        let hub = Hub::start();
        let room = ChannelId(uuid::Uuid::from_u128(1));
        let (id, mailbox) = hub.enter(UserId(uuid::Uuid::nil()), 1).unwrap();
        hub.attach(id, &mailbox, room);
        assert!(!hub.deliver(vec![logged(room, 5)]));
        assert!(hub.deliver(vec![logged(room, 8), logged(room, 7)]));
        assert_eq!(seqs(&mailbox), [5]);
        assert!(!hub.deliver(vec![logged(room, 6)]));
        assert_eq!(seqs(&mailbox), [6, 7, 8]);
        assert!(hub.deliver(vec![logged(room, 10)]));
        hub.lose_patience();
        assert_eq!(seqs(&mailbox), [10], "a gap that nobody closes is left to the client");
        assert!(hub.enter(UserId(uuid::Uuid::nil()), 1).is_none(), "one socket was allowed");
        hub.leave(id, [room].into_iter());
        assert!(hub.state.lock().rooms.is_empty());
    }
}
