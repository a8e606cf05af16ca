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

/// A line to PostgreSQL that breaks, once, when the database has committed and before it can say so.
pub struct CommitCutter {
    /// Its near end.
    pub address: SocketAddr,
    plan: std::sync::Arc<Plan>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Plan {
    /// The commit that is cut: of the first transaction that carries these bytes.
    mark: std::sync::Mutex<Option<Vec<u8>>>,
    /// How long nobody gets through afterwards.
    away: std::sync::Mutex<Duration>,
    /// Until when nobody gets through.
    until: std::sync::Mutex<Option<tokio::time::Instant>>,
    cut: tokio::sync::Notify,
    /// Ends the lines that stand when the database goes away.
    fall: tokio::sync::watch::Sender<()>,
}

impl CommitCutter {
    /// In front of `server`.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = std::sync::Arc::new(Plan::default());
        let shared = plan.clone();
        let accepting = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let away =
                    shared.until.lock().unwrap().is_some_and(|until| tokio::time::Instant::now() < until);
                if !away {
                    lines.spawn(commit_line(near, server, shared.clone()));
                }
            }
        });
        Self { address, plan, accepting }
    }

    /// Cuts the answer to the COMMIT of the first transaction in which `mark` is sent; then nobody gets through for a while.
    pub fn cut(&self, mark: &str, away: Duration) {
        *self.plan.away.lock().unwrap() = away;
        *self.plan.mark.lock().unwrap() = Some(mark.as_bytes().to_vec());
    }

    /// Waits until that has happened.
    pub async fn has_cut(&self) {
        self.plan.cut.notified().await;
    }
}

impl Drop for CommitCutter {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What a client sends at once is small, and a mark is not torn: both fit a segment.
async fn commit_line(near: TcpStream, server: SocketAddr, plan: std::sync::Arc<Plan>) {
    let Ok(far) = TcpStream::connect(server).await else { return };
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let (mut there, mut back) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let (mut marked, mut cutting) = (false, false);
    let mut fall = plan.fall.subscribe();
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    loop {
        tokio::select! {
            read = near_in.read(&mut there) => {
                let Ok(read @ 1..) = read else { return };
                let bytes = &there[..read];
                marked |= plan.mark.lock().unwrap().as_ref().is_some_and(|mark| contains(bytes, mark));
                if marked && contains(bytes, b"COMMIT\0") {
                    cutting = plan.mark.lock().unwrap().take().is_some();
                    let away = *plan.away.lock().unwrap();
                    *plan.until.lock().unwrap() = Some(tokio::time::Instant::now() + away);
                }
                if far_out.write_all(bytes).await.is_err() { return }
            }
            _ = fall.changed() => return,
            read = far_in.read(&mut back) => {
                let Ok(read @ 1..) = read else { return };
                if cutting && contains(&back[..read], b"COMMIT\0") {
                    plan.cut.notify_one();
                    if plan.until.lock().unwrap().is_some_and(|until| until > tokio::time::Instant::now()) {
                        plan.fall.send_replace(());
                    }
                    return;
                }
                if near_out.write_all(&back[..read]).await.is_err() { return }
            }
        }
    }
}
