//! The export of a result: its format and its file are asked for, and both are remembered while the console runs.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{CallResult, Modal, ResultView, Tools, tree::Tree};
use crate::{
    keys::Layer,
    messages::{Action, AppAction, Effect, PromptAction, ToolsAction},
    model::{pluralize, sanitize::escape_json, with_separators},
    screens::{ScreenUpdate, ViewContext},
    theme::Role,
    tools::{csv, json_lines},
    widgets::{LineInput, Painter, text_width},
};

/// How a result is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// Rows for a spreadsheet.
    Csv,
    /// Rows, each an object.
    JsonLines,
    /// The result as the server wrote it.
    Json,
    /// The text that is shown.
    Text,
}

impl ExportFormat {
    const fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON lines",
            Self::Json => "JSON",
            Self::Text => "text",
        }
    }

    /// Returns whether rows of a table are written.
    const fn has_rows(self) -> bool {
        match self {
            Self::Csv | Self::JsonLines => true,
            Self::Json | Self::Text => false,
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }
}

/// The format and the file of an export, while they are asked for.
#[derive(Clone, Debug)]
pub(super) struct ExportPrompt {
    /// The formats that fit what is shown.
    formats: Vec<ExportFormat>,
    format: ExportFormat,
    /// The path, with a star for the first number that is free.
    path: LineInput,
    /// The beginning of the proposed name.
    stem: String,
    /// Whether all rows are written, and not only those that are shown, in their order.
    has_all_rows: bool,
}

/// The last export, which is proposed again.
#[derive(Clone, Debug)]
pub(super) struct LastExport {
    format: ExportFormat,
    stem: String,
    path: String,
}

impl ExportPrompt {
    pub(super) fn press(&mut self, key: KeyEvent) {
        self.path.press(key);
        self.follow_ending();
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.path.paste(text);
        self.follow_ending();
    }

    /// A name that ends as files of another format do is of that format.
    fn follow_ending(&mut self) {
        let ending = self.path.text().rsplit_once('.').map(|(_, ending)| ending);
        let named = ending.and_then(|ending| {
            let mut formats = self.formats.iter();
            formats.find(|format| format.extension().eq_ignore_ascii_case(ending))
        });
        self.format = named.copied().unwrap_or(self.format);
    }

    /// Takes the next or previous format; the ending of the path follows.
    fn step(&mut self, is_next: bool) {
        let at = self.formats.iter().position(|known| *known == self.format);
        let (at, count) = (at.unwrap_or(0), self.formats.len().max(1));
        let to = if is_next { at + 1 } else { at + count - 1 } % count;
        let old = self.format;
        self.format = self.formats.get(to).copied().unwrap_or(old);
        self.path = LineInput::new(with_ending(self.path.text(), old, self.format));
    }
}

/// Returns the path with the ending of another format, where it has the ending of the old one.
fn with_ending(path: &str, old: ExportFormat, new: ExportFormat) -> String {
    let stem = path
        .strip_suffix(old.extension())
        .filter(|stem| stem.ends_with('.'));
    stem.map_or_else(|| path.to_owned(), |stem| stem.to_owned() + new.extension())
}

/// Returns the formats that fit a view of a result, the usual one first.
fn formats(result: &CallResult, shown: ResultView) -> Vec<ExportFormat> {
    let rows = [ExportFormat::Csv, ExportFormat::JsonLines];
    let has_rows = result.table().is_some();
    let json = result.tree.is_some().then_some(ExportFormat::Json);
    match shown {
        ResultView::Plan | ResultView::Changes | ResultView::Messages | ResultView::Raw => {
            vec![ExportFormat::Text]
        }
        ResultView::Tree => json
            .into_iter()
            .chain(rows.into_iter().filter(|_| has_rows))
            .chain([ExportFormat::Text])
            .collect(),
        ResultView::Table | ResultView::Graph if has_rows => rows.into_iter().chain(json).collect(),
        ResultView::Table | ResultView::Graph | ResultView::Text => {
            [ExportFormat::Text].into_iter().chain(json).collect()
        }
    }
}

impl Tools {
    /// Asks for the format and the file.
    pub(super) fn export(&mut self) -> ScreenUpdate {
        let Some(result) = &self.result else {
            return ScreenUpdate::done();
        };
        let formats = formats(result, self.shown);
        let stem = format!(
            "{}-{}",
            result.endpoint.deployment,
            result.tool.replace("___", "-")
        );
        let stem: String = stem
            .chars()
            .map(|letter| match letter {
                letter if letter.is_ascii_alphanumeric() => letter,
                '-' | '_' => letter,
                _ => '-',
            })
            .collect();
        let last = self.last_export.as_ref();
        let remembered = last.map(|last| last.format);
        let format = remembered.filter(|format| formats.contains(format));
        let usual = formats.first().copied().unwrap_or(ExportFormat::Text);
        // A view of text is no sign of how rows are wanted.
        let format = format.unwrap_or(usual);
        let path = match last {
            Some(last) if last.stem == stem => with_ending(&last.path, last.format, format),
            _ => {
                let folder = last.and_then(|last| last.path.rsplit_once('/'));
                let folder = folder.map_or_else(String::new, |(folder, _)| format!("{folder}/"));
                format!("{folder}{stem}-*.{}", format.extension())
            }
        };
        self.modals.push(Modal::Export(ExportPrompt {
            formats,
            format,
            path: LineInput::new(path),
            stem,
            has_all_rows: false,
        }));
        ScreenUpdate::done()
    }

    /// Performs an action while the format and the file are asked for.
    pub(super) fn act_on_export(&mut self, action: Action) -> ScreenUpdate {
        let Some(Modal::Export(prompt)) = self.modals.last_mut() else {
            return ScreenUpdate::ignored();
        };
        if action == Action::Prompt(PromptAction::PromptNext) {
            prompt.step(true);
        } else if action == Action::Prompt(PromptAction::PromptPrevious) {
            prompt.step(false);
        } else if action == Action::Tools(ToolsAction::ExportAll) {
            prompt.has_all_rows = !prompt.has_all_rows;
        } else if action == Action::App(AppAction::Back) {
            self.modals.pop();
        } else if action == Action::Prompt(PromptAction::Accept) {
            return self.write_export();
        } else {
            return ScreenUpdate::ignored();
        }
        ScreenUpdate::done()
    }

    fn write_export(&mut self) -> ScreenUpdate {
        let Some(Modal::Export(prompt)) = self.modals.pop() else {
            return ScreenUpdate::ignored();
        };
        let path = prompt.path.text().trim().to_owned();
        let text = self.exported_text(&prompt);
        let amount = self.exported_rows(&prompt);
        let (Some(text), false) = (text, path.is_empty()) else {
            return ScreenUpdate::done();
        };
        self.last_export = Some(LastExport {
            format: prompt.format,
            stem: prompt.stem,
            path: path.clone(),
        });
        ScreenUpdate::effect(Effect::ExportTo {
            path,
            text,
            amount,
            replaces: false,
        })
    }

    /// Returns whether only the shown rows of the table are written, where these are not all of its rows in their own order.
    fn narrows(&self, prompt: &ExportPrompt) -> bool {
        prompt.format.has_rows() && self.shown == ResultView::Table && !prompt.has_all_rows
    }

    /// Returns how many rows of how many are written; `None` if no rows are.
    fn exported_rows(&self, prompt: &ExportPrompt) -> Option<String> {
        let table = self.table().filter(|_| prompt.format.has_rows())?;
        let all = table.rows.len();
        let written = if self.narrows(prompt) {
            self.table.len()
        } else {
            all
        };
        let of_all = pluralize(all, "row");
        Some(if written == all {
            of_all
        } else {
            format!("{} of {of_all}", with_separators(written as u64))
        })
    }

    /// Returns the result in the format of the prompt.
    fn exported_text(&self, prompt: &ExportPrompt) -> Option<String> {
        let table = self.table();
        let narrowed = table
            .filter(|_| self.narrows(prompt))
            .and_then(|table| self.table.narrowed(table));
        let table = narrowed.as_ref().or(table);
        match prompt.format {
            ExportFormat::Csv => table.map(csv::table),
            ExportFormat::JsonLines => table.map(json_lines::table),
            ExportFormat::Json => {
                let tree = self.result.as_ref()?.tree.as_ref();
                let text = serde_json::to_string_pretty(tree.map(Tree::value)?).ok()?;
                Some(escape_json(&text).into_owned() + "\n")
            }
            ExportFormat::Text => self.result_text(),
        }
    }

    /// What is written of the rows, and the key that writes all of them or only those that are shown.
    fn draw_exported_rows(
        &self,
        prompt: &ExportPrompt,
        context: &ViewContext<'_>,
        place: Rect,
        painter: &mut Painter<'_>,
    ) {
        let Some(rows) = self.exported_rows(prompt) else {
            return;
        };
        let can_narrow = self.shown == ResultView::Table
            && self
                .table()
                .is_some_and(|table| !self.table.is_whole(table));
        let key = context
            .keymap
            .key_of(&[Layer::Export], Action::Tools(ToolsAction::ExportAll))
            .filter(|_| can_narrow)
            .unwrap_or_default();
        let words = match (can_narrow, prompt.has_all_rows) {
            (false, _) => "",
            (true, false) => " all rows",
            (true, true) => " only the rows that are shown",
        };
        let pieces = [
            (rows.as_str(), Role::Text),
            ("   ", Role::Dim),
            (key.as_str(), Role::Accent),
            (words, Role::Dim),
        ];
        painter.spans(place.x, place.y, place.width, &pieces);
    }

    /// Draws the lines in which the format and the file are asked for.
    pub(super) fn draw_export(
        &self,
        prompt: &ExportPrompt,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let place = Rect {
            y: area.bottom().saturating_sub(3),
            height: 3.min(area.height),
            ..area
        };
        painter.clear(place);
        painter.hline(place);
        let (room, y) = (place.width.saturating_sub(3), place.y + 1);
        let mut pieces = vec![("export as  ", Role::Accent)];
        for format in &prompt.formats {
            let role = if *format == prompt.format {
                Role::Name
            } else {
                Role::Faint
            };
            let mark = if *format == prompt.format {
                "● "
            } else {
                "○ "
            };
            pieces.extend([(mark, role), (format.title(), role), ("   ", Role::Dim)]);
        }
        let key = context
            .keymap
            .key_of(&[Layer::Export], Action::Prompt(PromptAction::PromptNext))
            .unwrap_or_default();
        if prompt.formats.len() > 1 {
            pieces.extend([(key.as_str(), Role::Accent), (" next format   ", Role::Dim)]);
        }
        let x = painter.spans(place.x + 2, y, room, &pieces);
        let rest = Rect {
            x,
            y,
            width: place.right().saturating_sub(x + 1),
            height: 1,
        };
        self.draw_exported_rows(prompt, context, rest, painter);
        prompt.draw_path((place.x + 2, y + 1), room, painter);
    }
}

impl ExportPrompt {
    fn draw_path(&self, (x, y): (u16, u16), room: u16, painter: &mut Painter<'_>) {
        let hint = if self.path.text().contains('*') {
            "  *: first free number"
        } else {
            ""
        };
        // The end of a long path is seen as far as the cursor.
        let (before, behind) = self.path.halves();
        let wanted = usize::from(room).saturating_sub(10);
        let before = last_columns(before, wanted);
        let pieces = [
            ("to  ", Role::Accent),
            (before, Role::Name),
            ("▏", Role::Accent),
            (behind, Role::Name),
            (hint, Role::Faint),
        ];
        painter.spans(x, y, room, &pieces);
    }
}

/// Returns the end of a text that has room in so many columns.
fn last_columns(text: &str, columns: usize) -> &str {
    let mut rest = text;
    while text_width(rest) > columns {
        let mut letters = rest.chars();
        letters.next();
        rest = letters.as_str();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_follows_the_format_and_the_format_a_typed_ending() {
        let mut prompt = ExportPrompt {
            formats: vec![
                ExportFormat::Csv,
                ExportFormat::JsonLines,
                ExportFormat::Json,
            ],
            format: ExportFormat::Csv,
            path: LineInput::new("out/rows-*.csv"),
            stem: "rows".into(),
            has_all_rows: false,
        };
        prompt.step(true);
        assert_eq!(prompt.path.text(), "out/rows-*.jsonl");
        prompt.step(false);
        prompt.step(false);
        assert_eq!(
            (prompt.format, prompt.path.text()),
            (ExportFormat::Json, "out/rows-*.json")
        );
        prompt.path = LineInput::new("rows.js");
        prompt.paste("onl");
        assert_eq!(prompt.format, ExportFormat::JsonLines);
        prompt.path = LineInput::new("a-name-without-one");
        prompt.step(true);
        assert_eq!(prompt.path.text(), "a-name-without-one");
    }

    #[test]
    fn of_a_long_path_the_end_is_seen() {
        assert_eq!(last_columns("/a/very/long/path.csv", 8), "path.csv");
        assert_eq!(last_columns("short", 8), "short");
    }
}
