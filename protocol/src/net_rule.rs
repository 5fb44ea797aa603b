use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::GrantSyntax;

/// Most characters of a host's name, as in the DNS.
const MAX_HOST_CHARS: usize = 253;
/// Most characters of a method; the longest registered one has 17.
const MAX_METHOD_CHARS: usize = 32;

/// Hosts that may be reached: `HOST[:PORT][=METHOD,…]`.
///
/// HOST is a name, `*.NAME` for every name below it but not itself, an address (`203.0.113.7`, `[2001:db8::1]`), or `*`. Without a port it is the scheme's own: 443 for https,
/// 80 for http; `:*` is every port. Without methods it is every method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NetRule {
    host: HostRule,
    port: PortRule,
    /// Empty: every method.
    methods: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostRule {
    Any,
    Address(IpAddr),
    Name(String),
    Below(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PortRule {
    OfScheme,
    Any,
    Only(u16),
}

impl NetRule {
    /// Whether a request of this method may go to this host, as the URL parser wrote it (lower case, brackets around IPv6), and port.
    pub fn admits(&self, host: &str, port: u16, method: &str) -> bool {
        self.admits_host(host, port) && (self.methods.is_empty() || self.methods.iter().any(|held| held == method))
    }

    /// The same for any method.
    pub fn admits_host(&self, host: &str, port: u16) -> bool {
        let address = address(host);
        let host_admitted = match &self.host {
            HostRule::Any => true,
            HostRule::Address(held) => address == Some(*held),
            HostRule::Name(held) => address.is_none() && held == host,
            HostRule::Below(held) => address.is_none() && is_below(host, held),
        };
        host_admitted && self.port.covers(PortRule::Only(port))
    }

    /// The address, if the rule names one: whoever grants it on their own machine means exactly it.
    pub const fn address(&self) -> Option<IpAddr> {
        match self.host {
            HostRule::Address(address) => Some(address),
            _ => None,
        }
    }

    /// Whether the rule names this machine as `localhost`.
    pub fn is_localhost(&self) -> bool {
        matches!(&self.host, HostRule::Name(name) if name == "localhost")
    }

    pub(crate) fn covers(&self, asked: &Self) -> bool {
        let host = match (&self.host, &asked.host) {
            (HostRule::Any, _) => true,
            (HostRule::Below(held), HostRule::Name(asked)) => is_below(asked, held),
            (HostRule::Below(held), HostRule::Below(asked)) => held == asked || is_below(asked, held),
            (held, asked) => held == asked,
        };
        let methods =
            self.methods.is_empty() || (!asked.methods.is_empty() && asked.methods.iter().all(|asked| self.methods.contains(asked)));
        host && self.port.covers(asked.port) && methods
    }
}

impl PortRule {
    fn covers(self, asked: Self) -> bool {
        match (self, asked) {
            (Self::Any, _) => true,
            (Self::OfScheme, Self::Only(port)) => matches!(port, 80 | 443),
            (held, asked) => held == asked,
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

impl FromStr for NetRule {
    type Err = GrantSyntax;

    fn from_str(text: &str) -> Result<Self, GrantSyntax> {
        let wrong = |wanted: &str| GrantSyntax::new(text, wanted);
        let (place, methods) = text.split_once('=').map_or((text, None), |(place, methods)| (place, Some(methods)));
        let methods = match methods {
            None => Vec::new(),
            Some(methods) => methods.split(',').map(str::to_owned).collect(),
        };
        let is_method = |m: &String| (1..=MAX_METHOD_CHARS).contains(&m.len()) && m.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
        if !methods.iter().all(is_method) {
            return Err(wrong("must list methods in capitals after `=`, such as `=GET,HEAD`"));
        }
        let bracket_end = place.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match place[bracket_end..].find(':') {
            Some(at) => (&place[..bracket_end + at], Some(&place[bracket_end + at + 1..])),
            None => (place, None),
        };
        let port = match port {
            None => PortRule::OfScheme,
            Some("*") => PortRule::Any,
            Some(port) => match port.parse() {
                // `parse` takes a plus sign too.
                Ok(number @ 1..) if port.bytes().all(|b| b.is_ascii_digit()) => PortRule::Only(number),
                _ => return Err(wrong("must have a port from 1 to 65535, or `*`, after the colon (an IPv6 address goes in brackets)")),
            },
        };
        let host = host.to_ascii_lowercase();
        let host = if host == "*" {
            HostRule::Any
        } else if let Some(address) = address(&host) {
            HostRule::Address(address)
        } else if let Some(name) = host.strip_prefix("*.").filter(|name| is_name(name)) {
            HostRule::Below(name.to_owned())
        } else if is_name(&host) {
            HostRule::Name(host)
        } else {
            return Err(wrong(
                "is no HOST[:PORT][=METHOD,…]: a host is a name in ASCII (`xn--…` for others), `*.NAME`, an address, or `*`, without scheme and path",
            ));
        };
        Ok(Self { host, port, methods })
    }
}

/// A name that the URL parser would not take for an address: its last label is no number.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    host.len() <= MAX_HOST_CHARS && host.split('.').all(label) && !numeric
}

impl fmt::Display for NetRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            HostRule::Any => f.write_str("*"),
            HostRule::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            HostRule::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            HostRule::Name(name) => f.write_str(name),
            HostRule::Below(name) => write!(f, "*.{name}"),
        }?;
        match self.port {
            PortRule::OfScheme => {}
            PortRule::Any => f.write_str(":*")?,
            PortRule::Only(port) => write!(f, ":{port}")?,
        }
        if self.methods.is_empty() { Ok(()) } else { write!(f, "={}", self.methods.join(",")) }
    }
}

impl TryFrom<String> for NetRule {
    type Error = GrantSyntax;

    fn try_from(text: String) -> Result<Self, GrantSyntax> {
        text.parse()
    }
}

impl From<NetRule> for String {
    fn from(rule: NetRule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> NetRule {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn admits_what_it_names() {
        for (text, host, port, method, admitted) in [
            ("example.com", "example.com", 443, "GET", true),
            ("example.com", "example.com", 80, "PUT", true),
            ("example.com", "example.com", 8080, "GET", false),
            ("example.com", "example.com.evil.net", 443, "GET", false),
            ("example.com", "notexample.com", 443, "GET", false),
            ("Example.COM:8080", "example.com", 8080, "GET", true),
            ("example.com:*", "example.com", 1, "GET", true),
            ("*.example.com", "a.b.example.com", 443, "GET", true),
            ("*.example.com", "example.com", 443, "GET", false),
            ("*.example.com", ".example.com", 443, "GET", false),
            ("*.example.com", "notexample.com", 443, "GET", false),
            ("example.com=GET,HEAD", "example.com", 443, "GET", true),
            ("example.com=GET,HEAD", "example.com", 443, "POST", false),
            ("127.0.0.1:8080", "127.0.0.1", 8080, "GET", true),
            ("[::1]:8080", "[::1]", 8080, "GET", true),
            ("[0:0:0:0:0:0:0:1]:8080", "[::1]", 8080, "GET", true),
            ("*", "203.0.113.7", 443, "GET", true),
        ] {
            assert_eq!(rule(text).admits(host, port, method), admitted, "{text} {host}:{port} {method}");
        }
    }

    #[test]
    fn refuses_what_is_no_host() {
        for text in [
            "",
            "a b",
            "http://a",
            "a/b",
            "a@b",
            "a:0",
            "a:65536",
            "a:+1",
            "::1",
            "[::1",
            "*.",
            "a.*",
            "**",
            "bücher.de",
            "127.1",
            "0x7f000001",
            "2130706433",
            "a=get",
            "a=",
            "a..b",
        ] {
            assert!(text.parse::<NetRule>().is_err(), "{text}");
        }
    }
}
