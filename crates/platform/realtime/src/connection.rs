//! One connection, as its own task and the hub share it. The hub writes to it at once when it can, so that a delivery costs
//! one write and wakes nobody; what the network does not take waits here, and the connection's task goes on with it.
//!
//! Bounded: a reader who falls too far behind is cut, and takes up the log again when it comes back, rather than slowing
//! others or filling memory (RT-4). And nothing goes out to somebody whose authority changed since it was last asked: it
//! waits until the task has asked again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::body::Bytes;
use bytes::Buf;
use kernel::{MemberId, OrgId, Topic};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::delivery::{Delivery, Entries};
use crate::scan::Scan;

/// Bytes that may wait for one connection. They are shared by all who receive them, so a burst that every reader is about
/// to take costs little; what one slow reader alone still holds is bounded.
const MOST_BYTES: usize = 4 << 20;

/// How long it waits, at most, for the other side to hang up after the last words.
const LINGER: Duration = Duration::from_secs(2);

/// What a connection runs over.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// Why a connection ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Too much waited for it.
    Slow,
    /// The server is stopping.
    Stopping,
    /// Nobody is there any more.
    Lost,
}

/// One topic that a connection subscribed to.
struct Listening {
    /// The last number written.
    last: i64,
    /// Entries that came while the log was being read; none once it has been.
    early: Option<Vec<Entries>>,
    /// How the subscription was asked for.
    asked: Arc<Subscription>,
}

/// How a subscription was asked for: to ask again.
pub(crate) struct Subscription {
    /// The operation's id.
    pub(crate) operation: String,
    /// The ids of its path.
    pub(crate) path: Vec<(String, String)>,
}

/// A connection's end of the hub.
pub(crate) struct Connection {
    state: Mutex<State>,
    /// Grows when the person's authority changes.
    generation: Arc<AtomicU64>,
    /// Something for the connection's own task to do.
    pub(crate) wake: Notify,
    /// A beat is due before its time: the other side may have missed something.
    pub(crate) beat: Notify,
    /// Hang up, even in the middle of a write.
    cut: Notify,
}

struct State {
    transport: Box<dyn Transport>,
    /// What may be written, in order.
    out: VecDeque<Bytes>,
    /// The first of `out` is written in part: nothing else can be said before its rest.
    torn: bool,
    unflushed: bool,
    /// What may be written once authority has been asked for again.
    unsure: Vec<Delivery>,
    /// The generation at which authority was last asked for.
    seen: Option<u64>,
    /// Bytes in `out`, `unsure` and in what came early.
    waiting: usize,
    topics: HashMap<Topic, Listening>,
    end: Option<End>,
}

impl Connection {
    pub(crate) fn new(transport: Box<dyn Transport>, generation: Arc<AtomicU64>) -> Arc<Self> {
        let state = State {
            transport,
            out: VecDeque::new(),
            torn: false,
            unflushed: false,
            unsure: Vec::new(),
            seen: None,
            waiting: 0,
            topics: HashMap::new(),
            end: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            generation,
            wake: Notify::new(),
            beat: Notify::new(),
            cut: Notify::new(),
        })
    }

    /// From the hub: writes the delivery at once if it can, and never waits. Runs within the runtime.
    pub(crate) fn deliver(&self, delivery: &Delivery) {
        let mut state = self.state.lock();
        if state.end.is_some() || !self.fits(&mut state, delivery.len()) {
            return;
        }
        if state.seen != Some(self.generation.load(Ordering::SeqCst)) {
            state.waiting += delivery.len();
            state.unsure.push(delivery.clone());
            drop(state);
            return self.wake.notify_one();
        }
        if !state.at_once(|state| state.take(delivery)) {
            drop(state);
            self.wake.notify_one();
        }
    }

    /// From the connection's own task: what the network does not take now is written by the next [`Self::drained`].
    pub(crate) fn push(&self, bytes: Bytes) {
        let mut state = self.state.lock();
        if state.end.is_none() && self.fits(&mut state, bytes.len()) {
            state.at_once(|state| state.push(bytes));
        }
    }

    /// Nothing can be written any more.
    pub(crate) fn lost(&self) {
        self.state.lock().end = Some(End::Lost);
        self.cut.notify_one();
        self.wake.notify_one();
    }

    /// Says the last words, if the other side takes what it was sent before, and waits for it to hang up: closing a line
    /// on which something comes in yet could overtake them.
    pub(crate) async fn farewell(&self, words: impl IntoIterator<Item = Bytes>) {
        {
            let mut state = self.state.lock();
            // The rest of a frame may go only to somebody who may have it: not when authority changed meanwhile.
            let current = state.seen == Some(self.generation.load(Ordering::SeqCst));
            let torn = state.torn && !(current && state.end == Some(End::Slow));
            if torn || state.end == Some(End::Lost) {
                return;
            }
            // Nothing follows the last words.
            state.end.get_or_insert(End::Stopping);
            state.clear_but_torn();
            for bytes in words {
                state.push(bytes);
            }
        }
        if poll_fn(|cx| self.state.lock().poll_drain(cx)).await.is_ok() {
            let hangs_up = poll_fn(|cx| self.state.lock().poll_hang_up(cx));
            drop(tokio::time::timeout(LINGER, hangs_up).await);
        }
    }

    /// Asks the task to say goodbye.
    pub(crate) fn stop(&self) {
        self.state.lock().end.get_or_insert(End::Stopping);
        self.wake.notify_one();
    }

    /// Whether it is over, and why.
    pub(crate) fn end(&self) -> Option<End> {
        self.state.lock().end
    }

    /// Waits until all that may be written is written.
    pub(crate) async fn drained(&self) -> Result<(), End> {
        let written = poll_fn(|cx| {
            let mut state = self.state.lock();
            match state.end {
                Some(end @ (End::Slow | End::Lost)) => Poll::Ready(Err(end)),
                _ => state.poll_drain(cx).map(|result| result.map_err(|_| End::Lost)),
            }
        });
        tokio::select! {
            biased;
            result = written => result,
            () = self.cut.notified() => Err(End::Slow),
        }
    }

    /// The generation now, if authority has not been asked for since it began.
    pub(crate) fn stale(&self) -> Option<u64> {
        let now = self.generation.load(Ordering::SeqCst);
        (self.state.lock().seen != Some(now)).then_some(now)
    }

    /// Authority was asked for in this generation, and these are the person's organisations: what waited for that may go,
    /// as far as it still concerns them.
    pub(crate) fn sure(&self, generation: u64, orgs: &[OrgId]) {
        let mut state = self.state.lock();
        state.seen = Some(generation);
        if generation != self.generation.load(Ordering::SeqCst) {
            return;
        }
        for delivery in std::mem::take(&mut state.unsure) {
            state.waiting = state.waiting.saturating_sub(delivery.len());
            if !matches!(&delivery, Delivery::Notice(topic, _) if !orgs.contains(&topic.org)) {
                state.take(&delivery);
            }
        }
    }

    /// Whether something has still to be taken by the network.
    pub(crate) fn unwritten(&self) -> bool {
        self.state.lock().unwritten()
    }

    /// The topic's log is about to be read; what comes meanwhile is kept. Whoever asks again meanwhile takes this over.
    pub(crate) fn listen(&self, topic: Topic, asked: Subscription) -> Arc<Subscription> {
        let asked = Arc::new(asked);
        let listening = Listening { last: 0, early: Some(Vec::new()), asked: asked.clone() };
        let mut state = self.state.lock();
        if let Some(before) = state.topics.insert(topic, listening) {
            state.forget(&before);
        }
        asked
    }

    /// The topic's log was read up to `head` for whoever asked so; what came meanwhile follows.
    pub(crate) fn caught_up(&self, topic: Topic, asked: &Arc<Subscription>, head: i64) {
        let mut state = self.state.lock();
        let sure = state.seen == Some(self.generation.load(Ordering::SeqCst));
        let Some(listening) = state.topics.get_mut(&topic).filter(|l| Arc::ptr_eq(&l.asked, asked)) else {
            return;
        };
        listening.last = head;
        for entries in listening.early.take().into_iter().flatten() {
            if sure {
                state.waiting = state.waiting.saturating_sub(entries.len());
                state.take(&Delivery::Entries(entries));
            } else {
                state.unsure.push(Delivery::Entries(entries));
            }
        }
    }

    /// The topic could not be read for whoever asked so. Whether that ends listening to it.
    pub(crate) fn refused(&self, topic: Topic, asked: &Arc<Subscription>) -> bool {
        let mut state = self.state.lock();
        let current = state.topics.get(&topic).is_some_and(|listening| Arc::ptr_eq(&listening.asked, asked));
        if current && let Some(listening) = state.topics.remove(&topic) {
            state.forget(&listening);
        }
        current
    }

    /// No longer interested in the topic.
    pub(crate) fn forget(&self, topic: Topic) {
        let mut state = self.state.lock();
        if let Some(listening) = state.topics.remove(&topic) {
            state.forget(&listening);
        }
    }

    /// How many topics it would listen to together with these.
    pub(crate) fn together_with(&self, topics: impl Iterator<Item = Topic>) -> usize {
        let state = self.state.lock();
        let new: HashSet<_> = topics.filter(|topic| !state.topics.contains_key(topic)).collect();
        state.topics.len() + new.len()
    }

    /// What it listens to, and how that was asked for.
    pub(crate) fn subscriptions(&self) -> Vec<(Topic, Arc<Subscription>)> {
        self.state.lock().topics.iter().map(|(topic, listening)| (*topic, listening.asked.clone())).collect()
    }

    /// The last number written of each topic.
    pub(crate) fn positions(&self) -> Vec<(Topic, i64)> {
        self.state.lock().topics.iter().map(|(topic, listening)| (*topic, listening.last)).collect()
    }

    /// Whether entries of the topic up to this number have not come by here, and are not just being read from its log.
    pub(crate) fn lacks(&self, topic: Topic, head: i64) -> bool {
        let state = self.state.lock();
        state.topics.get(&topic).is_some_and(|listening| listening.early.is_none() && listening.last < head)
    }

    /// Whether this much more may wait. If not, it is over. Who has taken everything is not slow, however much comes.
    fn fits(&self, state: &mut State, more: usize) -> bool {
        if state.waiting == 0 || state.waiting + more <= MOST_BYTES {
            return true;
        }
        state.end = Some(End::Slow);
        state.clear_but_torn();
        self.cut.notify_one();
        self.wake.notify_one();
        false
    }
}

impl State {
    fn unwritten(&self) -> bool {
        self.unflushed || !self.out.is_empty()
    }

    fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.waiting += bytes.len();
            self.out.push_back(bytes);
        }
    }

    /// Adds something and writes it now, unless something is unwritten already: that is the task's, which waits for the
    /// network, and polling beside it would take its place there. False: there is something new for the task to do.
    fn at_once(&mut self, add: impl FnOnce(&mut Self)) -> bool {
        let idle = !self.unwritten();
        add(self);
        if !idle || !self.unwritten() {
            return true;
        }
        matches!(self.poll_drain(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())))
    }

    /// Takes a delivery up: each topic's entries in order and none twice.
    fn take(&mut self, delivery: &Delivery) {
        let entries = match delivery {
            Delivery::Notice(topic, bytes) => {
                // The hub knows whose an organisation's and a member's are. To others one subscribes, and is listening only once
                // that was allowed.
                let own = matches!(topic.kind, OrgId::PREFIX | MemberId::PREFIX);
                if own || self.topics.get(topic).is_some_and(|listening| listening.early.is_none()) {
                    self.push(bytes.clone());
                }
                return;
            }
            Delivery::Entries(entries) => entries,
        };
        let Some(listening) = self.topics.get_mut(&entries.topic) else { return };
        if let Some(early) = &mut listening.early {
            self.waiting += delivery.len();
            return early.push(entries.clone());
        }
        let fresh = entries.after(listening.last);
        listening.last = listening.last.max(entries.last());
        self.push(fresh);
    }

    fn forget(&mut self, listening: &Listening) {
        let bytes: usize = listening.early.iter().flatten().map(Entries::len).sum();
        self.waiting = self.waiting.saturating_sub(bytes);
    }

    fn clear(&mut self) {
        self.out.clear();
        self.unsure.clear();
        self.waiting = 0;
    }

    /// Nothing more is said but the rest of what is half said.
    fn clear_but_torn(&mut self) {
        let rest = self.out.pop_front().filter(|_| self.torn);
        self.clear();
        if let Some(rest) = rest {
            self.push(rest);
        }
    }

    /// Ends this side, and reads what comes until the other side ends, too.
    fn poll_hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut ignored = [0; 1024];
        if ready!(Pin::new(&mut self.transport).poll_shutdown(cx)).is_err() {
            return Poll::Ready(());
        }
        loop {
            let mut into = ReadBuf::new(&mut ignored);
            let read = ready!(Pin::new(&mut self.transport).poll_read(cx, &mut into));
            if read.is_err() || into.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(self.poll_write_out(cx));
        if result.is_err() {
            self.end = Some(End::Lost);
            self.clear();
        }
        Poll::Ready(result)
    }

    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(front) = self.out.front_mut() {
            let written = ready!(Pin::new(&mut self.transport).poll_write(cx, front))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            front.advance(written);
            self.torn = !front.is_empty();
            self.unflushed = true;
            self.waiting = self.waiting.saturating_sub(written);
            if !self.torn {
                self.out.pop_front();
            }
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.transport).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// The connection as the library that reads frames sees it. What that library answers by itself (pongs, the echo of a close)
/// takes its place among what waits.
pub(crate) struct Duplex {
    connection: Arc<Connection>,
    scan: Scan,
}

impl Duplex {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, scan: Scan::new() }
    }
}

impl AsyncRead for Duplex {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.connection.state.lock().transport).poll_read(cx, into))?;
        let fresh = into.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.scan.take(fresh, Instant::now()).map_err(io::Error::from))
    }
}

impl AsyncWrite for Duplex {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.connection.push(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.state.lock().poll_drain(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection.state.lock().transport).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
