//! Listing the tools of an MCP endpoint: all pages, each tool as the server gave it.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use rmcp::model::{ClientRequest, ListToolsRequest, PaginatedRequestParams, ProtocolVersion};
use serde_json::Value;

use crate::{
    model::{CallOptions, Failure, FailureKind, Tool, ToolAnnotations, show_duration},
    tools::parameter_headers,
};

use super::session::McpSession;

/// Pages of tools after which a listing stops.
const PAGES: usize = 200;
/// Bytes of tools, over all pages, after which a listing stops.
const LISTING: usize = 64 << 20;
/// One page of a list of tools.
struct ToolPage {
    tools: Vec<Tool>,
    /// Bytes of the answer.
    size: usize,
    /// Where the next page begins.
    next: Option<String>,
}

impl McpSession {
    /// Returns all tools, over all pages, each as the server gave it.
    ///
    /// # Errors
    /// [`FailureKind::Server`] if the server's pages have no end, [`FailureKind::Timeout`] if they take too long in sum.
    pub async fn tools(&self) -> Result<Vec<Tool>, Failure> {
        let doing = format!("listing tools of {}", self.info().url);
        let endless = |cause: String| Failure::new(FailureKind::Server, doing.as_str(), cause);
        let (mut tools, mut cursor, mut seen, mut size) = (Vec::new(), None, HashSet::new(), 0);
        let total = CallOptions::default().total.max(self.timeout());
        let started = Instant::now();
        for _ in 0..PAGES {
            let left = total.saturating_sub(started.elapsed());
            if left.is_zero() {
                let cause = format!(
                    "the list of tools takes longer than {}",
                    show_duration(total)
                );
                return Err(Failure::new(FailureKind::Timeout, doing, cause));
            }
            let page = self.page_of_tools(&doing, cursor, left).await?;
            size += page.size;
            if size > LISTING {
                let limit = LISTING >> 20;
                return Err(endless(format!(
                    "the list of tools is longer than {limit} MB"
                )));
            }
            tools.extend(page.tools);
            match page.next {
                None => {
                    self.remember_parameter_headers(&tools);
                    return Ok(tools);
                }
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(endless(
                        "the server repeats a page: the list of tools has no end".to_owned(),
                    ));
                }
                next => cursor = next,
            }
        }
        Err(endless(format!(
            "the list of tools has more than {PAGES} pages"
        )))
    }

    async fn page_of_tools(
        &self,
        doing: &str,
        cursor: Option<String>,
        left: Duration,
    ) -> Result<ToolPage, Failure> {
        let request =
            ListToolsRequest::with_param(PaginatedRequestParams::default().with_cursor(cursor));
        let timeout = self.timeout().min(left);
        let options = CallOptions {
            timeout,
            total: timeout,
        };
        let request = ClientRequest::ListToolsRequest(request);
        let (result, exchange) = self.request(doing, request, options).await;
        let mut result = result?;
        let next = result
            .get("nextCursor")
            .and_then(Value::as_str)
            .filter(|next| !next.is_empty())
            .map(str::to_owned);
        match result.get_mut("tools").map(Value::take) {
            Some(Value::Array(tools)) => Ok(ToolPage {
                tools: tools.into_iter().map(tool).collect(),
                size: exchange.size,
                next,
            }),
            _ => Err(Failure::new(
                FailureKind::Network,
                doing,
                "the answer names no tools",
            )),
        }
    }

    /// From version 2026-07-28 on, arguments that a tool's schema marks are sent as headers too.
    fn remember_parameter_headers(&self, tools: &[Tool]) {
        if self.info().protocol.as_str() < ProtocolVersion::V_2026_07_28.as_str() {
            return;
        }
        let headers = tools
            .iter()
            .map(|tool| {
                (
                    tool.name.clone(),
                    parameter_headers::read(&tool.input_schema),
                )
            })
            .filter(|(_, headers)| headers.as_ref().map_or(true, |found| !found.is_empty()));
        self.wire().set_parameter_headers(headers.collect());
    }
}

/// Returns a tool as the server gave it. One without a schema takes any object.
fn tool(raw: Value) -> Tool {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| {
        raw.get("annotations")
            .and_then(|annotations| annotations.get(name))
            .and_then(Value::as_bool)
    };
    Tool {
        name: text("name").unwrap_or_default(),
        title: text("title").or_else(|| {
            raw.pointer("/annotations/title")
                .and_then(Value::as_str)
                .map(str::to_owned)
        }),
        description: text("description"),
        input_schema: raw
            .get("inputSchema")
            .filter(|schema| schema.is_object())
            .cloned()
            .unwrap_or_else(|| serde_json::json!({"type": "object"})),
        annotations: ToolAnnotations {
            read_only: flag("readOnlyHint"),
            destructive: flag("destructiveHint"),
            idempotent: flag("idempotentHint"),
            open_world: flag("openWorldHint"),
        },
        raw,
    }
}
