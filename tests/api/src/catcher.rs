//! A real mail server of its own, which delivers nothing and tells what it was given: `e2e/catcher.mjs`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// How long a mail that must come may take. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running catcher; it ends with this.
pub struct Catcher {
    /// Where it takes mail, on this machine.
    pub port: u16,
    told: Arc<Mutex<Vec<Value>>>,
    child: Child,
}

impl Catcher {
    /// Starts one on a free port, with options as in `e2e/catcher.mjs`.
    pub fn start(options: &[&str]) -> Self {
        let e2e = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
        assert!(
            e2e.join("node_modules/smtp-server").exists(),
            "the mail catcher's packages are installed (`npm ci` in e2e; `cargo xtask test rust` does it)"
        );
        let mut child = Command::new("node")
            .args(["catcher.mjs", "--json"])
            .args(options)
            .current_dir(e2e)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node is installed (cargo xtask doctor)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let first: Value = serde_json::from_str(&lines.next().expect("the catcher listens")).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let more = told.clone();
        std::thread::spawn(move || {
            for line in lines {
                more.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { port, told, child }
    }

    /// The settings of a server that sends here in clear.
    pub fn settings(&self) -> Vec<(String, String)> {
        settings(self.port, "off")
    }

    /// Everything of this kind that has happened, the oldest first: `mail`, `signIn`, `refused`, `error`.
    pub fn told(&self, kind: &str) -> Vec<Value> {
        self.told.lock().unwrap().iter().filter_map(|t| t.get(kind)).cloned().collect()
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Value> {
        self.told("mail")
    }

    /// Waits until so many things of this kind have happened.
    #[track_caller]
    pub fn wait_for(&self, kind: &str, count: usize) -> impl Future<Output = Vec<Value>> {
        let caller = std::panic::Location::caller();
        async move {
            let started = std::time::Instant::now();
            loop {
                let told = self.told(kind);
                if told.len() >= count {
                    return told;
                }
                assert!(started.elapsed() < PATIENCE, "{caller}: {} of {count}: {told:#?}", told.len());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Waits for one more mail than `before`, and returns it.
    pub async fn next_mail(&self, before: usize) -> Value {
        self.wait_for("mail", before + 1).await.swap_remove(before)
    }
}

/// An authority that nobody but a test trusts, and the options of a catcher with a certificate of it.
pub struct Certificate {
    /// The file with the authority's certificate.
    pub authority: PathBuf,
    files: [PathBuf; 2],
    _dir: tempfile::TempDir,
}

impl Certificate {
    /// For 127.0.0.1.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (signer, authority) = crate::postgres::new_authority(dir.path(), "authority.pem");
        Self { authority, files: crate::postgres::certify(dir.path(), &signer), _dir: dir }
    }

    /// Options of a catcher that shows it.
    pub fn options(&self) -> [&str; 4] {
        let [cert, key] = &self.files;
        ["--cert", cert.to_str().unwrap(), "--key", key.to_str().unwrap()]
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The settings of a server that sends to this port of this machine.
pub fn settings(port: u16, tls: &str) -> Vec<(String, String)> {
    [("HOST", "127.0.0.1"), ("PORT", &port.to_string()), ("TLS", tls), ("FROM", "holdfast@example.org")]
        .map(|(name, value)| (format!("HOLDFAST_MAIL__{name}"), value.to_owned()))
        .to_vec()
}
