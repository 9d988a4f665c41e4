//! Help: all keys that work now, computed from the keymap.

use ratatui::layout::Rect;

use super::ViewContext;
use crate::{
    keys::Layer,
    messages::Action,
    theme::Role,
    widgets::{Painter, Scroll},
};

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

    /// Draws the keys of the active layers.
    pub fn view(
        &self,
        layers: &[Layer],
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.clear(area);
        let lines = lines(layers, context);
        let height = usize::from(area.height.saturating_sub(1));
        let window = self.scroll.window(height, lines.len());
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
                    area.x + 26,
                    y,
                    area.width.saturating_sub(27),
                    text,
                    Role::Text,
                );
            }
        }
    }
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
