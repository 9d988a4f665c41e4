//! What went wrong, kept with its evidence: one type for every service, every screen and every exit code.

use serde::Serialize;

/// A failed piece of work. Text from outside in it is raw: it is sanitised where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{doing}: {cause}")]
pub struct Failure {
    /// What was being done, in the user's words: `listing gateways of prod-neo4j`.
    pub doing: String,
    /// The class that decides exit code, retry and tone.
    pub kind: FailureKind,
    /// Why it failed, in one sentence.
    pub cause: String,
    /// What to do next, where that is known.
    pub hint: Option<String>,
    /// The request id that AWS support asks for.
    pub request_id: Option<String>,
    /// HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// The error code as the service gave it: `AccessDeniedException`, `-32001`, `Neo.ClientError.Security.Unauthorized`.
    pub code: Option<String>,
    /// Other facts worth keeping for a diagnosis: headers that matter, the start of a body.
    pub evidence: Vec<String>,
}

/// The classes of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The input or the configuration is wrong (exit 2).
    Usage,
    /// No valid credentials, or the server did not accept them (exit 3).
    SignIn,
    /// The credentials are fine, the permission is missing; or read-only mode refused (exit 4).
    Denied,
    /// The thing does not exist (exit 1).
    NotFound,
    /// The service asked to slow down (exit 4).
    Throttled,
    /// The state of the thing forbids it now (exit 1).
    Conflict,
    /// No connection, a broken one, or an answer that is not the protocol (exit 5).
    Network,
    /// No answer in time (exit 5).
    Timeout,
    /// The other side failed: 5xx (exit 5).
    Server,
    /// The answer is no: a tool error, a failed statement (exit 1).
    Refused,
    /// The user or a newer request stopped it (exit 1).
    Cancelled,
}

impl FailureKind {
    /// Returns the exit code of a command that ends with this failure; the table is in the README.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::SignIn => 3,
            Self::Denied | Self::Throttled => 4,
            Self::Network | Self::Timeout | Self::Server => 5,
            Self::NotFound | Self::Conflict | Self::Refused | Self::Cancelled => 1,
        }
    }

    /// Returns whether the same request may succeed by itself a moment later.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Throttled | Self::Network | Self::Timeout | Self::Server => true,
            Self::Usage
            | Self::SignIn
            | Self::Denied
            | Self::NotFound
            | Self::Conflict
            | Self::Refused
            | Self::Cancelled => false,
        }
    }
}

/// How evidence begins that names an address for consent.
const CONSENT: &str = "consent: ";
/// What a trace begins with in the evidence.
const TRACE: &str = "trace: ";
/// What a session begins with in the evidence.
const SESSION: &str = "session: ";

impl Failure {
    /// Returns a failure without further evidence.
    pub fn new(kind: FailureKind, doing: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            doing: doing.into(),
            kind,
            cause: cause.into(),
            hint: None,
            request_id: None,
            status: None,
            code: None,
            evidence: Vec::new(),
        }
    }

    /// Returns the same failure with the next step to take.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the same failure with the service's request id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Returns the same failure with the service's own error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Returns the same failure with the HTTP status of the answer.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the same failure with an address at which a person must give consent first (MCP error -32042).
    #[must_use]
    pub fn consent_url(self, url: &str) -> Self {
        self.evidence(format!("{CONSENT}{url}"))
    }

    /// Returns the addresses at which a person must give consent before the call can succeed.
    pub fn consent_urls(&self) -> impl Iterator<Item = &str> {
        self.evidence
            .iter()
            .filter_map(|fact| fact.strip_prefix(CONSENT))
    }

    /// Returns the same failure with the ids that log lines of the request may carry.
    #[must_use]
    pub fn with_log_ids(mut self, trace: Option<&str>, session: Option<&str>) -> Self {
        for (label, id) in [(TRACE, trace), (SESSION, session)] {
            let fact = id.map(|id| format!("{label}{id}"));
            self.evidence
                .extend(fact.filter(|fact| !self.evidence.contains(fact)));
        }
        self
    }

    /// Returns the trace of the request, as 32 hexadecimal digits, if the answer names it.
    pub fn trace_id(&self) -> Option<&str> {
        self.fact(TRACE)
    }

    /// Returns the session of the request, if the answer names it.
    pub fn session_id(&self) -> Option<&str> {
        self.fact(SESSION)
    }

    fn fact(&self, label: &str) -> Option<&str> {
        self.evidence
            .iter()
            .find_map(|fact| fact.strip_prefix(label))
    }

    /// Returns the same failure with one more fact.
    #[must_use]
    pub fn evidence(mut self, fact: impl Into<String>) -> Self {
        self.evidence.push(fact.into());
        self
    }
}
