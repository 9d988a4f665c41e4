//! How the query of Logs Insights is drawn: its text, how far it has come, its chart, its rows, and an opened row.

use ratatui::layout::Rect;

use super::{
    Logs,
    head::{Spans, draw_spans, thousands},
    prompt::PromptKind,
    query::QueryPhase,
    query_bar::folded,
    query_cells::{draw_cell, place_columns},
    query_chart::draw_chart,
};
use crate::{
    keys::Layer,
    logs::insights::{error_position, scan_words},
    messages::{Action, LogsAction, LogsViewport},
    model::{LogQueryRequest, pluralize},
    screens::{ScreenUpdate, ViewContext, detail::failure_block, frame::whole_groups},
    theme::Role,
    widgets::{Painter, text_width},
};

/// Rows of the query's text at most.
const TEXT_ROWS: usize = 4;

impl Logs {
    pub(super) fn draw_query(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        if let Some(prompt) = &self.prompt
            && prompt.kind == PromptKind::Query
        {
            self.draw_query_bar(prompt, context, area, painter);
            return;
        }
        let Some(request) = &self.query.request else {
            draw_no_query(context, area, painter);
            return;
        };
        // What is added to a query stands in front of what was typed.
        let typed = self.query.typed.as_str();
        let added = request.text.strip_suffix(typed).unwrap_or_default();
        let position = (self.query.failure.as_ref())
            .and_then(error_position)
            .and_then(|position| position.checked_sub(added.chars().count()));
        let taken = draw_text(typed, position, area, painter);
        let y = area.y + taken;
        let room = area.width.saturating_sub(3);
        let scope = whole_groups(self.scope_words(request, context), room);
        draw_spans(&scope, area.x + 2, y, room, painter);
        let body = Rect {
            y: y + 1,
            height: area.bottom().saturating_sub(y + 1),
            ..area
        };
        if let Some(failure) = &self.query.failure {
            let room = body.width.saturating_sub(4);
            for (line, y) in failure_block(failure, room)
                .iter()
                .zip(body.y..body.bottom())
            {
                draw_spans(line, body.x + 2, y, room, painter);
            }
            return;
        }
        self.draw_query_result(request, context, body, painter);
    }

    /// The chart, the rows, and the opened row below them.
    fn draw_query_result(
        &self,
        request: &LogQueryRequest,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let mut rows = area;
        if let Some(chart) = &self.query.output.chart {
            let height = draw_chart(chart, context, area, painter).min(area.height);
            rows.y += height;
            rows.height -= height;
        }
        let below = match &self.query.opened {
            Some(_) => (area.height / 2).max(4).min(rows.height.saturating_sub(3)),
            None => 0,
        };
        rows.height -= below;
        self.draw_query_rows(request, context, rows, painter);
        if let Some(opened) = self.query.opened.as_ref().filter(|_| below > 0) {
            let place = Rect {
                y: rows.bottom(),
                height: below,
                ..area
            };
            self.draw_opened_query_row(opened, context, place, painter);
        }
    }

    /// Returns where the query reads, over which time, and what is left out.
    fn scope_words(&self, request: &LogQueryRequest, context: &ViewContext<'_>) -> Spans {
        let dim = |text: String| (text, Role::Dim);
        let missing = self
            .query
            .estimate
            .as_ref()
            .map_or(0, |found| found.missing.len());
        let groups = request.groups.iter();
        let read = groups
            .filter(|group| {
                let estimate = self.query.estimate.as_ref();
                estimate.is_none_or(|found| !found.missing.contains(group))
            })
            .count();
        let mut spans = vec![(self.query.scope.clone(), Role::Name)];
        spans.push(if missing == 0 {
            dim(format!("   {}", pluralize(read, "group")))
        } else {
            let all = pluralize(read + missing, "group");
            (format!("   {read} of {all}"), Role::Degraded)
        });
        spans.push(dim(format!(
            "   {} to {}",
            request.window.0.clock_or_date(context.now, context.zone),
            request.window.1.clock_or_date(context.now, context.zone)
        )));
        let scanned = self.query.output.statistics.bytes_scanned.max(0.0) as u64;
        let is_known = self.query.phase == QueryPhase::Ended && self.query.failure.is_none();
        if is_known {
            // What was scanned counts more than what might have been.
            spans.push(dim(format!("   {} scanned", scan_words(scanned))));
        }
        let Some(estimate) = &self.query.estimate else {
            return spans;
        };
        let bound = if estimate.is_unknown {
            "at least"
        } else {
            "at most"
        };
        if !is_known {
            let stored = scan_words(estimate.bytes);
            spans.push(dim(format!("   stored {bound} {stored}")));
        }
        if missing > 0 {
            let words = format!(
                "   {} left out: not created yet",
                pluralize(missing, "group")
            );
            spans.push((words, Role::Degraded));
        }
        spans
    }

    /// Returns how far the query has come, at the right of the views.
    pub(super) fn query_words(&self, context: &ViewContext<'_>) -> Spans {
        let (panel, output) = (&self.query, &self.query.output);
        let statistics = &output.statistics;
        let count = |number: f64| thousands(number.max(0.0) as usize);
        let read = format!(
            "   {} of {} match",
            count(statistics.records_matched),
            count(statistics.records_scanned),
        );
        let scanned = format!(
            "   {} scanned",
            scan_words(statistics.bytes_scanned.max(0.0) as u64)
        );
        let rows = format!("   {}", pluralize(output.rows.len(), "row"));
        match panel.phase {
            QueryPhase::Idle => Spans::new(),
            QueryPhase::Estimating => {
                vec![(format!("{} estimating", context.spinner), Role::Changing)]
            }
            QueryPhase::NotSent => vec![("○ not sent".to_owned(), Role::Dim)],
            QueryPhase::Running => vec![
                (
                    format!("{} {}", context.spinner, output.status.to_lowercase()),
                    Role::Changing,
                ),
                (rows, Role::Text),
                (read, Role::Dim),
                (scanned, Role::Dim),
            ],
            QueryPhase::Ended if panel.failure.is_some() => {
                vec![("✖ failed".to_owned(), Role::Failed)]
            }
            QueryPhase::Ended => vec![
                ("● complete".to_owned(), Role::Success),
                (rows, Role::Text),
                (read, Role::Dim),
            ],
            QueryPhase::Cancelled => vec![
                (
                    "▲ cancelled: the rows are not all".to_owned(),
                    Role::Degraded,
                ),
                (rows, Role::Text),
                (read, Role::Dim),
                (scanned, Role::Dim),
            ],
        }
    }

    fn draw_query_rows(
        &self,
        request: &LogQueryRequest,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let output = &self.query.output;
        if output.rows.is_empty() {
            if self.query.phase == QueryPhase::Ended {
                let words = "No event matches the query in that time.";
                painter.text(area.x + 2, area.y + 1, area.width, words, Role::Dim);
            }
            return;
        }
        let columns = place_columns(&output.columns, request, area);
        for placed in &columns {
            let title = placed.column.name.as_str();
            if placed.column.is_number {
                let right = placed.x + placed.width;
                painter.text_right(right, area.y, placed.width, title, Role::Dim);
            } else {
                painter.text(placed.x, area.y, placed.width, title, Role::Dim);
            }
        }
        let body = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let window = self
            .query
            .list
            .window(LogsViewport::Query, body, output.rows.len(), painter);
        for (index, y) in window.zip(body.y..body.bottom()) {
            let Some(row) = output.rows.get(index) else {
                continue;
            };
            if index == self.query.list.cursor() {
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                painter.select_row(line, true);
            }
            for placed in &columns {
                draw_cell(row, placed, y, request, context, painter);
            }
        }
    }

    /// Handles a click: a click on the selected row opens it.
    pub(super) fn click_query_row(&mut self, column: u16, line: u16) -> ScreenUpdate {
        match self.query.list.row_at(column, line) {
            Some(row) if row < self.query.output.rows.len() => {
                let is_selected = row == self.query.list.cursor();
                self.query.opened = None;
                self.query.list.select(row);
                if is_selected {
                    self.open_query_row()
                } else {
                    ScreenUpdate::done()
                }
            }
            Some(_) | None => ScreenUpdate::ignored(),
        }
    }
}

/// What is shown before anything was asked.
fn draw_no_query(context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
    let key = context
        .keymap
        .key_of(&[Layer::Logs], Action::Logs(LogsAction::Query))
        .unwrap_or_default();
    let room = area.width.saturating_sub(4);
    painter.text(
        area.x + 3,
        area.y + 1,
        room,
        "CloudWatch Logs Insights searches more than is loaded here.",
        Role::Name,
    );
    painter.spans(
        area.x + 3,
        area.y + 2,
        room,
        &[
            (key.as_str(), Role::Accent),
            (
                " writes the filter as a query, or takes one to begin with.",
                Role::Dim,
            ),
        ],
    );
}

/// Draws the query's text, the character that could not be read marked, and returns the number of rows.
fn draw_text(text: &str, position: Option<usize>, area: Rect, painter: &mut Painter<'_>) -> u16 {
    let room = area.width.saturating_sub(4);
    let lines = folded(&text.replace(['\n', '\r'], " "), usize::from(room));
    let (mut begin, mut taken) = (0, 0);
    for (line, y) in lines.iter().take(TEXT_ROWS).zip(area.y..area.bottom()) {
        let length = line.chars().count();
        painter.text(area.x + 2, y, room, line, Role::Text);
        if let Some(at) = position.filter(|at| (begin..=begin + length).contains(at)) {
            let before: String = line.chars().take(at - begin).collect();
            let mark = Rect {
                x: area.x + 2 + u16::try_from(text_width(&before)).unwrap_or(0),
                y,
                width: 1,
                height: 1,
            };
            painter.shade(mark, Role::Hit);
        }
        begin += length;
        taken += 1;
    }
    taken
}
