//! Tokens: 256 random bits that only their holder has. The database keeps a hash, from which nobody gets back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Cx, Entropy, Secret};
use sha2::{Digest, Sha256};

/// What the database keeps of a token.
pub(crate) type SecretHash = [u8; 32];

/// A new token within a request.
pub(crate) fn fresh(cx: &Cx) -> Secret {
    encode(&cx.random::<32>())
}

/// A new token outside any request.
pub(crate) fn from_entropy(entropy: &dyn Entropy) -> Secret {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    encode(&bytes)
}

fn encode(bytes: &[u8]) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the database keeps. A token has too much randomness for a slow hash to add anything.
pub(crate) fn hash(token: &str) -> SecretHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The CSRF token of a session, from the hash of the session's token: nothing more has to be stored, and whoever knows it
/// learns nothing of the session's token.
pub(crate) fn csrf(session: &[u8]) -> String {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(session) else { return String::new() };
    mac.update(b"holdfast/csrf/v1");
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// The CSRF token that belongs to a session cookie's value.
pub fn csrf_token(session_token: &str) -> String {
    csrf(&hash(session_token))
}

/// Whether a request's CSRF header belongs to its session cookie, in a time that does not tell where they differ.
pub fn csrf_matches(session_token: &str, header: &str) -> bool {
    !session_token.is_empty() && Secret::new(csrf_token(session_token)).matches(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::cx::OsEntropy;

    // REQ ID-3
    #[test]
    fn a_csrf_token_belongs_to_one_session_and_is_not_its_hash() {
        let (a, b) = (from_entropy(&OsEntropy), from_entropy(&OsEntropy));
        let csrf = csrf_token(a.reveal());
        assert!(csrf_matches(a.reveal(), &csrf));
        assert!(!csrf_matches(b.reveal(), &csrf));
        assert!(!csrf_matches(a.reveal(), ""));
        assert!(!csrf_matches("", &csrf_token("")));
        assert_ne!(csrf, URL_SAFE_NO_PAD.encode(hash(a.reveal())));
        assert_eq!(a.reveal().len(), 43);
        assert_eq!(csrf, super::csrf(&hash(a.reveal())));
    }
}
