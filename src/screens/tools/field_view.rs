//! How a row of a form looks: a statement over several lines, a text, a choice, the head of an object or a list.

use ratatui::layout::Rect;

use super::{
    field::Field,
    form_rows::{FormRow, RowContent},
    text,
};
use crate::{
    model::pluralize,
    screens::detail::wrapped,
    theme::Role,
    tools::{
        arguments::{REQUIRED, limits_in_words},
        schema::Property,
    },
    widgets::{Painter, text_width},
};

/// Columns of a field's name.
const NAME: u16 = 24;
/// Columns from which values begin at the earliest.
const VALUE: u16 = 16;
/// Columns of a field at least.
const FIELD: u16 = 20;
/// Lines of a statement that are shown at least.
const STATEMENT_LINES: usize = 3;

/// Rows of the screen that a row of a form takes.
pub(super) fn row_height(row: &FormRow<'_>, focused: bool, width: u16) -> u16 {
    match row.field() {
        Some(field) if field.is_statement() => {
            let lines = text::rows_of(&field.text, width.saturating_sub(3));
            u16::try_from(lines.max(STATEMENT_LINES) + 1).unwrap_or(u16::MAX)
        }
        Some(_) | None => 1 + u16::from(focused && !description(row, width).is_empty()),
    }
}

/// What was drawn of a row: the rows of the screen that it takes, and where the text under edit ends, or the cursor of a statement is.
pub(super) struct DrawnRow {
    pub(super) height: u16,
    pub(super) cursor: Option<(u16, u16)>,
}

/// Draws a row; what is wrong with it stands in place of what it wants.
pub(super) fn draw_row(
    row: &FormRow<'_>,
    focused: bool,
    problem: Option<&str>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> DrawnRow {
    let height = row_height(row, focused, area.width).min(area.height);
    let place = Rect { height, ..area };
    match row.content {
        RowContent::Field(field) if field.is_statement() => {
            let cursor = draw_statement(field, focused, place, painter);
            draw_statement_problem(row, problem, place, painter);
            return DrawnRow { height, cursor };
        }
        RowContent::Field(field) => {
            let end = draw_field(row, field, (focused, problem), place, painter);
            let cursor = Some(end).filter(|_| focused);
            draw_row_description(row, height, area, painter);
            return DrawnRow { height, cursor };
        }
        RowContent::Object(object) => {
            let line = draw_label(row, object.property.required, focused, place, painter);
            draw_note(row, focused, problem, line, painter);
        }
        RowContent::List(list) => {
            let line = draw_label(row, list.property.required, focused, place, painter);
            let count = pluralize(list.items.len(), "item");
            let keys = if focused {
                "   + adds one   - removes the last, or the item it is pressed on"
            } else {
                ""
            };
            let pieces = [(count.as_str(), Role::Text), (keys, Role::Faint)];
            let x = painter.spans(line.x, line.y, line.width, &pieces);
            draw_note(row, focused, problem, behind(line, x), painter);
        }
        RowContent::Choice(choice) => {
            let line = draw_label(row, choice.property.required, focused, place, painter);
            let titles: Vec<&str> = choice
                .property
                .variants
                .iter()
                .map(|variant| variant.name.as_str())
                .collect();
            let x = draw_options(Some(choice.chosen), &titles, focused, line, painter);
            draw_note(row, focused, problem, behind(line, x), painter);
        }
    }
    draw_row_description(row, height, area, painter);
    DrawnRow {
        height,
        cursor: None,
    }
}

/// Draws what is wrong with a row that is no field, else how it is removed.
fn draw_note(
    row: &FormRow<'_>,
    focused: bool,
    problem: Option<&str>,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let (note, role) = match problem {
        Some(problem) => (format!("✖ {problem}"), Role::Failed),
        None if row.is_item && focused => ("- removes it".to_owned(), Role::Faint),
        None => return,
    };
    painter.text(line.x, line.y, line.width, &note, role);
}

/// Draws what is wrong with a statement in the line below it.
fn draw_statement_problem(
    row: &FormRow<'_>,
    problem: Option<&str>,
    place: Rect,
    painter: &mut Painter<'_>,
) {
    if let Some(problem) = problem {
        let y = place.bottom().saturating_sub(1);
        let is = if problem == REQUIRED { " is" } else { ":" };
        let text = format!("✖ {}{is} {problem}", row.label);
        painter.text(
            place.x + 3,
            y,
            place.width.saturating_sub(4),
            &text,
            Role::Failed,
        );
    }
}

/// Returns what is left of a line behind a column.
fn behind(line: Rect, x: u16) -> Rect {
    let x = (x + 2).min(line.right());
    Rect {
        x,
        width: line.right().saturating_sub(x),
        ..line
    }
}

/// Draws what the schema says about a row below it, if the row has a line for that.
fn draw_row_description(row: &FormRow<'_>, height: u16, area: Rect, painter: &mut Painter<'_>) {
    if height > 1 {
        let text = description(row, area.width);
        let x = area.x + 3 + 2 * row.depth;
        let room = area.right().saturating_sub(x + 1);
        painter.text(x, area.y + 1, room, &text, Role::Faint);
    }
}

fn property<'a>(row: &FormRow<'a>) -> Option<&'a Property> {
    match row.content {
        RowContent::Field(field) => field.property(),
        RowContent::Object(object) => Some(&object.property),
        RowContent::List(list) => Some(&list.property),
        RowContent::Choice(choice) => Some(&choice.property),
    }
}

/// Returns what the schema says about a row, in one line.
fn description(row: &FormRow<'_>, width: u16) -> String {
    let text = property(row).and_then(|property| property.description.as_deref());
    let lines = wrapped(
        text.unwrap_or_default(),
        width.saturating_sub(6),
        Role::Faint,
    );
    let more = if lines.len() > 1 { " …" } else { "" };
    lines
        .first()
        .and_then(|line| line.first())
        .map_or_else(String::new, |(text, _)| format!("{text}{more}"))
        .trim()
        .to_owned()
}

fn draw_statement(
    field: &Field,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Option<(u16, u16)> {
    let bar = if focused { "▌" } else { " " };
    for row in area.rows().take(usize::from(area.height.saturating_sub(1))) {
        painter.text(row.x + 1, row.y, 1, bar, Role::Accent);
    }
    if field.text.is_empty() && !focused {
        let hint = "type Cypher, for example MATCH (n) RETURN n LIMIT 10";
        let room = area.width.saturating_sub(4);
        painter.text(area.x + 3, area.y, room, hint, Role::Dim);
        return None;
    }
    let place = Rect {
        x: area.x + 2,
        width: area.width.saturating_sub(3),
        height: area.height.saturating_sub(1),
        ..area
    };
    let cursor = text::draw(
        &field.text,
        text::TextAreaStyle::Cypher,
        focused,
        place,
        painter,
    );
    cursor.filter(|_| focused)
}

/// Draws the bar and the name, and returns the rest of the line.
fn draw_label(
    row: &FormRow<'_>,
    required: bool,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) -> Rect {
    let bar = if focused { "▌" } else { " " };
    painter.text(area.x + 1, area.y, 1, bar, Role::Accent);
    let indent = 2 * row.depth;
    let must = if required { " *" } else { "" };
    let label = format!("{}{must}", row.label);
    let role = match row.content {
        RowContent::Field(field) if field.is_further() => Role::Dim,
        RowContent::Field(_) => Role::Accent,
        RowContent::Object(_) | RowContent::List(_) | RowContent::Choice(_) => Role::Name,
    };
    let x = painter.text(area.x + 3 + indent, area.y, NAME, &label, role) + 2;
    let x = x.max(area.x + VALUE + indent).min(area.right());
    Rect {
        x,
        width: area.right().saturating_sub(x + 1),
        height: 1,
        ..area
    }
}

/// Draws a field, and returns where what is typed ends.
fn draw_field(
    row: &FormRow<'_>,
    field: &Field,
    (focused, problem): (bool, Option<&str>),
    area: Rect,
    painter: &mut Painter<'_>,
) -> (u16, u16) {
    let required = field.property().is_some_and(|property| property.required);
    let line = draw_label(row, required, focused, area, painter);
    let (note, role) = match problem {
        Some(problem) => (format!("✖ {problem}"), Role::Failed),
        None => (note(row, field, focused, line.width), Role::Faint),
    };
    let options = field.options();
    if !options.is_empty() {
        let current = field.typed();
        let chosen = options.iter().position(|(value, _)| *value == current);
        let titles: Vec<&str> = options.iter().map(|(_, title)| title.as_str()).collect();
        let x = draw_options(chosen, &titles, focused, line, painter);
        if problem.is_some() {
            let room = line.right().saturating_sub(x + 1);
            painter.text(x + 1, line.y, room, &note, role);
        }
        return (x, line.y);
    }
    // What is wrong may take more room than what is wanted.
    let most = match problem {
        Some(_) => line.width.saturating_sub(FIELD + 2).max(line.width / 2),
        None => line.width / 2,
    };
    let note_width = u16::try_from(text_width(&note))
        .unwrap_or(u16::MAX)
        .min(most);
    let typed = field.text.lines().first().map_or("", String::as_str);
    let wanted = u16::try_from(text_width(typed) + 1).unwrap_or(u16::MAX);
    let room = line.width.saturating_sub(note_width + 2);
    let width = wanted.max(FIELD).min(room).max(1);
    let value = Rect { width, ..line };
    painter.shade(value, Role::Field);
    text::draw(
        &field.text,
        text::TextAreaStyle::Line,
        focused,
        value,
        painter,
    );
    painter.text(value.right() + 2, line.y, note_width, &note, role);
    let end = value.x + wanted.saturating_sub(1);
    (end.min(value.right()), line.y)
}

/// Returns what a field wants, in a few words: its types and limits, and its description while it does not stand below.
fn note(row: &FormRow<'_>, field: &Field, focused: bool, room: u16) -> String {
    let mut parts = vec![field.type_in_words()];
    if field.is_further() {
        let removes = if focused { "; ctrl-u removes it" } else { "" };
        parts.push(format!("further member{removes}"));
    } else if row.is_item && focused && field.is_empty() {
        parts.push("backspace removes it".to_owned());
    }
    if let Some(property) = field.property() {
        parts.extend(limits_in_words(property));
        let choices: Vec<String> = property
            .choices
            .iter()
            .take(6)
            .map(|choice| crate::tools::arguments::plain(&choice.value))
            .collect();
        parts.push(choices.join(" | "));
        let first = property
            .description
            .as_deref()
            .and_then(|text| text.lines().next());
        parts.extend(
            first
                .filter(|_| !focused && room > 40)
                .map(|text| text.chars().take(60).collect()),
        );
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// Returns the values of a choice beside each other, the chosen one marked; where they have no room, the chosen one alone. Returns the
/// column behind them.
fn draw_options(
    chosen: Option<usize>,
    titles: &[&str],
    focused: bool,
    line: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    let wanted: usize = titles.iter().map(|title| text_width(title) + 5).sum();
    let keys = if focused { "  ← →" } else { "" };
    if wanted + text_width(keys) > usize::from(line.width) {
        let title = chosen.and_then(|at| titles.get(at)).copied();
        let count = format!(
            "   {} of {}",
            chosen.map_or_else(|| "none".to_owned(), |at| (at + 1).to_string()),
            titles.len()
        );
        let pieces = [
            (title.unwrap_or_default(), Role::Name),
            (count.as_str(), Role::Faint),
            (keys, Role::Faint),
        ];
        return painter.spans(line.x, line.y, line.width, &pieces);
    }
    let mut x = line.x;
    for (at, title) in titles.iter().enumerate() {
        let is_chosen = chosen == Some(at);
        let (mark, role) = if is_chosen {
            ("● ", Role::Accent)
        } else {
            ("○ ", Role::Faint)
        };
        let name = if is_chosen { Role::Name } else { Role::Dim };
        let room = line.right().saturating_sub(x);
        let pieces = [(mark, role), (*title, name), ("   ", Role::Dim)];
        x = painter.spans(x, line.y, room, &pieces);
    }
    let room = line.right().saturating_sub(x);
    painter.text(x, line.y, room, keys.trim_start(), Role::Faint)
}
