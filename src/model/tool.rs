//! MCP tools, calls and their results as data.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use serde_json::Value;

use super::{deployment::DeploymentName, moment::Moment, resource::ResourceKey, text::pluralize};

/// What a server says of a tool's effects: hints of an untrusted party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToolAnnotations {
    /// Changes nothing.
    pub read_only: Option<bool>,
    /// May destroy.
    pub destructive: Option<bool>,
    /// Calling twice is as calling once.
    pub idempotent: Option<bool>,
    /// Reaches beyond its server.
    pub open_world: Option<bool>,
}

/// A tool of an MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Whole name, `target___tool` behind a gateway.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// JSON schema of the arguments.
    pub input_schema: Value,
    /// Hints.
    pub annotations: ToolAnnotations,
    /// The tool as the server gave it, unknown members included.
    pub raw: Value,
}

impl Tool {
    /// Gateway target and own name. Target names hold no underscore, so the first `___` parts them.
    pub fn parts(&self) -> (Option<&str>, &str) {
        name_parts(&self.name)
    }
}

/// A person's consent that a call waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRequest {
    /// The deployment.
    pub deployment: DeploymentName,
    /// The tool that is called, with its target.
    pub tool: String,
    /// The address at which the person consents.
    pub address: String,
    /// Whether a browser was started with that address.
    pub is_opened: bool,
    /// How long the call waits for the consent, in minutes.
    pub patience_minutes: u64,
}

impl ConsentRequest {
    /// Returns what asks for the consent: the tool, its target and the deployment, which is called `title`.
    pub fn subject(&self, title: &str) -> String {
        let (target, tool) = name_parts(&self.tool);
        let target = target.map_or_else(String::new, |target| format!(" of target {target}"));
        format!("{tool}{target}, deployment {title}")
    }

    /// Returns what was done with the address, and what the call waits for.
    pub fn waiting_in_words(&self) -> String {
        let opened = if self.is_opened {
            "The browser was opened at this address: agree there"
        } else {
            "No browser could be started here: open this address and agree there"
        };
        format!(
            "{opened}, and the call goes on by itself. It waits at most {}.",
            pluralize(
                usize::try_from(self.patience_minutes).unwrap_or(usize::MAX),
                "minute"
            )
        )
    }
}

/// Gateway target and own name of a tool. Target names hold no underscore, so the first `___` parts them.
fn name_parts(name: &str) -> (Option<&str>, &str) {
    name.split_once("___")
        .map_or((None, name), |(target, tool)| (Some(target), tool))
}

/// What a server offers beside tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferKind {
    /// Something to read.
    Resource,
    /// Something to read whose address has places to fill.
    Template,
    /// Words for a model.
    Prompt,
}

impl OfferKind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Template => "template",
            Self::Prompt => "prompt",
        }
    }
}

/// Something that a server offers beside tools, with its arguments as those of a tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// What it is.
    pub kind: OfferKind,
    /// Address of a resource, template of addresses, name of a prompt.
    pub address: String,
    /// Its name behind its kind, and its arguments.
    pub tool: Tool,
}

/// What a server is asked to propose values for: an argument of a prompt or of a resource template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentCompletion {
    /// The name of the argument.
    pub argument: String,
    /// What is typed of its value.
    pub typed: String,
    /// The values of the other arguments, as far as they are typed.
    pub others: HashMap<String, String>,
}

/// Where the time of a call went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Elapsed {
    /// Getting a token or a signature.
    pub sign_in: u64,
    /// Connecting and initialising the session.
    pub connect: u64,
    /// From sending the call to the first byte of the answer.
    pub first_byte: u64,
    /// All of it.
    pub total: u64,
}

/// A tabular result.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// Column names, in the order of the statement's RETURN where that could be recovered.
    pub columns: Vec<String>,
    /// Rows, each in the order of `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Columns in which a value arrived as `{}`: a temporal value that the server lost.
    pub lost_temporals: Vec<String>,
}

/// The outcome of `tools/call`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallOutcome {
    /// The tool reported an error.
    pub is_error: bool,
    /// The result as rows, where it is tabular.
    pub table: Option<Table>,
    /// Content blocks as they came.
    pub content: Vec<Value>,
    /// Structured content, where the server sent it.
    pub structured_content: Option<Value>,
    /// What the result holds as JSON, if it does: structured content, else the text.
    #[serde(skip)]
    pub json: Option<Value>,
    /// The JSON-RPC result, whole.
    pub raw: Value,
    /// Time.
    pub elapsed: Elapsed,
    /// Request id of the platform, else of the JSON-RPC exchange.
    pub request_id: Option<String>,
    /// Trace of the platform: 32 hexadecimal digits.
    pub trace_id: Option<String>,
}

/// A request and its answer as they went over the wire. What may be a credential in a header is `***`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HttpExchange {
    /// The address.
    pub url: String,
    /// Headers of the request.
    pub sent: Vec<(String, String)>,
    /// Its body.
    pub request: Value,
    /// Status of the answer; `None`: there was no answer.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub received: Vec<(String, String)>,
    /// Its JSON-RPC message, with an empty object in place of the result; text where it was no such message.
    pub answer: Value,
    /// Where the time went, in milliseconds.
    pub elapsed: Elapsed,
}

impl CallOutcome {
    /// Returns all text blocks, joined by line ends.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .content
            .iter()
            .filter_map(|block| block.get("text").and_then(Value::as_str))
            .collect();
        texts.join("\n")
    }
}

/// The claims of a token: decoded for display, never verified, never acted upon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    /// `Bearer`.
    pub token_type: String,
    /// Expiry.
    pub expires_at: Option<Moment>,
    /// The payload; empty object for an opaque token.
    pub claims: Value,
}

/// What a connection to an MCP endpoint learned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionInfo {
    /// Endpoint.
    pub url: String,
    /// Sign-in mode in use.
    pub sign_in: &'static str,
    /// Negotiated protocol version.
    pub protocol: String,
    /// Server's name and version.
    pub server: String,
    /// The server's instructions to a model.
    pub instructions: Option<String>,
    /// Token expiry, where there is a token.
    pub token_expires_at: Option<Moment>,
    /// ARN of the AWS identity that signs the requests, where they are signed and the console has asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
}

/// Which MCP endpoint of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum McpTarget {
    /// The deployment's own: its `mcp_url`, else the stack's gateway, else its runtime.
    #[default]
    Default,
    /// A gateway or runtime (or a target: its gateway; an endpoint: its runtime with that qualifier).
    Resource(ResourceKey),
    /// An address; `https`, or loopback.
    Url(String),
}

/// An MCP endpoint and the deployment whose sign-in is used for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct McpEndpoint {
    /// The deployment whose account and sign-in are used.
    pub deployment: DeploymentName,
    /// The gateway, runtime or URL.
    pub target: McpTarget,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallOptions {
    /// Without an answer or progress.
    pub timeout: Duration,
    /// In total, whatever progress arrives.
    pub total: Duration,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            total: Duration::from_mins(3),
        }
    }
}

/// What an MCP server says beside answers, in the order in which it came.
#[derive(Clone, Debug, PartialEq)]
pub enum McpNotice {
    /// It asks the user something; answer with `McpSession::answer`.
    Elicitation(Elicitation),
    /// A call moves on.
    Progress(Progress),
    /// The list of tools has changed.
    ToolsChanged,
    /// The list of resources or of prompts has changed.
    OffersChanged,
    /// A log message: level and data.
    Message(String, Value),
}

/// A question of an MCP server to the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Elicitation {
    /// Identifies it for the answer.
    pub id: u64,
    /// The server's words.
    pub message: String,
    /// What it asks for.
    pub request: ElicitationRequest,
}

/// What an elicitation asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ElicitationRequest {
    /// Values by this JSON schema (flat object).
    Form(Value),
    /// That the user opens this address.
    Url(String),
}

/// The answer to an elicitation.
#[derive(Clone, Debug, PartialEq)]
pub enum ElicitationAnswer {
    /// Yes, with the values of a form (`None` for a URL).
    Accept(Option<Value>),
    /// No.
    Decline,
    /// The user went away.
    Cancel,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Done so far.
    pub progress: f64,
    /// All there is, where the server knows.
    pub total: Option<f64>,
    /// The server's words.
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_underscores_part_target_and_tool() {
        let tool = |name: &str| Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: Value::Null,
            annotations: ToolAnnotations::default(),
            raw: Value::Null,
        };
        assert_eq!(
            tool("neo4j-mcp___read-cypher").parts(),
            (Some("neo4j-mcp"), "read-cypher")
        );
        assert_eq!(tool("t___a___b").parts(), (Some("t"), "a___b"));
        assert_eq!(tool("echo").parts(), (None, "echo"));
    }
}
