//! How the list of tool calls is drawn.

use ratatui::layout::Rect;

use super::{
    Logs,
    calls::{CallLookup, CallOrder},
    head::{Spans, counted_noun, draw_spans, thousands},
    hop_role,
    line_cells::title_of,
    row_list::{RowList, RowPlace},
};
use crate::{
    calls::{LoggedCall, LoggedOutcome, arrival_gap},
    keys::Layer,
    messages::{Action, LogsAction, LogsViewport},
    screens::ViewContext,
    theme::Role,
    tools::highlight::{Token, highlight},
    widgets::{Column, Layout, Painter, Size, cut, cut_middle, lay_out},
};

/// Columns of a deployment's title in a narrow list.
const NARROW_DEPLOYMENT: u16 = 10;
/// From this width of the list each call's statement stands in its row.
const STATEMENT_FROM: u16 = 150;

/// Returns the columns of a list so wide. The names have what they need before the bars get more.
/// Where several deployments are shown, a narrow list says rather whose a call is than how long its bar is.
const fn columns(room: u16, is_merged: bool) -> [Column; 9] {
    let (deployment, tool) = match room {
        0..96 => (NARROW_DEPLOYMENT, 14),
        96..100 => (14, 14),
        100..STATEMENT_FROM => (14, 20),
        _ => (20, 28),
    };
    let (deployment_from, bar_from) = if is_merged { (0, 88) } else { (96, 60) };
    [
        column("TIME", Size::Fixed(12), false, 0),
        column(
            "DEPLOYMENT",
            Size::Fixed(deployment),
            false,
            deployment_from,
        ),
        column("TOOL", Size::Fixed(tool), false, 0),
        column("OUTCOME", Size::Fixed(11), false, 0),
        column("HOP", Size::Fixed(11), false, 70),
        column("DURATION", Size::Share(8), false, bar_from),
        column("MS", Size::Fixed(7), true, 0),
        column("SESSION", Size::Fixed(11), false, 110),
        column("STATEMENT", Size::Share(24), false, STATEMENT_FROM),
    ]
}

const fn column(title: &'static str, size: Size, right: bool, from: u16) -> Column {
    Column {
        title,
        size,
        right,
        from,
    }
}

/// Returns the glyph and the colour of an outcome.
pub(super) const fn outcome_look(outcome: LoggedOutcome) -> (&'static str, Role) {
    match outcome {
        LoggedOutcome::Ok => ("●", Role::Success),
        LoggedOutcome::Error | LoggedOutcome::Denied => ("✖", Role::Failed),
        LoggedOutcome::Throttled => ("▲", Role::Degraded),
        LoggedOutcome::Consent => ("◆", Role::Person),
        LoggedOutcome::Unknown => ("○", Role::Dim),
    }
}

impl Logs {
    pub(super) fn draw_calls(
        &self,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let rows = self.calls.rows();
        if rows.is_empty() {
            self.draw_no_calls(context, area, painter);
            return;
        }
        let room = area.width.saturating_sub(3);
        let columns = columns(room, self.is_merged());
        let layout = lay_out(&columns, area.x + 2, room);
        let scale = scale_ms(rows.iter().filter_map(|call| call.duration_ms));
        self.draw_call_titles(&columns, &layout, scale, area.y, painter);
        let opened = self.opened_lines(context, area.width);
        let list = RowList {
            list: &self.calls.list,
            viewport: LogsViewport::Calls,
            length: rows.len(),
            opened: &opened,
            indent: 15,
        };
        let window = list.draw(area, painter, |place, painter| {
            if let Some(call) = rows.get(place.index) {
                draw_call(call, (&columns, &layout), scale, place, context, painter);
            }
        });
        self.draw_calls_below(rows.len().saturating_sub(window.end), area, painter);
    }

    /// How many calls lie below the fold.
    fn draw_calls_below(&self, below: usize, area: Rect, painter: &mut Painter<'_>) {
        if below == 0 {
            return;
        }
        let word = match self.calls.order {
            CallOrder::Time => "older in this window",
            CallOrder::Duration | CallOrder::Tool | CallOrder::Outcome => "more in this window",
        };
        painter.spans(
            area.x + 2,
            area.bottom().saturating_sub(1),
            area.width,
            &[
                ("▼ ", Role::Accent),
                (thousands(below).as_str(), Role::Text),
                (" ", Role::Dim),
                (word, Role::Dim),
            ],
        );
    }

    fn draw_no_calls(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let has_filter = !self.calls.filter().is_empty() || self.calls.failed_only;
        let words = if has_filter || self.range.window.is_some() {
            "No call passes the filter and the window. Esc takes them off.".to_owned()
        } else if self.store.is_empty_of_events() && !self.status.is_backfilled {
            format!("{} reading the logs", context.spinner)
        } else {
            format!(
                "No tool call was found in the {} lines that were read.",
                thousands(self.store.kept())
            )
        };
        painter.text(
            area.x + 3,
            area.y + 1,
            area.width.saturating_sub(4),
            &words,
            Role::Dim,
        );
    }

    fn draw_call_titles(
        &self,
        columns: &[Column],
        layout: &Layout,
        scale: i64,
        y: u16,
        painter: &mut Painter<'_>,
    ) {
        let sorted = match self.calls.order {
            CallOrder::Time => "TIME",
            CallOrder::Duration => "MS",
            CallOrder::Tool => "TOOL",
            CallOrder::Outcome => "OUTCOME",
        };
        for (index, x, width) in layout {
            let Some(column) = columns.get(*index) else {
                continue;
            };
            if column.right {
                painter.text_right(x + width, y, *width, column.title, Role::Dim);
            } else {
                painter.text(*x, y, *width, column.title, Role::Dim);
            }
            if column.title == sorted {
                let at = if column.right {
                    x + width
                } else {
                    x + u16::try_from(column.title.len()).unwrap_or(0)
                };
                painter.text(at, y, 1, "▾", Role::Accent);
            }
            if column.title == "DURATION" {
                let words = thousands(usize::try_from(scale).unwrap_or(0));
                painter.text_right(x + width, y, 8, &words, Role::Faint);
            }
        }
    }

    /// Returns what is shown below the selected call when it is opened: why it failed, its statement, its ids.
    fn opened_lines(&self, context: &ViewContext<'_>, width: u16) -> Vec<Spans> {
        let Some(call) = self.calls.selected().filter(|_| self.calls.is_open) else {
            return Vec::new();
        };
        let room = usize::from(width.saturating_sub(17));
        let mut lines = Vec::new();
        if let Some(message) = &call.message {
            let (code, rest) = error_words(message);
            lines.push(vec![
                (cut(code, room), Role::Name),
                (format!("  {rest}"), Role::Dim),
            ]);
        }
        if let Some(statement) = call.statement() {
            lines.push(statement_spans(
                statement.lines().next().unwrap_or_default(),
            ));
        }
        let id = |name: &str, id: &str| -> Spans {
            vec![
                (format!("{name} "), Role::Dim),
                (cut_middle(id, 11), Role::Text),
                ("  ".to_owned(), Role::Dim),
            ]
        };
        let key = |action| {
            let key = context.keymap.key_of(&[Layer::Logs], Action::Logs(action));
            (key.unwrap_or_default(), Role::Accent)
        };
        let mut ids: Spans = vec![
            key(LogsAction::ItsLines),
            (
                format!(" {} lines   ", thousands(call.line_count())),
                Role::Dim,
            ),
            key(LogsAction::OpenCall),
            (" waterfall   ".to_owned(), Role::Dim),
        ];
        ids.extend(call.trace_id.iter().flat_map(|trace| id("trace", trace)));
        ids.extend(
            call.request_ids
                .iter()
                .take(2)
                .flat_map(|request| id("request", request)),
        );
        ids.extend(
            call.session_id
                .iter()
                .flat_map(|session| id("session", session)),
        );
        lines.push(ids);
        if let Some(gap) = arrival_gap(call, context.now) {
            lines.push(vec![("▲ ".to_owned(), Role::Degraded), (gap, Role::Text)]);
        }
        lines
    }

    /// Percentiles of the durations, or the call that is looked for.
    pub(super) fn call_words(&self, context: &ViewContext<'_>) -> Spans {
        let is_sought =
            |lookup: &&CallLookup| !lookup.ids.is_empty() || self.calls.rows().is_empty();
        if let Some(lookup) = self.calls.wanted.as_ref().filter(is_sought) {
            let what = match lookup.ids.first() {
                Some(id) => format!("call {}", cut_middle(id, 11)),
                None => format!("the calls around {}", lookup.at.clock(context.zone)),
            };
            let words = format!("{} looking for {what}", context.spinner);
            return vec![(words, Role::Changing)];
        }
        let mut durations: Vec<i64> = self
            .calls
            .rows()
            .iter()
            .filter_map(|call| call.duration_ms)
            .collect();
        durations.sort_unstable();
        let Some(slowest) = durations.last() else {
            return Spans::new();
        };
        let ms = |value: i64| thousands(usize::try_from(value).unwrap_or(0));
        let part = |name: &str, value: i64| {
            vec![(format!("   {name} "), Role::Dim), (ms(value), Role::Text)]
        };
        let mut spans: Spans = vec![
            (thousands(self.calls.rows().len()), Role::Text),
            (
                format!(" {}", counted_noun(self.calls.rows().len(), "call")),
                Role::Dim,
            ),
        ];
        spans.extend(part("p50", percentile(&durations, 50)));
        spans.extend(part("p95", percentile(&durations, 95)));
        spans.extend(part("slowest", *slowest));
        spans.push((" ms".to_owned(), Role::Dim));
        let young = (self.calls.rows().iter())
            .filter(|call| arrival_gap(call, context.now).is_some())
            .count();
        if young > 0 {
            spans.push(("   ▲ ".to_owned(), Role::Degraded));
            spans.push((
                format!("lines of {} may still arrive", thousands(young)),
                Role::Dim,
            ));
        }
        spans
    }
}

fn draw_call(
    call: &LoggedCall,
    (columns, layout): (&[Column], &Layout),
    scale: i64,
    RowPlace { y, is_selected, .. }: RowPlace,
    context: &ViewContext<'_>,
    painter: &mut Painter<'_>,
) {
    let (glyph, role) = outcome_look(call.outcome);
    let is_ok = call.outcome == LoggedOutcome::Ok;
    let quiet = if is_selected { Role::Dim } else { Role::Faint };
    for (index, x, width) in layout {
        let title = columns.get(*index).map_or("", |column| column.title);
        let text = |painter: &mut Painter<'_>, text: &str, role: Role| {
            painter.text(*x, y, *width, text, role);
        };
        match title {
            "TIME" => text(painter, &call.at.clock_millis(context.zone), quiet),
            "DEPLOYMENT" => text(painter, title_of(&call.deployment, context), Role::Text),
            "TOOL" => {
                let role = if is_selected { Role::Name } else { Role::Text };
                text(painter, call.tool.as_deref().unwrap_or("-"), role);
            }
            "OUTCOME" => {
                let word = if is_ok { Role::Dim } else { role };
                painter.spans(
                    *x,
                    y,
                    *width,
                    &[(glyph, role), (" ", role), (call.outcome.as_str(), word)],
                );
            }
            "HOP" => {
                let hop = call.hop.unwrap_or("");
                text(painter, hop, hop_role(hop));
            }
            "DURATION" => {
                let role = if is_ok { Role::Bar } else { role };
                let bar = bar(call.duration_ms, scale, usize::from(*width));
                text(painter, &bar, role);
            }
            "MS" => {
                let ms = call.duration_ms.map_or_else(
                    || "-".to_owned(),
                    |ms| thousands(usize::try_from(ms).unwrap_or(0)),
                );
                painter.text_right(x + width, y, *width, &ms, Role::Text);
            }
            "STATEMENT" => {
                let first = call
                    .statement()
                    .and_then(|statement| statement.lines().next());
                draw_spans(
                    &statement_spans(first.unwrap_or_default()),
                    *x,
                    y,
                    *width,
                    painter,
                );
            }
            _ => {
                let session = call.session_id.as_deref().unwrap_or("-");
                text(painter, &cut_middle(session, 10), quiet);
            }
        }
    }
}

/// Returns a bar on the common scale: thin, to half a column, with an arrow where it runs over the scale.
fn bar(duration_ms: Option<i64>, scale: i64, width: usize) -> String {
    let Some(duration) = duration_ms else {
        return String::new();
    };
    let halves = usize::try_from(duration.max(0) * 2 * width as i64 / scale.max(1))
        .unwrap_or(usize::MAX)
        .max(1);
    if halves > width * 2 {
        return format!("{}▸", "━".repeat(width.saturating_sub(1)));
    }
    let half = if halves % 2 == 1 { "╸" } else { "" };
    format!("{}{half}", "━".repeat(halves / 2))
}

/// Returns a round number of milliseconds that four of five calls do not exceed.
fn scale_ms(durations: impl Iterator<Item = i64>) -> i64 {
    let mut durations: Vec<i64> = durations.collect();
    durations.sort_unstable();
    let most = percentile(&durations, 80).max(10);
    let mut scale = 10;
    loop {
        for factor in [1, 2, 5] {
            if scale * factor >= most {
                return scale * factor;
            }
        }
        scale *= 10;
    }
}

fn percentile(sorted: &[i64], percent: usize) -> i64 {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(0)
}

/// Returns the code of an error and its words: `Neo.ClientError.X: no` is both.
pub(super) fn error_words(message: &str) -> (&str, &str) {
    let first = message.lines().next().unwrap_or(message);
    match first.split_once(": ") {
        Some((code, rest)) if !code.contains(' ') => (code, rest),
        Some(_) | None => (first, ""),
    }
}

/// Returns one line of a statement in the colours of Cypher.
pub(super) fn statement_spans(line: &str) -> Spans {
    highlight(line)
        .into_iter()
        .map(|(text, token)| {
            let role = match token {
                Token::Keyword => Role::Interceptor,
                Token::Label => Role::Gateway,
                Token::Text | Token::Number => Role::Runtime,
                Token::Parameter => Role::Database,
                Token::Comment => Role::Faint,
                Token::Plain => Role::Text,
            };
            (text.to_owned(), role)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_on_one_scale_and_show_where_they_run_over_it() {
        assert_eq!(scale_ms([31, 46, 33, 410, 2_400].into_iter()), 500);
        assert_eq!(scale_ms(std::iter::empty()), 10);
        assert_eq!(bar(Some(250), 500, 20), "━".repeat(10));
        assert_eq!(bar(Some(2_400), 500, 5), "━━━━▸");
        assert_eq!(bar(Some(0), 500, 20), "╸");
        assert_eq!(bar(None, 500, 20), "");
    }

    #[test]
    fn an_error_is_its_code_and_its_words() {
        assert_eq!(
            error_words("Neo.ClientError.X: no such label"),
            ("Neo.ClientError.X", "no such label")
        );
        assert_eq!(error_words("it broke: badly"), ("it broke: badly", ""));
    }
}
