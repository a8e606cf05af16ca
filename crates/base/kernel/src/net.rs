//! Addresses, as far as limits care.

use std::net::{IpAddr, Ipv6Addr};

/// The address that limits count by. Whoever has one IPv6 address has its whole /64, so that counts as one; an IPv4
/// address written as IPv6 is an IPv4 address.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ EDGE-5
    #[test]
    fn a_subscriber_has_one_count() {
        let of = |text: &str| subscriber(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
