//! Requests that need the person's input (MCP 2026-07-28, multi round-trip requests): the server answers with questions, and the
//! request is sent again with the answers and the server's state.

use std::collections::BTreeMap;

use rmcp::model::ClientRequest;
use serde_json::{Map, Value, json};

use crate::model::{CallOptions, ElicitationAnswer, ElicitationRequest, Failure, FailureKind};

use super::{elicitation::Listener, session::McpSession, task, wire::Exchange};

/// Rounds of questions after which a request is given up.
const ROUNDS: usize = 10;

impl McpSession {
    /// Returns a request that is sent again until the server asks no more.
    pub(super) async fn request_with_input(
        &self,
        doing: &str,
        request: ClientRequest,
        options: CallOptions,
    ) -> (Result<Value, Failure>, Exchange) {
        let mut next = request.clone();
        for _ in 0..ROUNDS {
            let (result, exchange) = self.request(doing, next, options).await;
            let result = match result {
                Ok(result) if task::is_task(&result) => {
                    let followed = Box::pin(self.follow_task(doing, result, options)).await;
                    return (followed, exchange);
                }
                Ok(result) if asks_for_input(&result) => result,
                other => return (other, exchange),
            };
            let answers = match self.listener().input(doing, &result).await {
                Ok(answers) => answers,
                Err(failure) => return (Err(failure), exchange),
            };
            let state = result.get("requestState").and_then(Value::as_str);
            next = with_input(request.clone(), answers, state.map(str::to_owned));
        }
        let cause = format!("the server asks for input more than {ROUNDS} times");
        let failure = Failure::new(FailureKind::Server, doing, cause);
        (Err(failure), Exchange::default())
    }
}

impl Listener {
    /// Answers to all questions of a result.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] if the server wants something that is not offered.
    pub(super) async fn input(
        &self,
        doing: &str,
        result: &Value,
    ) -> Result<BTreeMap<String, Value>, Failure> {
        let mut answers = BTreeMap::new();
        let requests = result.get("inputRequests").and_then(Value::as_object);
        for (key, request) in requests.into_iter().flatten() {
            let (message, question) = question(request).ok_or_else(|| {
                let method = request.get("method").and_then(Value::as_str);
                let method = method.unwrap_or("a request without a method");
                let cause =
                    format!("the server asks for {method}, which this console does not give");
                Failure::new(FailureKind::Refused, doing, cause)
            })?;
            let answer = self.ask(message, question, std::future::pending()).await;
            answers.insert(key.clone(), answer_value(answer));
        }
        Ok(answers)
    }
}

fn asks_for_input(result: &Value) -> bool {
    result.get("resultType").and_then(Value::as_str) == Some("input_required")
}

/// Returns the question of an input request; `None` if it is no elicitation.
fn question(request: &Value) -> Option<(String, ElicitationRequest)> {
    if request.get("method")?.as_str()? != "elicitation/create" {
        return None;
    }
    let params = request.get("params")?;
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let message = text("message").unwrap_or_default().to_owned();
    let question = match text("url") {
        Some(url) if text("mode") == Some("url") => ElicitationRequest::Url(url.to_owned()),
        _ => ElicitationRequest::Form(
            params
                .get("requestedSchema")
                .cloned()
                .unwrap_or_else(|| json!({"type": "object", "properties": {}})),
        ),
    };
    Some((message, question))
}

fn answer_value(answer: ElicitationAnswer) -> Value {
    let mut members = Map::new();
    let action = match &answer {
        ElicitationAnswer::Accept(_) => "accept",
        ElicitationAnswer::Decline => "decline",
        ElicitationAnswer::Cancel => "cancel",
    };
    members.insert("action".to_owned(), json!(action));
    if let ElicitationAnswer::Accept(Some(content)) = answer {
        members.insert("content".to_owned(), content);
    }
    Value::Object(members)
}

/// Returns the same request with answers and state. Other requests than these take none.
fn with_input(
    mut request: ClientRequest,
    answers: BTreeMap<String, Value>,
    state: Option<String>,
) -> ClientRequest {
    let answers = Some(answers).filter(|answers| !answers.is_empty());
    match &mut request {
        ClientRequest::CallToolRequest(call) => {
            (call.params.input_responses, call.params.request_state) = (answers, state);
        }
        ClientRequest::GetPromptRequest(prompt) => {
            (prompt.params.input_responses, prompt.params.request_state) = (answers, state);
        }
        ClientRequest::ReadResourceRequest(resource) => {
            (
                resource.params.input_responses,
                resource.params.request_state,
            ) = (answers, state);
        }
        _ => {}
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::{CallToolRequest, CallToolRequestParams};

    #[test]
    fn a_question_is_read_with_its_schema_as_it_came() {
        let schema = json!({"type": "object", "properties": {"b": {"x-own": 1}, "a": {}}});
        let request = json!({
            "method": "elicitation/create", "params": {"message": "Sure?", "requestedSchema": schema},
        });
        let expected = ("Sure?".to_owned(), ElicitationRequest::Form(schema));
        assert_eq!(question(&request), Some(expected));
        let url = json!({"method": "elicitation/create", "params": {"mode": "url", "message": "m", "url": "https://x.example"}});
        let expected = ElicitationRequest::Url("https://x.example".into());
        assert_eq!(question(&url), Some(("m".to_owned(), expected)));
        assert_eq!(question(&json!({"method": "sampling/createMessage"})), None);
    }

    #[test]
    fn the_state_is_sent_back_unchanged_and_only_if_there_is_one() {
        let call = || {
            let params = CallToolRequestParams::new("tool");
            ClientRequest::CallToolRequest(CallToolRequest::new(params))
        };
        let answers =
            || BTreeMap::from([("q".to_owned(), answer_value(ElicitationAnswer::Decline))]);
        let sent = |request| serde_json::to_value(request).unwrap()["params"].clone();
        let repeated = sent(with_input(call(), answers(), Some(" {opaque} ".to_owned())));
        assert_eq!(repeated["requestState"], " {opaque} ");
        assert_eq!(
            repeated["inputResponses"],
            json!({"q": {"action": "decline"}})
        );
        let repeated = sent(with_input(call(), answers(), None));
        assert_eq!(repeated.get("requestState"), None);
    }
}
