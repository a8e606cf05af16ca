//! What the hub hands out: encoded once, shared by all who receive it.

use std::sync::Arc;

use axum::body::Bytes;
use kernel::Topic;

/// One thing to write.
#[derive(Clone)]
pub(crate) enum Delivery {
    /// Entries of a topic's log.
    Entries(Entries),
    /// An event that is not logged.
    Notice(Topic, Bytes),
}

impl Delivery {
    /// Its size on the wire, in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Delivery::Entries(entries) => entries.len(),
            Delivery::Notice(_, bytes) => bytes.len(),
        }
    }
}

/// Successive entries of one topic's log, by rising number.
#[derive(Clone)]
pub(crate) struct Entries {
    /// Whose log.
    pub(crate) topic: Topic,
    /// Each entry's number, and where in `bytes` it ends.
    ends: Arc<[(i64, usize)]>,
    bytes: Bytes,
}

impl Entries {
    /// What remains of them for a reader who has all up to `seq`.
    pub(crate) fn after(&self, seq: i64) -> Bytes {
        let known = self.ends.partition_point(|(number, _)| *number <= seq);
        let start = known.checked_sub(1).and_then(|last| self.ends.get(last)).map_or(0, |(_, end)| *end);
        self.bytes.slice(start..)
    }

    /// Their size on the wire, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Their numbers.
    #[cfg(test)]
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.ends.iter().map(|(number, _)| *number)
    }

    /// The newest number.
    pub(crate) fn last(&self) -> i64 {
        self.ends.last().map_or(0, |(number, _)| *number)
    }
}

/// Entries being put together.
#[derive(Default)]
pub(crate) struct Batch {
    ends: Vec<(i64, usize)>,
    bytes: Vec<u8>,
}

impl Batch {
    /// Adds an entry; its number is above those before it.
    pub(crate) fn push(&mut self, seq: i64, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.ends.push((seq, self.bytes.len()));
    }

    /// Their size so far, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// None when there are none.
    pub(crate) fn finish(self, topic: Topic) -> Option<Delivery> {
        let Self { ends, bytes } = self;
        (!ends.is_empty())
            .then(|| Delivery::Entries(Entries { topic, ends: ends.into(), bytes: bytes.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ RT-2
    #[test]
    fn a_reader_receives_what_follows_the_last_it_has() {
        let mut batch = Batch::default();
        for (seq, frame) in [(4, "four"), (5, "five"), (9, "nine")] {
            batch.push(seq, frame.as_bytes());
        }
        let topic = Topic::org(kernel::OrgId(uuid::Uuid::nil()));
        let Some(Delivery::Entries(entries)) = batch.finish(topic) else { panic!() };
        for (seq, rest) in [(0, "fourfivenine"), (4, "fivenine"), (5, "nine"), (7, "nine"), (9, ""), (12, "")]
        {
            assert_eq!(entries.after(seq), rest, "after {seq}");
        }
        assert_eq!(entries.last(), 9);
        assert!(Batch::default().finish(topic).is_none());
    }
}
