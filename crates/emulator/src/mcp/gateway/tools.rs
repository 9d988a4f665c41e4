//! The tools of a gateway: the gateway's copy of each target's tools under full names, in pages, and
//! the semantic search over them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::GatewayCall;
use crate::aws::control::Target;
use crate::faults::{FaultKind, FaultPoint};
use crate::http::{Response, json as json_response};
use crate::mcp::message::{INVALID_PARAMS, Message};
use crate::mcp::target::{self, TargetReply};
use crate::mcp::tool_server;

/// Tools on one page of `tools/list`.
const PAGE: usize = 2;

/// The name of the search tool.
pub(super) const SEARCH: &str = "x_amz_bedrock_agentcore_search";

impl GatewayCall<'_> {
    /// All tools under their full names.
    async fn tools(&self) -> Vec<Value> {
        let mut tools = Vec::new();
        if self.gateway.semantic_search {
            tools.push(json!({
                "name": SEARCH,
                "description": "A special tool that returns a trimmed down list of tools given a context. Use this tool only when there are many tools available and you want to get a subset that matches the provided context.",
                "inputSchema": {"type": "object", "properties": {"query": {"type": "string", "description": "search query"}}, "required": ["query"]},
            }));
        }
        let targets = self.gateway.targets.iter();
        let is_denied = self.is_denied();
        for target in targets.filter(|_| !is_denied) {
            let listed = match &target.static_tools {
                Some(tools) => tools.as_array().cloned().unwrap_or_default(),
                None => self.synchronised(target).await,
            };
            for mut tool in listed {
                let name = tool
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                self.play_faults(target, &mut tool);
                if let Some(members) = tool.as_object_mut() {
                    members.insert(
                        "name".to_owned(),
                        json!(format!("{}___{name}", target.name)),
                    );
                }
                tools.push(tool);
            }
        }
        tools
    }

    /// Changes a tool of the gateway's copy as the armed faults have it: an older copy, or a schema that allows no `_meta`.
    fn play_faults(&self, target: &Target, tool: &mut Value) {
        let name = self
            .deployment
            .as_ref()
            .map_or("", |deployment| deployment.name);
        let armed = |hop, kind| self.world.faults.is_armed(name, hop, kind);
        if armed(FaultPoint::Drift, FaultKind::Drifted) && target.static_tools.is_none() {
            if let Some(description) = tool.get_mut("description") {
                *description = json!("An older description.");
            }
            let properties = tool.pointer_mut("/inputSchema/properties");
            if let Some(properties) = properties.and_then(Value::as_object_mut) {
                properties.remove("params");
            }
        }
        if armed(FaultPoint::Target, FaultKind::MetaRefused)
            && let Some(schema) = tool.get_mut("inputSchema").and_then(Value::as_object_mut)
        {
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
    }

    /// Returns the gateway's copy of a target's tools.
    ///
    /// The copy is made when the target is created and at each synchronisation, so a target that
    /// does not answer keeps its tools, and only calls fail. A target in DYNAMIC mode is asked each
    /// time and has no tools while it does not answer.
    async fn synchronised(&self, target: &Target) -> Vec<Value> {
        let pending = target.status.ends_with("_PENDING_AUTH")
            || matches!(target.status.as_str(), "CREATING" | "FAILED");
        let name = self
            .deployment
            .as_ref()
            .map_or("", |deployment| deployment.name);
        if pending
            || self
                .world
                .faults
                .is_armed(name, FaultPoint::Target, FaultKind::Unsynchronised)
        {
            return Vec::new();
        }
        if target.listing_mode == "DYNAMIC" {
            return self.fetch_tools(target).await.unwrap_or_default();
        }
        let (cache, number) = (&self.world.mcp, target.synchronisations);
        if let Some(tools) = cache.tools(&target.id, number) {
            return tools;
        }
        let created = self.tools_at_creation(target);
        let tools = match created {
            Some(tools) if number == 0 => tools,
            created => match self.fetch_tools(target).await {
                Some(tools) => tools,
                None => match cache.last_tools(&target.id).or(created) {
                    Some(tools) => tools,
                    None => return Vec::new(),
                },
            },
        };
        cache.keep_tools(&target.id, number, &tools);
        tools
    }

    /// Returns the tools that a server of this stack had when the target was created. `None` for a foreign
    /// server.
    fn tools_at_creation(&self, target: &Target) -> Option<Vec<Value>> {
        let own = target
            .endpoint
            .starts_with(&format!("{}/", self.world.base));
        let deployment = self.deployment.as_ref().filter(|_| own)?;
        Some(tool_server::tools_behind_gateway(deployment))
    }

    /// Reads all pages of a target's tools. `None` if the target does not answer.
    async fn fetch_tools(&self, target: &Target) -> Option<Vec<Value>> {
        let mut tools = Vec::new();
        let mut cursor = None;
        for _ in 0..100 {
            let params =
                cursor.map_or_else(|| json!({}), |cursor: String| json!({"cursor": cursor}));
            let request = Message {
                id: Some(json!("gateway-list")),
                method: "tools/list".to_owned(),
                params,
                reply: None,
            };
            let Ok(TargetReply::Whole(answer)) =
                target::ask(&self.outbound(target), &request, false).await
            else {
                return None;
            };
            let result = answer.get("result")?;
            let page = result.get("tools").and_then(Value::as_array).cloned();
            tools.extend(page.unwrap_or_default());
            cursor = result
                .get("nextCursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        Some(tools)
    }

    /// Answers `tools/list` with one page.
    pub(super) async fn list(&self) -> Response {
        let tools = self.tools().await;
        let start = match self.message.params.get("cursor").and_then(Value::as_str) {
            None => 0,
            Some(cursor) => match offset(cursor).filter(|offset| *offset <= tools.len()) {
                Some(offset) => offset,
                None => {
                    return json_response(
                        StatusCode::OK,
                        &self.message.error(INVALID_PARAMS, "Invalid cursor", None),
                    );
                }
            },
        };
        let total = tools.len();
        let page: Vec<Value> = tools.into_iter().skip(start).take(PAGE).collect();
        let mut result = json!({"tools": page});
        if let (true, Some(members)) = (start + PAGE < total, result.as_object_mut()) {
            members.insert("nextCursor".to_owned(), json!(cursor(start + PAGE)));
        }
        self.result(result)
    }

    /// Returns the ten tools that have most words of the query in name and description.
    pub(super) async fn search(&self) -> Response {
        let arguments = self.message.arguments();
        let query = arguments
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase();
        let words: Vec<&str> = query
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 2)
            .collect();
        let text = |tool: &Value, key: &str| {
            tool.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_lowercase()
        };
        let mut scored: Vec<(usize, Value)> = Vec::new();
        for tool in self
            .tools()
            .await
            .into_iter()
            .filter(|tool| text(tool, "name") != SEARCH)
        {
            let (name, description) = (text(&tool, "name"), text(&tool, "description"));
            // A word in the name says more than one in the description.
            let worth = |word: &&str| {
                3 * usize::from(name.contains(*word)) + usize::from(description.contains(*word))
            };
            let score = words.iter().map(worth).sum();
            scored.push((score, tool));
        }
        let any = scored.iter().any(|(score, _)| *score > 0);
        scored.retain(|(score, _)| *score > 0 || !any);
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let tools: Vec<Value> = scored.into_iter().take(10).map(|(_, tool)| tool).collect();
        let content = json!({"tools": tools});
        self.result(
            json!({"content": [{"type": "text", "text": content.to_string()}], "structuredContent": content, "isError": false}),
        )
    }
}

fn cursor(offset: usize) -> String {
    STANDARD.encode(format!("offset:{offset}"))
}

fn offset(cursor: &str) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    String::from_utf8(bytes)
        .ok()?
        .strip_prefix("offset:")?
        .parse()
        .ok()
}
