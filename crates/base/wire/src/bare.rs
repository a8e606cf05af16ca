//! The answers that HTTP/1 gives by itself to what is not HTTP (400, 414, 431): it writes them past every
//! layer, bare. This sits just above the socket and puts our shape and our headers on them, so that "every
//! answer" has no exception.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::edge::Edge;

/// Longer than any bare answer.
const LONGEST: usize = 256;

/// A socket on which no answer is bare.
pub(crate) struct Dressed<S> {
    socket: S,
    edge: Option<(Edge, bool)>,
    rest: Vec<u8>,
}

impl<S: AsyncWrite + Unpin> Dressed<S> {
    /// Around a socket; none for HTTP/2, whose answers are frames.
    pub(crate) fn new(socket: S, edge: Option<(Edge, bool)>) -> Self {
        Self { socket, edge, rest: Vec::new() }
    }

    /// What to write in the place of a bare answer.
    fn dress(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (edge, https) = self.edge.as_ref()?;
        status_of_bare(bytes).map(|status| edge.raw_refusal(status, *https))
    }

    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

/// The status of a whole, empty refusal that none of our layers has seen (they name each request).
fn status_of_bare(bytes: &[u8]) -> Option<u16> {
    if !bytes.starts_with(b"HTTP/1.") || bytes.len() > LONGEST || !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let status: u16 = text.get(9..12)?.parse().ok()?;
    let empty = text.contains("\r\ncontent-length: 0\r\n") && !text.contains("\r\nx-request-id: ");
    (empty && matches!(status, 400 | 414 | 431)).then_some(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for Dressed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Dressed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.drain(cx))?;
        let Some(dressed) = self.dress(buf) else { return Pin::new(&mut self.socket).poll_write(cx, buf) };
        self.rest = dressed;
        // What does not go now goes with the flush that follows.
        if let Poll::Ready(Err(error)) = self.drain(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(buf.len()))
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut full = bufs.iter().filter(|b| !b.is_empty());
        if let (Some(only), None) = (full.next(), full.next()) {
            return self.poll_write(cx, only);
        }
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-4
    #[test]
    fn only_bare_refusals_are_taken_for_such() {
        let bare =
            "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(status_of_bare(bare.as_bytes()), Some(431));
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: req_1\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1",
            "",
        ] {
            assert_eq!(status_of_bare(other.as_bytes()), None, "{other}");
        }
    }
}
