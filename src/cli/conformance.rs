//! `conformance-client URL`: one scenario of the MCP conformance suite, run by the same code as everything else.
//!
//! The suite starts this with the server's URL as the last argument and says in its environment which scenario it is.
//! The client connects, lists the tools, calls each, and accepts elicitations with the defaults of their schemas. Where a person
//! would open the browser, it follows the redirects of the suite's authorization server, which asks nobody.

use std::collections::HashSet;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::{
    model::{
        CallOptions, ElicitationAnswer, ElicitationRequest, Failure, McpNotice, McpTarget,
        OfferKind, SecretSource, SecretText, SignIn, TokenStorage, Tool,
    },
    services::{McpOptions, McpSession, Services, SignInNotice, mcp},
    tools::{
        parameter_headers,
        schema::{self, Property, Type},
    },
};

use super::{
    context::Context,
    outcome::{CliResult, usage},
    process,
};

/// The client's metadata document that the suite expects as the client id of a server that takes one.
const CLIENT_METADATA: &str = "https://conformance-test.local/client-metadata.json";

/// Where the suite's server is.
#[derive(Debug, Args)]
pub(crate) struct ConformanceOptions {
    /// The server's URL
    url: String,
}

/// What the suite says in its environment.
struct ConformanceScenario {
    /// `MCP_CONFORMANCE_SCENARIO`.
    name: String,
    /// `MCP_CONFORMANCE_PROTOCOL_VERSION`.
    protocol: Option<String>,
    context: ScenarioContext,
}

/// What the suite says in `MCP_CONFORMANCE_CONTEXT`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ScenarioContext {
    tool_calls: Vec<ToolCall>,
    #[serde(rename = "client_id")]
    client_id: Option<String>,
    #[serde(rename = "client_secret")]
    client_secret: Option<String>,
    #[serde(rename = "private_key_pem")]
    private_key_pem: Option<String>,
}

#[derive(Deserialize)]
struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl ConformanceScenario {
    fn from_environment() -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let context = match variable("MCP_CONFORMANCE_CONTEXT") {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| usage("reading MCP_CONFORMANCE_CONTEXT", error.to_string()))?,
            None => ScenarioContext::default(),
        };
        Ok(Self {
            name: variable("MCP_CONFORMANCE_SCENARIO").unwrap_or_default(),
            protocol: variable("MCP_CONFORMANCE_PROTOCOL_VERSION"),
            context,
        })
    }

    /// Returns a machine's sign-in where the scenario is about one, a person's in all other scenarios about signing in.
    fn sign_in(&self) -> SignIn {
        let inline = |secret: &String| SecretSource::Inline(SecretText::from(secret.as_str()));
        let client_secret = self.context.client_secret.as_ref().map(inline);
        if self.name.starts_with("auth/client-credentials") {
            return SignIn::M2m {
                token_url: None,
                client_id: self.context.client_id.clone(),
                client_secret: client_secret.unwrap_or(SecretSource::UserPoolClient),
                private_key: self.context.private_key_pem.as_ref().map(inline),
                key_id: None,
                scope: None,
                user_pool_id: None,
            };
        }
        if !self.name.starts_with("auth/") {
            return SignIn::None;
        }
        let client_id = self.context.client_id.clone();
        SignIn::OAuth {
            issuer: None,
            client_id: client_id.or_else(|| Some(CLIENT_METADATA.to_owned())),
            client_secret,
            scope: None,
            redirect_port: None,
            keep_tokens: TokenStorage::Memory,
        }
    }
}

/// Runs `conformance-client`.
pub(crate) fn run(context: &Context, options: &ConformanceOptions) -> CliResult {
    let scenario = ConformanceScenario::from_environment()?;
    let services = context.services();
    process::runtime()?.block_on(async move {
        services.sign_ins.set_announce(Box::new(|notice| {
            if let SignInNotice::Address(address) = notice {
                drop(tokio::spawn(follow(address.to_owned())));
            }
        }));
        Ok(Box::pin(scenario.run(&services, &options.url)).await?)
    })
}

/// What a browser does whose user is signed in already and agrees to everything.
async fn follow(address: String) {
    let client = reqwest::Client::builder().no_proxy().build();
    let Ok(client) = client else { return };
    if let Err(error) = client.get(address).send().await {
        tracing::info!(%error, "the authorization endpoint could not be followed");
    }
}

impl ConformanceScenario {
    async fn run(&self, services: &Services, url: &str) -> Result<(), Failure> {
        let (sender, receiver) = mcp::notices();
        let options = McpOptions {
            sign_in: Some(self.sign_in()),
            notices: Some(sender),
            protocol: self.protocol.clone(),
            ..McpOptions::default()
        };
        let target = McpTarget::Url(url.to_owned());
        let session = services
            .mcp
            .connect(&Context::for_url(), &target, options)
            .await?;
        let answering = tokio::spawn(accept(receiver, session.clone()));
        let done = self.exercise(&session).await;
        session.close().await;
        answering.abort();
        done
    }

    async fn exercise(&self, session: &McpSession) -> Result<(), Failure> {
        let tools = session.tools().await?;
        match self.name.as_str() {
            // Its tool is there to be listed; it cannot be called.
            "json-schema-ref-no-deref" => return Ok(()),
            "http-standard-headers" => fetch_offers(session).await?,
            _ => {}
        }
        let mut planned: Vec<ToolCall> = Vec::new();
        for call in &self.context.tool_calls {
            planned.push(ToolCall {
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            });
        }
        if planned.is_empty() {
            let usable = tools
                .iter()
                .filter(|tool| parameter_headers::read(&tool.input_schema).is_ok());
            planned.extend(usable.map(|tool| ToolCall {
                name: tool.name.clone(),
                arguments: arguments(tool, &tools),
            }));
        }
        for call in planned {
            session
                .call(&call.name, call.arguments, CallOptions::default())
                .await?;
        }
        Ok(())
    }
}

/// Reads the first resource and gets the first prompt.
async fn fetch_offers(session: &McpSession) -> Result<(), Failure> {
    let mut fetched: HashSet<OfferKind> = HashSet::new();
    for offer in session.offers().await {
        if fetched.insert(offer.kind) {
            session.fetch(&offer, Map::new()).await.0?;
        }
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
