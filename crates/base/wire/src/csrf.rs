//! Whether a request may come from where its browser says it does (EDGE-7, attack I9). Pure: headers in,
//! verdict out.

use http::header::{COOKIE, ORIGIN, UPGRADE};
use http::{HeaderMap, HeaderValue, Method};
use kernel::{Code, Error};

use crate::host::Origin;

/// The origins whose pages may change something here: our own, and the configured allowlist.
#[derive(Clone, Debug)]
pub struct Origins {
    own: Origin,
    others: Vec<Origin>,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    Own,
    Listed,
    Stranger,
}

impl Origins {
    /// Our own origin, and others that are trusted as much.
    pub fn new(own: Origin, others: Vec<Origin>) -> Self {
        Self { own, others }
    }

    /// Our own origin.
    pub fn own(&self) -> &Origin {
        &self.own
    }

    /// Whether another site is on the allowlist.
    pub(crate) fn lists(&self, origin: &HeaderValue) -> bool {
        self.kin(origin) == Kin::Listed
    }

    fn kin(&self, origin: &HeaderValue) -> Kin {
        let origin = origin.as_bytes();
        if origin == self.own.as_str().as_bytes() {
            return Kin::Own;
        }
        let listed = self.others.iter().any(|other| origin == other.as_str().as_bytes());
        if listed { Kin::Listed } else { Kin::Stranger }
    }
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `Origin` is another site's, `null`, or there are two.
    ForeignOrigin,
    /// A browser that does not say where the request comes from, or something with a cookie that says
    /// nothing.
    MissingOrigin,
    /// `Sec-Fetch-Site` says that another site made the request.
    ForeignSite,
}

impl Refusal {
    /// For the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Refusal::ForeignOrigin => "foreign origin",
            Refusal::MissingOrigin => "missing origin",
            Refusal::ForeignSite => "foreign site",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::new(Code::CrossSite).cause(refusal.as_str())
    }
}

/// Whether the request asks for a WebSocket.
pub fn is_websocket(headers: &HeaderMap) -> bool {
    let lists = |value: &HeaderValue| {
        value.to_str().is_ok_and(|v| v.split(',').any(|p| p.trim().eq_ignore_ascii_case("websocket")))
    };
    headers.get_all(UPGRADE).iter().any(lists)
}

/// Refuses what another site could have made a browser send.
///
/// Reading needs no check here: a page of another site cannot see the answer. Everything that changes
/// something, and every WebSocket, needs an `Origin` that is ours (or listed) and a `Sec-Fetch-Site` that
/// agrees. A client that sends neither is no browser; without a cookie it has no authority that another site
/// could borrow.
pub fn same_site(method: &Method, headers: &HeaderMap, allowed: &Origins) -> Result<(), Refusal> {
    let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if safe && !(headers.contains_key(UPGRADE) && is_websocket(headers)) {
        return Ok(());
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match (origins.next(), origins.next()) {
        (None, _) if site.is_some() || headers.contains_key(COOKIE) => Err(Refusal::MissingOrigin),
        (None, _) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::ForeignOrigin),
        (Some(origin), None) => match (allowed.kin(origin), site) {
            (Kin::Stranger, _) => Err(Refusal::ForeignOrigin),
            (Kin::Own, None | Some(b"same-origin")) => Ok(()),
            (Kin::Listed, None | Some(b"same-site" | b"cross-site")) => Ok(()),
            _ => Err(Refusal::ForeignSite),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://chat.example.org";
    const LISTED: &str = "https://tools.example.org";

    // REQ EDGE-7 (attack I9)
    #[test]
    #[rustfmt::skip]
    fn the_table() {
        use Refusal::*;
        type Row<'a> = (&'a str, bool, Option<&'a str>, Option<&'a str>, bool, Result<(), Refusal>);
        let table: &[Row] = &[
            // method, websocket, Origin, Sec-Fetch-Site, cookie, verdict
            ("GET",    false, None,                  None,                true,  Ok(())),
            ("GET",    false, None,                  Some("none"),        true,  Ok(())),
            ("GET",    false, Some("https://evil"),  Some("cross-site"),  true,  Ok(())),
            ("HEAD",   false, None,                  Some("cross-site"),  true,  Ok(())),
            ("OPTIONS",false, Some("https://evil"),  Some("cross-site"),  false, Ok(())),
            ("POST",   false, Some(OWN),             Some("same-origin"), true,  Ok(())),
            ("POST",   false, Some(OWN),             None,                true,  Ok(())),
            ("DELETE", false, Some(OWN),             Some("same-origin"), true,  Ok(())),
            ("POST",   false, Some(OWN),             Some("same-site"),   true,  Err(ForeignSite)),
            ("POST",   false, Some(OWN),             Some("cross-site"),  true,  Err(ForeignSite)),
            ("POST",   false, Some(OWN),             Some("none"),        true,  Err(ForeignSite)),
            ("POST",   false, Some(OWN),             Some("SAME-ORIGIN"), true,  Err(ForeignSite)),
            ("POST",   false, Some("null"),          None,                true,  Err(ForeignOrigin)),
            ("POST",   false, Some("null"),          Some("same-origin"), false, Err(ForeignOrigin)),
            ("POST",   false, Some("https://evil"),  None,                false, Err(ForeignOrigin)),
            ("POST",   false, Some("https://evil"),  Some("same-origin"), true,  Err(ForeignOrigin)),
            ("POST",   false, Some("http://chat.example.org"), None,      true,  Err(ForeignOrigin)),
            ("POST",   false, Some("https://chat.example.org:8443"), None, true, Err(ForeignOrigin)),
            ("POST",   false, Some("https://chat.example.org.evil"), None, true, Err(ForeignOrigin)),
            ("POST",   false, Some("https://a.chat.example.org"), None,   true,  Err(ForeignOrigin)),
            ("POST",   false, Some(""),              None,                true,  Err(ForeignOrigin)),
            ("POST",   false, None,                  Some("same-origin"), true,  Err(MissingOrigin)),
            ("POST",   false, None,                  Some("none"),        false, Err(MissingOrigin)),
            ("POST",   false, None,                  Some("cross-site"),  false, Err(MissingOrigin)),
            ("POST",   false, None,                  None,                true,  Err(MissingOrigin)),
            ("POST",   false, None,                  None,                false, Ok(())),
            ("PUT",    false, Some(LISTED),          Some("same-site"),   true,  Ok(())),
            ("PUT",    false, Some(LISTED),          Some("cross-site"),  true,  Ok(())),
            ("PUT",    false, Some(LISTED),          Some("none"),        true,  Err(ForeignSite)),
            ("GET",    true,  Some(OWN),             Some("same-origin"), true,  Ok(())),
            ("GET",    true,  Some(OWN),             None,                true,  Ok(())),
            ("GET",    true,  Some("https://evil"),  None,                true,  Err(ForeignOrigin)),
            ("GET",    true,  Some("null"),          None,                true,  Err(ForeignOrigin)),
            ("GET",    true,  None,                  None,                true,  Err(MissingOrigin)),
            ("GET",    true,  None,                  Some("cross-site"),  true,  Err(MissingOrigin)),
            ("GET",    true,  None,                  None,                false, Ok(())),
            ("BREW",   false, Some("https://evil"),  None,                true,  Err(ForeignOrigin)),
        ];
        let allowed = Origins::new(Origin::parse(OWN).unwrap(), vec![Origin::parse(LISTED).unwrap()]);
        for row @ (method, websocket, origin, site, cookie, expected) in table {
            let mut headers = HeaderMap::new();
            if *websocket {
                headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
            }
            for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            if *cookie {
                headers.insert(COOKIE, HeaderValue::from_static("__Host-session=x"));
            }
            assert_eq!(same_site(&method.parse().unwrap(), &headers, &allowed), *expected, "{row:?}");
        }
        let mut two = HeaderMap::new();
        two.append(ORIGIN, OWN.parse().unwrap());
        two.append(ORIGIN, "https://evil".parse().unwrap());
        assert_eq!(same_site(&Method::POST, &two, &allowed), Err(ForeignOrigin));
    }
}
