//! The detail of one resource: facts, or the API's answer as JSON; searchable by eye, copied whole.

use ratatui::layout::Rect;

use super::{Context, Look, Reply, Wish};
use crate::{
    app::{Action, Effect, Store},
    config::theme::Role,
    kinds,
    model::{Failure, Moment, Resource, ResourceKey},
    widgets::{JsonLine, Pen, Scroll, cut, glyph, json_lines, role_of, width},
};

/// An open detail.
#[derive(Clone, Debug)]
pub struct Detail {
    key: ResourceKey,
    described: Option<Result<Box<Resource>, Failure>>,
    asked: Moment,
    json: bool,
    scroll: Scroll,
}

impl Detail {
    /// A detail that waits for its answer.
    pub fn new(key: ResourceKey, asked: Moment) -> Self {
        Self { key, described: None, asked, json: false, scroll: Scroll::default() }
    }

    /// Takes the answer in, if it is for this resource.
    pub fn answered(&mut self, key: &ResourceKey, result: Result<Resource, Failure>) {
        if self.key == *key {
            self.described = Some(result.map(Box::new));
        }
    }

    /// Which resource.
    pub const fn key(&self) -> &ResourceKey {
        &self.key
    }

    /// Does what the user wants with it.
    pub fn act(&mut self, action: Action, context: &Context<'_>) -> Reply {
        match action {
            Action::NextTab => {
                self.json = !self.json;
                self.scroll.reset();
            }
            Action::Refresh => return Reply::effect(Effect::Describe(self.key.clone())),
            Action::CopyArn | Action::CopyId | Action::CopyJson | Action::CopyCommand => {
                let resource = self.resource(context.store);
                return resource.map_or_else(Reply::done, |resource| copy(action, resource, context.store));
            }
            _ if self.scroll.act(action) => {}
            _ => return Reply::ignored(),
        }
        Reply::done()
    }

    /// The described resource, else what the list knows of it.
    fn resource<'a>(&'a self, store: &'a Store) -> Option<&'a Resource> {
        match &self.described {
            Some(Ok(resource)) => Some(resource),
            Some(Err(_)) | None => store.resource(&self.key),
        }
    }

    /// Draws it.
    pub fn view(&self, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
        let Some(resource) = self.resource(look.store) else {
            pen.put(area.x + 1, area.y, area.width, "This resource is gone.", Role::Dim);
            return;
        };
        let health = kinds::health(resource);
        let head = [
            (glyph(health), role_of(health)),
            (" ", Role::Text),
            (resource.name.as_str(), Role::Name),
            ("  ", Role::Text),
            (resource.key.kind.word(), Role::Dim),
            ("  ", Role::Text),
            (resource.status.as_str(), role_of(health)),
        ];
        pen.pieces(area.x + 1, area.y, area.width.saturating_sub(1), &head);
        let (facts, json) = if self.json { (Role::Dim, Role::Accent) } else { (Role::Accent, Role::Dim) };
        pen.pieces(
            area.x + 1,
            area.y + 1,
            area.width,
            &[("facts", facts), ("  ", Role::Dim), ("JSON", json), ("   tab", Role::Faint)],
        );
        let body = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
        let lines = if self.json { json_lines(&resource.raw) } else { self.facts(resource, look, body.width) };
        let window = self.scroll.window(usize::from(body.height), lines.len());
        for (row, line) in lines.iter().skip(window.start).take(window.len()).enumerate() {
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
            pen.pieces(body.x + 1, y, body.width.saturating_sub(2), &pieces);
        }
    }

    fn facts(&self, resource: &Resource, look: &Look<'_>, room: u16) -> Vec<JsonLine> {
        let mut lines = Vec::new();
        match &self.described {
            None => lines.push(vec![(format!("{} asking AWS, {}", look.spinner, self.asked.age(look.now)), Role::Dim)]),
            Some(Err(failure)) => lines.extend(failure_block(failure, room)),
            Some(Ok(_)) => {}
        }
        if let Some(remark) = kinds::remark(resource, look.now) {
            lines.extend(wrapped(&remark, room, role_of(kinds::health(resource))));
            lines.push(Vec::new());
        }
        let label_width = resource.facts.iter().map(|fact| width(fact.label)).max().unwrap_or(0).max("log group".len());
        let mut fact = |label: &str, value: String| {
            // An ARN or an address is there to be taken along: it is shown whole, however narrow the window.
            let beside = room.saturating_sub(u16::try_from(label_width).unwrap_or(0) + 2);
            for (row, mut part) in wrapped(&value, beside, Role::Text).into_iter().enumerate() {
                let label = if row == 0 { label } else { "" };
                part.insert(0, (format!("{label:<label_width$}  "), Role::Dim));
                lines.push(part);
            }
        };
        fact("id", resource.key.own_id().to_owned());
        if let Some(arn) = &resource.arn {
            fact("ARN", arn.clone());
        }
        for each in &resource.facts {
            fact(each.label, each.value.clone());
        }
        for (label, moment) in [("created", resource.created), ("updated", resource.updated)] {
            if let Some(at) = moment {
                fact(label, format!("{}, {} ago", at.date_time(look.zone), at.age(look.now)));
            }
        }
        for group in &resource.log_groups {
            fact("log group", group.clone());
        }
        for link in &resource.links {
            fact("leads to", format!("{} {}", link.kind, link.id));
        }
        lines
    }
}

/// A failure in the order that helps: what failed, why, what to do, the request id.
pub fn failure_lines(failure: &Failure) -> Vec<JsonLine> {
    let mut lines = vec![
        vec![("✖ ".to_owned(), Role::Failed), (format!("{} failed", failure.doing), Role::Failed)],
        vec![(failure.cause.clone(), Role::Text)],
    ];
    if let Some(hint) = &failure.hint {
        lines.push(vec![("→ ".to_owned(), Role::Accent), (hint.clone(), Role::Text)]);
    }
    if let Some(request) = &failure.request_id {
        lines.push(vec![(format!("request {request}"), Role::Dim)]);
    }
    lines.push(Vec::new());
    lines
}

/// The same, broken into lines of at most `room` columns.
pub fn failure_block(failure: &Failure, room: u16) -> Vec<JsonLine> {
    let broken = |line: JsonLine| {
        let text: String = line.iter().map(|(text, _)| text.as_str()).collect();
        let role = line.first().map_or(Role::Text, |(_, role)| *role);
        wrapped(&text, room, role)
    };
    failure_lines(failure).into_iter().flat_map(broken).collect()
}

/// A word as it is, or in pieces where it is wider than a line: an ARN, an address.
fn broken(word: &str, room: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while width(rest) > room {
        // `cut` ends in a mark of one column; without it, what was kept is a beginning of the word.
        let kept = cut(rest, room + 1).trim_end_matches('…').len();
        let Some((piece, after)) = rest.split_at_checked(kept).filter(|(piece, _)| !piece.is_empty()) else { break };
        pieces.push(piece.to_owned());
        rest = after;
    }
    pieces.push(rest.to_owned());
    pieces
}

/// Text broken at spaces into lines of at most `room` columns.
pub fn wrapped(text: &str, room: u16, role: Role) -> Vec<JsonLine> {
    let room = usize::from(room.max(10)) - 2;
    let mut lines: Vec<String> = vec![String::new()];
    for part in text.split_whitespace().flat_map(|word| broken(word, room)) {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && width(line) + 1 + width(&part) > room {
            lines.push(part);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&part);
        }
    }
    lines.into_iter().map(|line| vec![(line, role)]).collect()
}

/// Copies what the action names. Nothing of it is a secret: raw answers come without secret members.
pub fn copy(action: Action, resource: &Resource, store: &Store) -> Reply {
    let region = store.deployment(&resource.key.deployment).map_or("us-east-1", |deployment| deployment.region.as_str());
    let text = match action {
        Action::CopyArn => resource.arn.clone(),
        Action::CopyId => Some(resource.key.own_id().to_owned()),
        Action::CopyJson => serde_json::to_string_pretty(&resource.raw).ok(),
        Action::CopyCommand => Some(kinds::command_line(&resource.key, region)),
        _ => return Reply::ignored(),
    };
    match text {
        Some(text) => Reply::effect(Effect::Copy(text)),
        None => Reply::wish(Wish::Say(format!("{} has none", resource.name))),
    }
}
