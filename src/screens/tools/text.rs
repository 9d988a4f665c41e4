//! Text under edit, as it is drawn: broken softly at the edge, with line numbers, colours and the cursor.

use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
};
use ratatui_textarea::TextArea;

use crate::{
    theme::Role,
    tools::highlight::{Token, highlight},
    widgets::{Painter, text_width},
};

/// Columns of the line number and the space behind it.
const NUMBERS: u16 = 4;

/// How a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextAreaStyle {
    /// One line, which scrolls to its side.
    Line,
    /// Several lines with numbers.
    Lines,
    /// Several lines of Cypher.
    Cypher,
}

/// A row of the screen: a piece of a line, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TextRow {
    line: usize,
    from: usize,
    to: usize,
}

/// Returns how many rows a text of several lines takes in an area of this width.
pub(super) fn rows_of(text: &TextArea<'static>, width: u16) -> usize {
    rows(text.lines(), room(width)).len()
}

/// Draws the text; the row of the cursor is always seen. Returns where the cursor of a text of several lines is drawn.
pub(super) fn draw(
    text: &TextArea<'static>,
    context: TextAreaStyle,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let cursor = text.cursor();
    let (line, column) = (cursor.0, cursor.1);
    match context {
        TextAreaStyle::Line => {
            draw_line(text, column, focused, area, painter);
            None
        }
        TextAreaStyle::Lines | TextAreaStyle::Cypher => {
            draw_rows(text, (line, column), context, focused, area, painter)
        }
    }
}

fn draw_line(
    text: &TextArea<'static>,
    column: usize,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let Some(line) = text.lines().first() else {
        return;
    };
    let first = if focused {
        (column + 1).saturating_sub(usize::from(area.width))
    } else {
        0
    };
    let visible: String = line.chars().skip(first).collect();
    painter.text(area.x, area.y, area.width, &visible, Role::Text);
    if focused {
        let before: String = line
            .chars()
            .skip(first)
            .take(column.saturating_sub(first))
            .collect();
        draw_cursor(area.x, area.y, &before, area.right(), painter);
    }
}

fn draw_rows(
    text: &TextArea<'static>,
    at: (usize, usize),
    context: TextAreaStyle,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let mut drawn = None;
    let rows = rows(text.lines(), room(area.width));
    let (line, column) = at;
    let here = rows
        .iter()
        .rposition(|row| row.line == line && row.from <= column)
        .unwrap_or(0);
    let height = usize::from(area.height.max(1));
    let top = if focused {
        (here + 1).saturating_sub(height)
    } else {
        0
    };
    let x = area.x + NUMBERS;
    for (offset, row) in rows.iter().enumerate().skip(top).take(height) {
        let y = area.y + u16::try_from(offset - top).unwrap_or(0);
        if row.from == 0 {
            painter.text_right(area.x + 2, y, 2, &(row.line + 1).to_string(), Role::Faint);
        }
        let whole = text.lines().get(row.line).map_or("", String::as_str);
        let pieces = match context {
            TextAreaStyle::Cypher => highlight(whole)
                .into_iter()
                .map(|(text, token)| (text, role(token)))
                .collect(),
            TextAreaStyle::Line | TextAreaStyle::Lines => vec![(whole, Role::Text)],
        };
        draw_pieces(&pieces, *row, x, y, area.right().saturating_sub(x), painter);
        if focused && offset == here {
            let before: String = whole
                .chars()
                .skip(row.from)
                .take(column - row.from)
                .collect();
            drawn = draw_cursor(x, y, &before, area.right(), painter);
        }
    }
    drawn
}

/// The part of the pieces that is on this row.
fn draw_pieces(
    pieces: &[(&str, Role)],
    row: TextRow,
    x: u16,
    y: u16,
    room: u16,
    painter: &mut Painter<'_>,
) {
    let (mut at, end, mut begin) = (x, x.saturating_add(room), 0);
    for (text, role) in pieces {
        let count = text.chars().count();
        let (from, to) = (row.from.max(begin), row.to.min(begin + count));
        if from < to {
            let part: String = text.chars().skip(from - begin).take(to - from).collect();
            at = painter.text(at, y, end.saturating_sub(at), &part, *role);
        }
        begin += count;
    }
}

fn draw_cursor(
    x: u16,
    y: u16,
    before: &str,
    end: u16,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let width = text_width(&crate::model::sanitize(before));
    let at = x.saturating_add(u16::try_from(width).unwrap_or(u16::MAX));
    if at >= end {
        return None;
    }
    let cell = Rect {
        x: at,
        y,
        width: 1,
        height: 1,
    };
    let style = Style::new().add_modifier(Modifier::REVERSED);
    painter.buffer.set_style(cell, style);
    Some((at, y))
}

/// Columns for the text itself; one is kept for the cursor behind the last letter.
fn room(width: u16) -> usize {
    usize::from(width.saturating_sub(NUMBERS + 1)).max(1)
}

fn rows(lines: &[String], room: usize) -> Vec<TextRow> {
    let mut rows = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let (mut from, mut used, mut count) = (0, 0, 0);
        for letter in text.chars() {
            let width = text_width(&crate::model::sanitize(letter.encode_utf8(&mut [0; 4])));
            if used + width > room && count > from {
                rows.push(TextRow {
                    line,
                    from,
                    to: count,
                });
                (from, used) = (count, 0);
            }
            used += width;
            count += 1;
        }
        rows.push(TextRow {
            line,
            from,
            to: count,
        });
    }
    rows
}

const fn role(token: Token) -> Role {
    match token {
        Token::Keyword => Role::Interceptor,
        Token::Label => Role::Gateway,
        Token::Text | Token::Number => Role::Runtime,
        Token::Parameter => Role::Database,
        Token::Comment => Role::Faint,
        Token::Plain => Role::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_in_the_next_row_and_wide_letters_count_twice() {
        let rows = |text: &str, room| {
            let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            rows(&lines, room)
                .into_iter()
                .map(|row| (row.line, row.from, row.to))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            rows("abcdefg\n\nxy", 3),
            [(0, 0, 3), (0, 3, 6), (0, 6, 7), (1, 0, 0), (2, 0, 2)]
        );
        assert_eq!(rows("東京都", 4), [(0, 0, 2), (0, 2, 3)]);
        assert_eq!(
            rows("東", 1),
            [(0, 0, 1)],
            "a letter wider than the room still has its row"
        );
    }
}
