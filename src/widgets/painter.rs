//! The pen: the only way in which text becomes cells. It sanitises, measures and cuts.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    model::sanitize,
    theme::{Role, Theme},
};

/// Draws text by role into a buffer.
pub struct Painter<'a> {
    /// Where it draws.
    pub buffer: &'a mut Buffer,
    /// How roles look.
    pub theme: &'a Theme,
}

impl<'a> Painter<'a> {
    /// A pen for this buffer.
    pub const fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    /// Writes text at a place, cut with `…` where it is longer than `room` columns. Answers the column after it.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) -> u16 {
        let style = self.theme.style(role);
        self.styled_text(x, y, room, text, style)
    }

    /// The same with a style that is not a plain role's.
    pub fn styled_text(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() || room == 0
        {
            return x;
        }
        let room = room.min(area.right() - x);
        let safe = sanitize(beginning(text, usize::from(room)));
        let shown = cut(&safe, usize::from(room));
        self.buffer
            .set_stringn(x, y, shown, usize::from(room), style)
            .0
    }

    /// Writes text so that it ends before column `right`.
    pub fn text_right(&mut self, right: u16, y: u16, room: u16, text: &str, role: Role) {
        let safe = sanitize(beginning(text, usize::from(room)));
        let shown = cut(&safe, usize::from(room));
        let width = u16::try_from(text_width(&shown)).unwrap_or(u16::MAX);
        self.text(right.saturating_sub(width), y, width, &shown, role);
    }

    /// Writes pieces one after the other, each with its role, within `room` columns. Answers the column after the last.
    pub fn spans(&mut self, x: u16, y: u16, room: u16, pieces: &[(&str, Role)]) -> u16 {
        let end = x.saturating_add(room);
        pieces.iter().fold(x, |at, (text, role)| {
            self.text(at, y, end.saturating_sub(at), text, *role)
        })
    }

    /// A thin line across the area's first row.
    pub fn hline(&mut self, area: Rect) {
        if area.height > 0 {
            let line = "─".repeat(usize::from(area.width));
            let style = self.theme.style(Role::Rule);
            self.buffer
                .set_stringn(area.x, area.y, line, usize::from(area.width), style);
        }
    }

    /// A thin line down the area's first column.
    pub fn divider(&mut self, area: Rect) {
        let style = self.theme.style(Role::Rule);
        for y in area.top()..area.bottom() {
            self.buffer.set_stringn(area.x, y, "│", 1, style);
        }
    }

    /// Marks a row as selected: tinted, with the accent bar at its left edge. What is written on it keeps its own colours.
    pub fn select_row(&mut self, row: Rect, focused: bool) {
        self.buffer.set_style(row, self.theme.style(Role::Selected));
        if focused {
            let style = self.theme.style(Role::Accent);
            self.buffer.set_stringn(row.x, row.y, "▌", 1, style);
        }
    }

    /// Lays a style over what is drawn already.
    pub fn shade(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.theme.style(role));
    }

    /// Blanks an area, so that what lies on top hides what lies below.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }
}

/// As much of a text as can matter for so many columns: a line of a megabyte costs no more than what is seen of it.
fn beginning(text: &str, room: usize) -> &str {
    // Nothing seen takes more than a base and a few marks a column; the rest is what makes a cut visible.
    text.char_indices()
        .nth((room + 1) * 8)
        .map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// Columns that a text takes on a terminal.
pub fn text_width(text: &str) -> usize {
    text.width()
}

/// The text cut to so many columns, with `…` at its end where something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if text_width(text) <= room {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = text_width(grapheme);
        if used + width + 1 > room {
            break;
        }
        used += width;
        shown.push_str(grapheme);
    }
    if room > 0 {
        shown.push('…');
    }
    shown
}

/// The text cut in its middle, where ids differ least.
pub fn cut_middle(text: &str, room: usize) -> String {
    if text_width(text) <= room || room < 5 {
        return cut(text, room);
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let (head, tail) = ((room - 1).div_ceil(2), (room - 1) / 2);
    let first: String = graphemes.iter().take(head).copied().collect();
    let last: String = graphemes
        .iter()
        .skip(graphemes.len().saturating_sub(tail))
        .copied()
        .collect();
    cut(&format!("{first}…{last}"), room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Depth;

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(cut("Straße", 4), "Str…");
        assert_eq!(cut("東京都庁", 5), "東京…");
        assert_eq!(cut("ok", 2), "ok");
        assert_eq!(cut("ok", 0), "");
        assert_eq!(cut_middle("neo4j-gateway-9x2kq1", 11), "neo4j…x2kq1");
    }

    #[test]
    fn nothing_that_steers_a_terminal_becomes_a_cell() {
        let theme = Theme::embedded("dark", Depth::True).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
        Painter::new(&mut buffer, &theme).text(
            0,
            0,
            40,
            "\x1b]52;c;aGk=\x07\u{202e}\u{9b}2J",
            Role::Text,
        );
        let drawn: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert!(
            !drawn.chars().any(crate::model::sanitize::is_dangerous),
            "{drawn:?}"
        );
        assert!(drawn.starts_with("␛]52"), "{drawn}");
    }

    #[test]
    fn drawing_outside_of_the_buffer_draws_nothing() {
        let theme = Theme::embedded("mono", Depth::True).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        let mut painter = Painter::new(&mut buffer, &theme);
        assert_eq!(painter.text(5, 0, 9, "x", Role::Text), 5);
        assert_eq!(painter.text(0, 3, 9, "x", Role::Text), 0);
        painter.text_right(1, 0, 9, "long text", Role::Text);
        painter.clear(Rect::new(0, 0, 90, 90));
        assert_eq!(buffer, Buffer::empty(Rect::new(0, 0, 3, 1)));
    }
}
