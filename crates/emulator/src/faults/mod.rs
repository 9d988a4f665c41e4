//! The faults that the embedded stack can play: the one table of their names and what each does. `parse` reads a faults
//! file, `armed` holds those that are armed now.
//!
//! How a fault looks on the wire belongs to the service that plays it; nothing here knows HTTP.

mod armed;
mod parse;

use std::time::Duration;

use jiff::SignedDuration;

use crate::service::Service;

pub(crate) use self::armed::FaultTable;
pub use self::parse::{FaultError, parse};

/// How late an answer is under the fault `slow`.
pub(crate) const SLOWNESS: Duration = Duration::from_secs(3);
/// How far a service's clock is ahead under the fault `clock-skew`.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(20);

/// A link of the chain from sign-in to Cypher at which a fault can sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultPoint {
    /// The keys that the deployment's issuer publishes.
    Discovery,
    /// The token endpoint of the deployment's issuer.
    Token,
    /// The protected resource's metadata at the gateway.
    Metadata,
    /// The gateway's own MCP endpoint.
    Gateway,
    /// The policy engine that the gateway asks about each tool.
    Policy,
    /// The rate limits that are set at the gateway.
    Limits,
    /// The Lambda that the gateway calls before it forwards.
    Interceptor,
    /// What the gateway forwards to.
    Target,
    /// The OAuth credential provider of a gateway target.
    CredentialProvider,
    /// The gateway's copy of the tools of the runtime behind a target.
    Drift,
    /// The headers that the runtime passes on to its container.
    RequestHeaders,
    /// The runtime that runs the MCP server.
    Runtime,
    /// The endpoints of the runtime and the versions that they serve.
    Rollout,
    /// The secret with the Neo4j password.
    Secret,
    /// The database.
    Neo4j,
    /// CloudWatch Logs of the deployment's groups.
    Logs,
}

impl FaultPoint {
    /// Every hop, in the order of the chain.
    pub const ALL: [Self; 16] = [
        Self::Discovery,
        Self::Token,
        Self::Metadata,
        Self::Gateway,
        Self::Policy,
        Self::Limits,
        Self::Interceptor,
        Self::Target,
        Self::CredentialProvider,
        Self::Drift,
        Self::RequestHeaders,
        Self::Runtime,
        Self::Rollout,
        Self::Secret,
        Self::Neo4j,
        Self::Logs,
    ];

    /// Returns the name used in a faults file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Token => "token",
            Self::Metadata => "metadata",
            Self::Gateway => "gateway",
            Self::Policy => "policy",
            Self::Limits => "limits",
            Self::Interceptor => "interceptor",
            Self::Target => "target",
            Self::CredentialProvider => "credential-provider",
            Self::Drift => "drift",
            Self::RequestHeaders => "request-headers",
            Self::Runtime => "runtime",
            Self::Rollout => "rollout",
            Self::Secret => "secret",
            Self::Neo4j => "neo4j",
            Self::Logs => "logs",
        }
    }
}

macro_rules! fault_kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, operations: $operations:literal, hops: [$($hop:ident),*];)+) => {
        /// What goes wrong. The documentation of each variant is the table of faults.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FaultKind { $($(#[doc = $doc])+ $variant,)+ }

        impl FaultKind {
            /// Every fault that can be armed.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name used in a faults file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns what it does, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Returns whether it may be armed for a service's operation.
            pub const fn fits_operations(self) -> bool {
                match self { $(Self::$variant => $operations,)+ }
            }

            /// Returns the hops at which it may be armed.
            pub const fn hops(self) -> &'static [FaultPoint] {
                match self { $(Self::$variant => &[$(FaultPoint::$hop),*],)+ }
            }
        }
    };
}

fault_kinds! {
    /// The service answers that it is called too often.
    Throttling = "throttling", operations: true, hops: [Token, Gateway, Runtime, Secret];
    /// The service answers that a permission is missing.
    AccessDenied = "access-denied", operations: true, hops: [Gateway, Runtime, Secret];
    /// The service answers with its internal error (5xx).
    InternalError = "internal-error", operations: true, hops: [Token, Gateway, Runtime, Secret];
    /// The answer is right, but comes 3 seconds late.
    Slow = "slow", operations: true, hops: [Token, Gateway, Interceptor, Target, Runtime, Secret, Neo4j];
    /// The connection is closed before anything took effect.
    CutBefore = "cut-before", operations: true, hops: [Token, Gateway, Target, Runtime, Neo4j];
    /// The effect takes place, then the connection is closed: the answer is lost.
    CutAfter = "cut-after", operations: true, hops: [Token, Gateway, Target, Runtime, Neo4j];
    /// The caller's credentials (operations) or the token handed out (token hop) are expired.
    ExpiredToken = "expired-token", operations: true, hops: [Token];
    /// The service judges the request's date by a clock that is 20 minutes ahead.
    ClockSkew = "clock-skew", operations: true, hops: [Token];
    /// The token handed out is signed by a key that the issuer does not publish.
    WrongToken = "wrong-token", operations: false, hops: [Token];
    /// The token handed out names another client and audience than the authoriser admits.
    WrongAudience = "wrong-audience", operations: false, hops: [Token];
    /// The token endpoint does not know the client or its secret any more.
    InvalidClient = "invalid-client", operations: false, hops: [Token];
    /// The issuer publishes no keys: no token can be verified.
    NoKeys = "no-keys", operations: false, hops: [Discovery];
    /// The document sends clients to another authorization server than the one whose tokens are admitted.
    ForeignServer = "foreign-server", operations: false, hops: [Metadata];
    /// A web ACL blocks the request: 403 with -32002 and without a challenge.
    BlockedByWaf = "blocked-by-waf", operations: false, hops: [Gateway];
    /// A rate limit of the gateway stops every call of a tool: -32003 with the limit's key.
    Limited = "limited", operations: false, hops: [Limits];
    /// A policy denies every tool of the gateway: tools/list leaves them out, and a call is answered with AuthorizeActionException.
    Denied = "denied", operations: false, hops: [Policy];
    /// The gateway's role may not invoke the interceptor: an opaque 500, and the Lambda logs nothing.
    NoPermission = "no-permission", operations: false, hops: [Interceptor];
    /// The Lambda runs and throws; its log says so.
    Broken = "broken", operations: false, hops: [Interceptor];
    /// Nothing answers there.
    Down = "down", operations: false, hops: [Target, Runtime, Neo4j];
    /// The gateway's copy of the target's tools is out of date or empty, its status SYNCHRONIZE_UNSUCCESSFUL.
    Unsynchronised = "unsynchronised", operations: false, hops: [Target];
    /// The credential provider cannot get a token for the target.
    Failing = "failing", operations: false, hops: [CredentialProvider];
    /// The gateway checks the arguments against a schema that allows no `_meta`: every call is refused before the target sees it.
    MetaRefused = "meta-refused", operations: false, hops: [Target];
    /// The provider's token stands where the MCP server expects Basic credentials: 401.
    TakenAuthorization = "taken-authorization", operations: false, hops: [CredentialProvider];
    /// The gateway's copy has an older description and fewer arguments than the runtime's tools, its target READY.
    Drifted = "drifted", operations: false, hops: [Drift];
    /// The runtime does not let the header with the credentials through: the server answers 401, the platform -32010.
    Dropped = "dropped", operations: false, hops: [RequestHeaders];
    /// An endpoint goes on serving the old version while a newer one is wanted.
    Stuck = "stuck", operations: false, hops: [Rollout];
    /// The runtime is READY and starts no container: every call ends with -32010, and its log stays empty.
    Wedged = "wedged", operations: false, hops: [Runtime];
    /// The container does not start within 30 seconds: -32010 with HTTP 200.
    ColdStartCode = "cold-start-code", operations: false, hops: [Runtime];
    /// The container does not start within the platform's time: 424.
    ColdStart = "cold-start", operations: false, hops: [Runtime];
    /// The runtime was made without MMDSv2 and is refused at invocation.
    NotMmdsv2 = "not-mmdsv2", operations: false, hops: [Runtime];
    /// The container crashes on the call (-32010).
    Crash = "crash", operations: false, hops: [Runtime];
    /// AWSCURRENT holds a password that the database does not accept.
    Stale = "stale", operations: false, hops: [Secret];
    /// The database is paused: nothing answers there, and a server that connects when it starts ends at once.
    Paused = "paused", operations: false, hops: [Neo4j];
    /// The user is locked out after failed logins, the right password included.
    LockedOut = "locked-out", operations: false, hops: [Neo4j];
    /// Live tail says `sampled: true` and leaves events out.
    Sampled = "live-tail-sampled", operations: false, hops: [Logs];
    /// Live tail ends with SessionTimeoutException.
    TailTimeout = "live-tail-timeout", operations: false, hops: [Logs];
    /// Events become readable 5 seconds after they were written.
    Late = "late", operations: false, hops: [Logs];
    /// Events arrive with time stamps that go back and forth.
    OutOfOrder = "out-of-order", operations: false, hops: [Logs];
}

/// Where a fault sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultSite {
    /// One operation of one AWS service, such as `logs` and `FilterLogEvents`; `*` stands for every operation.
    Operation {
        /// The service; a faults file names it by its endpoint prefix.
        service: Service,
        /// The operation's name.
        operation: String,
    },
    /// One hop of one deployment's chain.
    Hop {
        /// The deployment's name: `a` to `e`.
        deployment: String,
        /// The link.
        hop: FaultPoint,
    },
}

/// One armed fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it sits.
    pub place: FaultSite,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many matching calls fail; none means for ever.
    pub times: Option<u32>,
}

/// One row of the table of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRow {
    /// Where the fault may sit.
    pub place: FaultRowPlace,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// The sort of place of a row of the table of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultRowPlace {
    /// Every operation of a service.
    Service(Service),
    /// A hop of a deployment that has it.
    Hop(FaultPoint),
}

/// Returns the whole table: every fault at every hop in the order of the chain, then every fault of every service's operations.
#[must_use]
pub fn table() -> Vec<FaultRow> {
    let kinds = || FaultKind::ALL.iter().copied();
    let row = |place, kind| FaultRow { place, kind };
    let hops = FaultPoint::ALL.into_iter().flat_map(|hop| {
        kinds()
            .filter(move |kind| kind.hops().contains(&hop))
            .map(move |kind| row(FaultRowPlace::Hop(hop), kind))
    });
    let services = Service::ALL.into_iter().flat_map(|service| {
        kinds()
            .filter(|kind| kind.fits_operations())
            .map(move |kind| row(FaultRowPlace::Service(service), kind))
    });
    hops.chain(services).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_armed_somewhere() {
        for kind in FaultKind::ALL {
            assert!(
                kind.fits_operations() || !kind.hops().is_empty(),
                "{}",
                kind.name()
            );
            assert!(kind.description().ends_with('.'), "{}", kind.name());
        }
    }
}
