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
    /// Whether this process made the request.
    pub is_own: bool,
}

impl Change {
    /// Returns whether the change was made, and not refused.
    pub fn is_done(&self) -> bool {
        self.outcome == "done"
    }

    /// Returns who made it, in few words: `role/ci`, `user/mia`, `cloudformation.amazonaws.com`.
    pub fn actor(&self) -> String {
        let Some((_, path)) = self
            .who
            .strip_prefix("arn:")
            .and_then(|arn| arn.rsplit_once(':'))
        else {
            return self.who.clone();
        };
        let mut parts = path.split('/');
        match (parts.next(), parts.next()) {
            (Some("assumed-role"), Some(role)) => format!("role/{role}"),
            _ => path.to_owned(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_the_role_or_the_user_of_its_arn() {
        let actor = |who: &str| {
            Change {
                at: Moment::from_millis(0),
                who: who.to_owned(),
                action: String::new(),
                kind: "runtime",
                ids: Vec::new(),
                outcome: "done".to_owned(),
                request_id: None,
                is_own: false,
            }
            .actor()
        };
        assert_eq!(actor("arn:aws:sts::1:assumed-role/ci/run-7"), "role/ci");
        assert_eq!(actor("arn:aws:iam::1:user/mia"), "user/mia");
        assert_eq!(actor("arn:aws:iam::1:root"), "root");
        assert_eq!(
            actor("cloudformation.amazonaws.com"),
            "cloudformation.amazonaws.com"
        );
    }
}
