//! The faults that the embedded stack can play: the one table of their names, what each does, and which are armed now.
//! How a fault looks on the wire belongs to the service that plays it; nothing here knows HTTP.

use std::time::Duration;

use jiff::SignedDuration;
use parking_lot::Mutex;

use serde_json::Value;

use crate::service::Service;

/// How late an answer is under the fault `slow`.
pub(crate) const SLOWNESS: Duration = Duration::from_secs(3);
/// How far a service's clock is ahead under the fault `clock-skew`.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(20);

/// A link of the chain from sign-in to Cypher at which a fault can sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultPoint {
    /// The token endpoint of the deployment's issuer.
    Token,
    /// The gateway's own MCP endpoint.
    Gateway,
    /// The Lambda that the gateway calls before it forwards.
    Interceptor,
    /// What the gateway forwards to.
    Target,
    /// The OAuth credential provider of a gateway target.
    CredentialProvider,
    /// The runtime that runs the MCP server.
    Runtime,
    /// The secret with the Neo4j password.
    Secret,
    /// The database.
    Neo4j,
    /// CloudWatch Logs of the deployment's groups.
    Logs,
}

impl FaultPoint {
    /// Every hop, in the order of the chain.
    pub const ALL: [Self; 9] = [
        Self::Token,
        Self::Gateway,
        Self::Interceptor,
        Self::Target,
        Self::CredentialProvider,
        Self::Runtime,
        Self::Secret,
        Self::Neo4j,
        Self::Logs,
    ];

    /// The name used in a faults file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Gateway => "gateway",
            Self::Interceptor => "interceptor",
            Self::Target => "target",
            Self::CredentialProvider => "credential-provider",
            Self::Runtime => "runtime",
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

            /// The name used in a faults file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it does, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// Whether it may be armed for a service's operation.
            pub const fn fits_operations(self) -> bool {
                match self { $(Self::$variant => $operations,)+ }
            }

            /// The hops at which it may be armed.
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
    /// The container does not start within the platform's time: 424.
    ColdStart = "cold-start", operations: false, hops: [Runtime];
    /// The runtime was made without MMDSv2 and is refused at invocation.
    NotMmdsv2 = "not-mmdsv2", operations: false, hops: [Runtime];
    /// The container crashes on the call (-32010).
    Crash = "crash", operations: false, hops: [Runtime];
    /// AWSCURRENT holds a password that the database does not accept.
    Stale = "stale", operations: false, hops: [Secret];
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

/// Why a faults file is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// Not a JSON list.
    #[error("a faults file is a JSON list of objects: {0}")]
    NotAList(String),
    /// An entry without a place or with half of one.
    #[error("fault {0}: give either \"service\" and \"operation\", or \"deployment\" and \"hop\"")]
    NoPlace(usize),
    /// A name that is not in the table.
    #[error("fault {index}: unknown {what} \"{name}\"; known: {known}")]
    Unknown {
        /// The entry, counted from 1.
        index: usize,
        /// Which sort of name.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// A `times` that is no positive whole number.
    #[error("fault {0}: \"times\" is a whole number of at least 1")]
    Times(usize),
}

/// Reads a faults file.
pub fn parse(text: &str) -> Result<Vec<Fault>, FaultError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| FaultError::NotAList(error.to_string()))?;
    let Value::Array(entries) = value else {
        return Err(FaultError::NotAList("it is something else".into()));
    };
    entries
        .iter()
        .enumerate()
        .map(|(position, entry)| parse_entry(position + 1, entry))
        .collect()
}

fn parse_entry(index: usize, entry: &Value) -> Result<Fault, FaultError> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(members) = entry.as_object() {
        const KNOWN: [&str; 6] = [
            "service",
            "operation",
            "deployment",
            "hop",
            "fault",
            "times",
        ];
        if let Some(stranger) = members.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(unknown(index, "member", stranger, KNOWN.iter().copied()));
        }
    }
    let place = match (
        text("service"),
        text("operation"),
        text("deployment"),
        text("hop"),
    ) {
        (Some(service), Some(operation), None, None) => {
            let Some(known) = Service::from_prefix(&service) else {
                let services = Service::ALL.iter().map(|known| known.prefix());
                return Err(unknown(index, "service", &service, services));
            };
            if operation != "*" && !known.operation_names().any(|name| name == operation) {
                let names = known.operation_names();
                return Err(unknown(index, "operation", &operation, names));
            }
            FaultSite::Operation {
                service: known,
                operation,
            }
        }
        (None, None, Some(deployment), Some(hop)) => {
            const DEPLOYMENTS: [&str; 5] = ["a", "b", "c", "d", "e"];
            if !DEPLOYMENTS.contains(&deployment.as_str()) {
                return Err(unknown(
                    index,
                    "deployment",
                    &deployment,
                    DEPLOYMENTS.iter().copied(),
                ));
            }
            let Some(hop) = FaultPoint::ALL
                .into_iter()
                .find(|known| known.name() == hop)
            else {
                return Err(unknown(
                    index,
                    "hop",
                    &hop,
                    FaultPoint::ALL.iter().map(|known| known.name()),
                ));
            };
            FaultSite::Hop { deployment, hop }
        }
        _ => return Err(FaultError::NoPlace(index)),
    };
    let name = text("fault").unwrap_or_default();
    let fitting = |kind: &&FaultKind| match &place {
        FaultSite::Operation { .. } => kind.fits_operations(),
        FaultSite::Hop { hop, .. } => kind.hops().contains(hop),
    };
    let Some(kind) = FaultKind::ALL
        .iter()
        .filter(fitting)
        .find(|kind| kind.name() == name)
    else {
        return Err(unknown(
            index,
            "fault",
            &name,
            FaultKind::ALL
                .iter()
                .filter(fitting)
                .map(|kind| kind.name()),
        ));
    };
    let times = match entry.get("times") {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_u64().and_then(|times| u32::try_from(times).ok()) {
            Some(times) if times > 0 => Some(times),
            _ => return Err(FaultError::Times(index)),
        },
    };
    Ok(Fault {
        place,
        kind: *kind,
        times,
    })
}

fn unknown<'a>(
    index: usize,
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> FaultError {
    FaultError::Unknown {
        index,
        what,
        name: name.to_owned(),
        known: known.collect::<Vec<_>>().join(", "),
    }
}

/// The faults that are armed now.
#[derive(Debug, Default)]
pub(crate) struct FaultTable {
    armed: Mutex<Vec<Fault>>,
}

impl FaultTable {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self {
            armed: Mutex::new(faults),
        }
    }

    /// Arms one more.
    pub(crate) fn arm(&self, fault: Fault) {
        self.with(|armed| armed.push(fault));
    }

    /// Disarms everything.
    pub(crate) fn clear(&self) {
        self.with(Vec::clear);
    }

    /// The fault that hits this call of an operation, if any; counts it.
    pub(crate) fn take_operation(&self, service: Service, operation: &str) -> Option<FaultKind> {
        self.take(|fault| {
            matches!(&fault.place, FaultSite::Operation { service: at, operation: named }
                if *at == service && (named == operation || named == "*"))
        })
    }

    /// The fault that hits this passage of a hop, whatever its kind; counts it.
    pub(crate) fn take_hop(&self, deployment: &str, hop: FaultPoint) -> Option<FaultKind> {
        self.take(|fault| is_at(fault, deployment, hop))
    }

    /// Whether exactly this fault hits now; counts it if so.
    pub(crate) fn applies(&self, deployment: &str, hop: FaultPoint, kind: FaultKind) -> bool {
        self.take(|fault| fault.kind == kind && is_at(fault, deployment, hop))
            .is_some()
    }

    /// Whether exactly this fault is armed, without counting.
    pub(crate) fn is_armed(&self, deployment: &str, hop: FaultPoint, kind: FaultKind) -> bool {
        self.with(|armed| {
            armed
                .iter()
                .any(|fault| fault.kind == kind && is_at(fault, deployment, hop))
        })
    }

    fn take(&self, matches: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        self.with(|armed| {
            let position = armed.iter().position(matches)?;
            let fault = armed.get_mut(position)?;
            let kind = fault.kind;
            match &mut fault.times {
                None => {}
                Some(times) if *times > 1 => *times -= 1,
                Some(_) => {
                    armed.remove(position);
                }
            }
            Some(kind)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Fault>) -> T) -> T {
        act(&mut self.armed.lock())
    }
}

fn is_at(fault: &Fault, deployment: &str, hop: FaultPoint) -> bool {
    matches!(&fault.place, FaultSite::Hop { deployment: named, hop: at } if named == deployment && *at == hop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_down_and_then_lets_pass() {
        let faults = parse(
            r#"[{"service":"logs","operation":"FilterLogEvents","fault":"throttling","times":2}]"#,
        )
        .unwrap();
        let table = FaultTable::new(faults);
        assert_eq!(table.take_operation(Service::Logs, "GetLogEvents"), None);
        assert_eq!(
            table.take_operation(Service::Logs, "FilterLogEvents"),
            Some(FaultKind::Throttling)
        );
        assert_eq!(
            table.take_operation(Service::Logs, "FilterLogEvents"),
            Some(FaultKind::Throttling)
        );
        assert_eq!(table.take_operation(Service::Logs, "FilterLogEvents"), None);
    }

    #[test]
    fn without_times_it_stays() {
        let table = FaultTable::new(
            parse(r#"[{"deployment":"a","hop":"interceptor","fault":"broken"}]"#).unwrap(),
        );
        for _ in 0..5 {
            assert!(table.applies("a", FaultPoint::Interceptor, FaultKind::Broken));
        }
        assert!(!table.applies("b", FaultPoint::Interceptor, FaultKind::Broken));
        assert!(!table.applies("a", FaultPoint::Interceptor, FaultKind::NoPermission));
    }

    #[test]
    fn refuses_unknown_names_with_the_known_ones() {
        let refuse = |text: &str| parse(text).unwrap_err().to_string();
        assert!(
            refuse(r#"[{"deployment":"a","hop":"interceptor","fault":"explode"}]"#)
                .ends_with("known: slow, no-permission, broken")
        );
        assert!(
            refuse(r#"[{"deployment":"a","hop":"moon","fault":"slow"}]"#)
                .contains("known: token, gateway")
        );
        assert!(
            refuse(r#"[{"service":"logs","operation":"Fly","fault":"slow"}]"#)
                .contains("FilterLogEvents")
        );
        assert!(
            refuse(r#"[{"service":"s3","operation":"*","fault":"slow"}]"#)
                .contains("secretsmanager")
        );
        assert!(
            refuse(r#"[{"service":"logs","operation":"*","fault":"slow","count":1}]"#)
                .contains("unknown member")
        );
        assert!(refuse(r#"[{"fault":"slow"}]"#).contains("give either"));
        assert!(refuse("{}").contains("JSON list"));
        assert!(
            refuse(r#"[{"service":"logs","operation":"*","fault":"slow","times":0}]"#)
                .contains("at least 1")
        );
    }

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
