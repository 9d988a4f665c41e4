//! A request of a rotation that brought no usable answer.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::model::{Failure, FailureKind, Neo4jFailure};

/// A request without a usable answer: what that means for the rotation, and the whole failure for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectError {
    class: EffectErrorClass,
    failure: Box<Failure>,
}

/// What a request without a usable answer means for a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EffectErrorClass {
    /// It was sent and had no answer: it may or may not have taken effect.
    InDoubt,
    /// It was never sent: no connection could be made.
    Unreachable,
    /// The service asked to slow down; it took no effect.
    Throttled,
    /// A permission is missing; it took no effect.
    Denied,
    /// Our own AWS credentials were not accepted, or there are none; it took no effect.
    Expired,
    /// The thing does not exist.
    NotFound,
    /// Another definite no; it took no effect.
    Refused,
}

impl EffectError {
    /// Returns an error of this class with the failure that caused it.
    pub fn new(class: EffectErrorClass, failure: Failure) -> Self {
        Self {
            class,
            failure: Box::new(failure),
        }
    }

    fn from_cause(class: EffectErrorClass, kind: FailureKind, cause: impl Into<String>) -> Self {
        Self::new(class, Failure::new(kind, "rotating", cause))
    }

    /// Returns a request without an answer.
    pub fn in_doubt() -> Self {
        Self::from_cause(
            EffectErrorClass::InDoubt,
            FailureKind::Timeout,
            "no answer came",
        )
    }

    /// Returns a definite no of this program itself.
    pub fn refused(cause: impl Into<String>) -> Self {
        Self::from_cause(EffectErrorClass::Refused, FailureKind::Refused, cause)
    }

    /// Returns what it means.
    pub const fn class(&self) -> EffectErrorClass {
        self.class
    }

    /// Returns the failure, with request id, code and hint.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Returns whether it is not known if the request took effect.
    pub fn is_in_doubt(&self) -> bool {
        self.class == EffectErrorClass::InDoubt
    }

    /// Returns whether the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class == EffectErrorClass::NotFound
    }

    /// Returns whether the same request may succeed a moment later.
    pub const fn is_transient(&self) -> bool {
        match self.class {
            EffectErrorClass::InDoubt
            | EffectErrorClass::Unreachable
            | EffectErrorClass::Throttled => true,
            EffectErrorClass::Denied
            | EffectErrorClass::Expired
            | EffectErrorClass::NotFound
            | EffectErrorClass::Refused => false,
        }
    }
}

impl From<Failure> for EffectError {
    fn from(failure: Failure) -> Self {
        let class = match failure.kind {
            FailureKind::Network | FailureKind::Timeout | FailureKind::Server => {
                EffectErrorClass::InDoubt
            }
            FailureKind::Throttled => EffectErrorClass::Throttled,
            FailureKind::Denied => EffectErrorClass::Denied,
            FailureKind::SignIn => EffectErrorClass::Expired,
            FailureKind::NotFound => EffectErrorClass::NotFound,
            FailureKind::Usage
            | FailureKind::Conflict
            | FailureKind::Refused
            | FailureKind::Cancelled => EffectErrorClass::Refused,
        };
        Self::new(class, failure)
    }
}

impl From<Neo4jFailure> for EffectError {
    fn from(error: Neo4jFailure) -> Self {
        match error {
            Neo4jFailure::Unreachable(failure) => Self::new(EffectErrorClass::Unreachable, failure),
            Neo4jFailure::InDoubt(failure) => Self::new(EffectErrorClass::InDoubt, failure),
            Neo4jFailure::Refused(failure) => Self::from(failure),
        }
    }
}

/// The class alone: two errors of one class lead to the same next phase.
impl Hash for EffectError {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.class.hash(hasher);
    }
}

impl fmt::Display for EffectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = &self.failure;
        let cause = failure.cause.trim_end_matches('.');
        match self.class {
            EffectErrorClass::InDoubt if cause == "no answer came" => {
                formatter.write_str(cause)?;
            }
            EffectErrorClass::InDoubt => write!(formatter, "no conclusive answer: {cause}")?,
            EffectErrorClass::Unreachable => write!(formatter, "not reached: {cause}")?,
            EffectErrorClass::Throttled => write!(formatter, "throttled: {cause}")?,
            EffectErrorClass::Denied => write!(formatter, "not permitted: {cause}")?,
            EffectErrorClass::Expired => {
                write!(
                    formatter,
                    "{}{cause}",
                    credentials_state(failure.code.as_deref())
                )?;
            }
            EffectErrorClass::NotFound => write!(formatter, "not found: {cause}")?,
            EffectErrorClass::Refused => write!(formatter, "refused: {cause}")?,
        }
        if let Some(request_id) = &failure.request_id {
            write!(formatter, " [request {request_id}]")?;
        }
        match &failure.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Expired credentials are another matter than wrong ones.
fn credentials_state(code: Option<&str>) -> &'static str {
    match code {
        Some("ExpiredToken" | "ExpiredTokenException") => "our AWS credentials have expired: ",
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "IncompleteSignatureException",
        ) => "AWS does not accept our credentials: ",
        Some(_) | None => "",
    }
}
