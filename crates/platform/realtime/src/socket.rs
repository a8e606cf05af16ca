//! One socket: reads requests, writes letters, and asks anew who may receive them whenever its person's authority changes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{Call, Caller, Dispatcher, Limiter, Rate, RawInput, Verdict};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kernel::{ChannelId, Code, Error, MemberId, OrgId, Person, Result};
use serde::Deserialize;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::connection::{Connection, Duplex, End, Subscription};
use crate::frame::{Frame, Request, close, reply};
use crate::hub::{Hub, SocketId};

/// Largest frame a client may send, in bytes: the longest message in the dearest escaping, and some.
const MAX_FRAME: usize = 64 * 1024;
/// Read at once, in bytes: what people type fits, and it is kept for every socket.
const READ_BUFFER: usize = 2 * 1024;
/// Rooms one socket may listen to.
const MAX_ROOMS: usize = 2_000;
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(5);
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

/// What every socket of this node needs.
#[derive(Clone)]
pub struct Realtime {
    /// Who listens to what.
    pub hub: Arc<Hub>,
    /// Carries requests out.
    pub dispatcher: Dispatcher,
    /// What holds for all sockets.
    pub settings: Settings,
}

/// Serves a socket until it ends.
pub(crate) async fn serve(realtime: Realtime, visitor: Visitor, connection: Arc<Connection>) {
    let Realtime { hub, dispatcher, settings } = realtime;
    let Some(id) = hub.enter(visitor.person.user, &connection, settings.per_person) else {
        return farewell(&connection, &Bye::new(4429, "too_many", "You have too many windows open.")).await;
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME))
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0);
    let mut frames =
        WebSocketStream::from_raw_socket(Duplex(connection.clone()), Role::Server, Some(config)).await;
    let mut tab = Tab {
        id,
        connection: connection.clone(),
        hub,
        caller: Caller::Person(visitor.person),
        origin: visitor.request,
        active: visitor.active,
        dispatcher,
        limiter: Limiter::default(),
        settings,
    };
    let bye = tab.talk(&mut frames).await;
    drop(tab);
    match bye {
        Err(bye) => farewell(&connection, &bye).await,
        // The echo of the client's close.
        Ok(()) => drop(tokio::time::timeout(FAREWELL, connection.drained()).await),
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.hub.leave(self.id, self.connection.positions().into_iter().map(|(room, _)| room));
    }
}

/// Why a socket is closed.
struct Bye {
    code: u16,
    name: &'static str,
    message: &'static str,
}

impl Bye {
    fn new(code: u16, name: &'static str, message: &'static str) -> Self {
        Self { code, name, message }
    }
}

impl From<End> for Bye {
    fn from(end: End) -> Self {
        match end {
            End::Slow => Self::new(4408, "slow_reader", "This window fell behind; it will catch up."),
            End::Stopping => Self::new(1012, "restarting", "Holdfast is restarting; please reconnect."),
            End::Lost => Self::new(1001, "gone", "The connection was lost."),
        }
    }
}

async fn farewell(connection: &Connection, bye: &Bye) {
    let words = [Frame::Bye { code: bye.name, message: bye.message }.encode(), close(bye.code, bye.name)];
    // The other side may be gone; there is nobody left to tell.
    drop(tokio::time::timeout(FAREWELL, connection.farewell(words)).await);
}

/// A finished request.
struct Done {
    id: u64,
    request: kernel::RequestId,
    result: Result<Vec<u8>>,
    subscribed: Option<(ChannelId, Arc<Subscription>)>,
}

type Pending = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>;

struct Tab {
    id: SocketId,
    connection: Arc<Connection>,
    hub: Arc<Hub>,
    caller: Caller,
    origin: kernel::Request,
    active: Box<dyn Fn() + Send + Sync>,
    dispatcher: Dispatcher,
    limiter: Limiter<()>,
    settings: Settings,
}

impl Tab {
    /// Until somebody ends it: the client (Ok), or this side, for the reason it then tells.
    async fn talk(&mut self, frames: &mut WebSocketStream<Duplex>) -> Result<(), Bye> {
        let beat = self.settings.heartbeat;
        let connection = self.connection.clone();
        connection
            .push(Frame::Welcome { heartbeat_seconds: beat.as_secs(), max_frame_bytes: MAX_FRAME }.encode());
        let mut pending = Pending::new();
        let mut beats = tokio::time::interval_at(tokio::time::Instant::now() + beat, beat);
        loop {
            self.check_authority().await?;
            // Who reads slowly is asked about all the same.
            tokio::select! {
                biased;
                drained = connection.drained() => drained?,
                () = connection.wake.notified() => match connection.end() {
                    Some(end) => return Err(end.into()),
                    None => continue,
                },
            }
            tokio::select! {
                biased;
                () = connection.wake.notified() => {
                    if let Some(end) = connection.end() {
                        return Err(end.into());
                    }
                }
                Some(done) = pending.next() => self.finish(done).await?,
                received = frames.next(), if pending.len() < self.settings.pipeline => match received {
                    Some(Ok(Message::Text(text))) => self.request(&text, &mut pending)?,
                    Some(Ok(Message::Binary(_))) => {
                        return Err(Bye::new(1003, "text_only", "Frames must be text."));
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_) | Message::Close(_))) => {}
                    // After a close was echoed, or without one.
                    Some(Err(_)) | None => return Ok(()),
                },
                _ = beats.tick() => self.beat(),
                () = connection.beat.notified() => self.beat(),
            }
        }
    }

    fn beat(&self) {
        let heads = self.hub.heads(self.connection.positions().into_iter());
        self.connection.push(Frame::Beat { heads }.encode());
    }

    fn call(&self, path: Vec<(String, String)>, input: Vec<u8>) -> (kernel::RequestId, Call) {
        let id = self.dispatcher.request_id();
        let request = kernel::Request { id, idempotency_key: None, ..self.origin.clone() };
        (id, Call { caller: self.caller.clone(), request, path, input: RawInput::Json(input) })
    }

    /// Takes one request up.
    fn request(&mut self, text: &str, pending: &mut Pending) -> Result<(), Bye> {
        if let Verdict::Refused { .. } =
            self.limiter.check((), self.settings.frames, self.dispatcher.moment())
        {
            return Err(Bye::new(4429, "rate_limited", "This window sent too much at once."));
        }
        (self.active)();
        let Ok(Request { id, op, path, input }) = serde_json::from_str::<Request<'_>>(text) else {
            return Err(Bye::new(1007, "bad_frame", "A frame was not understood."));
        };
        let path: Vec<(String, String)> = path.into_iter().collect();
        let text = |name: &str| path.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let named = |name: &str| text(name).and_then(|v| v.parse::<ChannelId>().ok());
        let done = || reply(id, Ok(b"{}".to_vec()), "");
        match op.as_str() {
            "realtime.ping" => {
                self.connection.push(done());
                return Ok(());
            }
            "chat.channel.unsubscribe" => {
                if let Some(room) = named("channel") {
                    self.forget(room);
                }
                self.connection.push(done());
                return Ok(());
            }
            _ => {}
        }
        let mut subscribed = None;
        if let Some(room) = self.dispatcher.subscribes(&op).and_then(named) {
            if self.connection.others(room) >= MAX_ROOMS {
                let error = Error::conflict("This window listens to too many channels.");
                self.connection.push(reply(id, Err(error), ""));
                return Ok(());
            }
            // Live first, then the log: nothing can fall between.
            let asked = Subscription { operation: op.clone(), path: path.clone() };
            subscribed = Some((room, self.connection.listen(room, asked)));
            self.hub.attach(self.id, &self.connection, text("org").and_then(|v| v.parse().ok()), room);
        }
        let (request, call) =
            self.call(path, input.map_or_else(Vec::new, |raw| raw.get().as_bytes().to_vec()));
        let dispatcher = self.dispatcher.clone();
        pending.push(Box::pin(async move {
            let result = dispatcher.call(&op, call).await.map(|answer| answer.body);
            Done { id, request, result, subscribed }
        }));
        Ok(())
    }

    /// Answers one request.
    async fn finish(&mut self, done: Done) -> Result<(), Bye> {
        let Done { id, request, result, subscribed } = done;
        let over = result.as_ref().is_err_and(|e| e.code == Code::Unauthenticated);
        let head = result.as_ref().ok().and_then(|body| serde_json::from_slice::<Head>(body).ok());
        self.connection.push(reply(id, result, request));
        match (subscribed, head) {
            (Some((room, asked)), Some(Head { head })) => self.connection.caught_up(room, &asked, head),
            (Some((room, asked)), None) if self.connection.refused(room, &asked) => {
                self.hub.detach(self.id, room);
            }
            _ => {}
        }
        if over {
            self.connection.drained().await?;
            return Err(session_ended());
        }
        Ok(())
    }

    fn forget(&mut self, room: ChannelId) {
        self.connection.forget(room);
        self.hub.detach(self.id, room);
    }

    /// If what the person may do has changed since it was last asked: ask everything again before writing more.
    async fn check_authority(&mut self) -> Result<(), Bye> {
        while let Some(generation) = self.connection.stale() {
            let (_, call) = self.call(Vec::new(), Vec::new());
            let me = self.dispatcher.call(WHO_AM_I, call).await.map_err(|error| match error.code {
                Code::Unauthenticated => session_ended(),
                _ => unsure(),
            })?;
            let me: Me = serde_json::from_slice(&me.body).map_err(|_| unsure())?;
            let seats: Vec<_> = me.memberships.into_iter().map(|m| (m.org.id, m.member.id)).collect();
            let orgs: Vec<_> = seats.iter().map(|(org, _)| *org).collect();
            self.hub.seat(self.id, seats);
            for (room, asked) in self.connection.subscriptions() {
                let (_, call) = self.call(asked.path.clone(), Vec::new());
                if self.dispatcher.call(&asked.operation, call).await.is_err() {
                    // What waits for a slow reader may be of this room.
                    if self.connection.unwritten() {
                        return Err(unsure());
                    }
                    self.forget(room);
                    self.connection.push(Frame::Gone { room }.encode());
                    self.connection.drained().await?;
                }
            }
            self.connection.sure(generation, &orgs);
        }
        Ok(())
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
