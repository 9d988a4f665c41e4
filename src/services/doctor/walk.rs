//! The walk through the chain as a client would: initialize, tools/list, one reading call; and past the gateway.

use serde_json::{Map, Value};

use super::{control::ChainParts, not_made, probe, probe_if};
use crate::{
    doctor::{Evidence, Probe, ProbeCall},
    model::{CallOptions, ConnectionInfo, Deployment, Failure, McpTarget, Tool},
    services::{McpOptions, McpSession, doctor::DoctorProbes},
    tools::cypher,
};

/// The statement that proves the chain.
const STATEMENT: &str = "RETURN 1 AS ok";
/// Own name of the reading tool of the official Neo4j MCP server.
const USUAL_READER: &str = "read-cypher";

/// What the steps of the walk found.
pub(super) struct Walk {
    pub(super) connection: Probe<ConnectionInfo>,
    pub(super) tools: Probe<Vec<Tool>>,
    /// Whole name of the tool that was called, whether it answered or not.
    pub(super) called_tool: Option<String>,
    pub(super) call: Probe<ProbeCall>,
}

impl Walk {
    /// Returns a walk that ended before its second step.
    fn ended(connection: Probe<ConnectionInfo>, why: &str) -> Self {
        Self {
            connection,
            tools: not_made(why),
            called_tool: None,
            call: not_made(why),
        }
    }
}

impl DoctorProbes {
    /// Walks the chain through the deployment's own endpoint.
    pub(super) async fn walk(&self, deployment: &Deployment, evidence: &Evidence) -> Walk {
        if let Some(failure) = evidence.token.failure() {
            // The walk would fail for the same reason; a second request only costs time.
            let connection = Probe::Failed {
                failure: failure.clone(),
                elapsed_ms: 0,
            };
            return Walk::ended(connection, "a token must be there first");
        }
        let mut session = None;
        let connection = probe(async {
            let (own, options) = (McpTarget::Default, McpOptions::default());
            let connected = Box::pin(self.mcp.connect(deployment, &own, options)).await?;
            let info = connected.info();
            session = Some(connected);
            Ok(info)
        })
        .await;
        let Some(session) = session else {
            return Walk::ended(connection, "initialize must work first");
        };
        let tools = probe(session.tools()).await;
        let wanted = tools.value().map(|listed| chosen(listed));
        let called_tool = wanted.iter().flatten().map(|call| call.tool.clone()).next();
        let call = match wanted {
            Some(Some(chosen)) => call(&session, chosen).await,
            Some(None) => not_made("no tool of this endpoint can be called without writing"),
            None => not_made("tools/list must work first"),
        };
        session.close().await;
        Walk {
            connection,
            tools,
            called_tool,
            call,
        }
    }

    /// Lists the tools of the runtime past the gateway.
    pub(super) async fn probe_direct(
        &self,
        deployment: &Deployment,
        evidence: &Evidence,
        parts: &ChainParts,
    ) -> Probe<Vec<Tool>> {
        let Some(runtime) = parts.runtime.as_ref().filter(|_| parts.is_behind_gateway) else {
            return not_made("no runtime behind a gateway");
        };
        if let Some(failure) = evidence.token.failure() {
            return not_made(format!("there is no token: {}", failure.cause));
        }
        probe(async {
            let via = McpTarget::Resource(runtime.key.clone());
            let options = McpOptions::default();
            let session = Box::pin(self.mcp.connect(deployment, &via, options)).await?;
            let tools = session.tools().await;
            session.close().await;
            tools
        })
        .await
    }

    /// Asks the MCP server outside AgentCore that a target names whether it answers at all; any status is an answer.
    pub(super) async fn probe_external(&self, parts: &ChainParts) -> Probe<u16> {
        let address = parts.external.as_deref().unwrap_or_default();
        let doing = "asking the MCP server behind the target";
        probe_if(
            parts.external.is_some(),
            "no target names an MCP server outside AgentCore",
            async {
                crate::net::http_client::check_address(doing, address)?;
                let client = self.web.client(doing, address)?;
                let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
                let asked = client
                    .post(address)
                    .header("accept", "application/json, text/event-stream")
                    .json(&body)
                    .timeout(std::time::Duration::from_secs(10))
                    .send();
                match asked.await {
                    Ok(answer) => Ok(answer.status().as_u16()),
                    Err(error) => Err(crate::net::http_client::failure(doing, address, &error)),
                }
            },
        )
        .await
    }

    /// Calls a tool that the gateway does not list but its target should have: the answer says why it is missing.
    pub(super) async fn call_unlisted(&self, deployment: &Deployment, evidence: &mut Evidence) {
        let lacks_call = matches!(evidence.call, Probe::NotMade(_));
        let lists_none = evidence
            .tools
            .value()
            .is_some_and(|tools| tools.iter().all(is_built_in));
        if !lacks_call || !lists_none {
            return;
        }
        let Some(unlisted) = unlisted(evidence) else {
            return;
        };
        let connected = self
            .mcp
            .connect(deployment, &McpTarget::Default, McpOptions::default())
            .await;
        if let Ok(session) = connected {
            evidence.called_tool = Some(unlisted.tool.clone());
            evidence.call = call(&session, unlisted).await;
            session.close().await;
        }
    }
}

/// A call that proves the chain.
struct ChosenCall {
    /// Whole name of the tool.
    tool: String,
    arguments: Map<String, Value>,
    runs_cypher: bool,
}

/// Returns the tool that the first settled target should offer, under its name at the gateway.
fn unlisted(evidence: &Evidence) -> Option<ChosenCall> {
    let target = evidence
        .targets
        .value()?
        .iter()
        .find(|target| !target.status.ends_with("_PENDING_AUTH"))?;
    let direct = evidence.direct.value();
    let reader = direct.and_then(|tools| cypher::probe(tools, STATEMENT));
    let (own, arguments) = if let Some((tool, arguments)) = reader {
        (tool.parts().1, arguments)
    } else {
        let usual = Map::from_iter([("query".to_owned(), Value::from(STATEMENT))]);
        (USUAL_READER, usual)
    };
    Some(ChosenCall {
        tool: format!("{}___{own}", target.name),
        arguments,
        runs_cypher: true,
    })
}

/// Returns a reading Cypher tool, otherwise a tool that reads and needs no argument.
fn chosen(tools: &[Tool]) -> Option<ChosenCall> {
    if let Some((reader, arguments)) = cypher::probe(tools, STATEMENT) {
        return Some(ChosenCall {
            tool: reader.name.clone(),
            arguments,
            runs_cypher: true,
        });
    }
    let harmless = tools.iter().find(|tool| is_harmless(tool))?;
    Some(ChosenCall {
        tool: harmless.name.clone(),
        arguments: Map::new(),
        runs_cypher: false,
    })
}

/// Returns whether a tool can be called without arguments and without changing anything: by its annotations, or by the verb that
/// its name begins with where it has none.
fn is_harmless(tool: &Tool) -> bool {
    const VERBS: [&str; 6] = ["get", "list", "read", "search", "describe", "find"];
    let (_, own) = tool.parts();
    let required = tool.input_schema.get("required").and_then(Value::as_array);
    let reads = tool
        .annotations
        .read_only
        .unwrap_or_else(|| VERBS.iter().any(|verb| own.starts_with(verb)));
    reads
        && tool.annotations.destructive != Some(true)
        && required.is_none_or(Vec::is_empty)
        && !is_built_in(tool)
}

/// Returns whether the gateway itself offers the tool, so that calling it proves nothing about a target.
fn is_built_in(tool: &Tool) -> bool {
    tool.name.starts_with("x_amz_bedrock_agentcore_")
}

async fn call(session: &McpSession, chosen: ChosenCall) -> Probe<ProbeCall> {
    probe(async {
        let outcome = session
            .call(&chosen.tool, chosen.arguments, CallOptions::default())
            .await?;
        Ok(ProbeCall {
            text: said(&outcome.text(), &outcome.raw),
            tool: chosen.tool,
            runs_cypher: chosen.runs_cypher,
            outcome,
        })
    })
    .await
    .map_failure(with_data)
}

/// Returns the tool's text and, where a gateway's exception level is DEBUG, the sort of failure behind it.
fn said(text: &str, raw: &Value) -> String {
    match raw.pointer("/_meta/debug/type").and_then(Value::as_str) {
        Some(sort) => format!("{sort}: {text}"),
        None => text.to_owned(),
    }
}

/// A JSON-RPC error's `data` belongs to its words.
fn with_data(mut failure: Failure) -> Failure {
    let data = failure
        .evidence
        .iter()
        .find_map(|fact| fact.strip_prefix("data: "));
    if let Some(data) = data {
        failure.cause = format!("{}: {data}", failure.cause);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, read_only: Option<bool>, schema: Value) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: schema,
            annotations: crate::model::ToolAnnotations {
                read_only,
                ..crate::model::ToolAnnotations::default()
            },
            raw: Value::Null,
        }
    }

    #[test]
    fn the_call_that_proves_a_chain_never_writes() {
        let needs = serde_json::json!({"required": ["q"]});
        let none = || Value::Null;
        let tools = [
            tool("x_amz_bedrock_agentcore_search", None, none()),
            tool("t___create_issue", None, none()),
            tool("t___search_code", None, needs),
            tool("t___get_then_delete", Some(false), none()),
            tool("t___get_me", None, none()),
            tool(
                "t___read-cypher",
                Some(true),
                serde_json::json!({"properties": {"query": {"type": "string"}}}),
            ),
        ];
        let name = |tools: &[Tool]| chosen(tools).map(|call| (call.tool, call.runs_cypher));
        assert_eq!(name(&tools), Some(("t___read-cypher".to_owned(), true)));
        assert_eq!(name(&tools[..5]), Some(("t___get_me".to_owned(), false)));
        assert_eq!(name(&tools[..4]), None);
    }
}
