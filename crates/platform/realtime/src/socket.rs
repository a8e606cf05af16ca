//! One socket: reads requests, writes deliveries, and asks anew who may receive them whenever its person's authority changes.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::{Answers, Call, Dispatcher, Limiter, PathIds, Rate, RawInput, Verdict};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kernel::{Code, Error, MemberId, OrgId, Principal, Result, Topic};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use crate::connection::{Connection, Duplex, End, Subscription};
use crate::frame::{Frame, One, Request, close, reply, reply_each};
use crate::hub::{Hub, SocketId};
use crate::scan::Broken;

/// Largest frame a client may send, in bytes: the longest message in the dearest escaping, and some.
const MAX_FRAME: usize = 64 * 1024;
/// Read at once, in bytes: what people type fits, and it is kept for every socket.
const READ_BUFFER: usize = 2 * 1024;
/// Topics one socket may subscribe to.
const MAX_TOPICS: usize = 2_000;
/// Calls in one frame.
const MAX_EACH: usize = 100;
/// Topics that are asked about at once when authority has changed.
const ASKED_AT_ONCE: usize = 100;
/// How long until a question about authority that nobody could answer is asked again: at first, and at most.
const AGAIN: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long somebody who reads slowly may take to hear why they were cut.
const SLOW_FAREWELL: Duration = Duration::from_secs(30);
/// What somebody who was cut for reading slowly hears.
const SLOW: u16 = 4408;
/// The operation that tells where a principal belongs.
const WHO_AM_I: &str = "principal.read";

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
    pub principal: Principal,
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
    let Some(id) = hub.enter(&visitor.principal, &connection, settings.per_person) else {
        return farewell(&connection, &Bye::new(4429, "too_many", "You have too many windows open.")).await;
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME))
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0);
    let mut frames =
        WebSocketStream::from_raw_socket(Duplex::new(connection.clone()), Role::Server, Some(config)).await;
    let mut tab = Tab {
        id,
        connection: connection.clone(),
        hub,
        principal: visitor.principal,
        origin: visitor.request,
        active: visitor.active,
        dispatcher,
        limiter: Limiter::default(),
        settings,
        again: None,
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
        self.hub.leave(self.id, self.connection.positions().into_iter().map(|(topic, _)| topic));
    }
}

/// Why a socket is closed.
struct Bye {
    code: u16,
    name: &'static str,
    /// Empty: the other side does not speak the protocol, and hears the code alone.
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
            End::Slow => Self::new(SLOW, "slow_reader", "This window fell behind; it will catch up."),
            End::Stopping => Self::new(1012, "restarting", "Holdfast is restarting; please reconnect."),
            End::Lost => Self::new(1001, "gone", "The connection was lost."),
        }
    }
}

async fn farewell(connection: &Connection, bye: &Bye) {
    let Bye { code, name, message } = *bye;
    let words = (!message.is_empty()).then(|| Frame::Bye { code: name, message }.encode());
    let words = words.into_iter().chain([close(code, name)]);
    let patience = if code == SLOW { SLOW_FAREWELL } else { FAREWELL };
    // The other side may be gone; there is nobody left to tell.
    drop(tokio::time::timeout(patience, connection.farewell(words)).await);
}

/// What the other side hears when what it sends is not the protocol (RFC 6455, 7.4.1); none: it has gone.
fn broken(error: &WsError) -> Option<Bye> {
    let (code, name) = match error {
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
        WsError::Protocol(_) => (1002, "protocol_error"),
        WsError::Utf8(_) => (1007, "not_utf8"),
        WsError::Capacity(_) => (1009, "too_large"),
        WsError::Io(error) => match error.get_ref()?.downcast_ref::<Broken>()? {
            Broken::Length => (1002, "protocol_error"),
            Broken::Flood => (1008, "flood"),
        },
        _ => return None,
    };
    Some(Bye::new(code, name, ""))
}

/// A finished request: of one call, or of several.
struct Done {
    id: u64,
    request: kernel::RequestId,
    result: Finished,
    /// For each call the topic that it subscribes to, if it does.
    subscribed: Vec<Subscribed>,
}

enum Finished {
    One(Result<Vec<u8>>),
    Each(Result<Answers>),
}

type Subscribed = Option<(Topic, Arc<Subscription>)>;

type Pending = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>;

struct Tab {
    id: SocketId,
    connection: Arc<Connection>,
    hub: Arc<Hub>,
    principal: Principal,
    origin: kernel::Request,
    active: Box<dyn Fn() + Send + Sync>,
    dispatcher: Dispatcher,
    limiter: Limiter<()>,
    settings: Settings,
    /// When a question about authority that nobody could answer is asked again, and how long it will wait after that.
    again: Option<(Instant, Duration)>,
}

impl Tab {
    /// Until somebody ends it: the client (Ok), or this side, for the reason it then tells.
    async fn talk(&mut self, frames: &mut WebSocketStream<Duplex>) -> Result<(), Bye> {
        let beat = self.settings.heartbeat;
        let connection = self.connection.clone();
        let mut welcome =
            Some(Frame::Welcome { heartbeat_seconds: beat.as_secs(), max_frame_bytes: MAX_FRAME }.encode());
        let mut pending = Pending::new();
        let mut beats = tokio::time::interval_at(Instant::now() + beat, beat);
        loop {
            self.check_authority().await?;
            // Not before it is known where the person is a member: what is said there until then would be lost to a tab that has
            // fetched its lists already.
            if connection.stale().is_none()
                && let Some(welcome) = welcome.take()
            {
                connection.push(welcome);
            }
            let again = self.again.map(|(when, _)| when);
            // Who reads slowly is asked about all the same.
            tokio::select! {
                biased;
                drained = connection.drained() => drained?,
                () = connection.wake.notified() => match connection.end() {
                    Some(end) => return Err(end.into()),
                    None => continue,
                },
                () = sleep_until(again) => continue,
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
                    Some(Err(error)) => return broken(&error).map_or(Ok(()), Err),
                    // After a close was echoed, or without one.
                    None => return Ok(()),
                },
                () = sleep_until(again) => {}
                _ = beats.tick(), if welcome.is_none() => self.beat()?,
                () = connection.beat.notified(), if welcome.is_none() => self.beat()?,
            }
        }
    }

    /// Tells how far each topic is, unless the credential has expired: who only listens asks for nothing, and is not refused.
    fn beat(&self) -> Result<(), Bye> {
        if self.principal.expires_at.is_some_and(|expires| self.dispatcher.now() >= expires) {
            return Err(session_ended());
        }
        let positions = self.connection.positions().into_iter();
        let heads = match self.connection.stale() {
            None => self.hub.heads(positions),
            // Whoever cannot be checked hears nothing new.
            Some(_) => positions.map(|(topic, seen)| (topic.to_string(), seen)).collect(),
        };
        self.connection.push(Frame::Beat { heads }.encode());
        Ok(())
    }

    /// A new request's name, and where it comes from.
    fn named(&self) -> (kernel::RequestId, kernel::Request) {
        let id = self.dispatcher.request_id();
        (id, kernel::Request { id, idempotency_key: None, ..self.origin.clone() })
    }

    /// Takes one request up.
    fn request(&mut self, text: &str, pending: &mut Pending) -> Result<(), Bye> {
        if let Verdict::Refused { .. } =
            self.limiter.check((), self.settings.frames, self.dispatcher.moment())
        {
            return Err(Bye::new(4429, "rate_limited", "This window sent too much at once."));
        }
        (self.active)();
        let Ok(Request { id, op, path, input, each }) = serde_json::from_str::<Request<'_>>(text) else {
            return Err(Bye::new(1007, "bad_frame", "A frame was not understood."));
        };
        let several = each.is_some();
        let calls: Vec<(PathIds, Vec<u8>)> = each
            .unwrap_or_else(|| vec![One { path, input }])
            .into_iter()
            .map(|one| {
                let input = one.input.map_or_else(Vec::new, |raw| raw.get().as_bytes().to_vec());
                (one.path, input)
            })
            .collect();
        let (request, origin) = self.named();
        let refuse = |error| {
            self.connection.push(reply(id, Err(error), request));
            Ok(())
        };
        if self.dispatcher.sets_cookie(&op) {
            return refuse(Error::new(Code::HttpOnly).hint("send it as an HTTP request"));
        }
        if calls.is_empty() || calls.len() > MAX_EACH {
            return refuse(Error::field("each", format!("must be 1 to {MAX_EACH} calls")));
        }
        if !several && op == "realtime.ping" {
            self.connection.push(reply(id, Ok(b"{}".to_vec()), request));
            return Ok(());
        }
        if !several && op == "realtime.unsubscribe" {
            let named = calls.first().and_then(|(path, _)| id_in(path, "topic"));
            for (topic, _) in self.connection.subscriptions() {
                if named == Some(topic.to_string().as_str()) {
                    self.forget(topic);
                }
            }
            self.connection.push(reply(id, Ok(b"{}".to_vec()), request));
            return Ok(());
        }
        let subscribes = self.dispatcher.subscribes(&op);
        let topics: Vec<Option<Topic>> = calls
            .iter()
            .map(|(path, _)| {
                let subscribes = subscribes?;
                let (org, id) = (id_in(path, "org")?, id_in(path, subscribes.parameter)?);
                Topic::parse_in(subscribes.kind, org, id).ok()
            })
            .collect();
        if self.connection.together_with(topics.iter().flatten().copied()) > MAX_TOPICS {
            return refuse(Error::conflict("This window listens to too much at once."));
        }
        let mut subscribed = Vec::with_capacity(calls.len());
        for (topic, (path, _)) in topics.into_iter().zip(&calls) {
            subscribed.push(topic.map(|topic| {
                // Live first, then the log: nothing can fall between.
                let asked = Subscription { operation: op.clone(), path: path.clone() };
                let asked = self.connection.listen(topic, asked);
                self.hub.attach(self.id, &self.connection, topic);
                (topic, asked)
            }));
        }
        let (dispatcher, principal) = (self.dispatcher.clone(), self.principal.clone());
        pending.push(Box::pin(async move {
            let mut calls = calls.into_iter().map(|(path, input)| (path, RawInput::Json(input)));
            let result = match calls.next() {
                Some((path, input)) if !several => {
                    let call = Call { principal, request: origin, path, input, counted: true };
                    Finished::One(dispatcher.call(&op, call).await.map(|answer| answer.body))
                }
                first => {
                    let calls = first.into_iter().chain(calls).collect();
                    Finished::Each(dispatcher.call_each(&op, principal, origin, calls).await)
                }
            };
            Done { id, request, result, subscribed }
        }));
        Ok(())
    }

    /// Answers one request.
    async fn finish(&mut self, done: Done) -> Result<(), Bye> {
        let Done { id, request, result, subscribed } = done;
        let head = |answer: &Vec<u8>| serde_json::from_slice::<Head>(answer).ok().map(|Head { head }| head);
        let over = |error: &Error| error.code == Code::Unauthenticated;
        let (over, heads) = match result {
            Finished::One(result) => {
                let (over, heads) =
                    (result.as_ref().is_err_and(over), vec![result.as_ref().ok().and_then(head)]);
                self.connection.push(reply(id, result, request));
                (over, heads)
            }
            Finished::Each(Ok(answers)) => {
                let heads = answers.iter().map(|answer| answer.as_ref().ok().and_then(head)).collect();
                self.connection.push(reply_each(id, answers, request));
                (false, heads)
            }
            Finished::Each(Err(error)) => {
                let over = over(&error);
                self.connection.push(reply(id, Err(error), request));
                (over, Vec::new())
            }
        };
        // What was not answered is not listened to.
        let heads = heads.into_iter().chain(std::iter::repeat(None));
        for ((topic, asked), head) in
            subscribed.into_iter().zip(heads).filter_map(|(s, head)| Some((s?, head)))
        {
            match head {
                Some(head) => self.connection.caught_up(topic, &asked, head),
                None if self.connection.refused(topic, &asked) => self.hub.detach(self.id, topic),
                None => {}
            }
        }
        if over {
            self.connection.drained().await?;
            return Err(session_ended());
        }
        Ok(())
    }

    fn forget(&self, topic: Topic) {
        self.connection.forget(topic);
        self.hub.detach(self.id, topic);
    }

    /// If what the person may do has changed since it was last asked: asks everything again before writing more. What cannot
    /// be found out is asked again later, and until then nothing goes out: nobody gains a right by it or loses one.
    async fn check_authority(&mut self) -> Result<(), Bye> {
        if self.again.is_some_and(|(when, _)| Instant::now() < when) {
            return Ok(());
        }
        while let Some(generation) = self.connection.stale() {
            match self.ask_anew(generation).await {
                Ok(()) => self.again = None,
                Err(Doubt::Over(bye)) => return Err(bye),
                Err(Doubt::Unsure) => {
                    let [first, most] = AGAIN;
                    let wait = self.again.map_or(first, |(_, wait)| wait);
                    // Many sockets that could not be checked do not ask again in step.
                    let spread = wait.mul_f64(1.0 + (self.id % 16) as f64 / 16.0);
                    self.again = Some((Instant::now() + spread, (wait * 2).min(most)));
                    return Ok(());
                }
            }
        }
        self.again = None;
        Ok(())
    }

    /// Asks who the person is now and what they may still listen to. It is the server that asks: nobody's limit is touched.
    async fn ask_anew(&mut self, generation: u64) -> Result<(), Doubt> {
        let principal = || self.principal.clone();
        let call = Call {
            principal: principal(),
            request: self.named().1,
            path: Vec::new(),
            input: RawInput::Json(Vec::new()),
            counted: false,
        };
        let me = self.dispatcher.call(WHO_AM_I, call).await?;
        let me: Me = serde_json::from_slice(&me.body).map_err(|_| Doubt::Unsure)?;
        let memberships: Vec<_> = me.memberships.into_iter().map(|m| (m.org.id, m.member.id)).collect();
        let orgs: Vec<_> = memberships.iter().map(|(org, _)| *org).collect();
        let mut by_operation: HashMap<String, Vec<(Topic, PathIds)>> = HashMap::new();
        for (topic, asked) in self.connection.subscriptions() {
            by_operation.entry(asked.operation.clone()).or_default().push((topic, asked.path.clone()));
        }
        let mut gone = Vec::new();
        for (operation, topics) in &by_operation {
            for batch in topics.chunks(ASKED_AT_ONCE) {
                let paths = batch.iter().map(|(_, path)| path.clone()).collect();
                let answers =
                    self.dispatcher.may_still(operation, principal(), self.named().1, paths).await?;
                let lost = batch.iter().zip(answers).filter(|(_, may)| !may);
                gone.extend(lost.map(|((topic, _), _)| *topic));
            }
        }
        let left = self.hub.set_memberships(self.id, memberships);
        // What waits for a slow reader may be of a topic that is gone.
        if !gone.is_empty() && self.connection.unwritten() {
            return Err(Doubt::Over(unsure()));
        }
        for topic in &gone {
            self.forget(*topic);
        }
        for topic in gone.into_iter().chain(left.into_iter().map(Topic::org)) {
            self.connection.push(Frame::Gone { topic }.encode());
        }
        self.connection.sure(generation, &orgs);
        Ok(())
    }
}

/// Why authority is not known.
enum Doubt {
    /// It will have to be asked again.
    Unsure,
    /// The socket ends.
    Over(Bye),
}

impl From<Error> for Doubt {
    fn from(error: Error) -> Self {
        match error.code {
            Code::Unauthenticated => Doubt::Over(session_ended()),
            _ => Doubt::Unsure,
        }
    }
}

/// Until then; for ever, if there is nothing to wait for.
async fn sleep_until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// An id in a path, by its parameter's name.
fn id_in<'a>(path: &'a PathIds, name: &str) -> Option<&'a str> {
    path.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
}

fn session_ended() -> Bye {
    Bye::new(4401, "session_ended", "You have been signed out.")
}

/// Whoever cannot be checked receives nothing.
fn unsure() -> Bye {
    Bye::new(1013, "try_again", "Holdfast could not check your access; please reconnect.")
}

/// What the answer to a subscription tells of the topic.
#[derive(Deserialize)]
struct Head {
    head: i64,
}

/// What is needed of the answer to [`WHO_AM_I`].
#[derive(Deserialize)]
struct Me {
    memberships: Vec<Membership>,
}

#[derive(Deserialize)]
struct Membership {
    org: Named<OrgId>,
    member: Named<MemberId>,
}

#[derive(Deserialize)]
struct Named<T> {
    id: T,
}
