//! The certificate of a laptop or a first try: a small authority of this installation's own, and a leaf that
//! it signs.
//!
//! The authority can vouch for the configured hosts and for nothing else (name constraints), so that a person
//! who makes their browser trust it does not hand out the keys to every other site.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::Timestamp;
use kernel::time::DAY;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use serde::{Deserialize, Serialize};

const AUTHORITY_LIFE: i64 = 3650 * DAY;
const LEAF_LIFE: i64 = 90 * DAY;
const RENEW_BEFORE: i64 = 30 * DAY;
/// A certificate is valid from so long before it was made: clocks differ.
const BEGINS_BEFORE: i64 = DAY;

/// A point in time as the certificate library wants it (its type has no name here).
macro_rules! date {
    ($micros:expr) => {
        date_time_ymd(1970, 1, 1) + Duration::from_micros(u64::try_from($micros).unwrap_or(0))
    };
}

/// What has been issued, kept beside the files: reading dates back out of certificates would need a parser.
#[derive(Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
struct Issued {
    hosts: Vec<String>,
    authority_expires: i64,
    leaf_expires: i64,
}

/// The files of a local certificate.
pub(crate) struct Local {
    dir: PathBuf,
    hosts: Vec<String>,
}

impl Local {
    /// In this directory, for these hosts and for the machine itself.
    pub(crate) fn new(dir: &Path, hosts: &[String]) -> Self {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut hosts: Vec<String> =
            own.into_iter().chain(hosts.iter().map(|h| h.to_ascii_lowercase())).collect();
        hosts.sort();
        hosts.dedup();
        Self { dir: dir.to_owned(), hosts }
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.dir.join("authority.pem")
    }
    fn authority_key(&self) -> PathBuf {
        self.dir.join("authority.key")
    }
    pub(crate) fn leaf(&self) -> PathBuf {
        self.dir.join("certificate.pem")
    }
    pub(crate) fn leaf_key(&self) -> PathBuf {
        self.dir.join("certificate.key")
    }
    fn record(&self) -> PathBuf {
        self.dir.join("issued.json")
    }

    /// Makes what is missing, near its end, or for other hosts. Says whether anything was made.
    pub(crate) fn renew(&self, now: Timestamp) -> io::Result<bool> {
        self.close()?;
        let issued = self.issued();
        // One that begins later was made by a clock that has gone back since: nobody would accept it for as long.
        let usable = |expires: i64, life: i64, margin: i64| {
            now.plus(margin).0 < expires && expires - life - BEGINS_BEFORE <= now.0
        };
        let current = issued.as_ref().filter(|i| i.hosts == self.hosts);
        if current.is_some_and(|i| usable(i.leaf_expires, LEAF_LIFE, RENEW_BEFORE))
            && self.leaf().exists()
            && self.leaf_key().exists()
        {
            return Ok(false);
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let kept = current.filter(|i| usable(i.authority_expires, AUTHORITY_LIFE, LEAF_LIFE)).and_then(|i| {
            let key = KeyPair::from_pem(&fs::read_to_string(self.authority_key()).ok()?).ok()?;
            self.authority().exists().then_some((key, i.authority_expires))
        });
        let (key, authority_expires) = match kept {
            Some(kept) => kept,
            None => self.make_authority(now)?,
        };
        let leaf_expires = now.plus(LEAF_LIFE).0;
        self.make_leaf(key, now, authority_expires)?;
        let record = Issued { hosts: self.hosts.clone(), authority_expires, leaf_expires };
        write_whole(&self.record(), &serde_json::to_vec_pretty(&record)?, 0o600)?;
        Ok(true)
    }

    /// Nobody else reads the keys, whoever may have copied them here with a wider mode.
    fn close(&self) -> io::Result<()> {
        for key in [self.authority_key(), self.leaf_key()] {
            if fs::metadata(&key).is_ok_and(|found| found.mode() & 0o077 != 0) {
                fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
            }
        }
        Ok(())
    }

    /// Forgets what was issued, so that the next [`renew`](Self::renew) makes it anew.
    pub(crate) fn forget(&self) {
        // Not there is what is wanted; anything else shows when the new files are written.
        let _ = fs::remove_file(self.record());
    }

    fn issued(&self) -> Option<Issued> {
        serde_json::from_slice(&fs::read(self.record()).ok()?).ok()
    }

    fn authority_params(&self, expires: i64) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Holdfast local authority");
        params.distinguished_name.push(DnType::OrganizationName, "Holdfast");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let subtree = |host: &String| match host.parse::<IpAddr>() {
            Ok(ip) => GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                ip,
                if ip.is_ipv4() { 32 } else { 128 },
            )),
            Err(_) => GeneralSubtree::DnsName(host.clone()),
        };
        let permitted_subtrees = self.hosts.iter().map(subtree).collect();
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        params.not_before = date!(expires - AUTHORITY_LIFE - BEGINS_BEFORE);
        params.not_after = date!(expires);
        params
    }

    fn make_authority(&self, now: Timestamp) -> io::Result<(KeyPair, i64)> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let expires = now.plus(AUTHORITY_LIFE).0;
        let certificate = self.authority_params(expires).self_signed(&key).map_err(io::Error::other)?;
        write_whole(&self.authority_key(), key.serialize_pem().as_bytes(), 0o600)?;
        write_whole(&self.authority(), certificate.pem().as_bytes(), 0o644)?;
        Ok((key, expires))
    }

    fn make_leaf(&self, authority: KeyPair, now: Timestamp, authority_expires: i64) -> io::Result<()> {
        let issuer = Issuer::new(self.authority_params(authority_expires), authority);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(self.hosts.clone()).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "Holdfast");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = date!(now.plus(-BEGINS_BEFORE).0);
        params.not_after = date!(now.plus(LEAF_LIFE).0);
        let certificate = params.signed_by(&key, &issuer).map_err(io::Error::other)?;
        write_whole(&self.leaf_key(), key.serialize_pem().as_bytes(), 0o600)?;
        write_whole(&self.leaf(), certificate.pem().as_bytes(), 0o644)
    }
}

/// Writes a file so that it is there whole or not at all, and never readable by others in between.
fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}
