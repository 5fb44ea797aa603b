use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Failure;

/// Blocks that no script reaches unless the operator opens an address of theirs: what is not the public Internet. IANA's special-purpose registries for IPv4, and what
/// cannot be seen from the number alone.
const CLOSED_V4: [(Ipv4Addr, u32, &str); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's host service"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// Blocks of IPv6's global space (2000::/3; all else is closed) that lead somewhere else.
const CLOSED_V6: [(Ipv6Addr, u32, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "protocol assignments, Teredo"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "6to4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

/// Addresses outside the public Internet that the operator opens, one by one.
#[derive(Clone, Debug, Default)]
pub struct Opened(Vec<IpAddr>);

impl Opened {
    /// Opens one.
    pub fn open(&mut self, address: IpAddr) {
        self.0.push(address.to_canonical());
    }
}

/// Why an address is closed; `None` when it is public.
pub(crate) fn closed(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => {
            CLOSED_V4.iter().find(|(block, bits, _)| u32::from(v4) >> (32 - bits) == u32::from(*block) >> (32 - bits)).map(|(.., why)| *why)
        }
        IpAddr::V6(v6) => {
            if v6.to_ipv4_mapped().is_some() {
                return Some("IPv4 written as IPv6");
            }
            if v6.segments()[0] >> 13 != 1 {
                return Some("not public");
            }
            CLOSED_V6
                .iter()
                .find(|(block, bits, _)| u128::from(v6) >> (128 - bits) == u128::from(*block) >> (128 - bits))
                .map(|(.., why)| *why)
        }
    }
}

/// Every address must be public or opened: a name with one closed address among its own is not to be trusted with the others.
pub(crate) fn check(host: &str, addresses: &[IpAddr], opened: &Opened) -> Result<(), Failure> {
    for address in addresses {
        if let Some(why) = closed(*address).filter(|_| !opened.0.contains(&address.to_canonical())) {
            return Err(super::refused(
                "closed_address",
                format!("{host} is at {address}, which is closed ({why}); the operator can open it by name"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_open() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(closed(text.parse().unwrap()).is_some(), "{text}");
        }
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "11.0.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(closed(text.parse().unwrap()).is_none(), "{text}");
        }
    }

    #[test]
    fn one_closed_address_closes_the_name() {
        let mut opened = Opened::default();
        let (public, private): (IpAddr, IpAddr) = ("1.1.1.1".parse().unwrap(), "10.0.0.7".parse().unwrap());
        assert!(check("h", &[public], &opened).is_ok());
        assert_eq!(check("h", &[public, private], &opened).unwrap_err().code, "closed_address");
        opened.open(private);
        assert!(check("h", &[public, private], &opened).is_ok());
        assert!(check("h", &["::ffff:10.0.0.7".parse().unwrap()], &opened).is_ok());
    }
}
