//! Certificates: made, renewed, replaced, and what they cannot do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kernel::time::DAY;
use rcgen::{CertificateParams, Issuer, KeyPair};

use super::*;

fn local(dir: &Path, hosts: &[&str]) -> CertificateSource {
    CertificateSource::Local { dir: dir.to_owned(), hosts: hosts.iter().map(|h| (*h).to_owned()).collect() }
}

/// One handshake in memory: the server's certificate as the client saw it, or why there was none.
async fn shake(certificates: &Certificates, name: &str, client: ClientConfig) -> std::io::Result<Vec<u8>> {
    let (near, far) = tokio::io::duplex(65_536);
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(certificates.server_config().unwrap()));
    let serving = tokio::spawn(async move { acceptor.accept(far).await.map(|_| ()) });
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let socket = TlsConnector::from(Arc::new(client)).connect(name, near).await?;
    let leaf = socket.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    serving.await.unwrap()?;
    Ok(leaf)
}

// REQ EDGE-2
#[tokio::test]
async fn a_local_certificate_is_made_kept_and_renewed() {
    let dir = TempDir::new().unwrap();
    // It begins in the past, so that what it makes at its end is valid for the client's clock too.
    let clock = Arc::new(ManualClock::at(kernel::time::SystemClock.now()));
    clock.forward(-61 * DAY);
    let load = |hosts: &[&str]| Certificates::load(local(dir.path(), hosts), clock.clone()).unwrap();
    let first = load(&["chat.example.org"]);
    let roots = trusting(&first.authority_file().unwrap());
    let mut leaves = Vec::new();
    for name in ["localhost", "127.0.0.1", "::1", "chat.example.org"] {
        leaves.push(shake(&first, name, client_config(&roots, &[])).await.unwrap());
    }
    assert!(shake(&first, "evil.example", client_config(&roots, &[])).await.is_err());
    for secret in ["authority.key", "certificate.key"] {
        let mode = std::fs::metadata(dir.path().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }

    let trusted = |certificates: Certificates| {
        let config = client_config(&roots, &[]);
        async move { shake(&certificates, "localhost", config).await }
    };
    assert_eq!(trusted(load(&["chat.example.org"])).await.unwrap(), leaves[0], "kept over a restart");
    clock.forward(59 * DAY);
    assert!(!first.refresh());
    clock.forward(2 * DAY);
    assert!(first.refresh(), "renewed while running, a month before its end");
    assert_ne!(
        trusted(first.clone()).await.unwrap(),
        leaves[0],
        "by the authority that people trust already"
    );
    assert!(trusted(load(&["other.example.org"])).await.is_err(), "other hosts need another authority");

    std::fs::write(dir.path().join("certificate.key"), "half").unwrap();
    load(&["other.example.org"]);
}

// REQ EDGE-2
#[tokio::test]
async fn what_was_made_by_a_clock_that_ran_ahead_is_made_anew_when_it_is_right() {
    let dir = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::at(kernel::time::SystemClock.now()));
    clock.jump(10 * DAY);
    let certificates = Certificates::load(local(dir.path(), &[]), clock.clone()).unwrap();
    clock.jump(-10 * DAY);
    assert!(certificates.refresh(), "while running");
    let roots = trusting(&certificates.authority_file().unwrap());
    shake(&certificates, "localhost", client_config(&roots, &[])).await.unwrap();

    clock.jump(400 * DAY);
    let ahead = Certificates::load(local(dir.path(), &[]), clock.clone()).unwrap();
    clock.jump(-400 * DAY);
    let again = Certificates::load(local(dir.path(), &[]), clock.clone()).unwrap();
    drop(ahead);
    shake(&again, "localhost", client_config(&roots, &[])).await.unwrap();
    assert!(!again.refresh(), "and then it is kept");
}

// REQ EDGE-2
#[tokio::test]
async fn the_local_authority_vouches_for_nothing_else() {
    let dir = TempDir::new().unwrap();
    let certificates = Certificates::load(
        local(dir.path(), &[]),
        Arc::new(ManualClock::at(kernel::time::SystemClock.now())),
    )
    .unwrap();
    let authority = certificates.authority_file().unwrap();
    let stolen =
        KeyPair::from_pem(&std::fs::read_to_string(dir.path().join("authority.key")).unwrap()).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Holdfast local authority");
    params.distinguished_name.push(rcgen::DnType::OrganizationName, "Holdfast");
    let issuer = Issuer::new(params, stolen);
    for (name, vouched) in [("localhost", true), ("bank.example", false), ("192.0.2.1", false)] {
        let key = KeyPair::generate().unwrap();
        let forged = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let (certificate, key_file) = (dir.path().join("forged.pem"), dir.path().join("forged.key"));
        std::fs::write(&certificate, forged.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        let source = CertificateSource::Files { certificate, key: key_file };
        let forged =
            Certificates::load(source, Arc::new(ManualClock::at(kernel::time::SystemClock.now()))).unwrap();
        let shaken = shake(&forged, name, client_config(&trusting(&authority), &[])).await;
        assert_eq!(shaken.is_ok(), vouched, "{name}: {shaken:?}");
    }
}

// REQ EDGE-3
#[tokio::test]
async fn replaced_files_are_taken_up_and_unfit_ones_are_not() {
    let dir = TempDir::new().unwrap();
    let make = |name: &str| {
        let place = dir.path().join(name);
        Certificates::load(local(&place, &[]), Arc::new(ManualClock::at(kernel::time::SystemClock.now())))
            .unwrap();
        place
    };
    let (old, new) = (make("old"), make("new"));
    let (certificate, key) = (dir.path().join("live.pem"), dir.path().join("live.key"));
    let install =
        |from: &Path, file: &str, to: &Path| std::fs::copy(from.join(file), to).map(|_| ()).unwrap();
    install(&old, "certificate.pem", &certificate);
    install(&old, "certificate.key", &key);
    let source = CertificateSource::Files { certificate: certificate.clone(), key: key.clone() };
    let live = Certificates::load(source.clone(), Arc::new(ManualClock::at(kernel::time::SystemClock.now())))
        .unwrap();
    let trusts = |place: &Path| client_config(&trusting(&place.join("authority.pem")), &[]);
    assert!(shake(&live, "localhost", trusts(&old)).await.is_ok());
    assert!(!live.refresh());

    install(&new, "certificate.pem", &certificate);
    assert!(!live.refresh(), "the key is still the old one");
    assert!(shake(&live, "localhost", trusts(&old)).await.is_ok());
    assert!(
        Certificates::load(source.clone(), Arc::new(ManualClock::at(kernel::time::SystemClock.now())))
            .is_err()
    );
    install(&new, "certificate.key", &key);
    assert!(live.refresh());
    assert!(shake(&live, "localhost", trusts(&new)).await.is_ok());
    assert!(shake(&live, "localhost", trusts(&old)).await.is_err());

    std::fs::write(&certificate, "").unwrap();
    assert!(!live.refresh());
    assert!(shake(&live, "localhost", trusts(&new)).await.is_ok());
    let error =
        Certificates::load(source, Arc::new(ManualClock::at(kernel::time::SystemClock.now()))).err().unwrap();
    assert!(error.cause.unwrap().contains("live.pem"));
}

// REQ EDGE-2
#[tokio::test]
async fn only_tls_1_2_and_1_3() {
    let server = start(ConnectionLimits::default()).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(server.roots.clone())
            .with_no_client_auth();
        connect_tls(server.https, "chat.example.org", config).await.unwrap();
    }
    for minor in [0, 1, 2] {
        // A whole ClientHello of SSL 3.0, TLS 1.0 or TLS 1.1: version, random, no session, one suite, no
        // compression.
        let hello = [&[3, minor][..], &[7; 32], &[0, 0, 2, 0xc0, 0x13, 1, 0]].concat();
        let length = u8::try_from(hello.len()).unwrap();
        let record = [&[22, 3, minor, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
        let mut socket = TcpStream::connect(server.https).await.unwrap();
        socket.write_all(&record).await.unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        assert!(answer.first().is_none_or(|kind| *kind == 21), "not an alert: {answer:?}");
    }
    server.stop().await;
}
