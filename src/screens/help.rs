//! Help: all keys that work now, computed from the keymap.

use ratatui::layout::Rect;

use super::{ViewContext, detail::wrapped};
use crate::{
    keys::Layer,
    messages::{Action, ViewportId},
    theme::Role,
    widgets::{DrawnViewport, Painter, Scroll, text_width},
};

/// Column at which the help of a key stands.
const HELP_AT: u16 = 26;

/// The open help and its scroll position.
#[derive(Clone, Debug, Default)]
pub struct Help {
    scroll: Scroll,
}

impl Help {
    /// Scrolls. Returns `false` if the action is no movement.
    pub fn act(&mut self, action: Action) -> bool {
        self.scroll.act(action)
    }

    /// Records what the last frame showed.
    pub fn record_viewport(&mut self, drawn: &DrawnViewport) {
        self.scroll.record(drawn);
    }

    /// Draws the keys of the active layers.
    pub fn view(
        &self,
        layers: &[Layer],
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.clear(area);
        let lines = folded(
            lines(layers, context),
            area.width.saturating_sub(HELP_AT + 1),
        );
        let height = usize::from(area.height.saturating_sub(1));
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let window = self
            .scroll
            .window(ViewportId::Help, body, lines.len(), painter);
        let more = if lines.len() > height {
            "   ↑ ↓ scroll"
        } else {
            ""
        };
        painter.spans(
            area.x + 1,
            area.y,
            area.width,
            &[
                ("Keys", Role::Name),
                ("   esc closes", Role::Dim),
                (more, Role::Dim),
            ],
        );
        for (row, (keys, text)) in lines
            .iter()
            .skip(window.start)
            .take(window.len())
            .enumerate()
        {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(u16::MAX);
            if text.is_empty() {
                painter.text(area.x + 1, y, area.width, keys, Role::Dim);
            } else {
                painter.text(area.x + 3, y, 22, keys, Role::Accent);
                painter.text(
                    area.x + HELP_AT,
                    y,
                    area.width.saturating_sub(HELP_AT + 1),
                    text,
                    Role::Text,
                );
            }
        }
    }
}

/// Breaks texts that are wider than the room into lines without keys.
fn folded(lines: Vec<(String, String)>, room: u16) -> Vec<(String, String)> {
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
        .flat_map(|(keys, text)| {
            let keys = std::iter::once(keys).chain(std::iter::repeat(String::new()));
            keys.zip(parts(&text))
        })
        .collect()
}

/// Returns headings, which have no text, and keys with their help.
fn lines(layers: &[Layer], context: &ViewContext<'_>) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut shown: Vec<(Action, Vec<String>)> = Vec::new();
    for layer in layers {
        let bindings: Vec<(Action, Vec<String>)> = context
            .keymap
            .bindings(*layer)
            .into_iter()
            .filter(|(action, keys)| {
                !keys.is_empty()
                    && context.allows(*action)
                    && !shown
                        .iter()
                        .any(|other| other.0 == *action && other.1 == *keys)
            })
            .collect();
        if bindings.is_empty() {
            continue;
        }
        lines.push((String::new(), String::new()));
        lines.push((layer.title().to_uppercase(), String::new()));
        lines.extend(
            bindings
                .iter()
                .map(|(action, keys)| (keys.join("  "), action.spec().help.to_owned())),
        );
        shown.extend(bindings);
    }
    lines
}
