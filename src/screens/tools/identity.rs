//! Who the console is for an endpoint: what the token says of itself, which nobody has verified, and the connection.

use ratatui::layout::Rect;
use serde_json::Value;

use super::{Modal, Tools, endpoints::name_of, text_view::draw_lines};
use crate::{
    messages::{Effect, ToolsEffect, ToolsViewport},
    model::{Claims, ConnectionInfo, Failure, McpEndpoint, Moment, moment::short_duration},
    screens::{AppRequest, ScreenUpdate, ViewContext, detail::wrapped},
    theme::Role,
    widgets::{Painter, Scroll, StyledLine, indentation, json_lines, wrap_line},
};

/// A token that ends so soon is asked for again after a call, which has renewed it.
const SOON_MS: i64 = 60_000;
/// Claims that sign-ins fail by, with their words.
const TELLING: [(&str, &str); 9] = [
    ("iss", "issuer"),
    ("client_id", "client"),
    ("sub", "subject"),
    ("username", "user"),
    ("aud", "audience"),
    ("scope", "scope"),
    ("scp", "scope"),
    ("token_use", "use"),
    ("iat", "issued"),
];

impl Tools {
    /// Opens what is known of the sign-in, and asks for it as it is now.
    pub(super) fn identify(&mut self) -> ScreenUpdate {
        let Some((info, ..)) = self
            .connection()
            .and_then(|connection| connection.state.value())
        else {
            return ScreenUpdate::request(AppRequest::Say(
                "not connected: no sign-in yet".to_owned(),
            ));
        };
        let has_token = info.token_expires_at.is_some();
        self.modals.push(Modal::Identity(Scroll::default()));
        match self.endpoint.clone().filter(|_| has_token) {
            Some(endpoint) => {
                ScreenUpdate::effect(Effect::Tools(ToolsEffect::ReadClaims(endpoint)))
            }
            None => ScreenUpdate::done(),
        }
    }

    /// After a call: a token that was near its end has been renewed by it, silently.
    pub(super) fn renewed(&self, endpoint: &McpEndpoint, now: Moment) -> Option<Effect> {
        let (info, ..) = self.connections.get(endpoint)?.state.value()?;
        let end = info.token_expires_at?;
        (end.since(now) < SOON_MS).then(|| Effect::Tools(ToolsEffect::ReadClaims(endpoint.clone())))
    }

    /// The token says this of itself now.
    pub(super) fn claims_read(
        &mut self,
        endpoint: &McpEndpoint,
        result: Result<Claims, Failure>,
    ) -> ScreenUpdate {
        let known = self
            .connections
            .get_mut(endpoint)
            .and_then(|connection| connection.state.value_mut());
        match (result, known) {
            (Ok(claims), Some((info, old, _))) => {
                info.token_expires_at = claims.expires_at;
                *old = Some(claims);
                ScreenUpdate::done()
            }
            (Err(failure), _) => ScreenUpdate::request(AppRequest::Complain(failure)),
            (Ok(_), None) => ScreenUpdate::done(),
        }
    }

    /// Draws it over the screen.
    pub(super) fn draw_identity(
        &self,
        scroll: &Scroll,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let Some(endpoint) = &self.endpoint else {
            return;
        };
        let Some((info, claims, _)) = self
            .connection()
            .and_then(|connection| connection.state.value())
        else {
            return;
        };
        painter.clear(area);
        let title = format!("Signed in to {}", name_of(endpoint, context.store));
        painter.spans(
            area.x + 1,
            area.y,
            area.width,
            &[
                (title.as_str(), Role::Name),
                ("   esc closes   ↑ ↓ scroll", Role::Dim),
            ],
        );
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let room = area.width.saturating_sub(4);
        let rows: Vec<StyledLine> = lines(info, claims.as_ref(), context, room)
            .iter()
            .flat_map(|line| {
                let room = usize::from(area.width.saturating_sub(1));
                wrap_line(line, room, indentation(line))
            })
            .collect();
        draw_lines(&rows, (scroll, ToolsViewport::Identity), body, painter);
    }
}

fn lines(
    info: &ConnectionInfo,
    claims: Option<&Claims>,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<StyledLine> {
    let mut lines = vec![fact(
        "sign-in",
        sign_in(info.sign_in).to_owned(),
        Role::Text,
    )];
    let caller = info.caller.clone();
    lines.extend(caller.map(|arn| fact("as", arn, Role::Text)));
    lines.extend(info.token_expires_at.map(|end| expiry_line(end, context)));
    lines.extend(
        claims
            .map(|claims| claimed(claims, context.now))
            .unwrap_or_default(),
    );
    lines.push(Vec::new());
    let server = if info.server.is_empty() {
        "it says no name".to_owned()
    } else {
        info.server.clone()
    };
    for (word, text) in [
        ("endpoint", info.url.clone()),
        ("server", server),
        ("protocol", format!("MCP {}", info.protocol)),
    ] {
        lines.push(fact(word, text, Role::Text));
    }
    if let Some(instructions) = &info.instructions {
        lines.push(Vec::new());
        lines.extend(wrapped(instructions, room, Role::Dim));
    }
    if let Some(claims) =
        claims.filter(|claims| claims.claims != Value::Object(serde_json::Map::new()))
    {
        lines.push(Vec::new());
        lines.push(vec![("All claims, UNVERIFIED".to_owned(), Role::Degraded)]);
        lines.extend(json_lines(&claims.claims));
    }
    lines
}

/// Returns when the token expires, or that it has.
fn expiry_line(end: Moment, context: &ViewContext<'_>) -> StyledLine {
    let (left, clock) = (end.since(context.now), end.clock(context.zone));
    if left > 0 {
        let left = short_duration(left);
        let text = format!("in {left}, at {clock}; then it is renewed by the next call");
        fact("expires", text, Role::Success)
    } else {
        let text = format!("it has, at {clock}: the next call renews it");
        fact("expires", text, Role::Changing)
    }
}

/// Returns what the token says of itself, in the words of sign-ins.
fn claimed(claims: &Claims, now: Moment) -> Vec<StyledLine> {
    let mut lines = vec![
        Vec::new(),
        vec![(
            "UNVERIFIED: the token says this of itself; the endpoint decides.".to_owned(),
            Role::Degraded,
        )],
    ];
    for (name, word) in TELLING {
        let Some(value) = claims.claims.get(name) else {
            continue;
        };
        let seconds = value
            .as_f64()
            .filter(|_| name == "iat")
            .map(|at| Moment::from_seconds(at).age(now) + " ago");
        let text = seconds
            .or_else(|| value.as_str().map(str::to_owned))
            .unwrap_or_else(|| value.to_string());
        lines.push(fact(word, text, Role::Text));
    }
    let members = claims.claims.as_object();
    if members.is_none_or(serde_json::Map::is_empty) {
        let text = "It is opaque: it says nothing.".to_owned();
        lines.push(vec![(text, Role::Dim)]);
    }
    lines
}

fn fact(word: &str, text: String, role: Role) -> StyledLine {
    vec![(format!("{word:<10}"), Role::Dim), (text, role)]
}

fn sign_in(mode: &str) -> &str {
    match mode {
        "m2m" => "m2m: a machine's token, by client credentials",
        "user" => "user: a person's token, by name and password",
        "bearer" => "bearer: a token made elsewhere",
        "sigv4" => "sigv4: each request is signed with the AWS credentials; there is no token",
        "none" => "none: no sign-in",
        other => other,
    }
}
