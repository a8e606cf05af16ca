//! The real binary as a process of its own: for tests that kill it.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::client::{Client, Reply};
use crate::inspect::Database;
use crate::postgres;
use crate::world::PASSWORD;

/// Built once, by the same cargo, without the features that only tests want.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "holdfast"])
        .current_dir(root)
        .status();
    assert!(built.unwrap().success(), "the binary builds");
    // target/debug/deps/api-… → target/debug/holdfast
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("holdfast")
});

/// The last line of what the binary says when it has started.
const END_OF_GREETING: &str = "  Press Ctrl+C to stop.";

/// A running server process.
pub struct Process {
    /// Where it listens; another port after each start.
    pub address: SocketAddr,
    /// The token of the first set-up.
    pub setup_token: Option<String>,
    said: Arc<Mutex<String>>,
    child: Child,
    settings: Vec<(String, String)>,
    /// Whether its disk can be made to fail.
    faulty: bool,
    /// Whether nobody reads what it says after its greeting.
    pub deaf: Arc<AtomicBool>,
    dir: TempDir,
}

/// A way in which a disk fails, in the words of libfiu (`man fiu-run`).
#[derive(Clone, Copy, Debug)]
pub struct DiskFault {
    point: &'static str,
    how: &'static str,
    /// Nothing can be written any more.
    pub always: bool,
}

/// No room.
pub const DISK_FULL: DiskFault = DiskFault { point: "posix/io/rw/pwrite", how: "failinfo=28", always: true };
/// Writes that stop half of the way, as the last ones do before a disk is full.
pub const SHORT_WRITES: DiskFault =
    DiskFault { point: "posix/io/rw/pwrite/reduce", how: "probability=0.3", always: false };
/// What was written does not reach the disk.
pub const SYNC_FAILS: DiskFault = DiskFault { point: "posix/io/sync/fsync", how: "failinfo=5", always: true };
/// Now and then it does not.
pub const SYNC_FAILS_AT_TIMES: DiskFault =
    DiskFault { point: "posix/io/sync/fsync", how: "probability=0.3,failinfo=5", always: false };

impl Process {
    /// On SQLite.
    pub async fn sqlite() -> Self {
        Self::start(Vec::new())
    }

    /// On SQLite, on PostgreSQL.
    pub async fn on_each(settings: Vec<(String, String)>) -> [Self; 2] {
        let mut other = settings.clone();
        other.push(("HOLDFAST_DATABASE__URL".into(), postgres::database().await.reveal().to_owned()));
        [Self::start(settings), Self::start(other)]
    }

    /// On PostgreSQL.
    pub async fn postgres() -> Self {
        Self::start(vec![("HOLDFAST_DATABASE__URL".into(), postgres::database().await.reveal().to_owned())])
    }

    /// With settings of its own, as environment variables.
    pub fn start(more: Vec<(String, String)>) -> Self {
        Self::start_on(more, false)
    }

    /// On SQLite, on a disk that can be made to fail.
    pub fn on_faulty_disk() -> Self {
        assert!(
            Command::new("sh")
                .args(["-c", "command -v fiu-run"])
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success(),
            "libfiu's programs are installed (cargo xtask doctor)"
        );
        Self::start_on(Vec::new(), true)
    }

    /// Makes its disk fail.
    pub fn break_disk(&self, fault: DiskFault) {
        let how = if fault.always { "enable" } else { "enable_random" };
        self.control_disk(&format!("{how} name={},{}", fault.point, fault.how));
    }

    /// Ends what [`break_disk`](Self::break_disk) began.
    pub fn mend_disk(&self, fault: DiskFault) {
        self.control_disk(&format!("disable name={}", fault.point));
    }

    fn control_disk(&self, command: &str) {
        let mut control = Command::new("fiu-ctrl");
        control.arg("-f").arg(self.dir.path().join("fiu")).args(["-c", command]);
        let output = control.arg(self.child.id().to_string()).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    }

    fn start_on(more: Vec<(String, String)>, faulty: bool) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("holdfast-process")
            // As an administrator makes it: what makes the disk fail puts files there before the server looks.
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .unwrap();
        let mut settings = vec![("HOLDFAST_DATA_DIR".to_owned(), dir.path().to_str().unwrap().to_owned())];
        for (name, value) in [
            ("PUBLIC_URL", "https://holdfast.test"),
            ("TLS__MODE", "off-behind-proxy"),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("LISTEN__HTTP", "127.0.0.1:0"),
            ("LIMITS__REQUESTS_PER_MINUTE", "1000000"),
            ("LIMITS__REQUESTS_PER_MINUTE_PER_ORGANISATION", "10000000"),
            ("LIMITS__FRAMES_PER_MINUTE", "100000"),
            ("LIMITS__RATE_FACTOR", "1000"),
        ] {
            settings.push((format!("HOLDFAST_{name}"), value.to_owned()));
        }
        settings.extend(more);
        let deaf = Arc::<AtomicBool>::default();
        let started = spawn(&settings, faulty.then(|| dir.path()), deaf.clone());
        let (child, said, address) = started.unwrap_or_else(|said| panic!("{said}"));
        let setup_token = said
            .lock()
            .unwrap()
            .split_once("/setup#")
            .map(|(_, rest)| rest.split_whitespace().next().unwrap().to_owned());
        Self { address, setup_token, said, child, settings, faulty, deaf, dir }
    }

    /// Ends it as a power cut would: nothing of it runs any more.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and tells how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }

    /// Runs another command of the binary with the same settings.
    pub fn command(&self, args: &[&str]) -> ExitStatus {
        let settings = self.settings.iter().map(|(k, v)| (k, v));
        Command::new(&*BINARY)
            .args(args)
            .envs(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    }

    /// Runs another command with these settings besides; what it said to both its outputs.
    pub fn command_with(&self, args: &[&str], more: &[(&str, &str)]) -> (ExitStatus, String) {
        let settings = self.settings.iter().map(|(k, v)| (k, v));
        let output = Command::new(&*BINARY)
            .args(args)
            .envs(settings)
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status, String::from_utf8_lossy(&said).into_owned())
    }

    /// Its number with the operating system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts it again on the same data.
    pub fn boot(&mut self) {
        let faulty = self.faulty.then(|| self.dir.path());
        (self.child, self.said, self.address) =
            spawn(&self.settings, faulty, self.deaf.clone()).unwrap_or_else(|said| panic!("{said}"));
    }

    /// Starts it again, if it can; otherwise tells what it has said.
    pub fn try_boot(&mut self) -> Result<(), String> {
        (self.child, self.said, self.address) = spawn(&self.settings, None, self.deaf.clone())?;
        Ok(())
    }

    /// All that it has written to its standard error since it was started.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has written this there: the log has a thread of its own, which may come after the greeting.
    pub async fn says(&self, words: &str) {
        let said = async {
            while !self.said().contains(words) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let said = tokio::time::timeout(Duration::from_secs(20), said).await;
        assert!(said.is_ok(), "{words}: {}", self.said());
    }

    /// Bytes of memory that it has now.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// The directory with all its data.
    pub fn data(&self) -> &Path {
        self.dir.path()
    }

    /// A second connection to its database.
    pub async fn database(&self) -> Database {
        match self.settings.iter().find(|(name, _)| name == "HOLDFAST_DATABASE__URL") {
            Some((_, url)) => Database::postgres(url).await,
            None => Database::sqlite(self.dir.path()),
        }
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// An operation by the administrator at the machine.
    pub async fn console(&self, operation: &str, path: &[(&str, &str)], input: serde_json::Value) -> Reply {
        crate::client::console(&self.dir.path().join("holdfast.sock"), operation, path, input).await
    }

    /// Sets the installation up.
    pub async fn owner(&self) -> Client {
        let mut owner = Client::new(self.address, crate::client::sender());
        let input = json!({
            "token": self.setup_token, "organisation": "Acme", "name": "Olga Owner", "handle": "olga",
            "email": "olga@example.org", "password": PASSWORD,
        });
        owner.call("setup.complete", &[], input).await.ok();
        owner.settle().await;
        owner
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

type Started = (Child, Arc<Mutex<String>>, SocketAddr);

/// With its settings; and the folder by which its disk is made to fail, if it shall. The error is what it has said.
fn spawn(
    settings: &[(String, String)],
    faulty: Option<&Path>,
    deaf: Arc<AtomicBool>,
) -> Result<Started, String> {
    let mut command = match faulty {
        None => Command::new(&*BINARY),
        Some(dir) => {
            // It puts itself between the program and the system's calls, and becomes the program.
            let mut command = Command::new("fiu-run");
            command.arg("-x").arg("-f").arg(dir.join("fiu")).arg(&*BINARY);
            command
        }
    };
    let mut child = command
        .arg("serve")
        .envs(settings.iter().map(|(k, v)| (k, v)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = Arc::new(Mutex::new(String::new()));
    let mut address = None;
    // The greeting is printed in one go, and only once it listens; its last line is empty.
    for line in lines.by_ref().map_while(Result::ok) {
        said.lock().unwrap().push_str(&(line.clone() + "\n"));
        if let Some(listening) = line.trim().strip_prefix("listening on ") {
            address = Some(listening.parse().unwrap());
        }
        if line == END_OF_GREETING {
            break;
        }
    }
    let Some(address) = address else {
        let ended = child.wait().unwrap();
        return Err(format!("{ended}\n{}", said.lock().unwrap()));
    };
    let more = said.clone();
    std::thread::spawn(move || {
        while deaf.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        for line in lines.map_while(Result::ok) {
            more.lock().unwrap().push_str(&(line + "\n"));
        }
    });
    Ok((child, said, address))
}
