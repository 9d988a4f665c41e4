//! Results as lines of text: JSON, plain text, the error of a tool, the failure of a call.

use ratatui::layout::Rect;
use serde_json::Value;

use super::result::MOST;
use crate::{
    messages::ToolsViewport,
    model::{Failure, Table, with_separators},
    screens::detail::{failure_block, wrapped},
    theme::Role,
    tools::{cells, cypher::syntax_error, plan::PlanOperator, row_diff::RowDiff},
    widgets::{Painter, Scroll, StyledLine, json_beginning, text_width},
};

/// Bytes of one line of text that are laid out.
const LINE: usize = 16 << 10;
/// Bytes of an error that are laid out.
const ERROR: usize = 64 << 10;

/// Draws the visible part of these lines.
pub(super) fn draw_lines(
    lines: &[StyledLine],
    scroll: (&Scroll, ToolsViewport),
    area: Rect,
    painter: &mut Painter<'_>,
) {
    let (scroll, id) = scroll;
    let window = scroll.window(id, area, lines.len(), painter);
    draw_beginning(lines.get(window).unwrap_or_default(), area, painter);
}

/// Draws as many of these lines as there is room for.
pub(super) fn draw_beginning(lines: &[StyledLine], area: Rect, painter: &mut Painter<'_>) {
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let pieces: Vec<(&str, Role)> = line
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(
            area.x + 1,
            area.y + u16::try_from(row).unwrap_or(0),
            area.width.saturating_sub(1),
            &pieces,
        );
    }
}

/// Returns a failure, and below it what its answer is worth keeping for.
pub(super) fn failure_text(failure: &Failure, room: u16) -> Vec<StyledLine> {
    let mut lines = failure_block(failure, room);
    lines.extend(evidence_lines(failure, room));
    lines
}

/// Returns what a call waits for that a person must consent to first: it did not fail, and is called again after that. The address
/// stands alone, to be selected.
pub(super) fn consent_text(failure: &Failure, keys: &StyledLine, room: u16) -> Vec<StyledLine> {
    let mut lines = vec![vec![
        ("◆ ".to_owned(), Role::Person),
        (
            "A person must consent first, at this address:".to_owned(),
            Role::Person,
        ),
    ]];
    let addresses = failure.consent_urls();
    lines.extend(addresses.flat_map(|address| wrapped(address, room, Role::Accent)));
    lines.push(keys.clone());
    lines.extend(wrapped(&failure.cause, room, Role::Dim));
    lines.extend(evidence_lines(failure, room));
    lines
}

/// Returns the facts of a failure other than addresses at which a person consents.
fn evidence_lines(failure: &Failure, room: u16) -> impl Iterator<Item = StyledLine> {
    let others = failure.evidence.iter().filter(|fact| {
        !failure
            .consent_urls()
            .any(|address| fact.ends_with(address))
    });
    others.flat_map(move |fact| wrapped(fact, room, Role::Dim))
}

/// Returns a result as lines: JSON indented, text as it is. Lines are cut, since no window shows a million columns.
pub(super) fn text_lines(text: &str, json: Option<&Value>) -> Vec<StyledLine> {
    if let Some(value) = json {
        return json_beginning(value, MOST);
    }
    if text.trim().is_empty() {
        return vec![vec![("The result is empty.".to_owned(), Role::Dim)]];
    }
    text.lines()
        .take(MOST + 1)
        .map(|line| {
            let shown = line.get(..line.floor_char_boundary(LINE)).unwrap_or(line);
            vec![(shown.to_owned(), Role::Text)]
        })
        .collect()
}

/// Returns an error of the tool; a syntax error with a caret under the token of the user's own statement.
pub(super) fn error_lines(text: &str, statement: Option<&str>, room: u16) -> Vec<StyledLine> {
    let text = text.get(..text.floor_char_boundary(ERROR)).unwrap_or(text);
    match statement.and_then(|statement| syntax_error(text, statement)) {
        Some(error) => {
            let mut lines = wrapped(&error.message, room, Role::Failed);
            lines.push(Vec::new());
            lines.push(vec![
                (format!("{:>3} ", error.line), Role::Faint),
                (error.source.clone(), Role::Text),
            ]);
            lines.push(vec![(
                format!("{}^", " ".repeat(4 + error.indent)),
                Role::Failed,
            )]);
            lines
        }
        None => text
            .lines()
            .flat_map(|line| wrapped(line, room, Role::Failed))
            .collect(),
    }
}

/// Returns the operators of a plan, each below the one that takes its rows.
pub(super) fn plan_lines(operators: &[PlanOperator]) -> Vec<StyledLine> {
    let number = |value: Option<u64>| value.map_or_else(String::new, with_separators);
    let wanted = operators
        .iter()
        .map(|operator| text_width(&operator.indented_name()))
        .max()
        .unwrap_or(0)
        .max(8);
    let is_profiled = operators.iter().any(|operator| operator.db_hits.is_some());
    let mut head = format!("{:<wanted$}  {:>12}", "operator", "estimated");
    if is_profiled {
        head += "        rows     db hits";
    }
    head.push_str("  on");
    let mut lines = vec![vec![(head, Role::Dim)]];
    for operator in operators {
        let name = operator.indented_name();
        let gap = " ".repeat(wanted.saturating_sub(text_width(&name)));
        let estimated = operator
            .estimated_rows
            .map_or_else(String::new, |rows| format!("{rows:.0}"));
        let mut line = vec![
            (name, Role::Text),
            (format!("{gap}  {estimated:>12}"), Role::Dim),
        ];
        if is_profiled {
            let counts = (number(operator.rows), number(operator.db_hits));
            line.push((format!("  {:>10}  {:>10}", counts.0, counts.1), Role::Text));
        }
        let details = operator.details_or_identifiers();
        line.push((format!("  {details}"), Role::Gateway));
        lines.push(line);
    }
    if !is_profiled {
        lines.push(Vec::new());
        let text = "Estimates of the planner: the statement was not run.";
        lines.push(vec![(text.to_owned(), Role::Faint)]);
    }
    lines
}

/// Returns the rows that came and went between two results.
pub(super) fn change_lines(before: &Table, table: &Table, diff: &RowDiff) -> Vec<StyledLine> {
    let row = |table: &Table, at: &usize| {
        let row = table.rows.get(*at).map_or(&[][..], Vec::as_slice);
        let cells: Vec<String> = row.iter().map(cells::shown).collect();
        cells.join("  ")
    };
    let mut lines = vec![vec![(
        format!(
            "{} added, {} removed, {} as before",
            diff.added.len(),
            diff.removed.len(),
            table.rows.len() - diff.added.len()
        ),
        Role::Dim,
    )]];
    for at in &diff.removed {
        lines.push(vec![
            ("− ".to_owned(), Role::Dim),
            (row(before, at), Role::Dim),
        ]);
    }
    for at in &diff.added {
        lines.push(vec![
            ("+ ".to_owned(), Role::Accent),
            (row(table, at), Role::Text),
        ]);
    }
    lines
}

/// Lines as text.
pub(super) fn text_of(lines: &[StyledLine]) -> String {
    let line = |line: &StyledLine| {
        let pieces = line.iter().map(|(text, _)| text.as_str());
        pieces.collect::<String>()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
