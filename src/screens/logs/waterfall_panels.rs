//! The panels below a waterfall: statement, the same tool before and after; the error in words, ids, what the caller got.

use ratatui::layout::Rect;

use super::{
    Logs,
    calls_view::{error_words, outcome_look, statement_spans},
    head::{Spans, draw_spans, thousands},
    hop_role,
    waterfall::OpenWaterfall,
};
use crate::{
    calls::{LoggedCall, LoggedOutcome},
    screens::{ViewContext, detail::wrapped},
    theme::Role,
    widgets::Painter,
};

/// Calls of the same tool that are shown before and after the open one.
const NEIGHBOURS: usize = 2;
/// Lines of a statement that are shown.
const STATEMENT_LINES: usize = 6;

impl Logs {
    pub(super) fn draw_panels(
        &self,
        open: &OpenWaterfall,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(area);
        let half = area.width / 2;
        let left = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            width: half,
            ..area
        };
        let right = Rect {
            x: area.x + half + 1,
            width: area.width.saturating_sub(half + 1),
            ..left
        };
        painter.divider(Rect {
            x: area.x + half,
            ..left
        });
        let call = open.call();
        let mut lines = statement_lines(call);
        lines.extend(self.neighbour_lines(call, context));
        draw_lines(&lines, left, painter);
        let mut lines = self.error_lines(call, right.width, context);
        lines.extend(id_lines(call));
        lines.extend(answer_lines(open, right.width));
        draw_lines(&lines, right, painter);
    }

    /// The calls of the same tool before and after this one.
    fn neighbour_lines(&self, call: &LoggedCall, context: &ViewContext<'_>) -> Vec<Spans> {
        let same: Vec<_> = self
            .findings
            .calls
            .iter()
            .filter(|other| other.tool == call.tool && other.deployment == call.deployment)
            .collect();
        let Some(at) = same
            .iter()
            .position(|other| other.at == call.at && other.id() == call.id())
        else {
            return Vec::new();
        };
        let mut lines = vec![
            Spans::new(),
            vec![
                ("BEFORE AND AFTER".to_owned(), Role::Dim),
                (
                    format!("   {}", call.tool.as_deref().unwrap_or("the same tool")),
                    Role::Faint,
                ),
            ],
        ];
        let window = same
            .iter()
            .enumerate()
            .skip(at.saturating_sub(NEIGHBOURS))
            .take(2 * NEIGHBOURS + 1);
        for (index, other) in window {
            let (glyph, role) = outcome_look(other.outcome);
            let time = if index == at { Role::Name } else { Role::Faint };
            let hop = other.hop.unwrap_or("");
            let duration = other.duration_ms.map_or_else(
                || "-".to_owned(),
                |ms| format!("{} ms", thousands(usize::try_from(ms).unwrap_or(0))),
            );
            lines.push(vec![
                (other.at.clock_millis(context.zone), time),
                (format!("   {glyph} "), role),
                (format!("{:<10}", other.outcome.as_str()), role),
                (format!("{hop:<12}"), hop_role(hop)),
                (format!("{duration:>10}"), Role::Text),
            ]);
        }
        lines
    }

    /// The failure in its own words, how often it was seen, and when the same tool worked again.
    fn error_lines(&self, call: &LoggedCall, width: u16, context: &ViewContext<'_>) -> Vec<Spans> {
        let Some(message) = call
            .message
            .as_deref()
            .filter(|_| call.outcome != LoggedOutcome::Ok)
        else {
            return Vec::new();
        };
        let (code, words) = error_words(message);
        let (glyph, role) = outcome_look(call.outcome);
        let mut lines = vec![vec![
            (format!("{glyph} "), role),
            (code.to_owned(), Role::Name),
        ]];
        lines.extend(
            wrapped(words, width.saturating_sub(6), Role::Dim)
                .into_iter()
                .take(3),
        );
        let same: Vec<_> = self
            .findings
            .calls
            .iter()
            .filter(|other| {
                other
                    .message
                    .as_deref()
                    .is_some_and(|text| error_words(text).0 == code)
            })
            .collect();
        if let (Some(first), Some(last)) = (same.first(), same.last()) {
            lines.push(vec![
                ("seen     ".to_owned(), Role::Dim),
                (crate::model::pluralize(same.len(), "time"), Role::Text),
                (
                    format!(
                        ", {} to {}",
                        first.at.clock(context.zone),
                        last.at.clock(context.zone)
                    ),
                    Role::Dim,
                ),
            ]);
        }
        let well = self.findings.calls.iter().find(|other| {
            other.at > call.at
                && other.outcome == LoggedOutcome::Ok
                && other.tool == call.tool
                && other.deployment == call.deployment
        });
        if let Some(well) = well {
            lines.push(vec![
                ("well at  ".to_owned(), Role::Dim),
                (well.at.clock(context.zone), Role::Text),
                (", the same tool".to_owned(), Role::Dim),
            ]);
        }
        lines.push(Spans::new());
        lines
    }
}

fn statement_lines(call: &LoggedCall) -> Vec<Spans> {
    let mut lines = vec![vec![("STATEMENT".to_owned(), Role::Dim)]];
    match call.statement() {
        Some(statement) => {
            let all = statement.lines().count();
            lines.extend(statement.lines().take(STATEMENT_LINES).map(statement_spans));
            if all > STATEMENT_LINES {
                let more = all - STATEMENT_LINES;
                lines.push(vec![(format!("{more} more lines"), Role::Faint)]);
            }
        }
        None => lines.push(vec![("no record holds it".to_owned(), Role::Faint)]),
    }
    lines
}

/// The ids whole.
fn id_lines(call: &LoggedCall) -> Vec<Spans> {
    let line = |name: &str, id: &str| -> Spans {
        vec![
            (format!("{name:<9}"), Role::Dim),
            (id.to_owned(), Role::Text),
        ]
    };
    let mut lines = vec![vec![("IDS".to_owned(), Role::Dim)]];
    lines.extend(call.trace_id.iter().map(|id| line("trace", id)));
    lines.extend(call.request_ids.iter().map(|id| line("request", id)));
    match &call.session_id {
        Some(id) => lines.push(line("session", id)),
        None => lines.push(vec![
            (format!("{:<9}", "session"), Role::Dim),
            ("none in the logs of this call".to_owned(), Role::Faint),
        ]),
    }
    lines
}

fn answer_lines(open: &OpenWaterfall, width: u16) -> Vec<Spans> {
    let Some(answer) = open.call().answer() else {
        return Vec::new();
    };
    let mut lines = vec![Spans::new(), vec![("THE CALLER GOT".to_owned(), Role::Dim)]];
    lines.extend(
        wrapped(answer, width.saturating_sub(6), Role::Text)
            .into_iter()
            .take(4),
    );
    lines
}

fn draw_lines(lines: &[Spans], area: Rect, painter: &mut Painter<'_>) {
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
        draw_spans(line, area.x + 3, y, area.width.saturating_sub(4), painter);
    }
}
