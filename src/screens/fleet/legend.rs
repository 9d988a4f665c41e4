//! What the letters and dots of the column CHAIN stand for.

use ratatui::layout::Rect;

use crate::{
    doctor::ChainStage,
    theme::Role,
    widgets::{GOOD_BY_STATUS, Painter, text_width},
};

/// What the dots mean, on the last line of the table. What has no room is left out as a whole, the last first.
pub(super) fn draw(body: Rect, painter: &mut Painter<'_>) {
    let pieces = [
        ("●", Role::Success, "a call passed it"),
        (GOOD_BY_STATUS, Role::Text, "good by status"),
        ("▲", Role::Degraded, "failing"),
        ("✖", Role::Failed, "does not work"),
        ("◆", Role::Person, "waits for a person"),
        ("◐", Role::Changing, "changing"),
        ("○", Role::Faint, "not asked"),
        ("", Role::Faint, "blank: no such hop"),
    ];
    let y = body.bottom().saturating_sub(1);
    let mut x = body.x + 3;
    for (mark, role, words) in pieces {
        let gap = usize::from(!mark.is_empty());
        let width = u16::try_from(text_width(mark) + gap + text_width(words)).unwrap_or(u16::MAX);
        if x.saturating_add(width) > body.right() {
            break;
        }
        let spans = [(mark, role), (" ", Role::Faint), (words, Role::Faint)];
        let from = usize::from(mark.is_empty()) * 2;
        x = painter.spans(x, y, width, spans.get(from..).unwrap_or_default()) + 3;
    }
}

/// What letters and dots of the chain stand for, on one line. What has no room is left out as a whole, the last first.
pub(super) fn draw_short(line: Rect, painter: &mut Painter<'_>) {
    let x = painter.text(line.x + 1, line.y, line.width, &letters(" "), Role::Faint);
    let dots = [
        ("●", Role::Success, "passed"),
        (GOOD_BY_STATUS, Role::Text, "good"),
        ("○", Role::Faint, "not asked"),
        ("▲", Role::Degraded, "failing"),
        ("✖", Role::Failed, "broken"),
    ];
    let mut x = x + 1;
    for (mark, role, words) in dots {
        let width = u16::try_from(text_width(mark) + 2 + text_width(words)).unwrap_or(u16::MAX);
        if x.saturating_add(width) > line.right() {
            break;
        }
        let spans = [
            (" ", Role::Faint),
            (mark, role),
            (" ", Role::Faint),
            (words, Role::Faint),
        ];
        x = painter.spans(x, line.y, width, &spans);
    }
}

/// What the letters over the dots stand for, above the legend.
pub(super) fn draw_letters(body: Rect, painter: &mut Painter<'_>) {
    let y = body.bottom().saturating_sub(2);
    let room = body.width.saturating_sub(4);
    painter.text(body.x + 3, y, room, &letters("   "), Role::Faint);
}

/// Returns each letter with the name of its stage.
fn letters(gap: &str) -> String {
    let named: Vec<String> = ChainStage::ALL
        .into_iter()
        .map(|stage| format!("{} {}", stage.letter(), stage.as_str()))
        .collect();
    named.join(gap)
}
