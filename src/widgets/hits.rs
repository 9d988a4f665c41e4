//! The hits of a search, marked in lines that are drawn already.

use ratatui::layout::Rect;

use super::{Painter, text_width};
use crate::theme::Role;

/// Marks every hit of `wanted` in a line of text that was drawn from the left edge of `row`. Case does not matter.
pub fn mark_hits(text: &str, wanted: &str, row: Rect, painter: &mut Painter<'_>) {
    let (lower, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    if wanted.is_empty() {
        return;
    }
    let width = u16::try_from(text_width(&wanted)).unwrap_or(u16::MAX);
    for (at, _) in lower.match_indices(&wanted) {
        let before = lower.get(..at).unwrap_or_default();
        let column = u16::try_from(text_width(before)).unwrap_or(u16::MAX);
        if column >= row.width {
            return;
        }
        let hit = Rect {
            x: row.x + column,
            width: width.min(row.width - column),
            height: 1,
            ..row
        };
        painter.shade(hit, Role::Hit);
    }
}
