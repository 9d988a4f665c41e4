//! Help: all keys that work now, computed from the keymap, with a search.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{ViewContext, detail::wrapped};
use crate::{
    doctor::ChainStage,
    keys::Layer,
    messages::{Action, AppAction, ListAction, PromptAction, ViewportId},
    theme::Role,
    widgets::{DrawnViewport, LineInput, Painter, Scroll, text_width},
};

/// Column at which the help of a key stands.
const HELP_AT: u16 = 26;
/// From this width the keys stand in two columns if they do not fit in one.
const TWO_COLUMNS_FROM: u16 = 150;

/// The open help: its search and its scroll position.
#[derive(Clone, Debug, Default)]
pub struct Help {
    scroll: Scroll,
    search: LineInput,
    is_typing: bool,
}

/// A line of the help: keys and what they do. A heading has no text.
struct HelpLine {
    keys: String,
    text: String,
}

impl Help {
    /// Returns whether the search has the focus.
    pub const fn is_typing(&self) -> bool {
        self.is_typing
    }

    /// Scrolls or searches. Returns `false` if the action means nothing to the help.
    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::List(ListAction::Filter) => self.is_typing = true,
            Action::Prompt(PromptAction::Accept) => self.is_typing = false,
            Action::App(AppAction::Back) if self.is_typing || !self.search.text().is_empty() => {
                self.is_typing = false;
                self.search = LineInput::default();
                self.scroll.reset();
            }
            Action::Prompt(PromptAction::PromptNext) => {
                return self.scroll.act(Action::List(ListAction::Down));
            }
            Action::Prompt(PromptAction::PromptPrevious) => {
                return self.scroll.act(Action::List(ListAction::Up));
            }
            action => return self.scroll.act(action),
        }
        true
    }

    /// Types a key into the search.
    pub fn press(&mut self, key: KeyEvent) {
        if self.search.press(key) {
            self.scroll.reset();
        }
    }

    /// Pastes text into the search.
    pub fn paste(&mut self, text: &str) {
        self.search.paste(text);
        self.scroll.reset();
    }

    /// Records what the last frame showed.
    pub fn record_viewport(&mut self, drawn: &DrawnViewport) {
        self.scroll.record(drawn);
    }

    /// Draws the keys of the active layers. Of the keys that all lists share, only those that the screen `offers` are shown.
    pub fn view(
        &self,
        layers: &[Layer],
        offers: impl Fn(Action) -> bool,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.clear(area);
        let words = self.search.text().to_lowercase();
        let found = lines(layers, &words, offers, context);
        let is_empty = found.is_empty();
        let height = usize::from(area.height.saturating_sub(1));
        let is_double = area.width >= TWO_COLUMNS_FROM && found.len() > height;
        let columns = if is_double { 2 } else { 1 };
        let width = area.width / columns;
        let found = folded(found, width.saturating_sub(HELP_AT + 1));
        // Both columns together are the window of the text.
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1) * columns,
            ..area
        };
        let window = self
            .scroll
            .window(ViewportId::Help, body, found.len(), painter);
        self.draw_head(found.len() > window.len(), area, painter);
        if found.len() > window.len() {
            let shown = format!("{} to {} of {}", window.start + 1, window.end, found.len());
            painter.text_right(
                area.right().saturating_sub(1),
                area.y,
                20,
                &shown,
                Role::Dim,
            );
        }
        if is_empty {
            let text = format!("no key here has to do with {}", self.search.text());
            painter.text(area.x + 3, area.y + 2, area.width, &text, Role::Dim);
        }
        // Where all of it is seen, the columns are equally long.
        let lines = found.len().div_ceil(usize::from(columns)).min(height);
        let places = (0..columns).flat_map(|column| {
            let body = Rect {
                x: area.x + column * width,
                y: area.y + 1,
                width,
                height: u16::try_from(lines).unwrap_or(area.height),
            };
            body.rows()
        });
        for (line, place) in found.iter().skip(window.start).zip(places) {
            draw_line(line, place, painter);
        }
    }

    fn draw_head(&self, is_cut: bool, area: Rect, painter: &mut Painter<'_>) {
        let x = painter.text(area.x + 1, area.y, area.width, "Keys", Role::Name) + 3;
        let room = area.right().saturating_sub(x);
        if self.is_typing || !self.search.text().is_empty() {
            let pieces = [("/", Role::Accent), (self.search.text(), Role::Text)];
            let at = painter.spans(x, area.y, room, &pieces);
            if self.is_typing {
                painter.text(at, area.y, 1, "▏", Role::Accent);
            }
            return;
        }
        let more = if is_cut { "   ↑ ↓ scroll" } else { "" };
        let pieces = [
            ("esc closes", Role::Dim),
            ("   / searches", Role::Dim),
            (more, Role::Dim),
        ];
        painter.spans(x, area.y, room, &pieces);
    }
}

fn draw_line(line: &HelpLine, place: Rect, painter: &mut Painter<'_>) {
    if line.text.is_empty() {
        painter.text(place.x + 1, place.y, place.width, &line.keys, Role::Dim);
        return;
    }
    painter.text(place.x + 3, place.y, 22, &line.keys, Role::Accent);
    let room = place.width.saturating_sub(HELP_AT + 1);
    painter.text(place.x + HELP_AT, place.y, room, &line.text, Role::Text);
}

/// Breaks texts that are wider than the room into lines without keys.
fn folded(lines: Vec<HelpLine>, room: u16) -> Vec<HelpLine> {
    let parts = |text: &str| -> Vec<String> {
        if text_width(text) <= usize::from(room) {
            return vec![text.to_owned()];
        }
        let lines = wrapped(text, room, Role::Text);
        lines
            .into_iter()
            .map(|line| line.into_iter().map(|(part, _)| part).collect())
            .collect()
    };
    lines
        .into_iter()
        .flat_map(|line| {
            let keys = std::iter::once(line.keys).chain(std::iter::repeat(String::new()));
            keys.zip(parts(&line.text))
                .map(|(keys, text)| HelpLine { keys, text })
        })
        .collect()
}

/// Returns headings and keys with their help, as far as they contain the words.
fn lines(
    layers: &[Layer],
    words: &str,
    offers: impl Fn(Action) -> bool,
    context: &ViewContext<'_>,
) -> Vec<HelpLine> {
    let mut lines: Vec<HelpLine> = Vec::new();
    let mut title = "";
    let mut shown: Vec<(Action, Vec<String>)> = Vec::new();
    for layer in layers {
        let bindings: Vec<(Action, Vec<String>)> = context
            .keymap
            .bindings(*layer)
            .into_iter()
            .filter(|(action, keys)| {
                !keys.is_empty()
                    && (*layer != Layer::List || offers(*action))
                    && context.allows(*action)
                    && is_found(*action, keys, words)
                    && !shown
                        .iter()
                        .any(|other| other.0 == *action && other.1 == *keys)
            })
            .collect();
        if bindings.is_empty() {
            continue;
        }
        let heading = |keys: String| HelpLine {
            keys,
            text: String::new(),
        };
        // Two layers of the same title are one part of the help.
        if layer.title() != title {
            title = layer.title();
            lines.push(heading(String::new()));
            lines.push(heading(title.to_uppercase()));
        }
        lines.extend(bindings.iter().map(|(action, keys)| HelpLine {
            keys: keys.join("  "),
            text: action.spec().help.to_owned(),
        }));
        shown.extend(bindings);
    }
    if layers.contains(&Layer::Fleet) {
        lines.extend(chain_letters(words));
    }
    lines
}

/// Returns what the letters over the dots of a chain stand for.
fn chain_letters(words: &str) -> Vec<HelpLine> {
    let stages = ChainStage::ALL.into_iter().map(|stage| HelpLine {
        keys: stage.letter().to_string(),
        text: format!("{} in the column CHAIN", stage.as_str()),
    });
    let mut found: Vec<HelpLine> = stages
        .filter(|line| {
            let text = line.text.to_lowercase();
            let letter = &line.keys;
            words
                .split_whitespace()
                .all(|word| text.contains(word) || letter.eq_ignore_ascii_case(word))
        })
        .collect();
    if !found.is_empty() {
        let heading = |keys: &str| HelpLine {
            keys: keys.to_owned(),
            text: String::new(),
        };
        found.splice(0..0, [heading(""), heading("THE DOTS OF A CHAIN")]);
    }
    found
}

/// Returns whether every word occurs in the help, the footer's word or the id of an action, or is one of its keys.
fn is_found(action: Action, keys: &[String], words: &str) -> bool {
    let spec = action.spec();
    let text = format!("{} {} {}", spec.help, spec.short, spec.id).to_lowercase();
    words
        .split_whitespace()
        .all(|word| text.contains(word) || keys.iter().any(|key| key.eq_ignore_ascii_case(word)))
}
