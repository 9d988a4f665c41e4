//! The text of a detail: its tabs, the cursor in it, folds, and the search.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::{
    kinds,
    messages::{Action, FleetAction, FleetViewport, ListAction},
    model::{Resource, pluralize},
    screens::{panel, panel::PanelLine},
    theme::Role,
    widgets::{
        DocumentLine, DrawnViewport, List, Painter, StyledLine, has_below, json_document,
        mark_hits, visible_lines, wrap_line, yaml_lines,
    },
};

/// What of a resource is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum DetailTab {
    /// What there is to say of it.
    #[default]
    Facts,
    /// The API's answer as YAML.
    Yaml,
    /// The API's answer as JSON.
    Json,
    /// What is different in another resource.
    Difference,
}

impl DetailTab {
    pub(super) const ALL: [Self; 4] = [Self::Facts, Self::Yaml, Self::Json, Self::Difference];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Difference => "difference",
        }
    }

    /// Returns the tab after this one.
    pub(super) const fn next(self, has_other: bool) -> Self {
        match self {
            Self::Facts => Self::Yaml,
            Self::Yaml => Self::Json,
            Self::Json if has_other => Self::Difference,
            Self::Json | Self::Difference => Self::Facts,
        }
    }

    /// Returns the lines of a tab that shows the API's answer alone.
    pub(super) fn lines(self, resource: &Resource) -> Vec<TextLine> {
        match self {
            Self::Facts | Self::Difference => Vec::new(),
            Self::Yaml => yaml_lines(&resource.raw)
                .into_iter()
                .map(TextLine::of)
                .collect(),
            Self::Json => json_document(&resource.raw)
                .into_iter()
                .map(TextLine::of)
                .collect(),
        }
    }
}

/// A line of the text.
#[derive(Clone, Debug)]
pub(super) struct TextLine {
    depth: usize,
    line: PanelLine,
}

impl TextLine {
    pub(super) fn plain(line: StyledLine) -> Self {
        Self {
            depth: 0,
            line: line.into(),
        }
    }

    fn of(line: DocumentLine) -> Self {
        Self {
            depth: line.depth,
            line: line.line.into(),
        }
    }

    fn contains(&self, wanted: &str) -> bool {
        self.line.text().to_lowercase().contains(wanted)
    }
}

/// Returns what is different, by path: what stands here, and what stands in the other one.
pub(super) fn difference_lines(resource: &Resource, other: &Resource) -> Vec<TextLine> {
    let found = kinds::differences(&other.raw, &resource.raw);
    let title = |mark: &str, resource: &Resource, role| {
        TextLine::plain(vec![
            (format!("{mark} "), role),
            (resource.name.clone(), Role::Name),
            (format!("  {}", resource.key.kind), Role::Dim),
        ])
    };
    let mut lines = vec![
        title("-", other, Role::Interceptor),
        title("+", resource, Role::Accent),
        TextLine::plain(Vec::new()),
    ];
    if found.is_empty() {
        let text = "nothing is different but numbers and times".to_owned();
        lines.push(TextLine::plain(vec![(text, Role::Dim)]));
    }
    for (path, (before, after)) in found {
        lines.push(TextLine::plain(vec![(path, Role::Dim)]));
        let sides = [("-", before, Role::Interceptor), ("+", after, Role::Accent)];
        for (mark, value, role) in sides {
            if let Some(value) = value {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                lines.push(TextLine::plain(vec![
                    (format!("  {mark} "), role),
                    (text, Role::Text),
                ]));
            }
        }
    }
    lines
}

/// The cursor, the folds and the search in a text.
#[derive(Clone, Debug, Default)]
pub(super) struct DetailDocument {
    /// The cursor stands on a row: a line that is wrapped has several.
    list: List,
    folded: BTreeSet<usize>,
    /// In lower case.
    wanted: String,
    /// Whether long lines are cut instead of wrapped.
    is_cut: bool,
}

/// A row of the window: a line, or a part of one that is wrapped.
struct DocumentRow {
    /// The index of its line.
    line: usize,
    shown: PanelLine,
}

impl DetailDocument {
    /// Back to the first line, with nothing folded.
    pub(super) fn reset(&mut self) {
        *self = Self {
            wanted: std::mem::take(&mut self.wanted),
            is_cut: self.is_cut,
            ..Self::default()
        };
    }

    /// Searches for a text, and goes to its first hit from the cursor on.
    pub(super) fn search(&mut self, text: &str, lines: &[TextLine]) {
        self.wanted = text.to_lowercase();
        let at = self.line(lines);
        let is_hit = lines
            .get(at)
            .is_some_and(|line| line.contains(&self.wanted));
        if self.is_searching() && !is_hit {
            self.go_to_hit(lines, true);
        }
    }

    pub(super) const fn record(&mut self, drawn: &DrawnViewport) {
        self.list.record(drawn);
    }

    pub(super) const fn is_searching(&self) -> bool {
        !self.wanted.is_empty()
    }

    pub(super) fn wanted(&self) -> &str {
        &self.wanted
    }

    /// Moves, folds, goes to a hit, wraps; `false` where the action is none of these.
    pub(super) fn act(&mut self, action: Action, lines: &[TextLine]) -> bool {
        if action == Action::List(ListAction::Left) {
            self.fold(lines);
        } else if matches!(action, Action::List(ListAction::Right | ListAction::Open)) {
            let at = self.line(lines);
            if !self.folded.remove(&at) && action == Action::List(ListAction::Open) {
                self.fold(lines);
            }
        } else if action == Action::Fleet(FleetAction::NextHit) {
            self.go_to_hit(lines, true);
        } else if action == Action::Fleet(FleetAction::PreviousHit) {
            self.go_to_hit(lines, false);
        } else if action == Action::Fleet(FleetAction::WrapDetail) {
            let at = self.line(lines);
            self.is_cut = !self.is_cut;
            self.go_to(at, lines);
        } else {
            return self
                .list
                .act(action, self.rows(lines, self.list.width()).len());
        }
        true
    }

    /// Returns the indices of the lines that no fold hides.
    fn visible(&self, lines: &[TextLine]) -> Vec<usize> {
        visible_lines(&depths(lines), &self.folded)
    }

    /// Returns the rows of the visible lines in a window of this width; before the first frame it is not known, and no line is wrapped.
    fn rows(&self, lines: &[TextLine], width: u16) -> Vec<DocumentRow> {
        let room = match (self.is_cut, width) {
            (true, _) | (false, 0) => usize::MAX,
            (false, width) => usize::from(width),
        };
        let visible = self.visible(lines).into_iter();
        visible
            .filter_map(|index| Some((index, lines.get(index)?)))
            .flat_map(|(index, line)| {
                let parts = wrap_line(&line.line.left, room, 2 * (line.depth + 1));
                parts.into_iter().map(move |part| DocumentRow {
                    line: index,
                    shown: part.into(),
                })
            })
            .collect()
    }

    /// Returns the index of the line under the cursor.
    fn line(&self, lines: &[TextLine]) -> usize {
        self.rows(lines, self.list.width())
            .get(self.list.cursor())
            .map(|row| row.line)
            .unwrap_or_default()
    }

    /// Puts the cursor on a line, unfolding what hides it.
    fn go_to(&mut self, index: usize, lines: &[TextLine]) {
        let mut depth = lines.get(index).map_or(0, |line| line.depth);
        for above in (0..index).rev() {
            let Some(line) = lines.get(above).filter(|line| line.depth < depth) else {
                continue;
            };
            self.folded.remove(&above);
            depth = line.depth;
        }
        let rows = self.rows(lines, self.list.width());
        let at = rows.iter().position(|row| row.line == index);
        self.list.select(at.unwrap_or_default());
    }

    /// Folds what lies below the cursor, or goes to the line above which it lies.
    fn fold(&mut self, lines: &[TextLine]) {
        let at = self.line(lines);
        if has_below(&depths(lines), at) && !self.folded.contains(&at) {
            self.folded.insert(at);
            return;
        }
        let depth = lines.get(at).map_or(0, |line| line.depth);
        let parent = (0..at)
            .rev()
            .find(|above| lines.get(*above).is_some_and(|line| line.depth < depth));
        if let Some(parent) = parent {
            self.go_to(parent, lines);
        }
    }

    fn hits(&self, lines: &[TextLine]) -> Vec<usize> {
        lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains(&self.wanted))
            .map(|(index, _)| index)
            .collect()
    }

    fn go_to_hit(&mut self, lines: &[TextLine], is_next: bool) {
        if !self.is_searching() {
            return;
        }
        let (at, hits) = (self.line(lines), self.hits(lines));
        let found = if is_next {
            hits.iter().find(|hit| **hit > at).or_else(|| hits.first())
        } else {
            hits.iter()
                .rev()
                .find(|hit| **hit < at)
                .or_else(|| hits.last())
        };
        if let Some(hit) = found.copied() {
            self.go_to(hit, lines);
        }
    }

    /// `hit 2 of 7`, or that there is none.
    pub(super) fn hits_text(&self, lines: &[TextLine]) -> String {
        let (at, hits) = (self.line(lines), self.hits(lines));
        match hits.iter().position(|hit| *hit == at) {
            Some(position) => format!("hit {} of {}", position + 1, hits.len()),
            None if self.wanted.is_empty() => String::new(),
            None => pluralize(hits.len(), "hit"),
        }
    }

    /// Draws the visible rows; answers where in the text they are.
    pub(super) fn draw(&self, lines: &[TextLine], area: Rect, painter: &mut Painter<'_>) -> String {
        let rows = self.rows(lines, area.width);
        let window = self
            .list
            .window(FleetViewport::Document, area, rows.len(), painter);
        for (row, place) in window.clone().zip(area.rows()) {
            if row == self.list.cursor() {
                let line = Rect {
                    x: place.x.saturating_sub(1),
                    width: place.width + 1,
                    ..place
                };
                painter.select_row(line, true);
            }
        }
        let shown = rows.get(window.clone()).unwrap_or_default();
        panel::draw(shown.iter().map(|row| &row.shown), area, painter);
        for (row, place) in shown.iter().zip(area.rows()) {
            if self.folded.contains(&row.line) {
                painter.text_right(place.right(), place.y, 3, "▸ …", Role::Accent);
            }
            mark_hits(&row.shown.text(), &self.wanted, place, painter);
        }
        position(&window, rows.len())
    }
}

/// `12 to 40 of 96`; nothing where all is visible.
pub(super) fn position(window: &std::ops::Range<usize>, length: usize) -> String {
    if window.len() >= length {
        String::new()
    } else {
        format!("{} to {} of {length}", window.start + 1, window.end)
    }
}

fn depths(lines: &[TextLine]) -> Vec<DocumentLine> {
    lines
        .iter()
        .map(|line| DocumentLine {
            depth: line.depth,
            line: Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines() -> Vec<TextLine> {
        yaml_lines(&json!({"a": {"b": 1, "c": "needle"}, "d": {"e": "Needle"}}))
            .into_iter()
            .map(TextLine::of)
            .collect()
    }

    #[test]
    fn a_hit_inside_of_a_fold_is_unfolded() {
        let (lines, mut document) = (lines(), DetailDocument::default());
        assert!(document.act(Action::List(ListAction::Left), &lines));
        assert_eq!(document.visible(&lines), [0, 3, 4]);
        document.search("NEEDLE", &lines);
        assert_eq!(
            (document.line(&lines), document.hits_text(&lines)),
            (2, "hit 1 of 2".to_owned())
        );
        assert!(document.act(Action::Fleet(FleetAction::NextHit), &lines));
        assert_eq!(document.line(&lines), 4);
        assert!(document.act(Action::Fleet(FleetAction::NextHit), &lines));
        assert_eq!(document.line(&lines), 2, "after the last comes the first");
    }

    #[test]
    fn a_long_line_is_wrapped_and_its_folds_and_hits_stay_those_of_the_line() {
        let long = format!("{}needle", "x".repeat(40));
        let lines: Vec<TextLine> = yaml_lines(&json!({"a": {"b": long}, "d": 1}))
            .into_iter()
            .map(TextLine::of)
            .collect();
        let mut document = DetailDocument::default();
        let record = |document: &mut DetailDocument| {
            document.record(&DrawnViewport {
                id: FleetViewport::Document.into(),
                area: Rect::new(0, 0, 20, 10),
                top: 0,
                length: 9,
            });
        };
        record(&mut document);
        let text = |document: &DetailDocument| -> Vec<String> {
            let rows = document.rows(&lines, 20);
            rows.iter().map(|row| row.shown.text()).collect()
        };
        let rows = text(&document);
        assert!(
            rows.len() > 4 && rows.iter().all(|row| row.len() <= 20),
            "{rows:?}"
        );
        document.search("needle", &lines);
        assert_eq!(document.line(&lines), 1);
        assert!(document.act(Action::Fleet(FleetAction::WrapDetail), &lines));
        assert_eq!(text(&document).len(), 3, "cut, each line has one row");
        assert_eq!(document.line(&lines), 1, "the cursor stays on its line");
        assert!(document.act(Action::List(ListAction::Left), &lines));
        assert!(document.act(Action::List(ListAction::Left), &lines));
        assert_eq!(text(&document), ["a:", "d: 1"]);
    }

    #[test]
    fn left_in_a_nested_line_goes_to_its_parent() {
        let (lines, mut document) = (lines(), DetailDocument::default());
        document.act(Action::List(ListAction::Down), &lines);
        document.act(Action::List(ListAction::Left), &lines);
        assert_eq!(document.line(&lines), 0);
    }
}
