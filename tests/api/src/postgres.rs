//! One PostgreSQL cluster for the whole test binary, gone when the process is gone; a database for each test.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::Secret;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(0);

struct Cluster {
    port: u16,
    /// The authority that signed its certificate.
    authority: PathBuf,
    /// Its standard input is held open; when this process ends, it stops the server and removes the data.
    _watchdog: Child,
}

fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .filter(|p| p.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL's server programs are installed (cargo xtask doctor)")
}

/// PostgreSQL refuses to run as root; then it runs as the account that its package made.
fn command(program: &str) -> Command {
    let program = programs().join(program);
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn start() -> Cluster {
    let dir = tempfile::Builder::new().prefix("holdfast-pg").tempdir().unwrap().keep();
    let data = initialise(&dir);
    let authority = certificate(&data);
    let port = free_port();
    let watchdog = serve(&data, port, &["fsync=off", "ssl=on", "max_connections=400"], Some(&dir)).await;
    Cluster { port, authority, _watchdog: watchdog }
}

/// Makes a cluster's files in this folder.
fn initialise(dir: &Path) -> PathBuf {
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o777)).unwrap();
    let data = dir.join("data");
    let made = command("initdb")
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
        .arg(&data)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success(), "initdb");
    data
}

/// Starts a server on a cluster's files. What is returned holds it by its standard input: when this process ends, the server
/// is stopped, and `gone` is removed.
#[allow(clippy::zombie_processes, reason = "the watchdog ends after this process does")]
async fn serve(data: &Path, port: u16, more: &[&str], gone: Option<&Path>) -> Child {
    let mut server = command("postgres");
    server.arg("-D").arg(data).args(["-p", &port.to_string()]);
    for setting in
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=64MB"].iter().chain(more)
    {
        server.args(["-c", setting]);
    }
    // The shell outlives this process just long enough to clean up after it.
    let script =
        "\"$@\" >/dev/null 2>&1 & p=$!; read _; kill -TERM $p; wait $p; [ -z \"$DIR\" ] || rm -rf \"$DIR\"";
    let mut watchdog = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(server.get_program())
        .args(server.get_args())
        .env("DIR", gone.unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    watchdog.stdin.as_mut().unwrap().flush().unwrap();
    for _ in 0..600 {
        if connect(port, "postgres").await.is_some() {
            return watchdog;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("PostgreSQL did not start");
}

/// A cluster of its own, for a test that stops it. It syncs, as those do that people rely on.
pub struct Own {
    port: u16,
    data: PathBuf,
    watchdog: Option<Child>,
    _dir: tempfile::TempDir,
}

impl Own {
    /// A new one, with an empty database.
    pub async fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("holdfast-pg-own").tempdir().unwrap();
        let (data, port) = (initialise(dir.path()), free_port());
        let watchdog = Some(serve(&data, port, &[], None).await);
        let admin = connect(port, "postgres").await.unwrap();
        admin.batch_execute("CREATE DATABASE holdfast").await.unwrap();
        Self { port, data, watchdog, _dir: dir }
    }

    /// The address of its database.
    pub fn url(&self) -> Secret {
        url(self.port, "holdfast")
    }

    /// Stops it as `pg_ctl stop -m immediate` does: it tidies nothing up.
    pub fn stop_at_once(&mut self) {
        let pid = std::fs::read_to_string(self.data.join("postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        assert!(Command::new("kill").args(["-QUIT", pid]).status().unwrap().success());
        self.let_go();
    }

    /// Starts it again on the same files and port.
    pub async fn boot(&mut self) {
        self.watchdog = Some(serve(&self.data, self.port, &[], None).await);
    }

    fn let_go(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            drop(watchdog.wait());
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Gives the server a certificate for 127.0.0.1, and returns the file of the authority behind it.
fn certificate(data: &std::path::Path) -> PathBuf {
    let (authority, file) = new_authority(data.parent().unwrap(), "authority.pem");
    for path in certify(data, &authority) {
        let (user, group) = {
            use std::os::unix::fs::MetadataExt;
            let of = std::fs::metadata(data).unwrap();
            (of.uid(), of.gid())
        };
        std::os::unix::fs::chown(&path, Some(user), Some(group)).unwrap();
    }
    file
}

/// Writes `server.crt` and `server.key` for 127.0.0.1, which this authority has signed.
pub(crate) fn certify(
    dir: &std::path::Path,
    authority: &rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
) -> [PathBuf; 2] {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())].map(|(name, text)| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    })
}

/// A certificate authority, and the file with its certificate.
pub(crate) fn new_authority(
    dir: &std::path::Path,
    name: &str,
) -> (rcgen::CertifiedIssuer<'static, rcgen::KeyPair>, PathBuf) {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
    let file = dir.join(name);
    std::fs::write(&file, authority.pem()).unwrap();
    (authority, file)
}

/// The files of the cluster's authority, and of another one.
pub async fn authorities() -> (PathBuf, PathBuf) {
    database().await;
    let own = CLUSTER.get().unwrap().authority.clone();
    let (_, other) = new_authority(own.parent().unwrap(), "other.pem");
    (own, other)
}

async fn connect(port: u16, database: &str) -> Option<Client> {
    let url = format!("host=127.0.0.1 port={port} user=postgres dbname={database}");
    let (client, link) = tokio_postgres::connect(&url, NoTls).await.ok()?;
    tokio::spawn(link);
    Some(client)
}

/// The address of a new, empty database.
pub async fn database() -> Secret {
    let cluster = CLUSTER
        .get_or_init(|| async {
            let cluster = start().await;
            // The tables are made once and copied: it also makes the cluster-wide role before tests run side by side.
            let admin = connect(cluster.port, "postgres").await.unwrap();
            admin.batch_execute("CREATE DATABASE tables").await.unwrap();
            let location =
                store::Location::Postgres { url: url(cluster.port, "tables"), ca_file: None, connections: 1 };
            drop(store::Store::open(&location, std::sync::Arc::new(|_| {})).await.unwrap());
            cluster
        })
        .await;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = connect(cluster.port, "postgres").await.unwrap();
    for attempt in 0.. {
        match admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE tables")).await {
            Ok(()) => break,
            // The template's last connection may still be closing, or another test may be copying.
            Err(error) => assert!(attempt < 200, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    url(cluster.port, &name)
}

fn url(port: u16, name: &str) -> Secret {
    Secret::new(format!("postgres://postgres@127.0.0.1:{port}/{name}"))
}
