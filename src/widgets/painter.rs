//! The painter: the only way in which text becomes cells. It sanitises, measures and cuts text.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{
    Picture,
    drawn::{ClickArea, DrawnParts, DrawnViewport},
};
use crate::{
    messages::ClickTarget,
    model::sanitize,
    theme::{Role, Theme},
};

/// Draws text by role into a buffer.
pub struct Painter<'a> {
    /// The buffer to draw into.
    pub buffer: &'a mut Buffer,
    /// The styles of roles.
    pub theme: &'a Theme,
    drawn: DrawnParts,
}

impl<'a> Painter<'a> {
    /// Creates a painter for a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self {
            buffer,
            theme,
            drawn: DrawnParts::default(),
        }
    }

    /// Returns what was recorded while drawing.
    pub fn into_drawn(self) -> DrawnParts {
        self.drawn
    }

    /// Records which part of a list or a text is visible.
    pub fn record_viewport(&mut self, viewport: DrawnViewport) {
        self.drawn.viewports.push(viewport);
    }

    /// Records what a click on these cells means.
    pub fn record_click(&mut self, area: Rect, target: ClickTarget) {
        self.drawn.clicks.push(ClickArea { area, target });
    }

    /// Shows a picture of pixels. What is cleared later is cut out of it.
    pub fn show_picture(&mut self, picture: Picture) {
        self.drawn.picture = Some(Box::new(picture));
    }

    /// Draws text at a position and returns the column after it. Text longer than `room` columns is
    /// cut with `…`.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) -> u16 {
        let style = self.theme.style(role);
        self.styled_text(x, y, room, text, style)
    }

    /// Draws text like [`Self::text`], with a style that is not that of a role.
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

    /// Draws text that ends before column `right`.
    pub fn text_right(&mut self, right: u16, y: u16, room: u16, text: &str, role: Role) {
        let safe = sanitize(beginning(text, usize::from(room)));
        let shown = cut(&safe, usize::from(room));
        let width = u16::try_from(text_width(&shown)).unwrap_or(u16::MAX);
        self.text(right.saturating_sub(width), y, width, &shown, role);
    }

    /// Draws spans of text one after the other within `room` columns and returns the column after
    /// the last one.
    pub fn spans(&mut self, x: u16, y: u16, room: u16, pieces: &[(&str, Role)]) -> u16 {
        let end = x.saturating_add(room);
        pieces.iter().fold(x, |at, (text, role)| {
            self.text(at, y, end.saturating_sub(at), text, *role)
        })
    }

    /// Draws a horizontal line across the first row of the area.
    pub fn hline(&mut self, area: Rect) {
        if area.height > 0 {
            let line = "─".repeat(usize::from(area.width));
            let style = self.theme.style(Role::Rule);
            self.buffer
                .set_stringn(area.x, area.y, line, usize::from(area.width), style);
        }
    }

    /// Draws a vertical line down the first column of the area.
    pub fn divider(&mut self, area: Rect) {
        self.vline(area, "│", Role::Rule);
    }

    /// Draws the line at the left of a pane that has the focus: bright, and of another glyph, since a colour alone is lost in
    /// some terminals.
    pub fn focus_divider(&mut self, area: Rect) {
        self.vline(area, "┃", Role::Accent);
    }

    fn vline(&mut self, area: Rect, glyph: &str, role: Role) {
        let style = self.theme.style(role);
        for y in area.top()..area.bottom() {
            self.buffer.set_stringn(area.x, y, glyph, 1, style);
        }
    }

    /// Marks a row as selected: a tinted ground, and a bar at its left edge, in the accent if it has the focus.
    pub fn select_row(&mut self, row: Rect, focused: bool) {
        self.buffer.set_style(row, self.theme.style(Role::Selected));
        // The pane that has not the focus keeps its bar, dim.
        let role = if focused { Role::Accent } else { Role::Dim };
        let style = self.theme.style(role);
        self.buffer.set_stringn(row.x, row.y, "▌", 1, style);
    }

    /// Applies a style to cells that are drawn already. A picture that lies within them gets its colour too.
    pub fn shade(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.theme.style(role));
        if let (Some(picture), Some(color)) = (&mut self.drawn.picture, self.theme.rgb(role))
            && area.intersection(picture.area) == picture.area
        {
            picture.tint(color);
        }
    }

    /// Resets the cells of an area, and cuts them out of a picture.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        if let Some(picture) = &mut self.drawn.picture {
            picture.erase(area);
        }
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }
}

/// Returns the beginning of a text that can be visible in `room` columns, so that a long line costs
/// no more than what is seen.
fn beginning(text: &str, room: usize) -> &str {
    // A column holds at most a base character and a few marks; one more column makes the cut
    // visible.
    text.char_indices()
        .nth((room + 1) * 8)
        .map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// Returns the number of terminal columns that a text takes.
pub fn text_width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to `room` columns, with `…` at its end if something is missing.
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

/// Cuts a text to `room` columns in its middle, where ids differ least.
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
    use crate::theme::ColorDepth;

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
        let theme = Theme::embedded("dark", ColorDepth::True).unwrap();
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
        let theme = Theme::embedded("mono", ColorDepth::True).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        let mut painter = Painter::new(&mut buffer, &theme);
        assert_eq!(painter.text(5, 0, 9, "x", Role::Text), 5);
        assert_eq!(painter.text(0, 3, 9, "x", Role::Text), 0);
        painter.text_right(1, 0, 9, "long text", Role::Text);
        painter.clear(Rect::new(0, 0, 90, 90));
        assert_eq!(buffer, Buffer::empty(Rect::new(0, 0, 3, 1)));
    }
}
