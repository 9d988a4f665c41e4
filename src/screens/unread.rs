//! The deployments of the configuration with a problem: a line for each over the Fleet, and their number in the first line.

use ratatui::layout::Rect;

use super::ViewContext;
use crate::{theme::Role, widgets::Painter};

/// The lines take at most this part of the screen.
const PART: u16 = 3;

/// Draws a line for each; returns the area that is left.
pub fn draw(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) -> Rect {
    let all = context.unread;
    let most = usize::from(area.height / PART).max(1);
    let lines = all.len().min(most);
    // The last line says how many have no line of their own.
    let shown = if all.len() > most { most - 1 } else { lines };
    let mut rows = area.rows();
    for (unread, row) in all.iter().take(shown).zip(rows.by_ref()) {
        let mut problems = unread.problems.iter();
        let first = problems.next().map_or("", String::as_str);
        let more = match problems.count() {
            0 => String::new(),
            count => format!("   and {count} more"),
        };
        let pieces = [
            (" ✖ ", Role::Failed),
            (unread.name.as_str(), Role::Name),
            ("   not read: ", Role::Failed),
            (first, Role::Text),
            (more.as_str(), Role::Dim),
        ];
        painter.spans(row.x, row.y, row.width, &pieces);
    }
    if let Some(row) = rows.next().filter(|_| all.len() > shown) {
        let words = format!(
            " ✖ {} more not read: see Activity, or `config check`",
            all.len() - shown
        );
        painter.text(row.x, row.y, row.width, &words, Role::Failed);
    }
    let used = u16::try_from(lines).unwrap_or(area.height);
    Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    }
}
