//! The first line of the Tools screen: the endpoint, the sign-in and how long it lasts, the server.

use super::{Tools, endpoints::name_of};
use crate::{
    model::{ConnectionInfo, McpEndpoint, moment::short_duration},
    screens::ViewContext,
    theme::Role,
};

/// Returns the spans of the first line.
pub(super) fn headline(
    state: &Tools,
    context: &ViewContext<'_>,
    endpoint: &McpEndpoint,
) -> Vec<(String, Role)> {
    let name =
        resource_at(state, context, endpoint).unwrap_or_else(|| name_of(endpoint, context.store));
    let title = context.store.title(endpoint.deployment.as_str());
    let mut pieces = vec![(title.to_owned(), Role::Name)];
    if name != title {
        pieces.push((" ▸ ".to_owned(), Role::Faint));
        pieces.push((name, Role::Text));
    }
    let Some(connection) = state.connection() else {
        return pieces;
    };
    if let Some(since) = connection.state.loading_since() {
        let age = since.age(context.now);
        let text = format!("   {} connecting {age}", context.spinner);
        pieces.push((text, Role::Changing));
        return pieces;
    }
    match (connection.state.value(), connection.state.failure()) {
        (Some((info, ..)), None) => {
            pieces.push(sign_in(info, context));
            if let Some(words) = state.recording_in_words(endpoint) {
                pieces.push((format!("   ◉ {words}"), Role::Changing));
            }
            let server = format!("   {}   {}", info.protocol, info.server);
            pieces.push((server, Role::Dim));
        }
        (_, Some(failure)) => pieces.push((format!("   ✖ {}", failure.cause), Role::Failed)),
        (None, None) => {}
    }
    pieces
}

/// Returns the name of the gateway or runtime that a deployment's own endpoint is.
fn resource_at(state: &Tools, context: &ViewContext<'_>, endpoint: &McpEndpoint) -> Option<String> {
    let (info, ..) = state.connection()?.state.value()?;
    let mut resources = context.store.resources(&endpoint.deployment);
    let found = resources.find(|resource| resource.mcp_url.as_deref() == Some(&info.url));
    found.map(|resource| resource.name.clone())
}

fn sign_in(info: &ConnectionInfo, context: &ViewContext<'_>) -> (String, Role) {
    match info.token_expires_at.map(|end| end.since(context.now)) {
        Some(left) if left <= 0 => (
            format!("   ◐ {} token renewed at the next call", info.sign_in),
            Role::Changing,
        ),
        Some(left) => (
            format!("   ● {} token {}", info.sign_in, short_duration(left)),
            Role::Success,
        ),
        None => (format!("   ● {}", info.sign_in), Role::Success),
    }
}
