//! Aligned tables: columns as wide as their widest cell, by terminal columns; colour only on a terminal.

use std::io::{self, IsTerminal as _};

use unicode_width::UnicodeWidthStr as _;

use crate::model::sanitize;

use super::output;

/// Columns between two columns.
const GAP: usize = 2;
/// No column gets narrower than this to fit a terminal.
const NARROW: usize = 12;
/// From this width on there is room for columns that only scripts and wide terminals need.
const WIDE: usize = 120;
/// How far the lines of a text are indented that found no room beside its row.
const INDENT: usize = 4;
/// Beside a row a text is broken into lines where they are at least so long; otherwise it goes below the row.
const BESIDE: usize = 30;

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
    toned_if(is_coloured(), text, tone)
}

/// Text in a tone if stdout takes colours. For output that asks for that once.
pub(crate) fn toned_if(is_coloured: bool, text: &str, tone: Tone) -> String {
    if tone == Tone::Plain || !is_coloured {
        text.to_owned()
    } else {
        format!("{}{text}\x1b[0m", tone.code())
    }
}

/// Returns whether stdout takes colours: a terminal, unless NO_COLOR is set.
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
    /// Returns a cell of text from wherever.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: sanitize(text).into_owned(),
            ..Self::default()
        }
    }

    /// Returns the same in a tone.
    pub(crate) const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// Returns the same at the right edge of its column, as numbers stand.
    pub(crate) const fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// What becomes of a column where a terminal is too narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ColumnFit {
    /// Its texts are cut at their end.
    #[default]
    End,
    /// Its texts are cut in their middle: names differ at both ends.
    Middle,
    /// The same, and it is only shown where there is much room.
    Extra,
    /// Its texts are cut at their end, before anything else is cut.
    First,
    /// As the last column: never cut, but broken into lines.
    Whole,
}

/// A table under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextTable {
    header: Vec<Cell>,
    fits: Vec<ColumnFit>,
    headless: bool,
    rows: Vec<Vec<Cell>>,
}

impl TextTable {
    /// Returns a table with these headings.
    pub(crate) fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Self {
        let header: Vec<Cell> = headings
            .into_iter()
            .map(|heading| Cell::new(heading).tone(Tone::Dim))
            .collect();
        Self {
            fits: vec![ColumnFit::End; header.len()],
            header,
            headless: false,
            rows: Vec::new(),
        }
    }

    /// Returns the same with that column treated so where there is not enough room.
    pub(crate) fn fit(mut self, heading: &str, fit: ColumnFit) -> Self {
        let columns = self.header.iter().zip(&mut self.fits);
        columns
            .filter(|(cell, _)| cell.text == heading)
            .for_each(|(_, own)| *own = fit);
        self
    }

    /// Returns the same without a line of headings.
    pub(crate) fn headless(mut self) -> Self {
        self.header.iter_mut().for_each(|cell| cell.text.clear());
        self.headless = true;
        self
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

    /// Returns the whole table as text.
    pub(crate) fn render(&self, width: Option<usize>, coloured: bool) -> String {
        let columns = self.columns(width);
        let mut out = String::new();
        let mut header = self.header.clone();
        if let (Some(limit), Some(last)) = (
            width,
            header
                .last_mut()
                .filter(|_| self.fits.last() == Some(&ColumnFit::Whole)),
        ) {
            let before: usize = columns
                .iter()
                .rev()
                .skip(1)
                .flatten()
                .map(|column| column.width + GAP)
                .sum();
            // What stands below its row needs no heading.
            last.text.truncate(if before + last.text.width() > limit {
                0
            } else {
                last.text.len()
            });
        }
        for row in std::iter::once(&header)
            .filter(|_| !self.headless)
            .chain(&self.rows)
        {
            let cells: Vec<(&Cell, ShownColumn)> = row
                .iter()
                .zip(&columns)
                .filter_map(|(cell, column)| Some((cell, (*column)?)))
                .collect();
            push_row(&mut out, &cells, width, coloured);
        }
        out
    }

    /// Returns how wide each column is; `None` where it is not shown.
    fn columns(&self, limit: Option<usize>) -> Vec<Option<ShownColumn>> {
        let mut columns: Vec<Option<ShownColumn>> = (self.header.iter().zip(&self.fits))
            .map(|(cell, fit)| {
                let shown = *fit != ColumnFit::Extra || limit.is_none_or(|limit| limit >= WIDE);
                shown.then(|| ShownColumn {
                    fit: *fit,
                    width: cell.text.width(),
                })
            })
            .collect();
        for row in &self.rows {
            for (column, cell) in columns.iter_mut().zip(row) {
                if let Some(column) = column {
                    column.width = column.width.max(cell.text.width());
                }
            }
        }
        if let Some(limit) = limit {
            narrow(&mut columns, limit);
        }
        columns
    }
}

/// A column as it is shown.
#[derive(Clone, Copy)]
struct ShownColumn {
    fit: ColumnFit,
    width: usize,
}

/// The widest column gives way first, one terminal column at a time: narrow ones keep their words.
fn narrow(columns: &mut [Option<ShownColumn>], limit: usize) {
    let mut shown: Vec<&mut ShownColumn> = columns
        .iter_mut()
        .flatten()
        .filter(|column| column.fit != ColumnFit::Whole)
        .collect();
    let gaps = GAP * shown.len().saturating_sub(1);
    while shown.iter().map(|column| column.width).sum::<usize>() + gaps > limit {
        let wide = shown.iter_mut().filter(|column| column.width > NARROW);
        let Some(widest) = wide.max_by_key(|column| (column.fit == ColumnFit::First, column.width))
        else {
            break;
        };
        widest.width -= 1;
    }
}

fn push_row(
    out: &mut String,
    cells: &[(&Cell, ShownColumn)],
    limit: Option<usize>,
    coloured: bool,
) {
    let (mut line, mut used) = (String::new(), 0);
    for (at, (cell, column)) in cells.iter().enumerate() {
        if column.fit == ColumnFit::Whole {
            push_whole(&mut line, cell, used, limit, coloured);
        } else {
            push_cell(&mut line, cell, *column, at + 1 == cells.len(), coloured);
        }
        used += column.width + GAP;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn push_cell(line: &mut String, cell: &Cell, column: ShownColumn, last: bool, coloured: bool) {
    let text = match column.fit {
        ColumnFit::End | ColumnFit::First | ColumnFit::Whole => cut(&cell.text, column.width),
        ColumnFit::Middle | ColumnFit::Extra => cut_middle(&cell.text, column.width),
    };
    let padding = " ".repeat(column.width.saturating_sub(text.width()));
    if cell.right {
        line.push_str(&padding);
    }
    push_toned(line, &text, cell.tone, coloured);
    if !last {
        if !cell.right {
            line.push_str(&padding);
        }
        line.push_str(&" ".repeat(GAP));
    }
}

/// A text that is not cut: beside the row where it has room, otherwise below it, in as many lines as it takes.
fn push_whole(line: &mut String, cell: &Cell, used: usize, limit: Option<usize>, coloured: bool) {
    match limit {
        Some(limit) if used + cell.text.width() > limit && !cell.text.is_empty() => {
            let is_beside = used + BESIDE <= limit;
            let indent = if is_beside { used } else { INDENT };
            if !is_beside {
                line.truncate(line.trim_end().len());
            }
            for (at, part) in wrap(&cell.text, limit.saturating_sub(indent))
                .iter()
                .enumerate()
            {
                if at > 0 || !is_beside {
                    line.push('\n');
                    line.push_str(&" ".repeat(indent));
                }
                push_toned(line, part, cell.tone, coloured);
            }
        }
        _ => push_toned(line, &cell.text, cell.tone, coloured),
    }
}

fn push_toned(line: &mut String, text: &str, tone: Tone, coloured: bool) {
    if coloured && tone != Tone::Plain && !text.is_empty() {
        line.extend([tone.code(), text, "\x1b[0m"]);
    } else {
        line.push_str(text);
    }
}

/// Lines of whole words within this many terminal columns; a longer word is broken.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROW);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut rest = word;
        while let Some(line) = lines.last_mut() {
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + rest.width() <= width {
                line.extend([if gap == 1 { " " } else { "" }, rest]);
                break;
            }
            if line.is_empty() {
                let (fits, more) = rest.split_at(head(rest, width).len());
                line.push_str(fits);
                rest = more;
            }
            lines.push(String::new());
        }
    }
    lines
}

/// Returns the text within this many terminal columns; an ellipsis says that there was more.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        text.to_owned()
    } else {
        format!("{}…", head(text, width.saturating_sub(1)))
    }
}

/// Returns the same, with both ends.
fn cut_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let backwards: String = text.chars().rev().collect();
    let tail: String = head(&backwards, room / 2).chars().rev().collect();
    format!("{}…{tail}", head(text, room - room / 2))
}

/// Returns the beginning that takes at most this many terminal columns.
fn head(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, each)| {
        used += unicode_width::UnicodeWidthChar::width(*each).unwrap_or(0);
        used > width
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TextTable {
        let mut table = TextTable::new(["NAME", "COUNT", "REASON"]);
        table.row(vec![
            Cell::new("東京"),
            Cell::new("7").right(),
            Cell::new("a\x1b[2J\nb"),
        ]);
        table.row(vec![
            Cell::new("gateway").tone(Tone::Good),
            Cell::new("1,204").right(),
            Cell::new(""),
        ]);
        table
    }

    #[test]
    fn columns_align_by_terminal_columns() {
        assert_eq!(
            table().render(None, false),
            "NAME     COUNT  REASON\n東京         7  a␛[2J⏎b\ngateway  1,204\n"
        );
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        assert!(!table().render(None, false).contains('\x1b'));
        assert!(
            table()
                .render(None, true)
                .contains("\x1b[32mgateway\x1b[0m")
        );
    }

    /// As `status` has it.
    fn fleet() -> TextTable {
        let mut table = TextTable::new(["NAME", "ID", "STATUS", "REASON"])
            .fit("NAME", ColumnFit::Middle)
            .fit("ID", ColumnFit::Extra)
            .fit("REASON", ColumnFit::Whole);
        let reason = "Waiting for the authorization of a user who has been asked by mail";
        for (name, reason) in [
            ("github-mcp-server-schema-target-0123456789", reason),
            ("short", "soon"),
        ] {
            let cells = [
                name,
                "some-gateway-gqtg2tx9wo/xT6j5jaQXZ",
                "CREATE_PENDING_AUTH",
                reason,
            ];
            table.row(cells.into_iter().map(Cell::new).collect());
        }
        table
    }

    #[test]
    fn a_name_keeps_both_ends_and_a_reason_all_of_its_words() {
        assert_eq!(
            fleet().render(Some(40), false),
            "NAME                 STATUS\n\
             github-mc…123456789  CREATE_PENDING_AUTH\n    Waiting for the authorization of a\n    user who has been asked by mail\n\
             short                CREATE_PENDING_AUTH\n    soon\n"
        );
        let middle = fleet().render(Some(100), false);
        let below = " ".repeat("CREATE_PENDING_AUTH".len() + 42 + 2 * GAP);
        assert!(
            middle.contains(&format!("authorization of a\n{below}user who")),
            "{middle}"
        );
        let wide = fleet().render(Some(200), false);
        assert!(
            wide.contains("xT6j5jaQXZ") && wide.lines().count() == 3,
            "{wide}"
        );
    }

    #[test]
    fn into_a_pipe_nothing_is_cut() {
        let whole = fleet().render(None, false);
        assert!(
            !whole.contains('…') && whole.lines().count() == 3,
            "{whole}"
        );
        assert!(
            whole.contains("gqtg2tx9wo/xT6j5jaQXZ") && whole.contains("asked by mail"),
            "{whole}"
        );
    }

    #[test]
    fn what_only_explains_gives_way_to_names() {
        let mut table = TextTable::new(["TOOL", "DESCRIPTION"])
            .fit("TOOL", ColumnFit::Middle)
            .fit("DESCRIPTION", ColumnFit::First);
        table.row(vec![
            Cell::new("x_amz_bedrock_agentcore_search"),
            Cell::new("finds the tools that fit a question"),
        ]);
        assert_eq!(
            table.render(Some(44), false),
            "TOOL                            DESCRIPTION\nx_amz_bedrock_agentcore_search  finds the t…\n"
        );
    }

    #[test]
    fn a_table_without_headings_has_no_line_for_them() {
        let mut table = TextTable::new(["WHAT", "TEXT"])
            .fit("TEXT", ColumnFit::Whole)
            .headless();
        table.row(vec![Cell::new("a"), Cell::new("one two")]);
        assert_eq!(table.render(None, false), "a  one two\n");
    }

    #[test]
    fn lines_break_between_words_and_within_those_that_are_too_long() {
        assert_eq!(wrap("one two three four", 12), ["one two", "three four"]);
        assert_eq!(wrap("abcdefghijklmnop q", 12), ["abcdefghijkl", "mnop q"]);
        assert_eq!(wrap("", 12), [""]);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let mut table = TextTable::new(["A", "B"]);
        table.row(vec![Cell::new("short"), Cell::new(&"x".repeat(50))]);
        let shown = table.render(Some(30), false);
        assert!(shown.lines().all(|line| line.width() <= 30), "{shown}");
        assert!(shown.contains("short") && shown.contains('…'));
    }
}
