//! Changes that CloudTrail reports.

use super::moment::Moment;

/// One change in an account: who did what to which thing, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was made.
    pub at: Moment,
    /// ARN of the identity, or the AWS service that acted by itself.
    pub who: String,
    /// The operation: `UpdateAgentRuntime`.
    pub action: String,
    /// What was changed: `gateway`, `target`, `runtime`, `endpoint`, `secret`, `client`, `stack`, `function`, `other`.
    pub kind: &'static str,
    /// Every id, name and ARN that the event gives for it, the most telling first.
    pub ids: Vec<String>,
    /// `done`, or the error's code and message.
    pub outcome: String,
    /// The request's id.
    pub request_id: Option<String>,
}

/// A version of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeVersionInfo {
    /// Its number.
    pub version: String,
    /// Its status as AWS gives it.
    pub status: String,
    /// When it was created.
    pub created_at: Option<Moment>,
    /// Its container image.
    pub image: Option<String>,
    /// Names of the endpoints that serve it.
    pub live_at: Vec<String>,
}
