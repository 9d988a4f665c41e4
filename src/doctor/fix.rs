//! What to do about a hop: a text for a person, and the part of it that can be run or pasted as it stands.

use super::{Evidence, HopLine, Probe};
use crate::model::{Failure, FailureKind};

/// What to do about a hop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HopFix {
    /// All of it, in words, with the command in them.
    pub(super) text: String,
    /// The shell command or the policy text alone; `None` where the fix has none.
    pub(super) command: Option<String>,
}

impl HopFix {
    /// Returns a fix that is a command and nothing else.
    pub(super) fn command(command: impl Into<String>) -> Self {
        let command = command.into();
        Self {
            text: command.clone(),
            command: Some(command),
        }
    }

    /// Returns words that end in a command.
    pub(super) fn run(words: impl AsRef<str>, command: impl Into<String>) -> Self {
        Self::command(command).after(&format!("{}: ", words.as_ref()))
    }

    /// Returns the same fix with words before it.
    pub(super) fn after(self, words: &str) -> Self {
        Self {
            text: format!("{words}{}", self.text),
            ..self
        }
    }

    /// Returns the same fix with words behind it.
    pub(super) fn then(self, words: &str) -> Self {
        Self {
            text: format!("{}{words}", self.text),
            ..self
        }
    }

    /// Returns whether there is nothing to do, or nothing that is known.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// Words, and the command between backticks in them where there is one.
impl From<String> for HopFix {
    fn from(text: String) -> Self {
        let is_command = |part: &&str| {
            ["aws ", "agentcore-console "]
                .iter()
                .any(|program| part.starts_with(program))
        };
        let mut quoted = text.split('`').skip(1).step_by(2);
        let command = quoted.find(is_command).map(str::to_owned);
        Self { text, command }
    }
}

impl From<&str> for HopFix {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// A log that was asked for and could not be read: that it shows no line proves nothing.
pub(super) struct UnreadLog<'a> {
    whose: &'static str,
    failure: &'a Failure,
}

impl<'a> UnreadLog<'a> {
    /// Returns why a log could not be read, if it could not. `whose` is `its log` or `the gateway's log`.
    pub(super) fn of(log: &'a Probe<Vec<HopLine>>, whose: &'static str) -> Option<Self> {
        // A group that does not exist was read: nothing was ever written to it.
        let failure = log
            .failure()
            .filter(|failure| failure.kind != FailureKind::NotFound)?;
        Some(Self { whose, failure })
    }

    /// Returns in words that the log was not read.
    pub(super) fn words(&self) -> String {
        let verb = if self.failure.kind == FailureKind::Denied {
            "may"
        } else {
            "could"
        };
        format!("{} {verb} not be read", self.whose)
    }

    /// Returns how the log becomes readable, so that the next examination names the cause.
    pub(super) fn fix(&self, evidence: &Evidence, group: Option<&str>) -> HopFix {
        let again = format!("agentcore-console doctor -d {}", evidence.deployment);
        if self.failure.kind == FailureKind::Denied {
            let group = group.unwrap_or("*");
            let arn = format!("arn:aws:logs:*:*:log-group:{group}:*");
            let statement = super::commands::allow("logs:FilterLogEvents", Some(&arn));
            return HopFix::run("add to the policy of this identity", statement)
                .then(&format!(" and examine again: {again}"));
        }
        HopFix::run("examine again when CloudWatch Logs answers", again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_stands_apart_from_the_words_around_it() {
        let fix = HopFix::run("wait, or read the quotas", "aws service-quotas list").then("; then");
        assert_eq!(
            fix.text,
            "wait, or read the quotas: aws service-quotas list; then"
        );
        assert_eq!(fix.command.as_deref(), Some("aws service-quotas list"));
    }

    #[test]
    fn a_command_between_backticks_is_found_and_a_setting_is_none() {
        let command = |text: &str| HopFix::from(text).command;
        assert_eq!(
            command("run `aws sso login --profile p`, then try again").as_deref(),
            Some("aws sso login --profile p")
        );
        assert_eq!(command("set `mcp_url` of this deployment"), None);
    }
}
