//! The hosts this server answers for. Any other `Host` is 421, so that no forged name reaches a link, a cache
//! or a page that was rebound to this address (EDGE-8, attack I3).

use std::collections::HashSet;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use http::header::HOST;
use http::{HeaderMap, Uri};
use kernel::{Code, Error, Result};

/// Scheme, host and port, in the one spelling that browsers put into `Origin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    text: String,
    host: String,
}

impl Origin {
    /// Reads an origin such as `https://chat.example.org` (no path, no credentials). The error is for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not an origin such as https://chat.example.org");
        let uri: Uri = text.parse().map_err(|_| bad())?;
        let scheme = uri.scheme_str().ok_or_else(bad)?;
        let default_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        let plain =
            uri.path_and_query().is_none_or(|p| p.as_str() == "/") && !authority.as_str().contains('@');
        if !plain || authority.host().is_empty() {
            return Err(bad());
        }
        let host = authority.host().to_ascii_lowercase();
        let port = authority.port_u16().filter(|p| *p != default_port);
        if authority.port().is_some() && authority.port_u16().is_none() {
            return Err(bad());
        }
        let text =
            port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"));
        Ok(Self { text, host: bare(&host).to_owned() })
    }

    /// As it stands in the `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone, IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

/// The host of a `host:port` text, without brackets; nothing if it is not one.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, tail.strip_prefix(':').or_else(|| tail.is_empty().then_some("0"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "0")),
    };
    (!host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some(host)
}

/// The hosts this server answers for, by name and whatever the port (a proxy may have its own).
#[derive(Clone, Debug, Default)]
pub struct Hosts(HashSet<String>);

impl Hosts {
    /// These hosts; IPv6 addresses with or without brackets.
    pub fn new<S: AsRef<str>>(hosts: impl IntoIterator<Item = S>) -> Self {
        Self(hosts.into_iter().map(|h| bare(h.as_ref()).to_ascii_lowercase()).collect())
    }

    /// Refuses a request that does not name exactly one of the hosts.
    pub fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        let mut named = headers.get_all(HOST).iter();
        let header = named.next();
        let twice = named.next().is_some();
        let target = uri.authority().map(|a| a.as_str());
        let told = header.map(|h| h.to_str().unwrap_or(""));
        let known = |authority: &str| host_of(authority).is_some_and(|host| self.knows(host));
        let fine = !twice
            && (target.is_some() || told.is_some())
            && target.is_none_or(known)
            && told.is_none_or(known);
        if fine { Ok(()) } else { Err(Error::new(Code::UnknownHost)) }
    }

    fn knows(&self, host: &str) -> bool {
        self.0.contains(host)
            || (host.bytes().any(|b| b.is_ascii_uppercase()) && self.0.contains(&host.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for (text, expected, host) in [
            ("https://Chat.Example.org/", "https://chat.example.org", "chat.example.org"),
            ("https://chat.example.org:443", "https://chat.example.org", "chat.example.org"),
            ("https://localhost:8443", "https://localhost:8443", "localhost"),
            ("http://[::1]:8080", "http://[::1]:8080", "::1"),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.as_str(), origin.host()), (expected, host));
        }
        for bad in [
            "",
            "chat.example.org",
            "ftp://a",
            "https://a/b",
            "https://u@a",
            "https://a?x",
            "https://",
            "null",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    // REQ EDGE-8 (attack I3)
    #[test]
    fn only_our_own_names() {
        let hosts = Hosts::new(["chat.example.org", "::1", "127.0.0.1"]);
        let check = |target: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HOST, line.parse().unwrap());
            }
            hosts.check(&target.parse().unwrap(), &headers).is_ok()
        };
        for good in ["chat.example.org", "CHAT.example.org:8443", "[::1]:8443", "[::1]", "127.0.0.1:1"] {
            assert!(check("/", &[good]), "{good}");
        }
        let evil = "evil.example";
        for bad in [
            evil,
            "",
            "chat.example.org.evil.example",
            "chat.example.org@evil.example",
            "chat.example.org:",
            "chat.example.org:80@evil.example",
            "::1",
            "[::1",
            "[::1]x",
            "chat.example.org, evil.example",
        ] {
            assert!(!check("/", &[bad]), "{bad}");
        }
        assert!(!check("/", &[]));
        assert!(!check("/", &["chat.example.org", "chat.example.org"]));
        assert!(check("https://chat.example.org/x", &[]));
        assert!(!check("https://evil.example/x", &["chat.example.org"]));
        assert!(!check("https://chat.example.org/x", &[evil]));
    }
}
