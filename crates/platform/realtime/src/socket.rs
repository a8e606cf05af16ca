//! One socket: reads requests, writes letters, and asks anew who may receive them whenever its person's authority changes.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::{Call, Caller, Dispatcher, Generations, Limiter, Rate, RawInput, Verdict};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt};
use kernel::{ChannelId, Code, Error, MemberId, OrgId, Person, Result};
use serde::Deserialize;

use crate::frame::{Frame, PROTOCOL, Request, reply};
use crate::hub::{Hub, SocketId};
use crate::mailbox::{Letter, Mailbox};

/// Largest frame a client may send, in bytes: the longest message in the dearest escaping, and some.
const MAX_FRAME: usize = 64 * 1024;
/// Rooms one socket may listen to.
const MAX_ROOMS: usize = 2_000;
/// The operation that tells a person's memberships.
const WHO_AM_I: &str = "me.read";

/// What holds for all sockets.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Sockets one person may have open.
    pub per_person: usize,
    /// Frames one socket may send.
    pub frames: Rate,
    /// Requests of one socket under way at once. One: they are carried out strictly in turn, which a store with several
    /// writers needs to keep a person's messages in order.
    pub pipeline: usize,
    /// Seconds between beats.
    pub heartbeat: Duration,
}

/// Who opens the socket, and from where. The edge has checked session, Origin and rate.
pub struct Visitor {
    /// Who.
    pub person: Person,
    /// From where; each frame's request is named anew.
    pub request: kernel::Request,
    /// Told of every frame that the client sends: somebody who only uses the socket is not idle.
    pub active: Box<dyn Fn() + Send + Sync>,
}

/// Upgrades a request to a socket and serves it until it ends.
pub fn serve(
    upgrade: WebSocketUpgrade,
    visitor: Visitor,
    hub: Arc<Hub>,
    dispatcher: Dispatcher,
    generations: &Generations,
    settings: Settings,
) -> Response {
    let generation = generations.of(visitor.person.user);
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .read_buffer_size(4 * 1024)
        .write_buffer_size(32 * 1024)
        .max_write_buffer_size(4 << 20)
        .on_upgrade(move |socket| async move {
            let Some((id, mailbox)) = hub.enter(visitor.person.user, settings.per_person) else {
                let bye = Bye::new(4429, "too_many", "You have too many windows open.");
                return farewell(socket, &bye).await;
            };
            let tab = Tab {
                id,
                mailbox,
                hub: hub.clone(),
                caller: Caller::Person(visitor.person),
                origin: visitor.request,
                active: visitor.active,
                dispatcher,
                generation,
                seen: None,
                rooms: HashMap::new(),
                limiter: Limiter::default(),
                settings,
            };
            tab.run(socket).await;
        })
}

/// Why a socket is closed.
struct Bye {
    close: u16,
    code: &'static str,
    message: &'static str,
}

impl Bye {
    fn new(close: u16, code: &'static str, message: &'static str) -> Self {
        Self { close, code, message }
    }
}

async fn farewell(mut socket: WebSocket, bye: &Bye) {
    let text = Frame::Bye { code: bye.code, message: bye.message }.text();
    let close = CloseFrame { code: bye.close, reason: bye.code.into() };
    // The other side may be gone; there is nobody left to tell.
    let goodbye = async {
        drop(socket.send(Message::Text(text)).await);
        drop(socket.send(Message::Close(Some(close))).await);
    };
    drop(tokio::time::timeout(Duration::from_secs(5), goodbye).await);
}

/// One room that a socket listens to.
struct Listening {
    /// The last number written.
    last: i64,
    /// Entries that came while the log was being read; none once it has been.
    early: Option<Vec<(i64, Utf8Bytes)>>,
    /// How the subscription was asked for: to ask again.
    operation: String,
    path: Vec<(String, String)>,
}

/// A finished request.
struct Done {
    id: u64,
    request: kernel::RequestId,
    result: Result<Vec<u8>>,
    room: Option<ChannelId>,
}

type Pending = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>;

struct Tab {
    id: SocketId,
    mailbox: Arc<Mailbox>,
    hub: Arc<Hub>,
    caller: Caller,
    origin: kernel::Request,
    active: Box<dyn Fn() + Send + Sync>,
    dispatcher: Dispatcher,
    generation: Arc<AtomicU64>,
    /// The generation at which authority was last checked.
    seen: Option<u64>,
    rooms: HashMap<ChannelId, Listening>,
    limiter: Limiter<()>,
    settings: Settings,
}

impl Tab {
    async fn run(mut self, mut socket: WebSocket) {
        let bye = self.talk(&mut socket).await;
        self.hub.leave(self.id, self.rooms.keys().copied());
        if let Some(bye) = bye {
            farewell(socket, &bye).await;
        }
    }

    /// Until somebody ends it. None: the client is gone.
    async fn talk(&mut self, socket: &mut WebSocket) -> Option<Bye> {
        let beat = self.settings.heartbeat;
        let welcome = Frame::Welcome { heartbeat_seconds: beat.as_secs(), max_frame_bytes: MAX_FRAME };
        socket.send(Message::Text(welcome.text())).await.ok()?;
        let mut pending = Pending::new();
        let mut letters = Vec::new();
        let mut beats = tokio::time::interval_at(tokio::time::Instant::now() + beat, beat);
        let mailbox = self.mailbox.clone();
        loop {
            if let Err(bye) = self.check_authority(socket).await {
                return Some(bye);
            }
            tokio::select! {
                biased;
                () = mailbox.wake.notified() => {
                    if mailbox.overflowed() {
                        return Some(Bye::new(4408, "slow_reader", "This window fell behind; it will catch up."));
                    }
                    if mailbox.stopping.load(Ordering::Relaxed) {
                        return Some(Bye::new(1012, "restarting", "Holdfast is restarting; please reconnect."));
                    }
                    // What waits was meant for who they were when it was put there: ask before writing.
                    if let Err(bye) = self.check_authority(socket).await {
                        return Some(bye);
                    }
                    mailbox.take(&mut letters);
                    self.write(socket, &mut letters).await?;
                }
                Some(done) = pending.next() => {
                    let bye = self.finish(socket, done).await?;
                    if bye.is_some() {
                        return bye;
                    }
                }
                received = socket.recv(), if pending.len() < self.settings.pipeline => {
                    match received?.ok()? {
                        Message::Text(text) => {
                            if let Some(bye) = self.request(socket, &text, &mut pending).await? {
                                return Some(bye);
                            }
                        }
                        Message::Binary(_) => return Some(Bye::new(1003, "text_only", "Frames must be text.")),
                        Message::Ping(_) | Message::Pong(_) => {}
                        Message::Close(_) => return None,
                    }
                }
                _ = beats.tick() => {
                    let rooms = self.rooms.iter().map(|(room, l)| (*room, l.last));
                    let text = Frame::Beat { heads: self.hub.heads(rooms) }.text();
                    self.send(socket, [text].into_iter()).await?;
                }
            }
        }
    }

    /// Writes texts in one go. None: the client is gone, or too slow.
    async fn send(&self, socket: &mut WebSocket, texts: impl Iterator<Item = Utf8Bytes>) -> Option<()> {
        let write = async {
            for text in texts {
                socket.feed(Message::Text(text)).await.ok()?;
            }
            socket.flush().await.ok()
        };
        tokio::select! {
            biased;
            written = write => written,
            () = self.mailbox.cut.notified() => None,
        }
    }

    /// Writes letters, each room's in order and none twice.
    async fn write(&mut self, socket: &mut WebSocket, letters: &mut Vec<Letter>) -> Option<()> {
        let rooms = &mut self.rooms;
        let texts: Vec<Utf8Bytes> = letters
            .drain(..)
            .filter_map(|letter| match letter {
                Letter::Plain(text) => Some(text),
                Letter::Logged { room, seq, text } => {
                    let listening = rooms.get_mut(&room)?;
                    if let Some(early) = &mut listening.early {
                        early.push((seq, text));
                        return None;
                    }
                    let fresh = seq > listening.last;
                    listening.last = listening.last.max(seq);
                    fresh.then_some(text)
                }
            })
            .collect();
        if texts.is_empty() { Some(()) } else { self.send(socket, texts.into_iter()).await }
    }

    fn call(&self, path: Vec<(String, String)>, input: Vec<u8>) -> (kernel::RequestId, Call) {
        let id = self.dispatcher.request_id();
        let request = kernel::Request { id, idempotency_key: None, ..self.origin.clone() };
        (id, Call { caller: self.caller.clone(), request, path, input: RawInput::Json(input) })
    }

    /// Takes one request up.
    async fn request(
        &mut self,
        socket: &mut WebSocket,
        text: &str,
        pending: &mut Pending,
    ) -> Option<Option<Bye>> {
        if let Verdict::Refused { .. } = self.limiter.check((), self.settings.frames, self.dispatcher.now()) {
            return Some(Some(Bye::new(4429, "rate_limited", "This window sent too much at once.")));
        }
        (self.active)();
        let Ok(Request { id, op, path, input }) = serde_json::from_str::<Request<'_>>(text) else {
            return Some(Some(Bye::new(1007, "bad_frame", "A frame was not understood.")));
        };
        if op == "realtime.ping" {
            self.send(socket, [reply(id, Ok(b"{}".to_vec()), "")].into_iter()).await?;
            return Some(None);
        }
        let path: Vec<(String, String)> = path.into_iter().collect();
        let named =
            |name: &str| path.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.parse::<ChannelId>().ok());
        if op == "chat.channel.unsubscribe" {
            if let Some(room) = named("channel") {
                self.forget(room);
            }
            self.send(socket, [reply(id, Ok(b"{}".to_vec()), "")].into_iter()).await?;
            return Some(None);
        }
        let room = self.dispatcher.subscribes(&op).and_then(named);
        if let Some(room) = room {
            if self.rooms.len() >= MAX_ROOMS && !self.rooms.contains_key(&room) {
                let error = Error::conflict("This window listens to too many channels.");
                self.send(socket, [reply(id, Err(error), "")].into_iter()).await?;
                return Some(None);
            }
            // Live first, then the log: nothing can fall between.
            let listening =
                Listening { last: 0, early: Some(Vec::new()), operation: op.clone(), path: path.clone() };
            self.rooms.insert(room, listening);
            self.hub.attach(self.id, &self.mailbox, room);
        }
        let (request, call) =
            self.call(path, input.map_or_else(Vec::new, |raw| raw.get().as_bytes().to_vec()));
        let dispatcher = self.dispatcher.clone();
        pending.push(Box::pin(async move {
            let result = dispatcher.call(&op, call).await.map(|answer| answer.body);
            Done { id, request, result, room }
        }));
        Some(None)
    }

    /// Answers one request. The outer None: the client is gone.
    async fn finish(&mut self, socket: &mut WebSocket, done: Done) -> Option<Option<Bye>> {
        let Done { id, request, result, room } = done;
        let over = result.as_ref().is_err_and(|e| e.code == Code::Unauthenticated);
        let mut texts = Vec::new();
        if let Some(room) = room {
            match result.as_ref().ok().map(|body| serde_json::from_slice::<Head>(body)) {
                Some(Ok(Head { head })) => {
                    // The log was read up to `head`; what came in meanwhile and is newer follows it.
                    if let Some(listening) = self.rooms.get_mut(&room) {
                        listening.last = head;
                        for (seq, text) in
                            listening.early.take().into_iter().flatten().filter(|(seq, _)| *seq > head)
                        {
                            listening.last = seq;
                            texts.push(text);
                        }
                    }
                }
                _ => self.forget(room),
            }
        }
        texts.insert(0, reply(id, result, request));
        self.send(socket, texts.into_iter()).await?;
        Some(over.then(session_ended))
    }

    fn forget(&mut self, room: ChannelId) {
        self.rooms.remove(&room);
        self.hub.detach(self.id, room);
    }

    /// If what the person may do has changed since it was last asked: ask everything again before writing more.
    async fn check_authority(&mut self, socket: &mut WebSocket) -> Result<(), Bye> {
        let gone = || Bye::new(1001, "gone", "The connection was lost.");
        loop {
            let now = self.generation.load(Ordering::SeqCst);
            if self.seen == Some(now) {
                return Ok(());
            }
            let (_, call) = self.call(Vec::new(), Vec::new());
            let me = self.dispatcher.call(WHO_AM_I, call).await.map_err(|error| match error.code {
                Code::Unauthenticated => session_ended(),
                _ => unsure(),
            })?;
            let me: Me = serde_json::from_slice(&me.body).map_err(|_| unsure())?;
            self.hub.seat(self.id, me.memberships.into_iter().map(|m| (m.org.id, m.member.id)).collect());
            let mut lost = Vec::new();
            for (room, listening) in &self.rooms {
                let (_, call) = self.call(listening.path.clone(), Vec::new());
                if self.dispatcher.call(&listening.operation, call).await.is_err() {
                    lost.push(*room);
                }
            }
            for room in lost {
                self.forget(room);
                self.send(socket, [Frame::Gone { room }.text()].into_iter()).await.ok_or_else(gone)?;
            }
            self.seen = Some(now);
        }
    }
}

fn session_ended() -> Bye {
    Bye::new(4401, "session_ended", "You have been signed out.")
}

/// Whoever cannot be checked receives nothing.
fn unsure() -> Bye {
    Bye::new(1013, "try_again", "Holdfast could not check your access; please reconnect.")
}

/// What the answer to a subscription tells of the room.
#[derive(Deserialize)]
struct Head {
    head: i64,
}

/// What is needed of the answer to [`WHO_AM_I`].
#[derive(Deserialize)]
struct Me {
    memberships: Vec<Seat>,
}

#[derive(Deserialize)]
struct Seat {
    org: Named<OrgId>,
    member: Named<MemberId>,
}

#[derive(Deserialize)]
struct Named<T> {
    id: T,
}
