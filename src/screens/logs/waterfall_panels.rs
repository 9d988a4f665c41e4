//! The panels below a waterfall: statement, the same tool before and after; the error in words, ids, what the caller got.

use ratatui::layout::Rect;

use super::{
    Logs,
    calls_view::{error_words, outcome_look, statement_spans},
    head::{Spans, counted_noun, draw_spans, thousands},
    hop_role,
    waterfall::OpenWaterfall,
};
use crate::{
    calls::{LoggedCall, LoggedOutcome},
    keys::Layer,
    logs::answer_text,
    messages::{Action, LogsAction},
    model::pluralize,
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, cut, text_width},
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
        let mut lines = statement_lines(call, usize::from(left.width.saturating_sub(5)));
        lines.extend(self.neighbour_lines(call, context));
        draw_lines(&lines, left, painter);
        let mut lines = self.error_lines(call, right.width, context);
        lines.extend(id_lines(call));
        lines.extend(answer_lines(open, right.width));
        let key = context
            .keymap
            .key_of(&[Layer::Logs], Action::Logs(LogsAction::ItsLines));
        let rest = key.map(|key| format!("; {key} shows the log lines whole"));
        let lines = in_height(lines, right.height, rest.as_deref().unwrap_or(""));
        draw_lines(&lines, right, painter);
    }

    /// Draws the facts of the call one below the other, for a low window: statement, ids, what the caller got, why it failed. What does not
    /// fit is counted.
    pub(super) fn draw_facts(
        &self,
        open: &OpenWaterfall,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.hline(area);
        let place = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let mut lines = fact_lines(open, area.width);
        lines.extend(self.error_lines(open.call(), area.width, context));
        lines.retain(|line| !line.is_empty());
        let lines = in_height(lines, place.height, " in a higher window");
        draw_lines(&lines, place, painter);
    }

    /// Returns the calls of the same tool before and after this one.
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

    /// Returns the failure in its own words, how often it was seen, and when the same tool worked again.
    fn error_lines(&self, call: &LoggedCall, width: u16, context: &ViewContext<'_>) -> Vec<Spans> {
        let Some(message) = call
            .message
            .as_deref()
            .filter(|_| call.outcome != LoggedOutcome::Ok)
        else {
            return Vec::new();
        };
        let code = error_words(message).0;
        let mut lines = whole_error(message, outcome_look(call.outcome), width.saturating_sub(4));
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
            let (first, last) = (first.at.clock(context.zone), last.at.clock(context.zone));
            let times = if first == last {
                format!(", at {first}")
            } else {
                format!(", {first} to {last}")
            };
            lines.push(vec![
                ("seen     ".to_owned(), Role::Dim),
                (pluralize(same.len(), "time"), Role::Text),
                (times, Role::Dim),
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

/// Returns statement, ids and answer, each behind its name: the first line of what is long.
fn fact_lines(open: &OpenWaterfall, width: u16) -> Vec<Spans> {
    let call = open.call();
    let label = |name: &str| (format!("{name:<11}"), Role::Dim);
    let mut lines = Vec::new();
    if let Some(statement) = call.statement() {
        let mut line = vec![label("statement")];
        line.extend(statement_spans(
            statement.lines().next().unwrap_or_default(),
        ));
        lines.push(line);
    }
    let ids = call.trace_id.iter().map(|id| ("trace", id));
    let ids = ids.chain(call.request_ids.iter().map(|id| ("request", id)));
    let ids = ids.chain(call.session_id.iter().map(|id| ("session", id)));
    lines.extend(ids.map(|(name, id)| vec![label(name), (id.clone(), Role::Text)]));
    let answer = call.answer().map(|answer| {
        let text = answer_text(answer);
        let first = text.lines().next().unwrap_or_default();
        cut(first, usize::from(width.saturating_sub(15)))
    });
    lines.extend(answer.map(|answer| vec![label("answer"), (answer, Role::Text)]));
    lines
}

/// Returns the statement in its colours, wrapped into `room` columns.
fn statement_lines(call: &LoggedCall, room: usize) -> Vec<Spans> {
    let mut lines = vec![vec![("STATEMENT".to_owned(), Role::Dim)]];
    match call.statement() {
        Some(statement) => {
            let rows: Vec<Spans> = statement
                .lines()
                .flat_map(|line| wrapped_spans(statement_spans(line), room))
                .collect();
            let more = rows.len().saturating_sub(STATEMENT_LINES);
            lines.extend(rows.into_iter().take(STATEMENT_LINES));
            if more > 0 {
                let words = format!("{} more", pluralize(more, "line"));
                lines.push(vec![(words, Role::Faint)]);
            }
        }
        None => lines.push(vec![("no record holds it".to_owned(), Role::Faint)]),
    }
    lines
}

/// Spans in rows of at most `room` columns, broken behind spaces; a longer word is broken anywhere.
fn wrapped_spans(spans: Spans, room: usize) -> Vec<Spans> {
    let room = room.max(1);
    let (mut rows, mut width) = (vec![Spans::new()], 0);
    for (text, role) in spans {
        for word in text.split_inclusive(' ') {
            let mut rest = word;
            if width > 0 && width + text_width(rest.trim_end()) > room {
                rows.push(Spans::new());
                width = 0;
            }
            while !rest.is_empty() {
                let fits = fitting(rest, room - width.min(room - 1));
                let (part, after) = rest.split_at_checked(fits).unwrap_or((rest, ""));
                if let Some(row) = rows.last_mut() {
                    row.push((part.to_owned(), role));
                }
                width += text_width(part);
                rest = after;
                if !rest.is_empty() {
                    rows.push(Spans::new());
                    width = 0;
                }
            }
        }
    }
    rows
}

/// Returns how many bytes of a text fit into `room` columns: at least one character, and the spaces behind what fits.
fn fitting(text: &str, room: usize) -> usize {
    let mut width = 0;
    for (at, letter) in text.char_indices() {
        width += text_width(letter.encode_utf8(&mut [0; 4]));
        if width > room && at > 0 && letter != ' ' {
            return at;
        }
    }
    text.len()
}

/// Returns the ids whole.
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
    let text = answer_text(answer);
    if open.call().message.as_deref() == Some(text.as_str()) {
        lines.push(vec![("the error above".to_owned(), Role::Text)]);
        return lines;
    }
    lines.extend(text.lines().flat_map(|line| {
        let spans = vec![(line.to_owned(), Role::Text)];
        wrapped_spans(spans, usize::from(width.saturating_sub(5)))
    }));
    lines
}

/// Returns an error with all its lines: its code, then its words, wrapped into `width` columns.
fn whole_error(message: &str, (glyph, role): (&str, Role), width: u16) -> Vec<Spans> {
    let (code, words) = error_words(message);
    let is_cut = !words.is_empty();
    // The space behind the last word of a row takes a column too.
    let room = usize::from(width.saturating_sub(3));
    let mut lines = wrapped_spans(vec![(code.to_owned(), Role::Name)], room);
    let rest = is_cut.then_some(words).into_iter();
    for line in rest.chain(message.lines().skip(1)) {
        lines.extend(wrapped_spans(vec![(line.to_owned(), Role::Dim)], room));
    }
    for (row, line) in lines.iter_mut().enumerate() {
        let mark = if row == 0 { glyph } else { " " };
        line.insert(0, (format!("{mark} "), role));
    }
    lines
}

/// Returns the lines that fit a height. Those that do not are counted in the last one, with what shows them.
fn in_height(mut lines: Vec<Spans>, height: u16, what_shows_them: &str) -> Vec<Spans> {
    let room = usize::from(height);
    if lines.len() > room {
        let more = lines.len() + 1 - room;
        lines.truncate(room.saturating_sub(1));
        let words = format!(
            "▼ {more} more {}{what_shows_them}",
            counted_noun(more, "line")
        );
        lines.push(vec![(words, Role::Accent)]);
    }
    lines
}

fn draw_lines(lines: &[Spans], area: Rect, painter: &mut Painter<'_>) {
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(u16::MAX);
        draw_spans(line, area.x + 3, y, area.width.saturating_sub(4), painter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, room: usize) -> Vec<String> {
        let spans = statement_spans(text);
        wrapped_spans(spans, room)
            .into_iter()
            .map(|row| row.into_iter().map(|(text, _)| text).collect())
            .collect()
    }

    #[test]
    fn an_error_is_shown_with_all_its_words_and_lines() {
        let shown = |message: &str, width: u16| -> Vec<String> {
            whole_error(message, ("✖", Role::Failed), width)
                .into_iter()
                .map(|row| row.into_iter().map(|(text, _)| text).collect())
                .collect()
        };
        assert_eq!(
            shown("Neo.ClientError.X: Invalid input\n\"RETRUN 1\"\n ^", 40),
            [
                "✖ Neo.ClientError.X",
                "  Invalid input",
                "  \"RETRUN 1\"",
                "   ^"
            ]
        );
        let long = format!("error during GetQueryType: {}", "word ".repeat(40));
        let rows = shown(&long, 30);
        let words: usize = rows.iter().map(|row| row.matches("word").count()).sum();
        assert_eq!(words, 40, "{rows:?}");
        assert!(
            rows.iter().all(|row| text_width(row.trim_end()) <= 30),
            "{rows:?}"
        );
    }

    #[test]
    fn lines_that_do_not_fit_are_counted() {
        let lines = |count: usize| vec![vec![("x".to_owned(), Role::Text)]; count];
        assert_eq!(in_height(lines(3), 3, "rest").len(), 3);
        let cut = in_height(lines(5), 3, "; L shows them");
        assert_eq!(cut.len(), 3);
        assert_eq!(cut[2][0].0, "▼ 3 more lines; L shows them");
    }

    #[test]
    fn a_statement_is_wrapped_at_spaces_and_loses_nothing() {
        let text = "MATCH (p:Person {name: $name})-[:DIRECTED]->(m) RETURN m.title";
        for room in [1, 7, 20, 40, 200] {
            let rows = rows(text, room);
            assert_eq!(rows.concat(), text, "{room}");
            assert!(
                rows.iter().all(|row| text_width(row.trim_end()) <= room),
                "{room}: {rows:?}"
            );
        }
        assert_eq!(rows("RETURN m.title AS title", 14)[0], "RETURN m.title ");
    }
}
