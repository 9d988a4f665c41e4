//! The whole evidence of a hop: what was asked, what came back, what the log says.

use serde::Serialize;

use super::{HopLine, Probe, judgement::with_request};
use crate::model::{Failure, Resource, Tool, pluralize};

/// Log lines shown of a hop.
const LINES: usize = 3;

/// A labelled part of a hop's evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HopDetail {
    /// `asked`, `answered`, `request`, `its log`, `source`.
    pub label: &'static str,
    /// The text, raw.
    pub text: String,
}

fn detail(label: &'static str, text: impl Into<String>) -> HopDetail {
    HopDetail {
        label,
        text: text.into(),
    }
}

/// Returns the names of tools, in one text.
pub(super) fn tool_names(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    names.join(", ")
}

/// Returns the names and statuses of resources, in one text.
pub(super) fn named_statuses(resources: &[Resource]) -> String {
    let texts: Vec<String> = resources
        .iter()
        .map(|resource| format!("{} {}", resource.name, resource.status))
        .collect();
    texts.join(", ")
}

/// Returns what was asked, and what came back.
pub(super) fn asked<T>(
    question: &str,
    probe: &Probe<T>,
    answer: impl Fn(&T) -> String,
) -> Vec<HopDetail> {
    match probe {
        Probe::NotMade(why) => vec![detail("not asked", why.as_str())],
        Probe::Answered { value, .. } => {
            vec![detail("asked", question), detail("answered", answer(value))]
        }
        Probe::Failed { failure, .. } => {
            let mut details = vec![
                detail("asked", question),
                detail("answered", answered(failure)),
            ];
            if let Some(id) = &failure.request_id {
                details.push(detail("request", id.as_str()));
            }
            details.extend(
                failure
                    .evidence
                    .iter()
                    .map(|fact| detail("with", fact.as_str())),
            );
            details
        }
    }
}

fn answered(failure: &Failure) -> String {
    let status = failure
        .status
        .map_or_else(String::new, |status| format!("HTTP {status} "));
    let code = failure
        .code
        .as_ref()
        .map_or_else(String::new, |code| format!("{code}: "));
    format!("{status}{code}{}", failure.cause)
}

/// Adds the last lines of the hop's own log.
pub(super) fn with_own_log(
    mut details: Vec<HopDetail>,
    log: &Probe<Vec<HopLine>>,
) -> Vec<HopDetail> {
    match log {
        Probe::NotMade(why) => details.push(detail("its log", format!("not read: {why}"))),
        Probe::Failed { failure, .. } => details.push(detail(
            "its log",
            format!("could not be read: {}", with_request(failure)),
        )),
        Probe::Answered { value, .. } if value.is_empty() => {
            details.push(detail("its log", "no line since the examination began"));
        }
        Probe::Answered { value, .. } => {
            let mut own: Vec<&HopLine> = log.own_lines().collect();
            let others = value.len() - own.len();
            let last = own.split_off(own.len().saturating_sub(LINES));
            details.extend(last.iter().map(|line| detail("its log", line.quoted())));
            if others > 0 {
                let text = format!("{} of other requests", pluralize(others, "line"));
                details.push(detail("its log", text));
            }
        }
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    #[test]
    fn a_failed_probe_shows_the_question_the_answer_and_the_request_id() {
        let failure = Failure::new(FailureKind::Server, "listing", "Internal Server Error")
            .status(500)
            .request_id("r-1");
        let probe: Probe<()> = Probe::Failed {
            failure,
            elapsed_ms: 1,
        };
        let found = asked("tools/list", &probe, |()| String::new());
        let texts: Vec<(&str, &str)> = found
            .iter()
            .map(|detail| (detail.label, detail.text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                ("asked", "tools/list"),
                ("answered", "HTTP 500 Internal Server Error"),
                ("request", "r-1")
            ]
        );
    }

    #[test]
    fn a_silent_log_is_said() {
        let silent = Probe::Answered {
            value: Vec::new(),
            elapsed_ms: 1,
        };
        assert_eq!(
            with_own_log(Vec::new(), &silent)[0].text,
            "no line since the examination began"
        );
    }
}
