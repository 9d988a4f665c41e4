//! `conformance-client URL`: one scenario of the MCP conformance suite, run by the same code as everything else.
//!
//! The suite starts this with the server's URL as the last argument and says in its environment which scenario it is.
//! The client connects, lists the tools, calls each, and accepts elicitations with the defaults of their schemas.

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::{
    model::{
        CallOptions, ElicitationAnswer, ElicitationRequest, Failure, McpNotice, McpTarget, SecretSource, SecretText, SignIn, Tool,
    },
    services::{McpOptions, McpSession},
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
struct Scenario {
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
        Ok(text) => serde_json::from_str(&text).map_err(|error| usage("reading MCP_CONFORMANCE_CONTEXT", error.to_string()))?,
        Err(_) => Scenario::default(),
    };
    let services = context.services();
    let (sender, receiver) = mpsc::unbounded_channel();
    let options =
        (options.url.clone(), McpOptions { sign_in: sign_in(&scenario), notices: Some(sender), ..McpOptions::default() });
    process::runtime()?.block_on(async move {
        let (url, options) = options;
        let session = services.mcp_connect(&Context::nobody(), &McpTarget::Url(url), options).await?;
        let answering = tokio::spawn(accept(receiver, session.clone()));
        let done = call_all(&session, &scenario).await;
        session.close().await;
        answering.abort();
        Ok(done?)
    })
}

/// A scenario that hands out a client wants that client's token.
fn sign_in(scenario: &Scenario) -> Option<SignIn> {
    Some(SignIn::M2m {
        token_url: None,
        client_id: Some(scenario.client_id.clone()?),
        client_secret: SecretSource::Inline(SecretText::from(scenario.client_secret.clone()?)),
        scope: None,
        user_pool_id: None,
    })
}

async fn call_all(session: &McpSession, scenario: &Scenario) -> Result<(), Failure> {
    let tools = session.tools().await?;
    if scenario.tool_calls.is_empty() {
        for tool in &tools {
            session.call(&tool.name, sample(tool), CallOptions::default()).await?;
        }
    }
    for call in &scenario.tool_calls {
        session.call(&call.name, call.arguments.clone(), CallOptions::default()).await?;
    }
    Ok(())
}

/// Arguments that a schema takes: its defaults, and something of the right type for what else is required.
fn sample(tool: &Tool) -> Map<String, Value> {
    let schema = schema::read(&tool.input_schema);
    let mut arguments = schema::defaults(&schema);
    for property in schema.properties.iter().filter(|property| property.required) {
        arguments.entry(property.name.clone()).or_insert_with(|| value_of(property));
    }
    arguments
}

fn value_of(property: &Property) -> Value {
    if let Some(choice) = property.choices.first() {
        return choice.clone();
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
async fn accept(mut notices: mpsc::UnboundedReceiver<McpNotice>, session: McpSession) {
    while let Some(notice) = notices.recv().await {
        if let McpNotice::Elicitation(question) = notice {
            let content = match &question.request {
                ElicitationRequest::Form(form) => Some(Value::Object(schema::defaults(&schema::read(form)))),
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
        assert_eq!(Value::Object(sample(&tool)), json!({"b": 7, "a": 1, "c": "x"}));
    }
}
