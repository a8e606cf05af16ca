//! What the library that reads frames does not look at: lengths that are longer than need be (RFC 6455, 5.2), and how many
//! of the frames come that cost their sender next to nothing. It sees the bytes before the library does.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// Control frames and parts of messages that a connection may send in a second, a control frame counted as several parts.
const PER_SECOND: u32 = 1_000;
const CONTROL: u32 = 10;

/// Why nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A length is not the shortest way of saying it, or none at all.
    Length,
    /// Too many frames that say nothing.
    Flood,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
impl std::error::Error for Broken {}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        io::Error::other(broken)
    }
}

/// Where in the stream of frames it is.
pub(crate) struct Scan {
    head: [u8; 14],
    have: usize,
    /// Bytes of the present frame that are still to come.
    skip: u64,
    since: Instant,
    spent: u32,
}

impl Scan {
    pub(crate) fn new() -> Self {
        Self { head: [0; 14], have: 0, skip: 0, since: Instant::now(), spent: 0 }
    }

    /// These bytes have come.
    pub(crate) fn take(&mut self, mut bytes: &[u8], now: Instant) -> Result<(), Broken> {
        loop {
            let inside = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
            self.skip -= inside as u64;
            let Some((byte, rest)) = bytes.get(inside..).and_then(<[u8]>::split_first) else { return Ok(()) };
            bytes = rest;
            if let Some(place) = self.head.get_mut(self.have) {
                *place = *byte;
            }
            self.have += 1;
            if let Some((opcode, length)) = self.header()? {
                (self.have, self.skip) = (0, length);
                self.meter(opcode, now)?;
            }
        }
    }

    /// The header's opcode and length, once it is whole.
    fn header(&self) -> Result<Option<(u8, u64)>, Broken> {
        let [first, second, long @ ..] = self.head;
        let (extended, least) = match second & 0x7f {
            126 => (2, 126),
            127 => (8, 1 << 16),
            _ => (0, 0),
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if self.have < 2 || self.have < 2 + extended + mask {
            return Ok(None);
        }
        let length = match extended {
            0 => u64::from(second & 0x7f),
            wide => long.iter().take(wide).fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
        };
        if length < least || length > i64::MAX as u64 {
            return Err(Broken::Length);
        }
        Ok(Some((first & 0x0f, length)))
    }

    fn meter(&mut self, opcode: u8, now: Instant) -> Result<(), Broken> {
        let price = match opcode {
            0 => 1,
            8.. => CONTROL,
            _ => return Ok(()),
        };
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.spent) = (now, 0);
        }
        self.spent += price;
        if self.spent > PER_SECOND { Err(Broken::Flood) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, length: &[u8], payload: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        bytes.extend_from_slice(length);
        bytes.extend_from_slice(&[1, 2, 3, 4]);
        bytes.resize(bytes.len() + payload, b'x');
        bytes
    }

    // REQ RT-1
    #[test]
    fn a_length_is_said_in_the_shortest_way() {
        let long = |n: u64| [&[0x80 | 127][..], &n.to_be_bytes()].concat();
        let middle = |n: u16| [&[0x80 | 126][..], &n.to_be_bytes()].concat();
        for (length, payload, wanted) in [
            (vec![0x80], 0, Ok(())),
            (vec![0x80 | 125], 125, Ok(())),
            (middle(126), 126, Ok(())),
            (middle(u16::MAX), 65_535, Ok(())),
            (long(1 << 16), 1 << 16, Ok(())),
            (middle(125), 125, Err(Broken::Length)),
            (middle(0), 0, Err(Broken::Length)),
            (long(125), 125, Err(Broken::Length)),
            (long(65_535), 65_535, Err(Broken::Length)),
            (long(1 << 63), 0, Err(Broken::Length)),
        ] {
            let bytes = [frame(0x81, &length, payload), frame(0x81, &[0x80 | 3], 3)].concat();
            assert_eq!(Scan::new().take(&bytes, Instant::now()), wanted, "{length:?}");
            // However the bytes are cut.
            let mut scan = Scan::new();
            let cut = bytes.chunks(3).try_for_each(|part| scan.take(part, Instant::now()));
            assert_eq!(cut, wanted, "{length:?} in pieces");
        }
    }

    // REQ RT-4, EDGE-5
    #[test]
    fn frames_that_say_nothing_are_metered() {
        let (ping, part) = (frame(0x89, &[0x80], 0), frame(0x00, &[0x80], 0));
        let (mut scan, now) = (Scan::new(), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(scan.take(&ping.repeat(100), now), Ok(()));
        assert_eq!(scan.take(&ping, now), Err(Broken::Flood));
        assert_eq!(scan.take(&part.repeat(1_000), later(2)), Ok(()));
        assert_eq!(scan.take(&part, later(2)), Err(Broken::Flood));
        let texts = frame(0x81, &[0x80 | 2], 2).repeat(10_000);
        assert_eq!(scan.take(&texts, later(4)), Ok(()), "messages have a limit of their own");
    }
}
