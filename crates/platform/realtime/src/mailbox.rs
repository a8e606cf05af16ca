//! What waits to be written to one socket. Bounded: a reader who falls too far behind is cut, and takes up the log again
//! when it comes back, rather than slowing others or filling memory (RT-4).

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::Utf8Bytes;
use kernel::ChannelId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Bytes that may wait for one socket. They are shared by all who receive them, so a burst that every reader is about to
/// take costs little; what one slow reader alone still holds is bounded.
const MOST_BYTES: usize = 4 << 20;

/// One thing to write.
pub(crate) enum Letter {
    /// An entry of a room's log.
    Logged { room: ChannelId, seq: i64, text: Utf8Bytes },
    /// Anything else.
    Plain(Utf8Bytes),
}

impl Letter {
    fn len(&self) -> usize {
        match self {
            Letter::Logged { text, .. } | Letter::Plain(text) => text.len(),
        }
    }
}

#[derive(Default)]
struct Waiting {
    letters: Vec<Letter>,
    bytes: usize,
}

/// A socket's mailbox.
#[derive(Default)]
pub(crate) struct Mailbox {
    waiting: Mutex<Waiting>,
    /// Something to do.
    pub(crate) wake: Notify,
    /// Too much is waiting: hang up, even in the middle of a write.
    pub(crate) cut: Notify,
    overflowed: AtomicBool,
    /// The server is stopping.
    pub(crate) stopping: AtomicBool,
}

impl Mailbox {
    /// Adds letters, all at once.
    pub(crate) fn put(&self, letters: impl IntoIterator<Item = Letter>) {
        let mut waiting = self.waiting.lock();
        for letter in letters {
            waiting.bytes += letter.len();
            waiting.letters.push(letter);
        }
        let over = waiting.bytes > MOST_BYTES;
        if over {
            *waiting = Waiting::default();
        }
        drop(waiting);
        if over {
            self.overflowed.store(true, Ordering::Relaxed);
            self.cut.notify_one();
        }
        self.wake.notify_one();
    }

    /// Takes all that waits, in exchange for an empty buffer.
    pub(crate) fn take(&self, into: &mut Vec<Letter>) {
        let mut waiting = self.waiting.lock();
        waiting.bytes = 0;
        std::mem::swap(&mut waiting.letters, into);
    }

    /// Whether letters were lost because the reader was too slow.
    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// Asks the socket to say goodbye.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ RT-4
    #[test]
    fn a_mailbox_that_overflows_keeps_nothing_and_says_so() {
        let mailbox = Mailbox::default();
        let text: Utf8Bytes = "x".repeat(400_000).into();
        for _ in 0..10 {
            mailbox.put([Letter::Plain(text.clone())]);
        }
        assert!(!mailbox.overflowed());
        mailbox.put([Letter::Plain(text)]);
        assert!(mailbox.overflowed());
        let mut letters = Vec::new();
        mailbox.take(&mut letters);
        assert!(letters.is_empty());
    }
}
