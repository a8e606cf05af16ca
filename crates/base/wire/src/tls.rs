//! Certificates: loaded at start, looked at every few seconds, swapped without a restart (EDGE-2, EDGE-3).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Error, Result};
use parking_lot::{Mutex, RwLock};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tokio::sync::watch;

use crate::local::Local;

/// Where the certificate is from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// Made here, for these hosts and the machine itself, and kept in `dir`.
    Local {
        /// A directory for its files.
        dir: PathBuf,
        /// The hosts it is for.
        hosts: Vec<String>,
    },
    /// PEM files that somebody else keeps up to date.
    Files {
        /// The certificate and those above it.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// What tells one version of a file from another.
type Stamp = [(u64, i64, i64, u64); 2];

/// The present certificate. Cheap to clone; all clones see the newest.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

struct Inner {
    source: CertificateSource,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    stamp: Mutex<Option<Stamp>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("source", &self.source).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Inner {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().clone())
    }
}

impl CertificateSource {
    fn local(&self) -> Option<Local> {
        match self {
            CertificateSource::Local { dir, hosts } => Some(Local::new(dir, hosts)),
            CertificateSource::Files { .. } => None,
        }
    }

    fn files(&self) -> (PathBuf, PathBuf) {
        match self {
            CertificateSource::Local { dir, hosts } => {
                let local = Local::new(dir, hosts);
                (local.leaf(), local.leaf_key())
            }
            CertificateSource::Files { certificate, key } => (certificate.clone(), key.clone()),
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        let (certificate, key) = self.files();
        let of =
            |path: &Path| fs::metadata(path).ok().map(|m| (m.ino(), m.mtime(), m.mtime_nsec(), m.size()));
        Some([of(&certificate)?, of(&key)?])
    }

    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey> {
        let (certificate, key) = self.files();
        let unfit = |path: &Path, why: &dyn std::fmt::Display| {
            Error::internal(format_args!("{}: {why}", path.display()))
                .message("The TLS certificate cannot be used.")
        };
        let chain = CertificateDer::pem_file_iter(&certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| unfit(&certificate, &e))?;
        if chain.is_empty() {
            return Err(unfit(&certificate, &"there is no certificate in it"));
        }
        let private = PrivateKeyDer::from_pem_file(&key).map_err(|e| unfit(&key, &e))?;
        CertifiedKey::from_der(chain, private, provider).map_err(|e| unfit(&certificate, &e))
    }
}

impl Certificates {
    /// Loads the certificate; makes a local one if it is not there. Says what is wrong with files that do not
    /// fit.
    pub fn load(source: CertificateSource, clock: Arc<dyn Clock>) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (stamp, current) = match source.local() {
            Some(local) => {
                let cannot =
                    |e: std::io::Error| Error::internal(e).message("The local certificate cannot be made.");
                local.renew(clock.now()).map_err(cannot)?;
                let stamp = source.stamp();
                match source.read(&provider) {
                    Ok(key) => (stamp, key),
                    Err(_) => {
                        // Half written by a crash, or meddled with. It is ours to make anew.
                        local.forget();
                        local.renew(clock.now()).map_err(cannot)?;
                        (source.stamp(), source.read(&provider)?)
                    }
                }
            }
            None => (source.stamp(), source.read(&provider)?),
        };
        warn_if_open(&source.files().1);
        let current = RwLock::new(Arc::new(current));
        Ok(Self(Arc::new(Inner { source, clock, provider, current, stamp: Mutex::new(stamp) })))
    }

    /// The local authority's certificate, for people to make their browser trust it.
    pub fn authority_file(&self) -> Option<PathBuf> {
        self.0.source.local().map(|local| local.authority())
    }

    /// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, always with the newest certificate.
    pub fn server_config(&self) -> Result<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(self.0.provider.clone())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(Error::internal)?
            .with_no_client_auth()
            .with_cert_resolver(self.0.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(Error::internal)?;
        Ok(config)
    }

    /// Looks once whether the certificate must be renewed or has been replaced. Says whether there is a new
    /// one.
    pub fn refresh(&self) -> bool {
        if let Some(local) = self.0.source.local()
            && let Err(error) = local.renew(self.0.clock.now())
        {
            tracing::error!(%error, "the local certificate could not be renewed");
        }
        let stamp = self.0.source.stamp();
        if stamp.is_none() || stamp == *self.0.stamp.lock() {
            return false;
        }
        match self.0.source.read(&self.0.provider) {
            Ok(key) => {
                *self.0.current.write() = Arc::new(key);
                *self.0.stamp.lock() = stamp;
                tracing::info!("a new TLS certificate is in use");
                true
            }
            // Certificate and key are two files, so a moment between them is normal. The old one serves on.
            Err(error) => {
                tracing::warn!(cause = error.cause, "the changed TLS certificate cannot be used yet");
                false
            }
        }
    }

    /// Refreshes until told to stop.
    pub(crate) async fn keep_fresh(self, every: Duration, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(every) => {}
            }
            let this = self.clone();
            if tokio::task::spawn_blocking(move || this.refresh()).await.is_err() {
                tracing::error!("looking at the TLS certificate failed");
            }
        }
    }
}

/// A private key that other users of the machine can read is no secret.
fn warn_if_open(key: &Path) {
    if fs::metadata(key).is_ok_and(|m| m.mode() & 0o007 != 0) {
        tracing::warn!(file = %key.display(), "other users of this machine can read the TLS key; chmod o-rwx it");
    }
}
