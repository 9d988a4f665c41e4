//! MCP: gateways, runtimes, the pages for consent, and the MCP servers behind them.
//!
//! `gateway` -> (`interceptor`) -> `target` -> over HTTP -> `runtime` or an external server -> `tool_server` ->
//! `neo4j_server` -> `database`. `message` and `protocol` are shared by all of them.

mod code_host;
mod consent;
pub(crate) mod database;
pub(crate) mod elicitation;
mod external;
pub(crate) mod fast_mcp;
mod gateway;
mod go_json;
pub(crate) mod interceptor;
mod labs_server;
mod message;
mod neo4j_server;
mod offered;
mod outcome;
mod protocol;
mod runtime;
pub(crate) mod stateless;
mod target;
mod tool_server;

use parking_lot::Mutex;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::http::{Request, Response, not_found};
use super::world::SharedWorld;
use target::ProviderToken;

/// The state of gateways: sessions, tools of targets and tokens of credential providers.
#[derive(Default)]
pub(crate) struct GatewaySessions {
    /// The owner and the start of each session, by gateway and session id.
    open: Mutex<HashMap<(String, String), (String, Timestamp)>>,
    /// The tools of each target, with the number of the synchronisation that read them.
    tools: Mutex<HashMap<String, (u64, Vec<Value>)>>,
    /// Tokens by credential provider.
    provider_tokens: Mutex<HashMap<String, ProviderToken>>,
}

impl std::fmt::Debug for GatewaySessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl GatewaySessions {
    fn open(&self, gateway: &str, id: &str, user: &str, now: Timestamp) {
        self.open
            .lock()
            .insert((gateway.to_owned(), id.to_owned()), (user.to_owned(), now));
    }

    /// Returns whether a session is open. It ends a fixed time after `initialize`.
    fn is_open(&self, gateway: &str, id: &str, user: &str, timeout: u64, now: Timestamp) -> bool {
        let lifetime = SignedDuration::from_secs(i64::try_from(timeout).unwrap_or(i64::MAX));
        let known = self
            .open
            .lock()
            .get(&(gateway.to_owned(), id.to_owned()))
            .cloned();
        known.is_some_and(|(owner, since)| owner == user && now.duration_since(since) < lifetime)
    }

    fn close(&self, gateway: &str, id: &str) -> bool {
        self.open
            .lock()
            .remove(&(gateway.to_owned(), id.to_owned()))
            .is_some()
    }

    fn tools(&self, target: &str, synchronisation: u64) -> Option<Vec<Value>> {
        self.tools
            .lock()
            .get(target)
            .filter(|(at, _)| *at == synchronisation)
            .map(|(_, tools)| tools.clone())
    }

    /// Returns the tools of the last synchronisation, whichever it was.
    fn last_tools(&self, target: &str) -> Option<Vec<Value>> {
        let tools = self.tools.lock();
        tools.get(target).map(|(_, tools)| tools.clone())
    }

    fn keep_tools(&self, target: &str, synchronisation: u64, tools: &[Value]) {
        self.tools
            .lock()
            .insert(target.to_owned(), (synchronisation, tools.to_vec()));
    }

    fn provider_token(&self, provider: &str, now: Timestamp) -> Option<String> {
        self.provider_tokens
            .lock()
            .get(provider)
            .filter(|known| now < known.until)
            .map(|known| known.token.clone())
    }

    /// Drops the token of a credential provider: the next call asks for one with the provider's client of then.
    pub(crate) fn forget_provider_token(&self, provider: &str) {
        self.provider_tokens.lock().remove(provider);
    }

    fn keep_provider_token(
        &self,
        provider: &str,
        token: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) {
        let until = now.checked_add(lifetime).unwrap_or(now);
        self.provider_tokens.lock().insert(
            provider.to_owned(),
            ProviderToken {
                token: token.to_owned(),
                until,
            },
        );
    }
}

/// Answers everything that is neither an AWS operation nor the Query API.
pub(crate) async fn handle(world: &SharedWorld, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    // The form of RFC 9728, with the resource's own path behind the well-known one.
    if let Some(resource) = path.strip_prefix("/.well-known/oauth-protected-resource/gateways-mcp/")
    {
        let id = resource.split('/').next().unwrap_or_default();
        return gateway::handle(world, id, "/.well-known/oauth-protected-resource", &request).await;
    }
    if let Some(rest) = path.strip_prefix("/gateways-mcp/") {
        let (id, inner) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        return gateway::handle(world, id, inner, &request).await;
    }
    if let Some(rest) = path.strip_prefix("/runtimes/") {
        return runtime::handle(world, rest, &request).await;
    }
    if let (Some(inner), Some(deployment)) = (
        path.strip_prefix("/external/neo4j-mcp"),
        world.deployment("b"),
    ) {
        return external::external_neo4j(world, deployment, inner, &request).await;
    }
    if let (Some(inner), Some(deployment)) = (
        path.strip_prefix("/external/github-mcp"),
        world.deployment("e"),
    ) {
        return code_host::external_code_host(world, deployment, inner, &request).await;
    }
    if let Some(id) = path.strip_prefix(elicitation::PAGE) {
        return elicitation::page(world, id, &request);
    }
    match path.as_str() {
        consent::PAGE => consent::page(world, &request),
        consent::DONE => consent::done(&request),
        _ => not_found(&path),
    }
}
