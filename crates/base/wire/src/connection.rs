//! What one connection may cost: a socket that notices when nobody reads, a count of what happens on it, and
//! the rule that closes it (EDGE-6, attack N9).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::slots::Slot;

/// What has happened on a connection.
#[derive(Default)]
pub(crate) struct Activity {
    started: AtomicU64,
    finished: AtomicU64,
    read: AtomicU64,
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

/// An answer's body; its request is in flight until the body is gone.
pub(crate) struct Counted {
    body: Body,
    _request: InFlight,
}

impl Counted {
    pub(crate) fn new(body: Body, request: InFlight) -> Self {
        Self { body, _request: request }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How long a connection may do what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// From the first byte of a request's head to its last; also from connecting to the first request.
    pub(crate) head: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
    /// With requests in flight of which none begins or ends.
    pub(crate) answer: Duration,
}

impl Patience {
    /// How often to look.
    pub(crate) fn tick(&self) -> Duration {
        (self.head.min(self.idle).min(self.answer) / 4).max(Duration::from_millis(10))
    }
}

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
    seen: (u64, u64),
    since: Instant,
    read: u64,
    partial_since: Option<Instant>,
}

impl Watch {
    pub(crate) fn new(patience: Patience, http2: bool, now: Instant) -> Self {
        Self { patience, http2, seen: (0, 0), since: now, read: 0, partial_since: None }
    }

    pub(crate) fn look(&mut self, activity: &Activity, now: Instant) -> Verdict {
        let (started, finished) = (activity.started.load(Relaxed), activity.finished.load(Relaxed));
        let read = activity.read.load(Relaxed);
        if (started, finished) != self.seen {
            (self.seen, self.since, self.read, self.partial_since) = ((started, finished), now, read, None);
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
        assert_eq!(watch.look(&activity, at(9)), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(10)), Verdict::SlowHead);

        let request = InFlight::begin(&activity);
        assert_eq!(watch.look(&activity, at(11)), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(130)), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(131)), Verdict::Stuck);
        drop(request);
        assert_eq!(watch.look(&activity, at(132)), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(191)), Verdict::Keep);
        assert_eq!(watch.look(&activity, at(192)), Verdict::Idle);

        activity.read.fetch_add(1, Relaxed);
        assert_eq!(watch.look(&activity, at(193)), Verdict::Keep);
        activity.read.fetch_add(1, Relaxed);
        assert_eq!(watch.look(&activity, at(203)), Verdict::SlowHead);
    }
}
