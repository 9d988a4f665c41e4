//! Tool calls through a gateway: which target a call goes to, consent, and what a caller learns of
//! failures behind the gateway.

use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayCall;
use super::tools::SEARCH;
use crate::aws::control::changes::RATE_LIMIT;
use crate::aws::control::{Credential, Target};
use crate::faults::{FaultKind, FaultPoint};
use crate::http::{self as wire, Response, json as json_response};
use crate::mcp::consent;
use crate::mcp::message::{self, INVALID_PARAMS};
use crate::mcp::outcome::{ToolFailure, WaitingAnswer};
use crate::mcp::target::{self, TargetError, TargetReply};

/// How the answer to a call that a policy denies is recognised.
const DENIED: &str = "Tool Execution Denied";
/// JSON-RPC code of a call that a limit stops.
const RATE_LIMITED: i64 = -32003;
/// What a caller learns of an inner failure.
const OPAQUE: &str = "An internal error occurred. Please retry later.";

impl GatewayCall<'_> {
    /// Answers `tools/call`.
    pub(super) async fn call(&self) -> Response {
        let full = self.message.tool().to_owned();
        if full == SEARCH && self.gateway.semantic_search {
            return self.search().await;
        }
        let parts = full.split_once("___");
        let found = parts.and_then(|(target, tool)| {
            Some((
                self.gateway
                    .targets
                    .iter()
                    .find(|candidate| candidate.name == target)?,
                tool,
            ))
        });
        let Some((target, tool)) = found else {
            return self.unknown(&full);
        };
        let name = self
            .deployment
            .as_ref()
            .map_or("", |deployment| deployment.name);
        if self
            .world
            .faults
            .applies(name, FaultPoint::Target, FaultKind::Unsynchronised)
            || target.status.ends_with("_PENDING_AUTH")
        {
            return self.unknown(&full);
        }
        if let Some(response) = self.stopped(name, target, &full) {
            return response;
        }
        if let Some(tools) = target.static_tools.as_ref().and_then(Value::as_array)
            && !tools
                .iter()
                .any(|listed| listed.get("name").and_then(Value::as_str) == Some(tool))
        {
            return self.unknown(&full);
        }
        if matches!(
            &target.credential,
            Credential::Oauth {
                grant_type: "AUTHORIZATION_CODE",
                ..
            }
        ) {
            if consent::is_forced(&self.message) {
                self.world.consents.forget(&target.id, &self.user);
            }
            if !self.world.consents.is_completed(&target.id, &self.user) {
                let answer =
                    consent::required(self.world, &self.gateway, target, &self.user, &self.message);
                let mut response = json_response(StatusCode::OK, &answer);
                response.extensions_mut().insert(WaitingAnswer(answer));
                return response;
            }
        }
        self.forward(target, tool).await
    }

    fn unknown(&self, name: &str) -> Response {
        let text = format!("Unknown tool: {name}");
        let error = self.message.error(INVALID_PARAMS, &text, None);
        let mut response = json_response(StatusCode::OK, &error);
        response.extensions_mut().insert(ToolFailure { text });
        response
    }

    /// Returns whether a policy denies every tool of the gateway.
    pub(super) fn is_denied(&self) -> bool {
        let (policy, deployment) = (&self.gateway.policy, &self.deployment);
        policy.is_some()
            && deployment.as_ref().is_some_and(|deployment| {
                let faults = &self.world.faults;
                faults.applies(deployment.name, FaultPoint::Policy, FaultKind::Denied)
            })
    }

    /// Returns the answer to a call that a policy denies: a tool error with HTTP 200.
    fn denied(&self) -> Response {
        let text = format!(
            "AuthorizeActionException - {DENIED}: Tool call not allowed due to policy enforcement [No policy applies to the \
             request (denied by default).]"
        );
        let mut response = self.result(message::text_result(&text, true));
        response.extensions_mut().insert(ToolFailure { text });
        response
    }

    /// Returns the answer to a call that the gateway itself stops: by a policy, a rate limit or a schema.
    fn stopped(&self, deployment: &str, target: &Target, tool: &str) -> Option<Response> {
        let armed = |hop, kind| self.world.faults.applies(deployment, hop, kind);
        if self.is_denied() {
            Some(self.denied())
        } else if armed(FaultPoint::Limits, FaultKind::Limited) {
            Some(self.limited(&target.name))
        } else if armed(FaultPoint::Target, FaultKind::MetaRefused) {
            Some(self.meta_refused(tool))
        } else {
            None
        }
    }

    /// Returns the answer to a call that a rate limit of the gateway stops.
    fn limited(&self, target: &str) -> Response {
        let text = "Rate limit exceeded";
        let key = format!("{RATE_LIMIT}/targetName={target}");
        let data = json!({"limitKey": key, "metric": "requests", "retryAfter": 1});
        self.refused(RATE_LIMITED, text, Some(data))
    }

    /// Returns the answer to a call whose `_meta` the tool's schema does not allow. AWS's own words are not known.
    fn meta_refused(&self, tool: &str) -> Response {
        let text = format!(
            "Input validation failed for tool {tool}: additional properties are not allowed ('_meta' was unexpected)"
        );
        self.refused(INVALID_PARAMS, &text, None)
    }

    fn refused(&self, code: i64, text: &str, data: Option<Value>) -> Response {
        let mut response = json_response(StatusCode::OK, &self.message.error(code, text, data));
        let text = text.to_owned();
        response.extensions_mut().insert(ToolFailure { text });
        response
    }

    async fn forward(&self, target: &Target, tool: &str) -> Response {
        let mut inner = self.message.clone();
        if let Some(params) = inner.params.as_object_mut() {
            params.insert("name".to_owned(), json!(tool));
        }
        match target::ask(&self.outbound(target), &inner, self.streams).await {
            Ok(TargetReply::Stream(body)) => {
                let mut response = wire::respond(StatusCode::OK, "text/event-stream", "");
                *response.body_mut() = body;
                response
            }
            Ok(TargetReply::Whole(answer)) => {
                let failure = ToolFailure::of(&answer);
                let mut response = match answer.get("result") {
                    Some(result) => self.result(result.clone()),
                    None => json_response(StatusCode::OK, &answer),
                };
                if let Some(failure) = failure {
                    response.extensions_mut().insert(failure);
                }
                response
            }
            Err(failure) => self.inner_failure(&failure),
        }
    }

    /// Answers a call whose target did not. Callers see the cause only if the gateway's exception
    /// level is DEBUG; the log has it always.
    fn inner_failure(&self, failure: &TargetError) -> Response {
        let mut result = message::text_result(OPAQUE, true);
        if self.gateway.debug {
            let detail = failure.text();
            result = message::text_result(&detail, true);
            if let Some(members) = result.as_object_mut() {
                members.insert(
                    "_meta".to_owned(),
                    json!({"debug": {"type": failure.kind(), "text": detail}}),
                );
            }
        }
        let mut response = self.result(result);
        response.extensions_mut().insert(ToolFailure {
            text: failure.text(),
        });
        response
    }
}
