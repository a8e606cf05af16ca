//! Who is at the other end: the socket's peer, and the client's address as far as trusted proxies tell
//! (EDGE-8).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::HeaderMap;
use serde::{Deserialize, Deserializer, de};

/// The other end of the socket. An extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address; none for the local socket.
    pub address: Option<SocketAddr>,
    /// Whether the bytes came over TLS that this server ended.
    pub tls: bool,
    console: bool,
}

impl Peer {
    /// A peer on the network.
    pub fn network(address: SocketAddr, tls: bool) -> Self {
        Self { address: Some(address), tls, console: false }
    }

    /// The administrator at the machine itself, by the local socket.
    pub fn console() -> Self {
        Self { address: None, tls: false, console: true }
    }

    /// Whether this is the administrator at the machine itself.
    pub fn is_console(&self) -> bool {
        self.console
    }
}

/// The client behind the peer. An extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address; none for the local socket.
    pub address: Option<IpAddr>,
    /// Whether the client itself speaks HTTPS, to this server or to a trusted proxy.
    pub https: bool,
    /// Whether this is the administrator at the machine itself.
    pub console: bool,
}

/// A range of addresses, such as `10.0.0.0/8`; an address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    base: u128,
    mask: u128,
    v4: bool,
}

impl Cidr {
    /// Whether the address is in the range. An IPv4 address written as IPv6 is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.v4 && number(address) & self.mask == self.base
    }

    /// Whether it is the range of all addresses of its kind.
    pub fn is_everything(&self) -> bool {
        self.mask == 0
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl FromStr for Cidr {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("{text:?} is not an address or a range such as 10.0.0.0/8 or fd00::/8");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u32 = prefix.map_or(Ok(width), str::parse).map_err(|_| bad())?;
        if prefix > width {
            return Err(bad());
        }
        let host_bits = u128::MAX.checked_shr(128 - (width - prefix)).unwrap_or(0);
        let all = if width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        let mask = all & !host_bits;
        Ok(Self { base: number(address) & mask, mask, v4: address.is_ipv4() })
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// The proxies whose word about the client is taken.
#[derive(Clone, Default)]
pub struct TrustedProxies(Vec<Cidr>);

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} trusted ranges", self.0.len())
    }
}

impl TrustedProxies {
    /// Trusts these ranges.
    pub fn new(ranges: Vec<Cidr>) -> Self {
        Self(ranges)
    }

    /// Whether this address is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }

    /// The client behind a peer: `X-Forwarded-For` from right to left for as long as the speaker is trusted.
    /// What an untrusted speaker says is not read, so a forged header changes nothing.
    pub fn client(&self, peer: &Peer, headers: &HeaderMap) -> Client {
        let Some(socket) = peer.address else {
            return Client { address: None, https: false, console: peer.console };
        };
        let mut address = socket.ip().to_canonical();
        if self.0.is_empty() || !self.trusts(address) {
            return Client { address: Some(address), https: peer.tls, console: false };
        }
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        for hop in hops {
            // A hop that is no address ends the walk at the last speaker we know.
            let Some(next) = parse_hop(hop.trim()) else { break };
            address = next;
            if !self.trusts(address) {
                break;
            }
        }
        let scheme = headers.get_all("x-forwarded-proto").iter().next_back();
        let last = scheme.and_then(|s| s.to_str().ok()).and_then(|s| s.rsplit(',').next()).map(str::trim);
        let https = last.map_or(peer.tls, |scheme| scheme.eq_ignore_ascii_case("https"));
        Client { address: Some(address), https, console: false }
    }
}

/// An address, possibly with a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|s| s.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(ip: &str) -> Peer {
        Peer::network(SocketAddr::new(ip.parse().unwrap(), 4000), false)
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    // REQ EDGE-8
    #[test]
    fn only_trusted_proxies_are_believed() {
        let ranges = ["10.0.0.0/8", "::1", "fd00::/8"].map(|r| r.parse().unwrap());
        let proxies = TrustedProxies::new(ranges.to_vec());
        let table: &[(&str, &[&str], &str)] = &[
            ("203.0.113.9", &["1.2.3.4"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["1.2.3.4"], "1.2.3.4"),
            ("::ffff:10.0.0.1", &["::ffff:1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
            ("10.0.0.1", &["1.2.3.4:5678"], "1.2.3.4"),
            ("10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &["1.2.3.4, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("::1", &["1.2.3.4"], "1.2.3.4"),
            ("fe80::1", &["1.2.3.4"], "fe80::1"),
        ];
        for (from, forwarded, expected) in table {
            let lines: Vec<_> = forwarded.iter().map(|f| ("x-forwarded-for", *f)).collect();
            let client = proxies.client(&peer(from), &headers(&lines));
            assert_eq!(client.address, Some(expected.parse().unwrap()), "{from} {forwarded:?}");
        }
    }

    // REQ EDGE-8
    #[test]
    fn the_scheme_is_the_nearest_trusted_proxys_word() {
        let proxies = TrustedProxies::new(vec!["10.0.0.1".parse().unwrap()]);
        let told =
            |from: &str, lines: &[(&'static str, &str)]| proxies.client(&peer(from), &headers(lines)).https;
        assert!(told("10.0.0.1", &[("x-forwarded-proto", "https")]));
        assert!(!told("10.0.0.1", &[("x-forwarded-proto", "https, http")]));
        assert!(!told("10.0.0.1", &[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")]));
        assert!(!told("10.0.0.2", &[("x-forwarded-proto", "https")]));
        assert!(!told("10.0.0.1", &[]));
    }

    #[test]
    fn ranges() {
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "host"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        let all: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()));
        assert!(!all.contains("2001:db8::1".parse().unwrap()));
        let everything: Cidr = "::/0".parse().unwrap();
        assert!(everything.contains("2001:db8::1".parse().unwrap()));
    }
}
