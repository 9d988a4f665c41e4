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
        text_width, visible_lines, yaml_lines,
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

    /// Returns the lines of a tab that shows the API's answer.
    pub(super) fn lines(self, resource: &Resource, other: Option<&Resource>) -> Vec<TextLine> {
        match self {
            Self::Facts => Vec::new(),
            Self::Yaml => yaml_lines(&resource.raw)
                .into_iter()
                .map(TextLine::of)
                .collect(),
            Self::Json => json_document(&resource.raw)
                .into_iter()
                .map(TextLine::of)
                .collect(),
            Self::Difference => match other {
                Some(other) => difference_lines(resource, other),
                None => vec![TextLine::plain(vec![(
                    "asking AWS for the other one".to_owned(),
                    Role::Dim,
                )])],
            },
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
    fn plain(line: StyledLine) -> Self {
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
fn difference_lines(resource: &Resource, other: &Resource) -> Vec<TextLine> {
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
    list: List,
    folded: BTreeSet<usize>,
    /// In lower case.
    wanted: String,
}

impl DetailDocument {
    /// Back to the first line, with nothing folded.
    pub(super) fn reset(&mut self) {
        *self = Self {
            wanted: std::mem::take(&mut self.wanted),
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

    /// Moves, folds, goes to a hit; `false` where the action is none of these.
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
        } else {
            return self.list.act(action, self.visible(lines).len());
        }
        true
    }

    /// Returns the indices of the lines that no fold hides.
    fn visible(&self, lines: &[TextLine]) -> Vec<usize> {
        visible_lines(&depths(lines), &self.folded)
    }

    /// Returns the index of the line under the cursor.
    fn line(&self, lines: &[TextLine]) -> usize {
        self.visible(lines)
            .get(self.list.cursor())
            .copied()
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
        let visible = self.visible(lines);
        self.list.select(
            visible
                .iter()
                .position(|line| *line == index)
                .unwrap_or_default(),
        );
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

    /// Draws the visible lines; answers where in the text they are.
    pub(super) fn draw(&self, lines: &[TextLine], area: Rect, painter: &mut Painter<'_>) -> String {
        let visible = self.visible(lines);
        let window = self
            .list
            .window(FleetViewport::Document, area, visible.len(), painter);
        let shown: Vec<(usize, &TextLine)> = window
            .clone()
            .filter_map(|row| {
                let index = *visible.get(row)?;
                Some((index, lines.get(index)?))
            })
            .collect();
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
        panel::draw(shown.iter().map(|(_, line)| &line.line), area, painter);
        for ((index, line), place) in shown.iter().zip(area.rows()) {
            if self.folded.contains(index) {
                painter.text_right(place.right(), place.y, 3, "▸ …", Role::Accent);
            }
            if self.is_searching() && line.contains(&self.wanted) {
                mark_hit(&line.line.text(), &self.wanted, place, painter);
            }
        }
        position(&window, visible.len())
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

/// Marks the first hit of a line.
fn mark_hit(text: &str, wanted: &str, place: Rect, painter: &mut Painter<'_>) {
    let lower = text.to_lowercase();
    let Some(before) = lower.find(wanted).and_then(|at| lower.get(..at)) else {
        return;
    };
    let column = u16::try_from(text_width(before)).unwrap_or(u16::MAX);
    let width = u16::try_from(text_width(wanted)).unwrap_or(u16::MAX);
    if column < place.width {
        let hit = Rect {
            x: place.x + column,
            width: width.min(place.width - column),
            ..place
        };
        painter.shade(hit, Role::Hit);
    }
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
    fn left_in_a_nested_line_goes_to_its_parent() {
        let (lines, mut document) = (lines(), DetailDocument::default());
        document.act(Action::List(ListAction::Down), &lines);
        document.act(Action::List(ListAction::Left), &lines);
        assert_eq!(document.line(&lines), 0);
    }
}
