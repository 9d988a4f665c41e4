//! The detail of one resource: what there is to say of it, the API's answer as YAML or JSON, or what is different in another one.
//! It is searched, folded and copied.

mod document;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    AppRequest, ScreenUpdate, UpdateContext, ViewContext,
    panel::{self, PanelLine},
};
use crate::{
    kinds,
    messages::{
        Action, AppAction, Effect, Effects, FleetAction, FleetEffect, FleetViewport, PromptAction,
    },
    model::{Failure, Moment, Resource, ResourceKey},
    state::Store,
    theme::Role,
    widgets::{DrawnViewport, LineInput, Painter, Scroll, StyledLine, text_width},
};
use document::{DetailDocument, DetailTab, TextLine};

/// The API's answer about one resource.
type DescribeResult = Result<Box<Resource>, Failure>;

/// An open detail.
#[derive(Clone, Debug)]
pub struct Detail {
    key: ResourceKey,
    described: Option<DescribeResult>,
    /// The resource to compare with, and its answer.
    other: Option<(ResourceKey, Option<DescribeResult>)>,
    asked: Moment,
    tab: DetailTab,
    /// How far the facts are scrolled.
    scroll: Scroll,
    document: DetailDocument,
    /// What is searched for, while it is typed.
    prompt: Option<LineInput>,
}

impl Detail {
    /// Returns a detail that waits for its answer.
    pub fn new(key: ResourceKey, asked: Moment) -> Self {
        Self {
            key,
            described: None,
            other: None,
            asked,
            tab: DetailTab::Facts,
            scroll: Scroll::default(),
            document: DetailDocument::default(),
            prompt: None,
        }
    }

    /// Returns a detail that shows what is different in another resource.
    pub fn comparing(key: ResourceKey, other: ResourceKey, asked: Moment) -> Self {
        Self {
            other: Some((other, None)),
            tab: DetailTab::Difference,
            ..Self::new(key, asked)
        }
    }

    /// Takes the answer in, if it is for this resource.
    pub fn answered(&mut self, key: &ResourceKey, result: Result<Resource, Failure>) {
        if self.key == *key {
            self.described = Some(result.map(Box::new));
        } else if let Some((other, answer)) = &mut self.other
            && other == key
        {
            *answer = Some(result.map(Box::new));
        }
    }

    /// Records what the last frame showed of the facts.
    pub fn record_facts(&mut self, drawn: &DrawnViewport) {
        self.scroll.record(drawn);
    }

    /// Records what the last frame showed of the API's answer.
    pub const fn record_document(&mut self, drawn: &DrawnViewport) {
        self.document.record(drawn);
    }

    /// Which resource.
    pub const fn key(&self) -> &ResourceKey {
        &self.key
    }

    /// Returns whether a text to search for is being typed.
    pub const fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    /// Takes a key of the text that is searched for.
    pub fn press(&mut self, key: KeyEvent, store: &Store) {
        let lines = self.document_lines(store);
        if let Some(prompt) = &mut self.prompt {
            prompt.press(key);
            self.document.search(prompt.text(), &lines);
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str, store: &Store) {
        let lines = self.document_lines(store);
        if let Some(prompt) = &mut self.prompt {
            prompt.paste(text);
            self.document.search(prompt.text(), &lines);
        }
    }

    /// Returns the lines of the API's answer in the current tab.
    fn document_lines(&self, store: &Store) -> Vec<TextLine> {
        match &self.other {
            Some((_, answer)) if self.tab == DetailTab::Difference => {
                self.difference(answer.as_ref())
            }
            Some(_) | None => self
                .resource(store)
                .map_or_else(Vec::new, |resource| self.tab.lines(resource)),
        }
    }

    /// Returns what is different, once both answers are here: a list says less of a resource than its own answer, and a comparison
    /// of the two would show differences that there are not.
    fn difference(&self, other: Option<&DescribeResult>) -> Vec<TextLine> {
        let (text, role) = match (&self.described, other) {
            (Some(Ok(resource)), Some(Ok(other))) => {
                return document::difference_lines(resource, other);
            }
            (Some(Err(failure)), _) | (_, Some(Err(failure))) => (
                format!("cannot be compared: {}: {}", failure.doing, failure.cause),
                Role::Failed,
            ),
            (None, _) | (_, None) => ("asking AWS for both".to_owned(), Role::Dim),
        };
        vec![TextLine::plain(vec![(text, role)])]
    }

    /// Does what the user wants with it.
    pub fn act(&mut self, action: Action, context: &UpdateContext<'_>) -> ScreenUpdate {
        match action {
            Action::Fleet(FleetAction::NextTab) => {
                self.tab = self.tab.next(self.other.is_some());
                self.document.reset();
                self.scroll.reset();
            }
            Action::Fleet(FleetAction::SearchDetail) => {
                // The API's answer holds everything that the facts say.
                if self.tab == DetailTab::Facts {
                    self.tab = DetailTab::Yaml;
                }
                self.prompt = Some(LineInput::default());
            }
            Action::Prompt(PromptAction::Accept) if self.prompt.is_some() => self.prompt = None,
            Action::App(AppAction::Back)
                if self.prompt.is_some() || self.document.is_searching() =>
            {
                self.prompt = None;
                self.document.search("", &[]);
            }
            Action::App(AppAction::Refresh) => {
                let other = self.other.as_ref().map(|(key, _)| key);
                let keys = std::iter::once(&self.key).chain(other);
                let describe = keys.map(|key| Effect::Fleet(FleetEffect::Describe(key.clone())));
                return ScreenUpdate::effects(Effects(describe.collect()));
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
            Action::App(_)
            | Action::Start(_)
            | Action::List(_)
            | Action::Fleet(_)
            | Action::Logs(_)
            | Action::Secrets(_)
            | Action::Tools(_)
            | Action::Doctor(_)
            | Action::Activity(_)
            | Action::Prompt(_) => {
                return self.scroll_by(action, context.store);
            }
        }
        ScreenUpdate::done()
    }

    /// Returns what the key that leads back does here.
    pub const fn way_back(&self) -> &'static str {
        if self.document.is_searching() {
            "end search"
        } else {
            "close"
        }
    }

    fn scroll_by(&mut self, action: Action, store: &Store) -> ScreenUpdate {
        let has_moved = if self.tab == DetailTab::Facts {
            self.scroll.act(action)
        } else {
            let lines = self.document_lines(store);
            self.document.act(action, &lines)
        };
        if has_moved {
            ScreenUpdate::done()
        } else {
            ScreenUpdate::ignored()
        }
    }

    /// Returns the described resource, else what the list knows of it.
    fn resource<'a>(&'a self, store: &'a Store) -> Option<&'a Resource> {
        match &self.described {
            Some(Ok(resource)) => Some(resource),
            Some(Err(_)) | None => store.resource(&self.key),
        }
    }

    /// Draws it.
    pub fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let Some(resource) = self.resource(context.store) else {
            let text = "This resource is gone.";
            painter.text(area.x + 1, area.y, area.width, text, Role::Dim);
            return;
        };
        let area = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(2),
            ..area
        };
        self.draw_tabs(context, area, painter);
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(
                2 + u16::from(self.prompt.is_some() || self.document.is_searching()),
            ),
            ..area
        };
        let position = if self.tab == DetailTab::Facts {
            self.draw_facts(resource, context, body, painter)
        } else {
            let lines = self.document_lines(context.store);
            if body.bottom() < area.bottom() {
                self.draw_prompt(&lines, body.bottom(), area, painter);
            }
            self.document.draw(&lines, body, painter)
        };
        painter.text_right(area.right(), area.y, 24, &position, Role::Dim);
    }

    fn draw_facts(
        &self,
        resource: &Resource,
        context: &ViewContext<'_>,
        body: Rect,
        painter: &mut Painter<'_>,
    ) -> String {
        let mut lines: Vec<PanelLine> = Vec::new();
        match &self.described {
            None => {
                let age = self.asked.age(context.now);
                let text = format!("{} asking AWS, {age}", context.spinner);
                lines.push(vec![(text, Role::Dim)].into());
            }
            Some(Err(failure)) => {
                lines.extend(
                    failure_block(failure, body.width)
                        .into_iter()
                        .map(PanelLine::from),
                );
            }
            Some(Ok(_)) => {}
        }
        lines.extend(panel::resource(resource, context, body.width));
        let window = self
            .scroll
            .window(FleetViewport::Facts, body, lines.len(), painter);
        panel::draw(
            lines.iter().skip(window.start).take(window.len()),
            body,
            painter,
        );
        document::position(&window, lines.len())
    }

    fn draw_tabs(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let key = context
            .keymap
            .key_of(
                &[crate::keys::Layer::Detail],
                Action::Fleet(FleetAction::NextTab),
            )
            .unwrap_or_default();
        let mut x = area.x;
        for tab in DetailTab::ALL {
            if tab == DetailTab::Difference && self.other.is_none() {
                continue;
            }
            let role = if tab == self.tab {
                Role::Name
            } else {
                Role::Dim
            };
            x = painter.text(x, area.y, area.width, tab.title(), role) + 3;
        }
        painter.text(x, area.y, 12, &key, Role::Faint);
    }

    fn draw_prompt(&self, lines: &[TextLine], y: u16, area: Rect, painter: &mut Painter<'_>) {
        let wanted = self.document.wanted();
        let x = painter.spans(
            area.x,
            y,
            area.width,
            &[("/", Role::Accent), (wanted, Role::Text)],
        );
        if self.prompt.is_some() {
            painter.text(x, y, 1, "▏", Role::Accent);
        }
        let hits = self.document.hits_text(lines);
        painter.text_right(area.right(), y, 20, &hits, Role::Dim);
    }
}

/// Returns a failure in the order that helps: what failed, why, what to do, the request id.
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

/// Returns the same, broken into lines of at most `room` columns.
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
        Action::App(_)
        | Action::Start(_)
        | Action::List(_)
        | Action::Fleet(_)
        | Action::Logs(_)
        | Action::Secrets(_)
        | Action::Tools(_)
        | Action::Doctor(_)
        | Action::Activity(_)
        | Action::Prompt(_) => return ScreenUpdate::ignored(),
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
