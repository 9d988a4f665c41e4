//! How the Tools screen looks: the list, the form, the result.

use ratatui::layout::Rect;
use serde_json::Value;

use super::{
    Item, Outcome, Pane, Shown, Tools,
    form::{Field, Form, Goes},
    name_of, text,
};
use crate::{
    app::Endpoint,
    config::theme::Role,
    model::{Elapsed, Failure, Table, Tool, moment::short_duration},
    screens::{
        Look,
        detail::{failure_block, wrapped},
    },
    tools::cypher::syntax_error,
    widgets::{JsonLine, Pen, Scroll, json_lines, width},
};

/// The widest a column of a result grows.
const WIDEST: usize = 48;
/// From this width the panes stand side by side.
const BESIDE: u16 = 100;

/// What the first line says: where, how signed in, for how long, which server.
pub(super) fn headline(state: &Tools, look: &Look<'_>, endpoint: &Endpoint) -> Vec<(String, Role)> {
    let name = name_of(endpoint, look.store);
    let mut pieces = vec![(endpoint.deployment.to_string(), Role::Name)];
    if name != endpoint.deployment.as_str() {
        pieces.push((" ▸ ".to_owned(), Role::Faint));
        pieces.push((name, Role::Text));
    }
    let Some(connection) = state.connection() else { return pieces };
    if let Some(since) = connection.state.loading {
        pieces.push((format!("   {} connecting {}", look.spinner, since.age(look.now)), Role::Changing));
        return pieces;
    }
    match (connection.state.get(), connection.state.problem()) {
        (Some((info, ..)), None) => {
            let (words, role) = match info.token_expires_at.map(|end| end.since(look.now)) {
                Some(left) if left <= 0 => (format!("   ◐ {} token renewed at the next call", info.sign_in), Role::Changing),
                Some(left) => (format!("   ● {} token {}", info.sign_in, short_duration(left)), Role::Well),
                None => (format!("   ● {}", info.sign_in), Role::Well),
            };
            pieces.push((words, role));
            pieces.push((format!("   {}   {}", info.protocol, info.server), Role::Dim));
        }
        (_, Some(failure)) => pieces.push((format!("   ✖ {}", failure.cause), Role::Failed)),
        (None, None) => {}
    }
    pieces
}

/// The panes, beside each other where there is room, else the one that is used.
pub(super) fn tools(state: &Tools, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    let Some(connection) = state.connection() else {
        pen.put(
            area.x + 3,
            area.y + 1,
            area.width.saturating_sub(4),
            "No endpoint yet. p takes one; in the Fleet, t takes what is selected.",
            Role::Dim,
        );
        return;
    };
    if let (Some(failure), None) = (connection.state.problem(), connection.state.get()) {
        draw_lines(
            &failure_text(failure, area.width.saturating_sub(3)),
            &Scroll::default(),
            Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(3), height: area.height.saturating_sub(1) },
            pen,
        );
        pen.pieces(
            area.x + 3,
            area.bottom().saturating_sub(2),
            area.width,
            &[
                ("C", Role::Accent),
                (" connects again   ", Role::Dim),
                ("p", Role::Accent),
                (" takes another endpoint", Role::Dim),
            ],
        );
        return;
    }
    if connection.state.get().is_none() {
        pen.pieces(
            area.x + 3,
            area.y + 1,
            area.width,
            &[(look.spinner, Role::Changing), (" signing in and asking for tools; esc cancels", Role::Dim)],
        );
        return;
    }
    if area.width >= BESIDE {
        let left = (area.width / 4).clamp(26, 40);
        draw_list(state, look, Rect { width: left, ..area }, pen);
        pen.divider(Rect { x: area.x + left, width: 1, ..area });
        draw_right(state, look, Rect { x: area.x + left + 1, width: area.width - left - 1, ..area }, pen);
    } else if state.pane == Pane::List {
        draw_list(state, look, area, pen);
    } else {
        draw_right(state, look, area, pen);
    }
    draw_elicitation(state, area, pen);
}

fn draw_list(state: &Tools, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    if state.filtering || !state.filter.text().is_empty() {
        let x = pen.pieces(area.x + 1, area.y, area.width, &[("/", Role::Accent), (state.filter.text(), Role::Name)]);
        if state.filtering {
            pen.put(x, area.y, 1, "▏", Role::Accent);
        }
    } else {
        pen.put(area.x + 1, area.y, area.width, "/ finds a tool", Role::Faint);
    }
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let items = state.items();
    let cursor = state.list.cursor().min(items.len().saturating_sub(1));
    let mut last_target: Option<String> = None;
    // Headings belong to the lines below them, so that the cursor counts lines, not headings.
    let window = state.list.window(Rect { height: body.height.saturating_sub(2), ..body }, items.len());
    for (row, (index, item)) in items.iter().enumerate().skip(window.start).take(window.len()).enumerate() {
        let line = Rect { y: body.y + u16::try_from(row).unwrap_or(0), height: 1, ..body };
        if index == cursor {
            pen.select_row(line, state.pane == Pane::List);
        }
        match item {
            Item::Tool(at) => {
                if let Some(tool) = state.tools().get(*at) {
                    draw_tool(tool, &mut last_target, line, pen);
                }
            }
            Item::Past(at) => {
                if let Some(past) = state.history.get(*at) {
                    let time = past.at.clock(look.zone);
                    let own = past.tool.split_once("___").map_or(past.tool.as_str(), |(_, own)| own);
                    let role = if past.good { Role::Well } else { Role::Failed };
                    let time = time.get(..5).unwrap_or(&time);
                    pen.pieces(
                        line.x + 2,
                        line.y,
                        line.width.saturating_sub(3),
                        &[
                            (time, Role::Faint),
                            (" ", Role::Dim),
                            (own, Role::Text),
                            (" ", Role::Dim),
                            (past.words.as_str(), role),
                        ],
                    );
                }
            }
        }
    }
    if items.is_empty() {
        pen.put(body.x + 2, body.y + 1, body.width.saturating_sub(3), "no tool is called that", Role::Dim);
    }
}

fn draw_tool(tool: &Tool, last_target: &mut Option<String>, line: Rect, pen: &mut Pen<'_>) {
    let (target, own) = tool.parts();
    let mark = if tool.is_guarded() {
        ("! writes", Role::Failed)
    } else if tool.annotations.read_only == Some(true) {
        ("read-only", Role::Well)
    } else {
        ("", Role::Dim)
    };
    let wide = u16::try_from(width(mark.0)).unwrap_or(0);
    let room = line.width.saturating_sub(wide + 5);
    let x = pen.put(line.x + 2, line.y, room, own, Role::Text);
    pen.put_right(line.right().saturating_sub(2), line.y, wide, mark.0, mark.1);
    if let Some(target) = target
        && last_target.as_deref() != Some(target)
    {
        let rest = line.right().saturating_sub(wide + 4).saturating_sub(x + 2);
        pen.put(x + 2, line.y, rest, target, Role::Faint);
        *last_target = Some(target.to_owned());
    }
}

fn draw_right(state: &Tools, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    let Some(tool) = state.selected() else {
        pen.put(area.x + 2, area.y + 1, area.width, "This endpoint offers no tool.", Role::Dim);
        return;
    };
    let blank = Form::new(tool);
    let form = state.forms.get(&tool.name).unwrap_or(&blank);
    let wanted = form_height(form, tool, area.width).saturating_add(u16::try_from(state.problems.len()).unwrap_or(u16::MAX));
    let high = wanted.min(area.height * 3 / 5).max(4).min(area.height);
    draw_form(state, tool, form, look, Rect { height: high, ..area }, pen);
    let rule = Rect { y: area.y + high, height: 1.min(area.height.saturating_sub(high)), ..area };
    pen.rule(rule);
    draw_result(state, look, Rect { y: rule.bottom(), height: area.bottom().saturating_sub(rule.bottom()), ..area }, pen);
}

fn form_height(form: &Form, tool: &Tool, room: u16) -> u16 {
    let fields: usize = form.raw.as_ref().map_or_else(
        || {
            form.fields
                .iter()
                .map(|field| {
                    if matches!(field.goes, Goes::Statement(_)) {
                        text::rows_of(&field.text, room.saturating_sub(3)).max(3) + 1
                    } else {
                        1
                    }
                })
                .sum()
        },
        |raw| text::rows_of(raw, room.saturating_sub(3)),
    );
    let description = tool.description.as_ref().map_or(0, |text| wrapped(text, room.saturating_sub(4), Role::Dim).len().min(2));
    u16::try_from(fields + description + 2).unwrap_or(u16::MAX)
}

fn draw_form(state: &Tools, tool: &Tool, form: &Form, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    let focused = state.pane == Pane::Form;
    let (target, own) = tool.parts();
    let target = target.map_or_else(String::new, |target| format!("{target} ▸ "));
    let mode = if form.raw.is_some() { "   raw JSON" } else { "" };
    let guard = if tool.is_guarded() { "   ! writes" } else { "" };
    pen.pieces(
        area.x + 2,
        area.y,
        area.width.saturating_sub(24),
        &[(target.as_str(), Role::Dim), (own, Role::Name), (guard, Role::Failed), (mode, Role::Accent)],
    );
    match state.connection().and_then(|connection| connection.call.as_ref()) {
        Some(call) => {
            let progress = call.progress.as_ref().map_or_else(String::new, |progress| match progress.total {
                Some(total) if total > 0.0 => format!(" {:.0}%", 100.0 * progress.progress / total),
                _ => format!(" {}", progress.message.as_deref().unwrap_or_default()),
            });
            let text =
                format!("{} {:.1} s{progress}  esc cancels", look.spinner, look.now.since(call.since).max(0) as f64 / 1000.0);
            pen.put_right(area.right().saturating_sub(1), area.y, 40, &text, Role::Changing);
        }
        None => pen.put_right(area.right().saturating_sub(1), area.y, 22, "f5 run   f4 JSON", Role::Faint),
    }
    let mut rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }.rows();
    if let Some(description) = &tool.description {
        for (line, row) in wrapped(description, area.width.saturating_sub(4), Role::Dim).iter().take(2).zip(rows.by_ref()) {
            let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
            pen.pieces(area.x + 2, row.y, area.width.saturating_sub(3), &pieces);
        }
    }
    for (problem, row) in state.problems.iter().zip(rows.by_ref()) {
        pen.put(area.x + 2, row.y, area.width.saturating_sub(3), &format!("✖ {problem}"), Role::Failed);
    }
    // What is left for the fields; nothing is drawn over what stands below.
    let Some(mut y) = rows.next().map(|row| row.y) else { return };
    if let Some(raw) = &form.raw {
        text::draw(
            raw,
            text::Look::Lines,
            focused,
            Rect { x: area.x + 2, y, width: area.width.saturating_sub(3), height: area.bottom().saturating_sub(y) },
            pen,
        );
        return;
    }
    if form.fields.is_empty() {
        pen.put(area.x + 2, y, area.width, "No arguments: f5 calls it.", Role::Dim);
        return;
    }
    for (index, field) in form.fields.iter().enumerate() {
        if y >= area.bottom() {
            break;
        }
        y += draw_field(
            field,
            focused && index == form.focus,
            Rect { x: area.x, y, width: area.width, height: area.bottom() - y },
            pen,
        );
    }
}

fn draw_field(field: &Field, focused: bool, area: Rect, pen: &mut Pen<'_>) -> u16 {
    let bar = if focused { "▌" } else { " " };
    if let Goes::Statement(_) = field.goes {
        let high = u16::try_from(text::rows_of(&field.text, area.width.saturating_sub(3)).max(3) + 1)
            .unwrap_or(u16::MAX)
            .min(area.height);
        for row in 0..high.saturating_sub(1) {
            pen.put(area.x + 1, area.y + row, 1, bar, Role::Accent);
        }
        if field.text.is_empty() && !focused {
            pen.put(area.x + 6, area.y, area.width.saturating_sub(7), "MATCH (n) RETURN n LIMIT 10", Role::Faint);
        }
        text::draw(
            &field.text,
            text::Look::Cypher,
            focused,
            Rect { x: area.x + 2, width: area.width.saturating_sub(3), height: high.saturating_sub(1), ..area },
            pen,
        );
        return high;
    }
    pen.put(area.x + 1, area.y, 1, bar, Role::Accent);
    let (label, note) = match &field.goes {
        Goes::Parameter => (format!("${}", field.name), String::new()),
        Goes::Argument(property) | Goes::Statement(property) => {
            let types: Vec<&str> = property.types.iter().map(|each| each.word()).collect();
            let must = if property.required { " *" } else { "" };
            let choices: Vec<String> = property
                .choices
                .iter()
                .take(6)
                .map(|each| each.as_str().map_or_else(|| each.to_string(), str::to_owned))
                .collect();
            let words = if choices.is_empty() { types.join("|") } else { choices.join(" | ") };
            (format!("{}{must}", field.name), words)
        }
    };
    let x = pen.put(area.x + 3, area.y, 24, &label, Role::Accent) + 2;
    let line = Rect { x, y: area.y, width: area.right().saturating_sub(x + 22), height: 1 };
    text::draw(&field.text, text::Look::Line, focused, line, pen);
    pen.put_right(area.right().saturating_sub(1), area.y, 20, &note, Role::Faint);
    1
}

fn draw_result(state: &Tools, look: &Look<'_>, area: Rect, pen: &mut Pen<'_>) {
    if area.height == 0 {
        return;
    }
    let Some(outcome) = &state.result else {
        pen.put(area.x + 2, area.y, area.width.saturating_sub(3), "The result appears here.", Role::Faint);
        return;
    };
    let focused = state.pane == Pane::Result;
    draw_result_head(state, outcome, look, Rect { height: 1, ..area }, focused, pen);
    let body = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(1) };
    match (&outcome.result, state.shown) {
        (Err(failure), _) => draw_lines(&failure_text(failure, body.width), &state.text, body, pen),
        (Ok(call), Shown::Raw) => draw_lines(&json_lines(&call.raw), &state.text, body, pen),
        (Ok(call), Shown::Table) if call.table.is_some() => {
            if let Some(table) = &call.table {
                draw_table(state, table, focused, body, pen);
            }
        }
        (Ok(call), Shown::Table | Shown::Text) => {
            let text = call.text();
            let lines = if call.is_error {
                error_lines(&text, outcome.statement.as_deref(), body.width)
            } else {
                text_lines(&text, call.structured_content.as_ref())
            };
            draw_lines(&lines, &state.text, body, pen);
        }
    }
}

fn draw_result_head(state: &Tools, outcome: &Outcome, look: &Look<'_>, line: Rect, focused: bool, pen: &mut Pen<'_>) {
    let role = if focused { Role::Accent } else { Role::Dim };
    let view = match state.shown {
        Shown::Table => "table",
        Shown::Text => "text",
        Shown::Raw => "raw",
    };
    let what = match &outcome.result {
        Ok(call) if call.is_error => ("error".to_owned(), Role::Failed),
        Ok(call) => (call.table.as_ref().map_or_else(|| "ok".to_owned(), rows_in_words), Role::Well),
        Err(_) => ("failed".to_owned(), Role::Failed),
    };
    let hint =
        match &outcome.result {
            Ok(call) => call.table.as_ref().filter(|table| !table.lost_temporals.is_empty()).map(|table| {
                format!("   {{}} is a lost temporal value: toString({})", table.lost_temporals.join("), toString("))
            }),
            Err(_) => None,
        };
    pen.pieces(
        line.x + 2,
        line.y,
        line.width.saturating_sub(3),
        &[(view, role), ("   ", Role::Dim), (what.0.as_str(), what.1), (hint.as_deref().unwrap_or_default(), Role::Degraded)],
    );
    let times = match &outcome.result {
        Ok(call) => elapsed(call.elapsed),
        Err(_) => format!("{} ms", outcome.ended.since(outcome.began)),
    };
    let right = format!("{times}   {}", outcome.ended.clock(look.zone));
    let wide = u16::try_from(width(&right)).unwrap_or(0);
    if line.width > wide + 30 {
        pen.put_right(line.right().saturating_sub(1), line.y, wide, &right, Role::Dim);
    }
}

fn elapsed(elapsed: Elapsed) -> String {
    format!(
        "sign-in {} · connect {} · first byte {} · total {} ms",
        elapsed.sign_in, elapsed.connect, elapsed.first_byte, elapsed.total
    )
}

/// Only the visible rows are laid out; the widths come from them, so that a hundred thousand rows cost no more than a page.
fn draw_table(state: &Tools, table: &Table, focused: bool, area: Rect, pen: &mut Pen<'_>) {
    let below = if state.open_row { (area.height / 2).max(3).min(area.height) } else { 0 };
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + below), ..area };
    let window = state.rows.window(body, table.rows.len());
    let visible: Vec<Vec<String>> =
        table.rows.iter().skip(window.start).take(window.len()).map(|row| row.iter().map(cell).collect()).collect();
    let mut x = area.x + 1;
    for (column, title) in table.columns.iter().enumerate().skip(state.first_column) {
        let cells = || visible.iter().map(|row| row.get(column).map_or("", String::as_str));
        let wide = cells().map(width).chain([width(title)]).max().unwrap_or(1).clamp(1, WIDEST);
        let wide = u16::try_from(wide).unwrap_or(1).min(area.right().saturating_sub(x));
        if wide == 0 {
            break;
        }
        let numeric = table
            .rows
            .iter()
            .skip(window.start)
            .take(window.len())
            .all(|row| row.get(column).is_some_and(|value| value.is_number() || value.is_null()));
        if numeric {
            pen.put_right(x + wide, area.y, wide, title, Role::Dim);
        } else {
            pen.put(x, area.y, wide, title, Role::Dim);
        }
        for (row, text) in cells().enumerate() {
            let y = body.y + u16::try_from(row).unwrap_or(0);
            let role = if column == 0 { Role::Name } else { Role::Text };
            if numeric {
                pen.put_right(x + wide, y, wide, text, Role::Changing);
            } else {
                pen.put(x, y, wide, text, role);
            }
        }
        x = x.saturating_add(wide + 2);
    }
    let cursor = state.rows.cursor();
    if focused && window.contains(&cursor) {
        let y = body.y + u16::try_from(cursor - window.start).unwrap_or(0);
        pen.select_row(Rect { x: area.x.saturating_sub(1), y, width: area.width + 1, height: 1 }, true);
    }
    if below > 0
        && let Some(row) = table.rows.get(cursor)
    {
        let object: serde_json::Map<String, Value> = table.columns.iter().cloned().zip(row.iter().cloned()).collect();
        let place = Rect { y: body.bottom(), height: below, ..area };
        pen.rule(place);
        draw_lines(
            &json_lines(&Value::Object(object)),
            &Scroll::default(),
            Rect { y: place.y + 1, height: below - 1, ..place },
            pen,
        );
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

fn draw_lines(lines: &[JsonLine], scroll: &Scroll, area: Rect, pen: &mut Pen<'_>) {
    let window = scroll.window(usize::from(area.height), lines.len());
    for (row, line) in lines.iter().skip(window.start).take(window.len()).enumerate() {
        let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        pen.pieces(area.x + 1, area.y + u16::try_from(row).unwrap_or(0), area.width.saturating_sub(1), &pieces);
    }
}

/// A failure, and below it what its answer is worth keeping for: first of all the address at which a person must consent.
fn failure_text(failure: &Failure, room: u16) -> Vec<JsonLine> {
    let mut lines = failure_block(failure, room);
    let mut addresses = failure.consent_urls().peekable();
    let waits = addresses.peek().is_some();
    if waits {
        lines.push(vec![
            ("◆ ".to_owned(), Role::Person),
            ("A person must consent first, at this address:".to_owned(), Role::Person),
        ]);
        lines.extend(addresses.flat_map(|address| wrapped(address, room, Role::Accent)));
        lines.push(vec![("c c copies it (esc first, in a field). Then f5 calls again.".to_owned(), Role::Dim)]);
    }
    let others = failure.evidence.iter().filter(|fact| !failure.consent_urls().any(|address| fact.ends_with(address)));
    lines.extend(others.flat_map(|fact| wrapped(fact, room, Role::Dim)));
    lines
}

fn text_lines(text: &str, structured: Option<&Value>) -> Vec<JsonLine> {
    let value = structured.cloned().or_else(|| serde_json::from_str(text).ok());
    value.map_or_else(|| text.lines().map(|line| vec![(line.to_owned(), Role::Text)]).collect(), |value| json_lines(&value))
}

/// An error of the tool; a syntax error with a caret under the token of the user's own statement.
fn error_lines(text: &str, statement: Option<&str>, room: u16) -> Vec<JsonLine> {
    match statement.and_then(|statement| syntax_error(text, statement)) {
        Some(error) => {
            let mut lines = wrapped(&error.message, room, Role::Failed);
            lines.push(Vec::new());
            lines.push(vec![(format!("{:>3} ", error.line), Role::Faint), (error.source.clone(), Role::Text)]);
            lines.push(vec![(format!("{}^", " ".repeat(4 + error.indent)), Role::Failed)]);
            lines
        }
        None => text.lines().flat_map(|line| wrapped(line, room, Role::Failed)).collect(),
    }
}

fn draw_elicitation(state: &Tools, area: Rect, pen: &mut Pen<'_>) {
    let Some((_, elicitation, text)) = state.elicitations.front() else { return };
    let place = Rect { y: area.bottom().saturating_sub(5), height: 5.min(area.height), ..area };
    pen.clear(place);
    pen.rule(place);
    pen.put(place.x + 2, place.y + 1, place.width.saturating_sub(3), "The server asks:", Role::Person);
    pen.put(place.x + 2, place.y + 2, place.width.saturating_sub(3), &elicitation.message, Role::Text);
    let x = pen.pieces(
        place.x + 2,
        place.y + 3,
        place.width.saturating_sub(3),
        &[("answer ", Role::Accent), (text.text(), Role::Name)],
    );
    pen.put(x, place.y + 3, 1, "▏", Role::Accent);
    pen.pieces(
        place.x + 2,
        place.y + 4,
        place.width,
        &[("⏎", Role::Accent), (" send   ", Role::Dim), ("esc", Role::Accent), (" decline", Role::Dim)],
    );
}

/// How many rows, in words.
pub(super) fn rows_in_words(table: &Table) -> String {
    format!("{} row{}", table.rows.len(), if table.rows.len() == 1 { "" } else { "s" })
}

/// A table as CSV (RFC 4180).
pub(super) fn csv(table: &Table) -> String {
    let line = |cells: Vec<String>| cells.iter().map(|cell| quote(cell)).collect::<Vec<_>>().join(",") + "\r\n";
    let head = line(table.columns.clone());
    table.rows.iter().fold(head, |text, row| text + &line(row.iter().map(cell).collect()))
}

fn quote(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
