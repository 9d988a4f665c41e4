//! The first step of the walk that failed, in one form for every transport: an HTTP status, a JSON-RPC error, a tool error.

use super::{Evidence, Probe};
use crate::model::{Failure, FailureKind};

/// A step of the walk through the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// MCP `initialize`, including the request for a token and the preparation of headers.
    Initialize,
    /// MCP `tools/list`.
    ToolsList,
    /// MCP `tools/call`.
    Call,
}

/// The first failure of the walk. There is none if the chain works or was not walked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symptom<'a> {
    /// The step that failed.
    pub(super) step: Step,
    /// The failure; `None` if the answer was a tool error or an empty list.
    pub(super) failure: Option<&'a Failure>,
    /// What the endpoint said.
    pub(super) text: &'a str,
}

impl Symptom<'_> {
    /// HTTP status of the answer.
    pub(super) fn status(&self) -> Option<u16> {
        self.failure.and_then(|failure| failure.status)
    }

    /// JSON-RPC or AWS error code of the answer.
    pub(super) fn code(&self) -> Option<&str> {
        self.failure.and_then(|failure| failure.code.as_deref())
    }

    /// Class of the failure.
    pub(super) fn kind(&self) -> Option<FailureKind> {
        self.failure.map(|failure| failure.kind)
    }

    /// Returns whether the answer contains one of these words, in any case.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        let text = self.text.to_ascii_lowercase();
        words
            .iter()
            .any(|word| text.contains(&word.to_ascii_lowercase()))
    }

    /// Returns whether a `WWW-Authenticate` header of the answer contains these words.
    pub(super) fn is_challenged_with(&self, words: &str) -> bool {
        self.failure.is_some_and(|failure| {
            failure
                .evidence
                .iter()
                .any(|fact| fact.starts_with("www-authenticate:") && fact.contains(words))
        })
    }

    /// Returns what the endpoint said, with the request id where there is one.
    pub(super) fn words(&self) -> String {
        let request = self
            .failure
            .and_then(|failure| failure.request_id.as_ref())
            .map_or_else(String::new, |id| format!(" (request {id})"));
        format!("{}{request}", self.text)
    }
}

impl Evidence {
    /// Returns whether a call went through the whole chain, or ended at the consent of a person, which a working chain asks for.
    pub(super) fn works(&self) -> bool {
        match &self.call {
            Probe::Answered { value, .. } => !value.outcome.is_error,
            Probe::Failed { failure, .. } => failure.consent_urls().next().is_some(),
            Probe::NotMade(_) => false,
        }
    }

    /// Returns the platform's id of the request that failed first, if the answer names it. The number of a JSON-RPC request is no such id.
    pub fn failed_request(&self) -> Option<&str> {
        let symptom = self.symptom()?;
        let of_call = || self.call.value()?.outcome.request_id.as_deref();
        let id = match symptom.failure {
            Some(failure) => failure.request_id.as_deref(),
            None => of_call(),
        };
        id.filter(|id| id.len() >= super::attribution::SHORTEST_ID)
    }

    /// Returns the first step that failed.
    pub(super) fn symptom(&self) -> Option<Symptom<'_>> {
        if self.works() {
            return None;
        }
        if let Some(failure) = self.connection.failure() {
            return Some(Symptom::of(Step::Initialize, failure));
        }
        if let Some(failure) = self.tools.failure() {
            return Some(Symptom::of(Step::ToolsList, failure));
        }
        match &self.call {
            Probe::Failed { failure, .. } => Some(Symptom::of(Step::Call, failure)),
            Probe::Answered { value, .. } => Some(Symptom {
                step: Step::Call,
                failure: None,
                text: &value.text,
            }),
            Probe::NotMade(why) if self.tools.value().is_some() => Some(Symptom {
                step: Step::ToolsList,
                failure: None,
                text: why,
            }),
            Probe::NotMade(_) => None,
        }
    }
}

impl<'a> Symptom<'a> {
    fn of(step: Step, failure: &'a Failure) -> Self {
        Self {
            step,
            failure: Some(failure),
            text: &failure.cause,
        }
    }
}
