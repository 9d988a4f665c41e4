//! Addresses: the schemes of Neo4j and how safe each is, and what lies on this machine.

use url::{Host, Url};

/// The scheme of an address of Neo4j: of its drivers (Neo4j Driver Manual, "Connection URI"), or of the Query API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neo4jScheme {
    /// Routed, encrypted, with a certificate of a public authority.
    Neo4jS,
    /// Routed, encrypted, with any certificate.
    Neo4jSsc,
    /// Routed, not encrypted.
    Neo4j,
    /// Direct, encrypted, with a certificate of a public authority.
    BoltS,
    /// Direct, encrypted, with any certificate.
    BoltSsc,
    /// Direct, not encrypted.
    Bolt,
    /// The Query API, encrypted.
    Https,
    /// The Query API, not encrypted.
    Http,
}

/// How safe a password is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelSafety {
    /// Everybody on the way can read it.
    Readable,
    /// Encrypted for whoever answers, with any certificate.
    Encrypted,
    /// Encrypted for the server that the address names.
    Verified,
}

impl Neo4jScheme {
    /// All schemes, the best first.
    pub const ALL: [Self; 8] = [
        Self::Neo4jS,
        Self::Neo4jSsc,
        Self::Neo4j,
        Self::BoltS,
        Self::BoltSsc,
        Self::Bolt,
        Self::Https,
        Self::Http,
    ];

    /// Returns the scheme as it stands before `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Neo4jS => "neo4j+s",
            Self::Neo4jSsc => "neo4j+ssc",
            Self::Neo4j => "neo4j",
            Self::BoltS => "bolt+s",
            Self::BoltSsc => "bolt+ssc",
            Self::Bolt => "bolt",
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// Returns the scheme of an address; `None` if it has none, or another.
    pub fn of(address: &str) -> Option<Self> {
        let (scheme, _) = address.split_once("://")?;
        Self::ALL.into_iter().find(|known| known.as_str() == scheme)
    }

    /// Returns all schemes in a line, for messages.
    pub fn list() -> String {
        Self::ALL
            .map(|scheme| format!("{}://", scheme.as_str()))
            .join(", ")
    }

    /// Returns whether it is the Query API instead of Bolt.
    pub const fn is_query_api(self) -> bool {
        matches!(self, Self::Https | Self::Http)
    }

    /// Returns how safe a password is on its way.
    pub const fn safety(self) -> ChannelSafety {
        match self {
            Self::Neo4jS | Self::BoltS | Self::Https => ChannelSafety::Verified,
            Self::Neo4jSsc | Self::BoltSsc => ChannelSafety::Encrypted,
            Self::Neo4j | Self::Bolt | Self::Http => ChannelSafety::Readable,
        }
    }
}

/// Returns an address of Neo4j with a scheme: an address without one is encrypted, unless it is this machine.
pub fn neo4j_address_with_scheme(address: &str) -> String {
    if address.contains("://") {
        return address.to_owned();
    }
    let scheme = if is_loopback(&format!("bolt://{address}")) {
        Neo4jScheme::Bolt
    } else {
        Neo4jScheme::Neo4jS
    };
    format!("{}://{address}", scheme.as_str())
}

/// Returns whether an address is on this machine.
pub fn is_loopback(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_loopback_url(&url))
}

/// Returns whether an address is on this machine.
pub fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        // A scheme that is none of the Web leaves an IPv4 address as a name.
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost")
                || name
                    .parse::<core::net::Ipv4Addr>()
                    .is_ok_and(|ip| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Returns whether two addresses of MCP servers lead to the same server: they may be encoded differently, and `qualifier=DEFAULT` is
/// what a runtime takes anyway.
pub fn is_same_server(one: &str, other: &str) -> bool {
    fn parts(address: &str) -> Option<[String; 3]> {
        let mut url = Url::parse(address).ok()?;
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let path = path.trim_end_matches('/').to_owned();
        let query = url.query_pairs().into_owned();
        let default = ("qualifier".to_owned(), "DEFAULT".to_owned());
        let query = query.filter(|pair| *pair != default);
        let mut query: Vec<String> = query.map(|pair| format!("{pair:?}")).collect();
        query.sort();
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Some([url.to_string(), path, query.join("&")])
    }
    one == other || parts(one).is_some_and(|one| parts(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_any_spelling_of_its_address() {
        let plain = "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/arn:aws:x:1:runtime/r/invocations";
        let encoded = "https://Bedrock-AgentCore.us-west-2.amazonaws.com/runtimes/arn%3Aaws%3Ax%3A1%3Aruntime%2Fr/invocations?qualifier=DEFAULT";
        assert!(is_same_server(plain, encoded));
        assert!(is_same_server(
            "https://gw.example/mcp/",
            "https://gw.example:443/mcp"
        ));
        for other in [
            "https://gw.example/mcp?qualifier=canary",
            "https://gw.example/other",
            "http://gw.example/mcp",
            "not an address",
        ] {
            assert!(!is_same_server("https://gw.example/mcp", other), "{other}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for address in [
            "http://127.0.0.1:80/",
            "http://127.9.9.9/",
            "http://localhost:1/x",
            "https://LOCALHOST",
            "http://[::1]:3/",
            "bolt://127.0.0.1:7687",
            "bolt://localhost:7687",
            "neo4j://[::1]:7687",
        ] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "bolt://127.0.0.1@example.com",
            "http://192.168.0.1",
            "localhost",
            "",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_encrypted_unless_it_is_this_machine() {
        for (given, full) in [
            ("db.internal:7687", "neo4j+s://db.internal:7687"),
            ("localhost", "bolt://localhost"),
            ("127.0.0.1:7687", "bolt://127.0.0.1:7687"),
            ("[::1]:7687", "bolt://[::1]:7687"),
            ("bolt+ssc://db:1", "bolt+ssc://db:1"),
        ] {
            assert_eq!(neo4j_address_with_scheme(given), full);
        }
    }

    #[test]
    fn every_scheme_is_read_back() {
        for scheme in Neo4jScheme::ALL {
            let address = format!("{}://db:7687", scheme.as_str());
            assert_eq!(Neo4jScheme::of(&address), Some(scheme));
        }
        assert_eq!(Neo4jScheme::of("ftp://db"), None);
        assert_eq!(Neo4jScheme::of("db:7687"), None);
    }
}
