//! `conformance-client URL`: one scenario of the MCP conformance suite, run by the same code as everything else.
//!
//! The suite starts this with the server's URL as the last argument and says in its environment which scenario it is.
//! The client connects, lists the tools, calls each, and accepts elicitations with the defaults of their schemas.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::{
    model::{
        CallOptions, ElicitationAnswer, ElicitationRequest, Failure, FailureKind, McpNotice,
        McpTarget, SecretSource, SecretText, SignIn, Tool,
    },
    services::{McpOptions, McpSession, mcp},
    tools::schema::{self, Property, Type},
};

use super::{Outcome, context::Context, process, usage};

/// Where the suite's server is.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server's URL
    url: String,
}

/// What the suite says in `MCP_CONFORMANCE_CONTEXT`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConformanceScenario {
    tool_calls: Vec<ToolCall>,
    #[serde(rename = "client_id")]
    client_id: Option<String>,
    #[serde(rename = "client_secret")]
    client_secret: Option<String>,
}

#[derive(Deserialize)]
struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// Runs `conformance-client`.
pub(crate) fn run(context: &Context, options: &Options) -> Outcome {
    let scenario = match std::env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| usage("reading MCP_CONFORMANCE_CONTEXT", error.to_string()))?,
        Err(_) => ConformanceScenario::default(),
    };
    let services = context.services();
    let (sender, receiver) = mcp::notices();
    process::runtime()?.block_on(async move {
        let sign_in = sign_in(&scenario, &options.url).await?;
        let how = McpOptions {
            sign_in,
            notices: Some(sender),
            ..McpOptions::default()
        };
        let session = services
            .mcp
            .connect(
                &Context::for_url(),
                &McpTarget::Url(options.url.clone()),
                how,
            )
            .await?;
        let answering = tokio::spawn(accept(receiver, session.clone()));
        let done = call_all(&session, &scenario).await;
        session.close().await;
        answering.abort();
        Ok(done?)
    })
}

/// A scenario that hands out a client wants that client's token.
async fn sign_in(scenario: &ConformanceScenario, url: &str) -> Result<Option<SignIn>, Failure> {
    let (Some(id), Some(secret)) = (&scenario.client_id, &scenario.client_secret) else {
        return Ok(None);
    };
    Ok(Some(SignIn::M2m {
        token_url: Some(token_url(url).await?),
        client_id: Some(id.clone()),
        client_secret: SecretSource::Inline(SecretText::from(secret.as_str())),
        scope: None,
        user_pool_id: None,
    }))
}

/// The token endpoint, found as the specification says: from the protected resource to its authorisation server (RFC 9728, RFC 8414).
async fn token_url(url: &str) -> Result<String, Failure> {
    let doing = "looking for the token endpoint";
    let failed = |cause: String| Failure::new(FailureKind::Network, doing, cause);
    let url = url::Url::parse(url).map_err(|error| usage(doing, error.to_string()))?;
    let origin = url.origin().ascii_serialization();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let resource = [url.path().trim_end_matches('/'), ""]
        .map(|path| format!("{origin}/.well-known/oauth-protected-resource{path}"));
    let resource = first_json(&client, &resource)
        .await
        .ok_or_else(|| failed("the server names no authorisation server".into()))?;
    let issuer = resource
        .pointer("/authorization_servers/0")
        .and_then(Value::as_str)
        .unwrap_or(&origin)
        .trim_end_matches('/')
        .to_owned();
    let metadata = ["oauth-authorization-server", "openid-configuration"]
        .map(|name| format!("{issuer}/.well-known/{name}"));
    let metadata = first_json(&client, &metadata)
        .await
        .ok_or_else(|| failed(format!("{issuer} says nothing of itself")))?;
    let endpoint = metadata.get("token_endpoint").and_then(Value::as_str);
    endpoint
        .map(str::to_owned)
        .ok_or_else(|| failed(format!("{issuer} names no token endpoint")))
}

/// The first of these documents that is there.
async fn first_json(client: &reqwest::Client, addresses: &[String]) -> Option<Value> {
    for address in addresses {
        let answer = client
            .get(address)
            .send()
            .await
            .ok()
            .filter(|answer| answer.status().is_success());
        if let Some(answer) = answer
            && let Ok(value) = answer.json().await
        {
            return Some(value);
        }
    }
    None
}

async fn call_all(session: &McpSession, scenario: &ConformanceScenario) -> Result<(), Failure> {
    let tools = session.tools().await?;
    if scenario.tool_calls.is_empty() {
        for tool in &tools {
            session
                .call(&tool.name, arguments(tool, &tools), CallOptions::default())
                .await?;
        }
    }
    for call in &scenario.tool_calls {
        session
            .call(&call.name, call.arguments.clone(), CallOptions::default())
            .await?;
    }
    Ok(())
}

/// The suite's echo tool wants the schema of its fellow back, as it was received.
fn arguments(tool: &Tool, all: &[Tool]) -> Map<String, Value> {
    let mut arguments = sample(tool);
    let other = all
        .iter()
        .find(|other| other.name == "json_schema_2020_12_tool");
    if let (Some(other), "json_schema_echo") = (other, tool.name.as_str()) {
        arguments.insert("schema".to_owned(), other.input_schema.clone());
    }
    arguments
}

/// Arguments that a schema takes: its defaults, and something of the right type for what else is required.
fn sample(tool: &Tool) -> Map<String, Value> {
    let schema = schema::read(&tool.input_schema);
    let mut arguments = schema::defaults(&schema);
    for property in schema
        .properties
        .iter()
        .filter(|property| property.required)
    {
        arguments
            .entry(property.name.clone())
            .or_insert_with(|| value_of(property));
    }
    arguments
}

fn value_of(property: &Property) -> Value {
    if let Some(choice) = property.choices.first() {
        return choice.value.clone();
    }
    match property.types.first() {
        Some(Type::Integer | Type::Number) => json!(1),
        Some(Type::Boolean) => json!(true),
        Some(Type::Array) => json!([]),
        Some(Type::Object) => json!({}),
        Some(Type::Null) => Value::Null,
        Some(Type::String) | None => json!("test"),
    }
}

/// Says yes to every question, with the defaults of its schema.
async fn accept(mut notices: mpsc::Receiver<McpNotice>, session: McpSession) {
    while let Some(notice) = notices.recv().await {
        if let McpNotice::Elicitation(question) = notice {
            let content = match &question.request {
                ElicitationRequest::Form(form) => {
                    Some(Value::Object(schema::defaults(&schema::read(form))))
                }
                ElicitationRequest::Url(_) => None,
            };
            session.answer(question.id, ElicitationAnswer::Accept(content));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_fills_what_is_required_and_keeps_defaults() {
        let tool = Tool {
            name: "add".into(),
            title: None,
            description: None,
            input_schema: json!({
                "type": "object",
                "properties": {"a": {"type": "number"}, "b": {"type": "integer", "default": 7}, "c": {"enum": ["x"]}, "d": {"type": "string"}},
                "required": ["a", "b", "c"],
            }),
            annotations: crate::model::ToolAnnotations::default(),
            raw: Value::Null,
        };
        assert_eq!(
            Value::Object(sample(&tool)),
            json!({"b": 7, "a": 1, "c": "x"})
        );
    }
}
