//! Writes of earlier runs, as the audit file records them.

use super::moment::Moment;

/// A write that an earlier run of a console or command has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastWrite {
    /// When it ended.
    pub at: Moment,
    /// What was done to which target, in a phrase.
    pub what: String,
    /// The last part of the ARN of who did it, or the user of the machine.
    pub operator: String,
    /// Whether the operator did not confirm it, so that nothing was written.
    pub is_declined: bool,
    /// How it ended: the outcome's word, or why it failed.
    pub result: Result<String, String>,
    /// Id of the request.
    pub request_id: Option<String>,
}
