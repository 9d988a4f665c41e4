//! The detail of one resource: facts, or the API's answer as JSON; searchable by eye, copied whole.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{AppRequest, ScreenUpdate, UpdateContext, ViewContext};
use crate::{
    kinds,
    messages::{Action, AppAction, Effect, FleetAction, FleetEffect},
    model::{Failure, Kind, Moment, Resource, ResourceKey, Traffic, with_separators},
    state::Store,
    theme::Role,
    widgets::{Painter, Scroll, StyledLine, glyph, json_lines, role_of, sparkline, text_width},
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
        Self {
            key,
            described: None,
            asked,
            json: false,
            scroll: Scroll::default(),
        }
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
    pub fn act(&mut self, action: Action, context: &UpdateContext<'_>) -> ScreenUpdate {
        match action {
            Action::Fleet(FleetAction::NextTab) => {
                self.json = !self.json;
                self.scroll.reset();
            }
            Action::App(AppAction::Refresh) => {
                return ScreenUpdate::effect(Effect::Fleet(FleetEffect::Describe(
                    self.key.clone(),
                )));
            }
            Action::Fleet(
                FleetAction::CopyArn
                | FleetAction::CopyId
                | FleetAction::CopyJson
                | FleetAction::CopyCommand,
            ) => {
                let resource = self.resource(context.store);
                return resource.map_or_else(ScreenUpdate::done, |resource| {
                    copy(action, resource, context.store)
                });
            }
            _ if self.scroll.act(action) => {}
            _ => return ScreenUpdate::ignored(),
        }
        ScreenUpdate::done()
    }

    /// The described resource, else what the list knows of it.
    fn resource<'a>(&'a self, store: &'a Store) -> Option<&'a Resource> {
        match &self.described {
            Some(Ok(resource)) => Some(resource),
            Some(Err(_)) | None => store.resource(&self.key),
        }
    }

    /// Draws it.
    pub fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let Some(resource) = self.resource(context.store) else {
            painter.text(
                area.x + 1,
                area.y,
                area.width,
                "This resource is gone.",
                Role::Dim,
            );
            return;
        };
        let health = kinds::health(resource);
        let head = [
            (glyph(health), role_of(health)),
            (" ", Role::Text),
            (resource.name.as_str(), Role::Name),
            ("  ", Role::Text),
            (resource.key.kind.as_str(), Role::Dim),
            ("  ", Role::Text),
            (resource.status.as_str(), role_of(health)),
        ];
        painter.spans(area.x + 1, area.y, area.width.saturating_sub(1), &head);
        let (facts, json) = if self.json {
            (Role::Dim, Role::Accent)
        } else {
            (Role::Accent, Role::Dim)
        };
        painter.spans(
            area.x + 1,
            area.y + 1,
            area.width,
            &[
                ("facts", facts),
                ("  ", Role::Dim),
                ("JSON", json),
                ("   tab", Role::Faint),
            ],
        );
        let body = Rect {
            y: area.y + 3,
            height: area.height.saturating_sub(3),
            ..area
        };
        let lines = if self.json {
            json_lines(&resource.raw)
        } else {
            self.facts(resource, context, body.width)
        };
        let window = self.scroll.window(usize::from(body.height), lines.len());
        for (row, line) in lines
            .iter()
            .skip(window.start)
            .take(window.len())
            .enumerate()
        {
            let y = body.y + u16::try_from(row).unwrap_or(u16::MAX);
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(body.x + 1, y, body.width.saturating_sub(2), &pieces);
        }
    }

    fn facts(&self, resource: &Resource, context: &ViewContext<'_>, room: u16) -> Vec<StyledLine> {
        let mut lines = Vec::new();
        match &self.described {
            None => lines.push(vec![(
                format!(
                    "{} asking AWS, {}",
                    context.spinner,
                    self.asked.age(context.now)
                ),
                Role::Dim,
            )]),
            Some(Err(failure)) => lines.extend(failure_block(failure, room)),
            Some(Ok(_)) => {}
        }
        if let Some(remark) = kinds::remark(resource, context.now) {
            lines.extend(wrapped(&remark, room, role_of(kinds::health(resource))));
            lines.push(Vec::new());
        }
        let label_width = resource
            .facts
            .iter()
            .map(|fact| text_width(fact.label))
            .max()
            .unwrap_or(0)
            .max("log group".len());
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
                fact(
                    label,
                    format!(
                        "{}, {} ago",
                        at.date_time(context.zone),
                        at.age(context.now)
                    ),
                );
            }
        }
        if let Some(line) = last_hour(resource, context.store) {
            fact("last hour", line);
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

/// The calls of the last hour in words; why they could not be counted.
fn last_hour(resource: &Resource, store: &Store) -> Option<String> {
    if !matches!(resource.key.kind, Kind::Gateway | Kind::Runtime) {
        return None;
    }
    if let Some(traffic) = store.traffic.get(&resource.key) {
        return Some(traffic_words(traffic));
    }
    let Some(failure) = store.uncounted.get(&resource.key.deployment) else {
        let others = store
            .traffic
            .keys()
            .any(|pluralize| pluralize.deployment == resource.key.deployment);
        return others.then(|| {
            "not counted: new, or beyond the 500 series that one request asks for".to_owned()
        });
    };
    let hint = failure
        .hint
        .as_ref()
        .map(|hint| format!(" → {hint}"))
        .unwrap_or_default();
    Some(format!("not counted: {}{hint}", failure.cause))
}

/// `1,204 calls, 3 errors, p50 41 ms, p95 210 ms`, after them as a line.
pub fn traffic_words(traffic: &Traffic) -> String {
    let thing = |count: u64, word: &str| {
        format!(
            "{} {word}{}",
            with_separators(count),
            if count == 1 { "" } else { "s" }
        )
    };
    if traffic.total() == 0 && traffic.errors == 0 && traffic.throttled == 0 {
        return "no calls".to_owned();
    }
    let mut words = vec![
        format!(
            "{} {}",
            sparkline(&traffic.calls),
            thing(traffic.total(), "call")
        ),
        thing(traffic.errors, "error"),
    ];
    words.extend(
        (traffic.throttled > 0)
            .then(|| format!("{} throttled", with_separators(traffic.throttled))),
    );
    let latency = |name: &str, millis: f64| {
        if millis < 10_000.0 {
            format!("{name} {millis:.0} ms")
        } else {
            format!("{name} {:.1} s", millis / 1000.0)
        }
    };
    words.extend(traffic.p50_ms.map(|millis| latency("p50", millis)));
    words.extend(traffic.p95_ms.map(|millis| latency("p95", millis)));
    words.join(", ")
}

/// A failure in the order that helps: what failed, why, what to do, the request id.
pub fn failure_lines(failure: &Failure) -> Vec<StyledLine> {
    let mut lines = vec![
        vec![
            ("✖ ".to_owned(), Role::Failed),
            (format!("{} failed", failure.doing), Role::Failed),
        ],
        vec![(failure.cause.clone(), Role::Text)],
    ];
    if let Some(hint) = &failure.hint {
        lines.push(vec![
            ("→ ".to_owned(), Role::Accent),
            (hint.clone(), Role::Text),
        ]);
    }
    if let Some(request) = &failure.request_id {
        lines.push(vec![(format!("request {request}"), Role::Dim)]);
    }
    lines.push(Vec::new());
    lines
}

/// The same, broken into lines of at most `room` columns.
pub fn failure_block(failure: &Failure, room: u16) -> Vec<StyledLine> {
    let broken = |line: StyledLine| {
        let text: String = line.iter().map(|(text, _)| text.as_str()).collect();
        let role = line.first().map_or(Role::Text, |(_, role)| *role);
        wrapped(&text, room, role)
    };
    failure_lines(failure)
        .into_iter()
        .flat_map(broken)
        .collect()
}

/// Text broken at spaces into lines of at most `room` columns; words wider than a line (an ARN, an address) are broken too. One
/// pass, over at most `LONGEST` bytes: what is not shown of a longer text is counted in a line of its own.
pub fn wrapped(text: &str, room: u16, role: Role) -> Vec<StyledLine> {
    let end = text.floor_char_boundary(LONGEST);
    let (shown, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let mut fold = Fold {
        room: usize::from(room.max(10)) - 2,
        width: 0,
        lines: vec![String::new()],
    };
    shown.split_whitespace().for_each(|word| fold.word(word));
    let mut lines: Vec<StyledLine> = fold
        .lines
        .into_iter()
        .map(|line| vec![(line, role)])
        .collect();
    if !rest.is_empty() {
        lines.push(vec![(format!("… {} more bytes", rest.len()), Role::Dim)]);
    }
    lines
}

/// Bytes of a text that are broken into lines at most: more than anybody reads on a screen.
const LONGEST: usize = 64 << 10;

/// Lines that grow word by word.
struct Fold {
    room: usize,
    /// Columns of the last line.
    width: usize,
    lines: Vec<String>,
}

impl Fold {
    fn word(&mut self, word: &str) {
        let width = text_width(word);
        if width <= self.room {
            return self.place(word, width);
        }
        let (mut from, mut used) = (0, 0);
        for (at, grapheme) in word.grapheme_indices(true) {
            let more = text_width(grapheme);
            if used + more > self.room {
                self.place(word.get(from..at).unwrap_or_default(), used);
                (from, used) = (at, 0);
            }
            used += more;
        }
        self.place(word.get(from..).unwrap_or_default(), used);
    }

    /// A piece that fits into a line: at the end of the last one, or as the next.
    fn place(&mut self, piece: &str, width: usize) {
        match self.lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(piece),
            Some(line) if self.width + 1 + width <= self.room => {
                line.push(' ');
                line.push_str(piece);
                self.width += 1;
            }
            Some(_) | None => {
                self.lines.push(piece.to_owned());
                self.width = 0;
            }
        }
        self.width += width;
    }
}

/// Copies what the action names. Nothing of it is a secret: raw answers come without secret members.
pub fn copy(action: Action, resource: &Resource, store: &Store) -> ScreenUpdate {
    let region = store
        .deployment(&resource.key.deployment)
        .map_or("us-east-1", |deployment| deployment.region.as_str());
    let text = match action {
        Action::Fleet(FleetAction::CopyArn) => resource.arn.clone(),
        Action::Fleet(FleetAction::CopyId) => Some(resource.key.own_id().to_owned()),
        Action::Fleet(FleetAction::CopyJson) => serde_json::to_string_pretty(&resource.raw).ok(),
        Action::Fleet(FleetAction::CopyCommand) => Some(kinds::command_line(&resource.key, region)),
        _ => return ScreenUpdate::ignored(),
    };
    match text {
        Some(text) => ScreenUpdate::effect(Effect::Copy(text)),
        None => ScreenUpdate::request(AppRequest::Say(format!("{} has none", resource.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: Vec<StyledLine>) -> Vec<String> {
        lines
            .into_iter()
            .map(|line| line.into_iter().map(|(text, _)| text).collect())
            .collect()
    }

    #[test]
    fn words_fill_lines_and_long_words_go_on_in_the_next() {
        let lines = |text, room| texts(wrapped(text, room, Role::Text));
        assert_eq!(lines("one two  three\nfour", 12), ["one two", "three four"]);
        assert_eq!(
            lines("see arn:aws:iam::123456789012:role", 14),
            ["see", "arn:aws:iam:", ":12345678901", "2:role"]
        );
        assert_eq!(
            lines("東京都庁東京都庁 ok", 12),
            ["東京都庁東", "京都庁 ok"]
        );
        assert_eq!(lines("", 12), [""]);
    }

    #[test]
    fn one_endless_word_is_shown_up_to_a_limit_that_is_said() {
        let word = "x".repeat(1 << 20);
        let lines = texts(wrapped(&word, 82, Role::Text));
        let shown: usize = lines.iter().rev().skip(1).map(String::len).sum();
        assert_eq!(
            (shown, lines.last().map(String::as_str)),
            (64 << 10, Some("… 983040 more bytes"))
        );
        assert!(lines.iter().rev().skip(2).all(|line| line.len() == 80));
        let between = "é".repeat(40_000);
        assert_eq!(
            texts(wrapped(&between, 82, Role::Text))
                .concat()
                .matches('é')
                .count(),
            32_768,
            "no letter is cut in two"
        );
    }
}
