//! The bar in which a query of Logs Insights is written, and the queries that can be put into it.

use ratatui::layout::Rect;

use super::{Logs, head::draw_spans, prompt::LogsPrompt};
use crate::{
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, cut, text_width},
};

/// Columns of the names of suggested queries.
const NAME_WIDTH: u16 = 18;

impl Logs {
    /// Draws the bar with its suggestions below.
    pub(super) fn draw_query_bar(
        &self,
        prompt: &LogsPrompt,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let room = area.width.saturating_sub(4);
        let y = draw_input(prompt, area, painter);
        let (from, until) = self.range.window.unwrap_or(self.range.axis(context.now));
        let window = format!(
            "{} to {}",
            from.date_time(context.zone),
            until.clock(context.zone)
        );
        let over = [
            ("over ", Role::Dim),
            (window.as_str(), Role::Text),
            (", the window of the lines", Role::Dim),
        ];
        let end = painter.spans(area.x + 2, y + 1, room, &over);
        let cost = "what it may scan is found out before it is sent";
        let width = u16::try_from(text_width(cost)).unwrap_or(u16::MAX);
        let is_beside = end.saturating_add(width + 2) < area.right();
        let (x, cost_y) = if is_beside {
            (end, y + 1)
        } else {
            (area.x + 2, y + 2)
        };
        let gap = if is_beside { "; " } else { "" };
        painter.spans(x, cost_y, room, &[(gap, Role::Dim), (cost, Role::Dim)]);
        let begin = self.draw_added_condition(cost_y + 1, area, painter) + 1;
        let below = Rect {
            y: begin,
            height: area.bottom().saturating_sub(begin),
            ..area
        };
        self.draw_suggestions(prompt, below, painter);
    }

    /// Draws what is added to every query before it is sent, and returns the row below it.
    fn draw_added_condition(&self, y: u16, area: Rect, painter: &mut Painter<'_>) -> u16 {
        let Some(spans) = self.spans_condition() else {
            return y;
        };
        let room = area.width.saturating_sub(4);
        let label = "sent with ";
        let left = usize::from(room).saturating_sub(text_width(label)).max(10);
        let lines = folded(&format!("filter {spans}"), left);
        for (row, line) in (y..area.bottom()).zip(&lines) {
            let label = if row == y { label } else { "          " };
            painter.spans(
                area.x + 2,
                row,
                room,
                &[(label, Role::Dim), (line, Role::Faint)],
            );
        }
        y.saturating_add(u16::try_from(lines.len()).unwrap_or(u16::MAX))
    }

    fn draw_suggestions(&self, prompt: &LogsPrompt, area: Rect, painter: &mut Painter<'_>) {
        let room = area.width.saturating_sub(4);
        for (row, (name, text)) in self.suggested_queries().iter().enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
            if y >= area.bottom() {
                return;
            }
            let is_chosen = prompt.recalled() == Some(row);
            if is_chosen {
                painter.select_row(
                    Rect {
                        y,
                        height: 1,
                        ..area
                    },
                    true,
                );
            }
            let name = format!("{name:<width$}", width = usize::from(NAME_WIDTH));
            let rest = usize::from(room.saturating_sub(NAME_WIDTH));
            let spans = [(name, Role::Accent), (cut(text, rest), Role::Dim)];
            draw_spans(&spans, area.x + 2, y, room, painter);
        }
    }
}

/// Draws the text with its cursor, and returns the row below it.
fn draw_input(prompt: &LogsPrompt, area: Rect, painter: &mut Painter<'_>) -> u16 {
    let room = area.width.saturating_sub(4);
    let cursor = usize::from(prompt.input.cursor());
    let lines = folded(prompt.input.text(), usize::from(room).max(10));
    let (mut y, mut begin) = (area.y, 0);
    for (index, line) in lines.iter().enumerate() {
        if y >= area.bottom() {
            break;
        }
        painter.text(area.x + 2, y, room, line, Role::Name);
        let end = begin + text_width(line);
        let is_last = index + 1 == lines.len();
        if (begin..end).contains(&cursor) || (is_last && cursor >= end) {
            let column = u16::try_from(cursor - begin).unwrap_or(0).min(room);
            let cell = Rect {
                x: area.x + 2 + column,
                y,
                width: 1,
                height: 1,
            };
            painter.shade(cell, Role::Hit);
        }
        begin = end;
        y += 1;
    }
    y
}

/// Returns a text in lines of at most `room` columns, nothing left out: the place of a character is that in the text.
pub(super) fn folded(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    for letter in text.chars() {
        let own = text_width(letter.encode_utf8(&mut [0; 4]));
        if width + own > room {
            lines.push(String::new());
            width = 0;
        }
        width += own;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_query_is_folded_without_losing_a_character() {
        let text = "fields @timestamp | filter @message like /größe/";
        let lines = folded(text, 11);
        assert!(lines.iter().all(|line| text_width(line) <= 11));
        assert_eq!(lines.concat(), text);
        assert_eq!(folded("", 11), [""]);
    }
}
