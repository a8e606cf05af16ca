//! What one connection may cost: a socket that notices when nobody reads, a count of what happens on it, and
//! the rule that closes it (EDGE-6, attack N9).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::{Buf, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Sleep;

use crate::budget::Hold;
use crate::slots::Slot;

/// What has happened on a connection.
#[derive(Default)]
pub(crate) struct Activity {
    started: AtomicU64,
    finished: AtomicU64,
    read: AtomicU64,
    /// Pieces of answers that the client has not taken.
    unread: AtomicU64,
    /// Bytes of answers that it has taken.
    taken: AtomicU64,
    /// How often it had taken all that there was.
    cleared: AtomicU64,
    /// Bytes that are held for it.
    pub(crate) held: AtomicUsize,
    /// It must end now.
    pub(crate) cut: Notify,
}

/// A request whose answer is not wholly written yet.
pub(crate) struct InFlight(Arc<Activity>);

impl InFlight {
    pub(crate) fn begin(activity: &Arc<Activity>) -> Self {
        activity.started.fetch_add(1, Relaxed);
        Self(activity.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.finished.fetch_add(1, Relaxed);
    }
}

/// A request's body; what has arrived of it is held.
pub(crate) struct Arriving {
    body: Body,
    hold: Arc<Hold>,
}

impl Arriving {
    pub(crate) fn new(body: Body, hold: Arc<Hold>) -> Self {
        Self { body, hold }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let arrived =
            frame.as_ref().and_then(|f| f.as_ref().ok()).and_then(Frame::data_ref).map_or(0, Bytes::len);
        Poll::Ready(match self.hold.take(arrived) {
            Ok(()) => frame,
            Err(full) => Some(Err(axum::Error::new(full))),
        })
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body. Its request is in flight, and its bytes are held, until it is gone and all its pieces
/// are.
pub(crate) struct Leaving {
    body: Body,
    hold: Arc<Hold>,
    /// Its bytes are not counted as a whole, because nobody knew how many there would be.
    streams: bool,
    _request: InFlight,
}

impl Leaving {
    pub(crate) fn new(body: Body, hold: Arc<Hold>, request: InFlight) -> Self {
        let streams = body.size_hint().exact().is_none();
        Self { body, hold, streams, _request: request }
    }
}

impl HttpBody for Leaving {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let piece = |bytes| Piece::new(bytes, self.hold.clone(), self.streams);
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A piece of an answer on its way: it knows what the client takes of it.
pub(crate) struct Piece {
    bytes: Bytes,
    hold: Arc<Hold>,
    counted: usize,
}

impl Piece {
    fn new(bytes: Bytes, hold: Arc<Hold>, count: bool) -> Self {
        let counted = if count { bytes.len() } else { 0 };
        if counted > 0 {
            hold.force(counted);
        }
        hold.connection().unread.fetch_add(1, Relaxed);
        Self { bytes, hold, counted }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }
    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }
    fn advance(&mut self, count: usize) {
        self.hold.connection().taken.fetch_add(count as u64, Relaxed);
        self.bytes.advance(count);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let connection = self.hold.connection();
        if connection.unread.fetch_sub(1, Relaxed) == 1 {
            connection.cleared.fetch_add(1, Relaxed);
        }
        if self.counted > 0 {
            self.hold.give_back(self.counted);
        }
    }
}

/// How long a connection may do what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// From the first byte of a request's head to its last; also from connecting to the first request.
    pub(crate) head: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
    /// With answers that the client does not take, however many it asks for meanwhile.
    pub(crate) answer: Duration,
}

impl Patience {
    /// How often to look.
    pub(crate) fn tick(&self) -> Duration {
        (self.head.min(self.idle).min(self.answer) / 4).max(Duration::from_millis(10))
    }

    /// Waiting for a client to take its answers, while memory is there or while it is short.
    fn for_answers(&self, tight: bool) -> Duration {
        if tight { self.answer / HURRY } else { self.answer }
    }
}

/// Who takes less than this many bytes in a second, while answers wait for them, takes nothing.
const SLOWEST: u64 = 512;
/// Patience with such a client is so many times shorter while memory is short.
const HURRY: u32 = 10;

/// What to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Keep,
    /// Close it politely.
    Idle,
    /// Cut it: the head of a request drips in.
    SlowHead,
    /// Cut it: an answer is not being taken.
    Stuck,
}

/// Looks at a connection now and then.
pub(crate) struct Watch {
    patience: Patience,
    http2: bool,
    seen: (u64, u64, u64),
    since: Instant,
    read: u64,
    partial_since: Option<Instant>,
    /// Since when the client has not taken enough, and what it had taken and cleared until then.
    taking: (Instant, u64, u64),
}

impl Watch {
    pub(crate) fn new(patience: Patience, http2: bool, now: Instant) -> Self {
        let taking = (now, 0, 0);
        Self { patience, http2, seen: (0, 0, 0), since: now, read: 0, partial_since: None, taking }
    }

    /// `tight`: memory for answers is short.
    pub(crate) fn look(&mut self, activity: &Activity, now: Instant, tight: bool) -> Verdict {
        if self.is_stuck(activity, now, tight) {
            return Verdict::Stuck;
        }
        let (started, finished) = (activity.started.load(Relaxed), activity.finished.load(Relaxed));
        let (read, taken) = (activity.read.load(Relaxed), activity.taken.load(Relaxed));
        if (started, finished, taken) != self.seen {
            self.seen = (started, finished, taken);
            (self.since, self.read, self.partial_since) = (now, read, None);
            return Verdict::Keep;
        }
        let quiet = now.saturating_duration_since(self.since);
        let over = |limit: Duration, elapsed: Duration, verdict| {
            if elapsed >= limit { verdict } else { Verdict::Keep }
        };
        if started > finished {
            return over(self.patience.answer, quiet, Verdict::Stuck);
        }
        if started == 0 {
            return over(self.patience.head, quiet, Verdict::SlowHead);
        }
        // HTTP/2 connections read between requests too (pings, windows); there the idle time bounds a
        // dripping head.
        if !self.http2 && read > self.read {
            let partial = now.saturating_duration_since(*self.partial_since.get_or_insert(now));
            return over(self.patience.head, partial, Verdict::SlowHead);
        }
        over(self.patience.idle, quiet, Verdict::Idle)
    }

    /// Whether answers wait and the client does not take them. It is the client's taking that counts: streams
    /// that it opens and gives up, or small answers beside a large one, are no sign that it reads.
    fn is_stuck(&mut self, activity: &Activity, now: Instant, tight: bool) -> bool {
        let (taken, cleared) = (activity.taken.load(Relaxed), activity.cleared.load(Relaxed));
        let patience = self.patience.for_answers(tight);
        let enough = (SLOWEST * self.patience.answer.as_millis() as u64 / 1000).max(1);
        let (since, before, clear) = self.taking;
        if activity.unread.load(Relaxed) == 0 || cleared != clear || taken - before >= enough {
            self.taking = (now, taken, cleared);
            return false;
        }
        now.saturating_duration_since(since) >= patience
    }
}

/// A socket that holds its place among the open connections, counts what it reads, and fails when what it
/// writes is not taken for too long. It stays around the socket when that becomes a WebSocket.
pub(crate) struct Guarded<S> {
    socket: S,
    activity: Arc<Activity>,
    stall: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    _slot: Option<Slot>,
}

impl<S> Guarded<S> {
    pub(crate) fn new(socket: S, activity: Arc<Activity>, stall: Duration, slot: Option<Slot>) -> Self {
        Self { socket, activity, stall, timer: None, _slot: slot }
    }

    /// Passes on what writing said; while it waits, the time runs.
    fn written<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.timer = None;
            return result;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.stall)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.activity.read.fetch_add((buf.filled().len() - before) as u64, Relaxed);
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.written(cx, result)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.written(cx, result)
    }
    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, HeldLimits};

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        answer: Duration::from_secs(120),
    };

    // REQ EDGE-6 (attack N9)
    #[test]
    fn each_kind_of_waiting_has_its_end() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let activity = Arc::new(Activity::default());
        let mut watch = Watch::new(PATIENCE, false, start);
        activity.read.fetch_add(1, Relaxed);
        assert_eq!(watch.look(&activity, at(9), false), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(10), false), Verdict::SlowHead);

        let request = InFlight::begin(&activity);
        assert_eq!(watch.look(&activity, at(11), false), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(130), false), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(131), false), Verdict::Stuck);
        drop(request);
        assert_eq!(watch.look(&activity, at(132), false), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(191), false), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(192), false), Verdict::Idle);

        activity.read.fetch_add(1, Relaxed);
        assert_eq!(watch.look(&activity, at(193), false), Verdict::Keep);
        activity.read.fetch_add(1, Relaxed);
        assert_eq!(watch.look(&activity, at(203), false), Verdict::SlowHead);
    }
    // REQ EDGE-6 (attack N12)
    #[test]
    fn what_counts_is_what_the_client_takes_not_what_it_asks_for() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let activity = Arc::new(Activity::default());
        let budget = Budget::new(HeldLimits { connection: 1 << 20, address: 1 << 20, total: 1 << 20 });
        let piece =
            || Piece::new(Bytes::from(vec![0; 100_000]), Hold::new(&budget, &activity, None, false), true);
        let watch = || {
            activity.taken.store(0, Relaxed);
            Watch::new(PATIENCE, true, start)
        };
        // A stream that is replaced every 20 s, and small answers that are taken, beside one that is not.
        let held = piece();
        let mut greedy = watch();
        for s in (0..120).step_by(20) {
            let request = InFlight::begin(&activity);
            drop(piece());
            drop(request);
            assert_eq!(greedy.look(&activity, at(s), false), Verdict::Keep, "{s}");
        }
        assert_eq!(greedy.look(&activity, at(120), false), Verdict::Stuck);
        // While memory is short, a tenth of the time.
        let mut greedy = watch();
        assert_eq!(greedy.look(&activity, at(11), true), Verdict::Keep);
        assert_eq!(greedy.look(&activity, at(12), true), Verdict::Stuck);
        drop(held);
        // Ten kilobytes in a second are slow and honest, also while memory is short.
        let request = InFlight::begin(&activity);
        let mut slow = piece();
        let mut honest = watch();
        for s in 1..10 {
            slow.advance(10_000);
            assert_eq!(honest.look(&activity, at(s), true), Verdict::Keep, "{s}");
        }
        // Nothing waits: the client may be idle as long as it may be idle.
        drop((slow, request));
        assert_eq!(honest.look(&activity, at(60), true), Verdict::Keep);
        assert_eq!(activity.held.load(Relaxed), 0);
    }
}
