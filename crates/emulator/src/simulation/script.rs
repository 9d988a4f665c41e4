//! What simulated callers ask for and how it ends: tools that the deployment has, statements that fail for what is wrong with
//! them, and the faults that are armed at the deployment's hops.

use serde_json::{Map, Value, json};

use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::mcp::interceptor::secret_failure;
use crate::scenarios::Scenario;
use crate::seed::Sequence;
use crate::world::World;

/// Statements with their parameter `name`, if they have one, and an answer.
const QUERIES: [(&str, Option<&str>, &str); 4] = [
    (
        "MATCH (m:Movie) RETURN m.title ORDER BY m.released LIMIT 5",
        None,
        "[{\"m.title\":\"One Flew Over the Cuckoo's Nest\"}]",
    ),
    (
        "MATCH (p:Person)-[:ACTED_IN]->(m:Movie) RETURN p.name, count(m) AS movies ORDER BY movies DESC LIMIT 10",
        None,
        "[{\"p.name\":\"Tom Hanks\",\"movies\":12}]",
    ),
    (
        "MATCH (p:Person {name: $name})-[:DIRECTED]->(m) RETURN m.title",
        Some("Ron Howard"),
        "[{\"m.title\":\"Apollo 13\"}]",
    ),
    ("MATCH (n) RETURN count(n)", None, "[{\"count(n)\":171}]"),
];
/// Statements that fail, with Neo4j's words for what is wrong with each.
const WRONG: [(&str, &str); 3] = [
    (
        "MATCH (m:Movie) RETRUN m.title LIMIT 5",
        "Neo.ClientError.Statement.SyntaxError: Invalid input 'RETRUN': expected 'RETURN'",
    ),
    (
        "MATCH (m:Movie) RETURN count(m)",
        "Neo.TransientError.General.DatabaseUnavailable: The database is not currently available",
    ),
    (
        "MATCH (p:Person {name: $name})-[:DIRECTED]->(m) RETURN m.title",
        "Neo.ClientError.Statement.ParameterMissing: Expected parameter(s): name",
    ),
];
/// One call of this many fails for a reason of its own.
const FAILS_ONE_IN: u64 = 24;

/// Where a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailedHop {
    /// No call is made, because there is no token for it.
    Token,
    /// The gateway refuses it before it begins to process it.
    Gateway,
    /// The interceptor, which was invoked or not.
    Interceptor {
        /// Whether the function ran, so that its log has lines.
        ran: bool,
    },
    /// Between the gateway and what answers behind it.
    Target,
    /// The platform of the runtime refuses it before the program sees it.
    Runtime,
    /// The program in the container.
    Program,
    /// The database.
    Database,
}

/// How a call fails.
#[derive(Clone, Debug)]
pub(super) struct ScriptedFailure {
    pub(super) hop: FailedHop,
    pub(super) text: String,
}

/// One call of a simulated caller.
#[derive(Clone, Debug)]
pub(super) struct ScriptedCall {
    /// The tool's own name.
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
    /// The statement, of a Cypher tool.
    pub(super) statement: Option<&'static str>,
    pub(super) answer: String,
    /// What is wrong with the call itself.
    pub(super) own_failure: Option<ScriptedFailure>,
    /// What an armed fault makes of it.
    pub(super) fault: Option<ScriptedFailure>,
    /// What `slow` faults add, in milliseconds.
    pub(super) delay: i64,
}

impl ScriptedCall {
    /// Returns how the call fails, if it does: a fault on its way hides what is wrong with the call itself.
    pub(super) fn failure(&self) -> Option<&ScriptedFailure> {
        self.fault.as_ref().or(self.own_failure.as_ref())
    }

    /// Returns the next call of a deployment's callers, as the faults that are armed let it end.
    pub(super) fn next(world: &World, deployment: &Scenario, numbers: &mut Sequence) -> Self {
        let fails = numbers.below(FAILS_ONE_IN) == 0;
        let mut call = if deployment.has_database() {
            cypher(deployment, fails, numbers)
        } else {
            code_host(fails, numbers)
        };
        let armed = |hop| world.faults.armed_at(deployment.name, hop);
        let delays = ALL_SLOW
            .iter()
            .filter(|hop| armed(**hop) == Some(FaultKind::Slow))
            .count();
        call.delay = SLOWNESS.as_millis() as i64 * delays as i64;
        call.fault = ArmedFaults {
            deployment,
            tool: call.tool,
            armed: &armed,
        }
        .first();
        call
    }
}

const ALL_SLOW: [FaultPoint; 6] = [
    FaultPoint::Gateway,
    FaultPoint::Interceptor,
    FaultPoint::Target,
    FaultPoint::Runtime,
    FaultPoint::Secret,
    FaultPoint::Neo4j,
];

fn cypher(deployment: &Scenario, fails: bool, numbers: &mut Sequence) -> ScriptedCall {
    let (query, name, answer) = numbers.pick(&QUERIES).copied().unwrap_or_default();
    let wrong = numbers.pick(&WRONG).copied().filter(|_| fails);
    let statement = wrong.map_or(query, |(statement, _)| statement);
    let mut arguments = Map::from_iter([("query".to_owned(), json!(statement))]);
    if let (Some(name), None) = (name, wrong) {
        arguments.insert("params".to_owned(), json!({"name": name}));
    }
    ScriptedCall {
        tool: deployment.cypher_reader(),
        arguments: Value::Object(arguments),
        statement: Some(statement),
        answer: answer.to_owned(),
        own_failure: wrong.map(|(_, text)| failure(FailedHop::Database, text)),
        fault: None,
        delay: 0,
    }
}

fn code_host(fails: bool, numbers: &mut Sequence) -> ScriptedCall {
    let calls = [
        ("get_me", json!({}), "{\"login\":\"movie-lover\",\"id\":38}"),
        (
            "search_repositories",
            json!({"query": "movies"}),
            "{\"total_count\":2,\"items\":[\"movies/guide\",\"movies/graph\"]}",
        ),
    ];
    let (tool, arguments, answer) = numbers.pick(&calls).cloned().unwrap_or_default();
    ScriptedCall {
        tool,
        arguments,
        statement: None,
        answer: answer.to_owned(),
        own_failure: fails.then(|| {
            let text = "The target answered HTTP 403: API rate limit exceeded";
            failure(FailedHop::Target, text)
        }),
        fault: None,
        delay: 0,
    }
}

fn failure(hop: FailedHop, text: impl Into<String>) -> ScriptedFailure {
    ScriptedFailure {
        hop,
        text: text.into(),
    }
}

/// The faults that are armed on the way of a call.
struct ArmedFaults<'a> {
    deployment: &'a Scenario,
    tool: &'a str,
    armed: &'a dyn Fn(FaultPoint) -> Option<FaultKind>,
}

impl ArmedFaults<'_> {
    /// Returns the first fault that a call meets, in the words that the hop has for it.
    fn first(&self) -> Option<ScriptedFailure> {
        self.before_the_target()
            .or_else(|| self.behind_the_target())
    }

    /// Sign-in, gateway, interceptor with its secret, policies and rate limits.
    fn before_the_target(&self) -> Option<ScriptedFailure> {
        let token = self
            .at(FaultPoint::Token)
            .filter(|kind| *kind != FaultKind::Slow && *kind != FaultKind::ClockSkew)
            .map(|_| failure(FailedHop::Token, String::new()));
        let has_interceptor = self.deployment.interceptor.is_some();
        let interceptor = || {
            let kind = self.at(FaultPoint::Interceptor)?;
            let ran = kind != FaultKind::NoPermission;
            let text = words(INTERCEPTOR, kind)?;
            Some(failure(FailedHop::Interceptor { ran }, text)).filter(|_| has_interceptor)
        };
        let secret = || {
            self.secret(FailedHop::Interceptor { ran: true })
                .filter(|_| has_interceptor)
        };
        let policy = || {
            self.at(FaultPoint::Policy)?;
            let text = "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement";
            Some(failure(FailedHop::Target, text)).filter(|_| self.has_gateway())
        };
        let limits = || {
            self.at(FaultPoint::Limits)?;
            Some(failure(FailedHop::Target, "Rate limit exceeded")).filter(|_| self.has_gateway())
        };
        token
            .or_else(|| self.said(FaultPoint::Gateway, GATEWAY, FailedHop::Gateway))
            .or_else(interceptor)
            .or_else(secret)
            .or_else(policy)
            .or_else(limits)
            .filter(|failure| failure.hop != FailedHop::Gateway || self.has_gateway())
    }

    /// Target, credential provider, runtime, the program with its secret, and the database.
    fn behind_the_target(&self) -> Option<ScriptedFailure> {
        let provider = || {
            self.at(FaultPoint::CredentialProvider)?;
            let name = self.deployment.oauth_provider.unwrap_or_default();
            let text = format!(
                "Failed to obtain a token from the credential provider: {name}: invalid_client"
            );
            Some(failure(FailedHop::Target, text))
        };
        let runtime = || {
            self.said(FaultPoint::Runtime, RUNTIME, FailedHop::Runtime)
                .filter(|_| self.deployment.runtime_id.is_some())
        };
        let secret = || {
            self.secret(FailedHop::Program)
                .filter(|_| self.deployment.interceptor.is_none())
        };
        self.target()
            .or_else(provider)
            .or_else(runtime)
            .or_else(secret)
            .or_else(|| self.said(FaultPoint::Neo4j, DATABASE, FailedHop::Database))
    }

    fn target(&self) -> Option<ScriptedFailure> {
        let kind = self.at(FaultPoint::Target).filter(|_| self.has_gateway())?;
        let text = if kind == FaultKind::Unsynchronised {
            format!("Unknown tool: {}", self.tool)
        } else {
            let text = words(TARGET, kind)?;
            format!("Failed to connect to the target: {text}")
        };
        Some(failure(FailedHop::Target, text))
    }

    /// Returns what becomes of a call whose password is read at that hop.
    fn secret(&self, hop: FailedHop) -> Option<ScriptedFailure> {
        let kind = self.at(FaultPoint::Secret)?;
        if kind == FaultKind::Stale {
            let text = "Neo.ClientError.Security.Unauthorized: The client is unauthorized due to authentication failure.";
            return Some(failure(FailedHop::Database, text));
        }
        let id = self.deployment.secret_arn.as_deref().unwrap_or_default();
        secret_failure(kind, id).map(|text| failure(hop, text))
    }

    fn said(&self, point: FaultPoint, table: Words, hop: FailedHop) -> Option<ScriptedFailure> {
        let text = words(table, self.at(point)?)?;
        Some(failure(hop, text))
    }

    fn at(&self, point: FaultPoint) -> Option<FaultKind> {
        (self.armed)(point)
    }

    fn has_gateway(&self) -> bool {
        self.deployment.gateway_id.is_some()
    }
}

/// What a hop says under the faults that make a call fail there.
type Words = &'static [(FaultKind, &'static str)];

fn words(table: Words, kind: FaultKind) -> Option<&'static str> {
    let found = table.iter().find(|(known, _)| *known == kind);
    found.map(|(_, text)| *text)
}

const GATEWAY: Words = &[
    (FaultKind::Throttling, "HTTP 429"),
    (FaultKind::AccessDenied, "HTTP 403"),
    (FaultKind::InternalError, "HTTP 500"),
    (FaultKind::CutBefore, "connection closed"),
];
const INTERCEPTOR: Words = &[
    (FaultKind::NoPermission, "HTTP 500"),
    (
        FaultKind::Broken,
        "TypeError: 'NoneType' object is not subscriptable",
    ),
];
const TARGET: Words = &[
    (FaultKind::Down, "Connection refused"),
    (FaultKind::CutBefore, "Connection refused"),
    (FaultKind::CutAfter, "Connection reset by peer"),
];
const RUNTIME: Words = &[
    (
        FaultKind::Throttling,
        "Rate limit exceeded - Too many requests",
    ),
    (
        FaultKind::AccessDenied,
        "Authorization error - Insufficient permissions",
    ),
    (FaultKind::InternalError, "Internal error - Server error"),
    (
        FaultKind::Crash,
        "Tool execution error - Please check your CloudWatch logs for more information",
    ),
    (FaultKind::ColdStart, "Runtime initialization time exceeded"),
    (FaultKind::NotMmdsv2, "This runtime is not MMDSv2-enabled"),
    (FaultKind::Down, "connection closed"),
    (FaultKind::CutBefore, "connection closed"),
    (FaultKind::CutAfter, "connection closed"),
];
const DATABASE: Words = &[
    (
        FaultKind::Down,
        "ConnectivityError: dial tcp: connect: connection refused",
    ),
    (
        FaultKind::CutBefore,
        "ConnectivityError: dial tcp: connect: connection refused",
    ),
    (
        FaultKind::CutAfter,
        "ConnectivityError: dial tcp: connect: connection refused",
    ),
    (
        FaultKind::LockedOut,
        "Neo.ClientError.Security.AuthenticationRateLimit: The client has provided incorrect authentication details too many times in a row.",
    ),
];
