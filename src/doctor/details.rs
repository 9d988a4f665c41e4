//! The whole evidence of a hop: what was asked, what came back, what the log says.

use serde::Serialize;

use super::{Evidence, Hop, Probe, judgement::with_request};
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

/// Returns what was asked at a hop, what came back, and what its log says.
pub(super) fn details(hop: Hop, evidence: &Evidence) -> Vec<HopDetail> {
    match hop {
        Hop::Credentials => asked("STS GetCallerIdentity", &evidence.identity, |identity| {
            identity.arn.clone()
        }),
        Hop::Stack => stack(evidence),
        Hop::Discovery | Hop::Token | Hop::Metadata => sign_in(hop, evidence),
        Hop::Gateway => {
            let read = asked("GetGateway", &evidence.gateways, |all| statuses(all));
            with_log(read, &evidence.gateway_log)
        }
        Hop::Limits => asked("ListGatewayRateLimits", &evidence.limits, |limits| {
            limits.join(", ")
        }),
        Hop::Interceptor => with_log(Vec::new(), &evidence.interceptor_log),
        Hop::Initialize | Hop::ToolsList | Hop::Cypher => walk(hop, evidence),
        Hop::Target => target(evidence),
        Hop::Provider => provider(evidence),
        Hop::Drift => asked(
            "tools/list of the runtime past the gateway",
            &evidence.direct,
            |tools| names(tools),
        ),
        Hop::Runtime => runtime(evidence),
        Hop::Rollout => asked("ListAgentRuntimeEndpoints", &evidence.endpoints, |all| {
            statuses(all)
        }),
        Hop::Secret => secret(evidence),
        Hop::Neo4j => asked(
            "a login at Neo4j with AWSCURRENT",
            &evidence.login,
            |login| format!("{login:?}"),
        ),
        Hop::Permissions | Hop::Authoriser | Hop::Policy => Vec::new(),
    }
}

fn stack(evidence: &Evidence) -> Vec<HopDetail> {
    asked("DescribeStacks", &evidence.stack, |stack| {
        let names: Vec<&str> = stack
            .outputs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.join(", ")
    })
}

/// Returns what the issuer and the endpoint publish, and the token.
fn sign_in(hop: Hop, evidence: &Evidence) -> Vec<HopDetail> {
    if hop == Hop::Discovery {
        asked(
            "the issuer's discovery document",
            &evidence.discovery,
            |document| document.issuer.clone(),
        )
    } else if hop == Hop::Token {
        asked(
            "a token of the deployment's sign-in",
            &evidence.token,
            |_| "a token; its claims are on the Tools screen".to_owned(),
        )
    } else {
        let endpoint = evidence.endpoint.as_deref().unwrap_or("the endpoint");
        asked(
            &format!("the protected resource's metadata of {endpoint}"),
            &evidence.metadata,
            serde_json::Value::to_string,
        )
    }
}

/// Returns the steps of the walk at the endpoint.
fn walk(hop: Hop, evidence: &Evidence) -> Vec<HopDetail> {
    let endpoint = evidence.endpoint.as_deref().unwrap_or("the endpoint");
    if hop == Hop::Initialize {
        let question = format!("MCP initialize at {endpoint}");
        asked(&question, &evidence.connection, |info| {
            format!("{}, {}", info.server, info.protocol)
        })
    } else if hop == Hop::ToolsList {
        let question = format!("MCP tools/list at {endpoint}");
        asked(&question, &evidence.tools, |tools| names(tools))
    } else {
        let call = evidence.call.value();
        let tool = call.map_or("a reading tool", |call| call.tool.as_str());
        asked(&format!("tools/call {tool}"), &evidence.call, |call| {
            call.text.clone()
        })
    }
}

fn target(evidence: &Evidence) -> Vec<HopDetail> {
    let mut read = asked("GetGatewayTarget", &evidence.targets, |all| statuses(all));
    read.extend(asked(
        "the MCP server behind the target",
        &evidence.external,
        |status| format!("HTTP {status}"),
    ));
    read
}

fn provider(evidence: &Evidence) -> Vec<HopDetail> {
    asked("GetOauth2CredentialProvider", &evidence.providers, |all| {
        let statuses: Vec<String> = all
            .iter()
            .map(|provider| {
                let status = provider.status.as_deref().unwrap_or("no status");
                format!("{} {status}", provider.name)
            })
            .collect();
        statuses.join(", ")
    })
}

fn runtime(evidence: &Evidence) -> Vec<HopDetail> {
    let mut read = asked("GetAgentRuntime", &evidence.runtimes, |all| statuses(all));
    read.extend(asked(
        "tools/list past the gateway",
        &evidence.direct,
        |tools| pluralize(tools.len(), "tool"),
    ));
    with_log(read, &evidence.runtime_log)
}

fn secret(evidence: &Evidence) -> Vec<HopDetail> {
    asked("DescribeSecret", &evidence.secret, |secret| {
        let stages: Vec<String> = secret
            .versions
            .iter()
            .map(|version| format!("{} {}", version.version_id, version.stages.join(" ")))
            .collect();
        stages.join(", ")
    })
}

fn names(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    names.join(", ")
}

fn statuses(resources: &[Resource]) -> String {
    let texts: Vec<String> = resources
        .iter()
        .map(|resource| format!("{} {}", resource.name, resource.status))
        .collect();
    texts.join(", ")
}

/// Returns what was asked, and what came back.
fn asked<T>(question: &str, probe: &Probe<T>, answer: impl Fn(&T) -> String) -> Vec<HopDetail> {
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
fn with_log(mut details: Vec<HopDetail>, log: &Probe<Vec<String>>) -> Vec<HopDetail> {
    match log {
        Probe::NotMade(why) => details.push(detail("its log", format!("not read: {why}"))),
        Probe::Failed { failure, .. } => details.push(detail(
            "its log",
            format!("could not be read: {}", with_request(failure)),
        )),
        Probe::Answered { value, .. } if value.is_empty() => {
            details.push(detail("its log", "no line since the walk began"));
        }
        Probe::Answered { value, .. } => {
            let last = value.iter().skip(value.len().saturating_sub(LINES));
            details.extend(last.map(|line| detail("its log", line.as_str())));
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
            with_log(Vec::new(), &silent)[0].text,
            "no line since the walk began"
        );
    }
}
