//! The log lines of a call, below its result: read when they are asked for, since reading logs costs requests.

use ratatui::layout::Rect;

use super::{CallResult, Tools};
use crate::{
    calls::{TraceLine, is_error},
    logs::{Line, summary::summary},
    messages::{Effect, ToolsEffect},
    model::{Failure, McpEndpoint, Moment},
    screens::{
        AppRequest, ScreenUpdate, UpdateContext, ViewContext,
        fleet::deployment_groups,
        logs::{CallLookup, LookupView, owner_ids},
    },
    theme::Role,
    widgets::Painter,
};

/// Logs are read from this long before a call began, in milliseconds.
const BEFORE_MS: i64 = 2_000;
/// Logs are read until this long after a call ended, in milliseconds.
const AFTER_MS: i64 = 10_000;

impl CallResult {
    /// Returns the ids by which logs name the call.
    fn ids(&self) -> Vec<String> {
        match &self.answer {
            Ok(call) => call
                .trace_id
                .iter()
                .chain(&call.request_id)
                .cloned()
                .collect(),
            Err(failure) => failure.request_id.iter().cloned().collect(),
        }
    }

    /// Rows that the log lines take, as far as they were asked for.
    pub(super) fn log_lines_height(&self) -> u16 {
        let is_asked = self.log_lines.is_loading() || self.log_lines.failure().is_some();
        match self.log_lines.value() {
            Some(lines) => u16::try_from(lines.len()).unwrap_or(u16::MAX).max(1),
            None => u16::from(is_asked),
        }
    }

    /// Draws the log lines with their time since the call began.
    pub(super) fn draw_log_lines(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let (x, room) = (area.x + 2, area.width.saturating_sub(3));
        let known = &self.log_lines;
        match (known.value(), known.failure()) {
            (Some(lines), _) if lines.is_empty() => {
                let text = "no log line of this call was found yet";
                painter.text(x, area.y, room, text, Role::Dim);
            }
            (Some(lines), _) => draw_window(lines, area, painter),
            (None, Some(failure)) => {
                painter.text(x, area.y, room, &failure.cause, Role::Degraded);
            }
            (None, None) if known.is_loading() => {
                let pieces = [
                    (context.spinner, Role::Changing),
                    (" reading the log lines of the call", Role::Dim),
                ];
                painter.spans(x, area.y, room, &pieces);
            }
            (None, None) => {}
        }
    }
}

/// Draws as many lines as there is room for, the first one that failed among them, and how many are not shown.
fn draw_window(lines: &[TraceLine], area: Rect, painter: &mut Painter<'_>) {
    let (x, room) = (area.x + 2, area.width.saturating_sub(3));
    let all = usize::from(area.height);
    let shown = if lines.len() > all {
        all.saturating_sub(1)
    } else {
        lines.len()
    };
    let failed = lines.iter().position(is_error).unwrap_or(0);
    let begin = (failed + 1).saturating_sub(shown);
    let first_at = lines.first().map_or(0, |line| line.timestamp);
    for (line, row) in lines.iter().skip(begin).take(shown).zip(area.rows()) {
        let offset = format!("{:>+7} ", line.timestamp - first_at);
        let facts = Line {
            level: line.level,
            ..Line::default()
        };
        let said = summary(&line.message, &facts);
        let text = if is_error(line) {
            Role::Name
        } else {
            Role::Text
        };
        let pieces = [
            (offset.as_str(), Role::Faint),
            (line.hop, hue(line.hop)),
            ("  ", Role::Dim),
            (said.message.lines().next().unwrap_or_default(), text),
        ];
        painter.spans(x, row.y, room, &pieces);
    }
    if shown < lines.len() {
        let (above, below) = (begin, lines.len() - begin - shown);
        let words = [("▲", above, "above"), ("▼", below, "more")]
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(mark, count, word)| format!("{mark} {count} {word}"))
            .collect::<Vec<_>>()
            .join("   ");
        let y = area.bottom().saturating_sub(1);
        painter.text(x, y, room, &words, Role::Accent);
    }
}

/// Returns the hue of a hop, as its lines have it in Logs.
fn hue(hop: &str) -> Role {
    match hop {
        "interceptor" => Role::Interceptor,
        "runtime" => Role::Runtime,
        "neo4j" => Role::Database,
        _ => Role::Gateway,
    }
}

impl Tools {
    /// Reads the log lines of the call whose result is shown; when they are there already, shows them in Logs.
    pub(super) fn call_logs(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let Some(result) = &mut self.result else {
            return ScreenUpdate::done();
        };
        let deployment = result.endpoint.deployment.clone();
        let groups = deployment_groups(context.store, &deployment);
        let ids = result.ids();
        let is_asked = result.log_lines.value().is_some() || result.log_lines.is_loading();
        if is_asked && !ids.is_empty() {
            let lookup = CallLookup {
                ids,
                at: result.began,
                shows: LookupView::Lines,
            };
            return ScreenUpdate::request(AppRequest::Call(deployment, lookup));
        }
        if ids.is_empty() {
            return ScreenUpdate::request(AppRequest::Logs {
                title: format!(
                    "{} around this call",
                    context.store.title(deployment.as_str())
                ),
                deployment,
                groups,
                since: Some(result.began.plus(-BEFORE_MS)),
                failed_from: None,
            });
        }
        result.log_lines.start_loading(context.now);
        ScreenUpdate::effect(Effect::Tools(ToolsEffect::ReadCallLines {
            endpoint: result.endpoint.clone(),
            groups,
            owner_ids: owner_ids(context.store, &deployment),
            began: result.began,
            window: (result.began.plus(-BEFORE_MS), result.ended.plus(AFTER_MS)),
            ids,
        }))
    }

    /// Opens the call over every hop in Logs.
    pub(super) fn call_waterfall(&self) -> ScreenUpdate {
        let Some(result) = &self.result else {
            return ScreenUpdate::done();
        };
        let lookup = CallLookup {
            ids: result.ids(),
            at: result.began,
            shows: LookupView::Waterfall,
        };
        let deployment = result.endpoint.deployment.clone();
        ScreenUpdate::request(AppRequest::Call(deployment, lookup))
    }

    /// The log lines of a call were read.
    pub(super) fn call_lines_read(
        &mut self,
        endpoint: &McpEndpoint,
        began: Moment,
        lines: Result<Vec<TraceLine>, Failure>,
        now: Moment,
    ) {
        let results = self.result.iter_mut().chain(self.results.values_mut());
        let of_call =
            |result: &&mut CallResult| result.endpoint == *endpoint && result.began == began;
        if let Some(result) = results.into_iter().find(of_call) {
            result.log_lines.finish_loading(lines, now);
        }
    }
}
