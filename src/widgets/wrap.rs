//! Long lines, broken into rows with the roles of their pieces.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{StyledLine, text_width};
use crate::theme::Role;

/// Columns that a row has at least, however narrow the window.
const LEAST: usize = 8;

/// Breaks a line into rows of at most `room` columns. Nothing is left out: a row ends after a space where there is one in its second
/// half, else in the middle of a word. The rows after the first are indented by `indent` columns, as far as there is room.
pub fn wrap_line(line: &StyledLine, room: usize, indent: usize) -> Vec<StyledLine> {
    let room = room.max(LEAST);
    let indent = indent.min(room / 2);
    let mut rows = Vec::new();
    let mut row = WrappedRow::default();
    let pieces = line.iter().flat_map(|(text, role)| {
        let graphemes = text.graphemes(true);
        graphemes.map(|grapheme| (grapheme, *role))
    });
    for (grapheme, role) in pieces {
        let width = text_width(grapheme);
        if row.width + width > room {
            let next = row.split_off(room, indent);
            rows.push(std::mem::replace(&mut row, next).into_line());
        }
        row.push(grapheme, width, role);
    }
    rows.push(row.into_line());
    rows
}

/// Returns by how many columns the further rows of a line are indented: a little more than the line itself.
pub fn indentation(line: &StyledLine) -> usize {
    let letters = line.iter().flat_map(|(text, _)| text.chars());
    letters.take_while(|letter| *letter == ' ').count() + 2
}

/// Returns the part of a line from a column on.
pub fn line_from(line: &StyledLine, column: usize) -> StyledLine {
    let mut passed = 0;
    let mut rest = StyledLine::new();
    for (text, role) in line {
        let mut piece = String::new();
        for grapheme in text.graphemes(true) {
            if passed >= column {
                piece.push_str(grapheme);
            }
            passed += text_width(grapheme);
        }
        if !piece.is_empty() {
            rest.push((piece, *role));
        }
    }
    rest
}

/// A row that is being filled.
#[derive(Default)]
struct WrappedRow<'a> {
    indent: usize,
    graphemes: Vec<(&'a str, Role)>,
    /// Columns, the indentation included.
    width: usize,
    /// The number of graphemes up to the last space, and their columns.
    after_space: Option<(usize, usize)>,
}

impl<'a> WrappedRow<'a> {
    fn push(&mut self, grapheme: &'a str, width: usize, role: Role) {
        self.graphemes.push((grapheme, role));
        self.width += width;
        if grapheme == " " {
            self.after_space = Some((self.graphemes.len(), self.width));
        }
    }

    /// Ends the row after its last space, or where it is full. Returns the next row with the rest.
    fn split_off(&mut self, room: usize, indent: usize) -> Self {
        let at_space = self.after_space.filter(|(_, width)| *width > room / 2);
        let (count, width) = at_space.unwrap_or((self.graphemes.len(), self.width));
        let rest = self.graphemes.split_off(count);
        let next = Self {
            indent,
            graphemes: rest,
            width: indent + self.width - width,
            after_space: None,
        };
        self.width = width;
        next
    }

    fn into_line(self) -> StyledLine {
        let mut line = StyledLine::new();
        if self.indent > 0 {
            line.push((" ".repeat(self.indent), Role::Faint));
        }
        for (grapheme, role) in self.graphemes {
            match line.last_mut() {
                Some((text, last)) if *last == role => text.push_str(grapheme),
                Some(_) | None => line.push((grapheme.to_owned(), role)),
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &StyledLine, room: usize, indent: usize) -> Vec<String> {
        let text = |line: StyledLine| line.into_iter().map(|(text, _)| text).collect();
        wrap_line(line, room, indent)
            .into_iter()
            .map(text)
            .collect()
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_row_with_its_roles_and_without_a_loss() {
        let line = vec![
            ("arn".to_owned(), Role::Accent),
            (": aws:iam::123456789012:role".to_owned(), Role::Text),
        ];
        assert_eq!(
            rows(&line, 12, 2),
            ["arn: aws:iam", "  ::12345678", "  9012:role"]
        );
        let first = wrap_line(&line, 12, 2).remove(0);
        assert_eq!(first.first().map(|(_, role)| *role), Some(Role::Accent));
    }

    #[test]
    fn a_line_is_moved_to_the_left() {
        let line = |pieces: &[&str]| -> StyledLine {
            let pieces = pieces.iter();
            pieces
                .map(|text| ((*text).to_owned(), Role::Text))
                .collect()
        };
        assert_eq!(line_from(&line(&["abc", "def"]), 2), line(&["c", "def"]));
        assert_eq!(line_from(&line(&["abc"]), 9), line(&[]));
        assert_eq!(indentation(&line(&["  ", " x"])), 5);
    }

    #[test]
    fn a_row_ends_after_a_word_where_that_does_not_leave_it_half_empty() {
        let line = |text: &str| vec![(text.to_owned(), Role::Text)];
        assert_eq!(
            rows(&line("one two three four"), 10, 0),
            ["one two ", "three four"]
        );
        assert_eq!(
            rows(&line("a bcdefghijklmnop"), 10, 0),
            ["a bcdefghi", "jklmnop"]
        );
        assert_eq!(rows(&line("東京都庁東京"), 9, 0), ["東京都庁", "東京"]);
        assert_eq!(rows(&line(""), 9, 4), [""]);
    }
}
