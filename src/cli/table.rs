//! Aligned tables: columns as wide as their widest cell, by terminal columns; colour only where somebody sees it.

use std::io::{self, IsTerminal as _};

use unicode_width::UnicodeWidthStr as _;

use crate::model::sanitize;

use super::output;

/// Columns between two columns.
const GAP: usize = 2;
/// No column gets narrower than this to fit a terminal.
const NARROW: usize = 12;

/// What a cell means; the terminal's own palette decides how that looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// On its way, or a person must act.
    Attention,
    /// Failed.
    Bad,
    /// Beside the point.
    Dim,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\x1b[32m",
            Self::Attention => "\x1b[33m",
            Self::Bad => "\x1b[31m",
            Self::Dim => "\x1b[2m",
        }
    }
}

/// Text in a tone, as it goes to stdout now.
pub(crate) fn toned(text: &str, tone: Tone) -> String {
    if tone == Tone::Plain || !is_coloured() { text.to_owned() } else { format!("{}{text}\x1b[0m", tone.code()) }
}

/// Whether stdout takes colours: a terminal, and nobody said no.
pub(crate) fn is_coloured() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !refused
}

/// A cell: sanitised text in a tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    right: bool,
}

impl Cell {
    /// A cell of text from wherever.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: sanitize(text).into_owned(), ..Self::default() }
    }

    /// The same in a tone.
    pub(crate) const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The same at the right edge of its column, as numbers stand.
    pub(crate) const fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// A table under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    header: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Self {
        Self { header: headings.into_iter().map(|each| Cell::new(each).tone(Tone::Dim)).collect(), rows: Vec::new() }
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Onto stdout: cut to a terminal's width, whole elsewhere.
    pub(crate) fn print(&self) -> io::Result<()> {
        let width = io::stdout()
            .is_terminal()
            .then(|| crossterm::terminal::size().ok())
            .flatten()
            .map(|(columns, _)| usize::from(columns));
        output::text(&self.render(width, is_coloured()))
    }

    /// The whole table as text.
    pub(crate) fn render(&self, width: Option<usize>, coloured: bool) -> String {
        let widths = self.widths(width);
        let mut out = String::new();
        for row in std::iter::once(&self.header).chain(&self.rows) {
            let mut line = String::new();
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let last = at + 1 == widths.len();
                push_cell(&mut line, cell, *width, last, coloured);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.header.iter().map(|cell| cell.text.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let Some(limit) = limit else { return widths };
        let gaps = GAP * widths.len().saturating_sub(1);
        // The widest column gives way first, one column at a time: narrow ones keep their words.
        while widths.iter().sum::<usize>() + gaps > limit {
            let Some(widest) = widths.iter_mut().max() else { break };
            if *widest <= NARROW {
                break;
            }
            *widest -= 1;
        }
        widths
    }
}

fn push_cell(line: &mut String, cell: &Cell, width: usize, last: bool, coloured: bool) {
    let text = cut(&cell.text, width);
    let padding = " ".repeat(width.saturating_sub(text.width()));
    if cell.right {
        line.push_str(&padding);
    }
    if coloured && cell.tone != Tone::Plain && !text.is_empty() {
        line.extend([cell.tone.code(), &text, "\x1b[0m"]);
    } else {
        line.push_str(&text);
    }
    if !last {
        if !cell.right {
            line.push_str(&padding);
        }
        line.push_str(&" ".repeat(GAP));
    }
}

/// The text within so many terminal columns; an ellipsis says that there was more.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for each in text.chars() {
        if kept.width() + unicode_width::UnicodeWidthChar::width(each).unwrap_or(0) + 1 > width {
            break;
        }
        kept.push(each);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["NAME", "COUNT", "REASON"]);
        table.row(vec![Cell::new("東京"), Cell::new("7").right(), Cell::new("a\x1b[2J\nb")]);
        table.row(vec![Cell::new("gateway").tone(Tone::Good), Cell::new("1,204").right(), Cell::new("")]);
        table
    }

    #[test]
    fn columns_align_by_terminal_columns() {
        assert_eq!(table().render(None, false), "NAME     COUNT  REASON\n東京         7  a␛[2J⏎b\ngateway  1,204\n");
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        assert!(!table().render(None, false).contains('\x1b'));
        assert!(table().render(None, true).contains("\x1b[32mgateway\x1b[0m"));
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let mut table = Table::new(["A", "B"]);
        table.row(vec![Cell::new("short"), Cell::new(&"x".repeat(50))]);
        let shown = table.render(Some(30), false);
        assert!(shown.lines().all(|line| line.width() <= 30), "{shown}");
        assert!(shown.contains("short") && shown.contains('…'));
    }
}
