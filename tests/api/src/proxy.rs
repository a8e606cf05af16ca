//! A bad line: a TCP proxy that delays, splits, stalls and cuts what goes through it, both ways, by a seed.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A small generator of choices; its seed is printed, so that a failure can be played again.
pub struct Dice(pub u64);

impl Dice {
    /// A number below this one.
    pub fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64 (Marsaglia, 2003)
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One bad line; it is gone with this.
pub struct Proxy {
    /// Its near end.
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// In front of `server`. The same seed treats the same connection alike, as far as the system's own timing lets it.
    pub async fn start(server: SocketAddr, seed: u64) -> Self {
        println!("seed {seed}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            for number in 1u64.. {
                let (near, _) = listener.accept().await.unwrap();
                // Ends of a line that are far apart in what they roll.
                let dice = |end: u64| Dice(seed ^ (number * 2 + end).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
                lines.spawn(line(near, server, dice(0), dice(1)));
            }
        });
        Self { address, accepting }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn line(near: TcpStream, server: SocketAddr, there: Dice, back: Dice) {
    let Ok(far) = TcpStream::connect(server).await else { return };
    // Otherwise the system puts together again what was split here.
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // Whichever side ends, or is cut, takes the other with it.
    tokio::select! {
        () = pump(near_in, far_out, there) => {}
        () = pump(far_in, near_out, back) => {}
    }
}

async fn pump(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut dice: Dice) {
    let mut bytes = [0; 4096];
    loop {
        let Ok(read @ 1..) = from.read(&mut bytes).await else { return };
        let mut rest = &bytes[..read];
        while !rest.is_empty() {
            let wait = match dice.roll(200) {
                0 => return,
                1..=4 => 100 + dice.roll(300),
                5..=120 => dice.roll(12),
                _ => 0,
            };
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let size = if dice.roll(3) == 0 { 1 + dice.roll(40) as usize } else { rest.len() };
            let (now, later) = rest.split_at(size.min(rest.len()));
            if to.write_all(now).await.is_err() {
                return;
            }
            rest = later;
        }
    }
}
