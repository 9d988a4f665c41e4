//! How a field of a form looks: a statement over several lines, a text, or a choice.

use ratatui::layout::Rect;

use super::{
    form::{Field, FieldTarget},
    text,
};
use crate::{
    theme::Role,
    tools::{arguments::limits_in_words, schema::Property},
    widgets::{Painter, text_width},
};

/// Columns of a field's name.
const NAME: u16 = 24;

/// Draws a field and returns the rows that it takes.
pub(super) fn draw_field(
    field: &Field,
    focused: bool,
    area: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    let bar = if focused { "▌" } else { " " };
    if let FieldTarget::Statement(_) = field.target {
        let height =
            u16::try_from(text::rows_of(&field.text, area.width.saturating_sub(3)).max(3) + 1)
                .unwrap_or(u16::MAX)
                .min(area.height);
        for row in 0..height.saturating_sub(1) {
            painter.text(area.x + 1, area.y + row, 1, bar, Role::Accent);
        }
        if field.text.is_empty() && !focused {
            let hint = "type Cypher, for example MATCH (n) RETURN n LIMIT 10";
            painter.text(
                area.x + 3,
                area.y,
                area.width.saturating_sub(4),
                hint,
                Role::Dim,
            );
            return height;
        }
        text::draw(
            &field.text,
            text::Look::Cypher,
            focused,
            Rect {
                x: area.x + 2,
                width: area.width.saturating_sub(3),
                height: height.saturating_sub(1),
                ..area
            },
            painter,
        );
        return height;
    }
    painter.text(area.x + 1, area.y, 1, bar, Role::Accent);
    let (label, note) = match &field.target {
        FieldTarget::Parameter => (format!("${}", field.name), String::new()),
        FieldTarget::Argument(property) | FieldTarget::Statement(property) => {
            let must = if property.required { " *" } else { "" };
            (format!("{}{must}", field.name), note(property))
        }
    };
    let x = painter.text(area.x + 3, area.y, NAME, &label, Role::Accent) + 2;
    let x = x.max((area.x + 16).min(area.right()));
    let options = field.options();
    if !options.is_empty() {
        let line = Rect {
            x,
            width: area.right().saturating_sub(x + 1),
            height: 1,
            ..area
        };
        draw_options(field, &options, focused, line, painter);
        return 1;
    }
    let room = u16::try_from(text_width(&note))
        .unwrap_or(u16::MAX)
        .min(area.width / 2);
    let line = Rect {
        x,
        y: area.y,
        width: area.right().saturating_sub(x + room + 2),
        height: 1,
    };
    text::draw(&field.text, text::Look::Line, focused, line, painter);
    painter.text_right(
        area.right().saturating_sub(1),
        area.y,
        room,
        &note,
        Role::Faint,
    );
    1
}

/// What a field wants, in a few words: its limits, else its choices, its types and its description.
fn note(property: &Property) -> String {
    let types: Vec<&str> = property.types.iter().map(|kind| kind.as_str()).collect();
    let mut parts = Vec::new();
    if property.choices.is_empty() {
        parts.push(types.join("|"));
    } else {
        let choices = property.choices.iter().take(6);
        let choices: Vec<String> = choices
            .map(|choice| crate::tools::arguments::plain(&choice.value))
            .collect();
        parts.push(choices.join(" | "));
    }
    parts.extend(limits_in_words(property));
    let description = property.description.as_deref().unwrap_or_default();
    let description = description.lines().next().unwrap_or_default();
    if !description.is_empty() {
        parts.insert(0, description.chars().take(60).collect());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// The values of a choice beside each other, the chosen one marked; where they have no room, the chosen one alone.
fn draw_options(
    field: &Field,
    options: &[(String, String)],
    focused: bool,
    line: Rect,
    painter: &mut Painter<'_>,
) {
    let current = field.text.lines().join("");
    let chosen = options.iter().position(|(value, _)| *value == current);
    let wanted: usize = options.iter().map(|(_, title)| text_width(title) + 5).sum();
    let keys = if focused { "  ← →" } else { "" };
    if wanted + text_width(keys) > usize::from(line.width) {
        let title = chosen
            .and_then(|at| options.get(at))
            .map_or("", |(_, title)| title.as_str());
        let count = format!(
            "   {} of {}",
            chosen.map_or_else(|| "none".to_owned(), |at| (at + 1).to_string()),
            options.len()
        );
        painter.spans(
            line.x,
            line.y,
            line.width,
            &[
                (title, Role::Name),
                (count.as_str(), Role::Faint),
                (keys, Role::Faint),
            ],
        );
        return;
    }
    let mut x = line.x;
    for (at, (_, title)) in options.iter().enumerate() {
        let is_chosen = chosen == Some(at);
        let (mark, role) = if is_chosen {
            ("● ", Role::Accent)
        } else {
            ("○ ", Role::Faint)
        };
        let name = if is_chosen { Role::Name } else { Role::Dim };
        let room = line.right().saturating_sub(x);
        x = painter.spans(
            x,
            line.y,
            room,
            &[(mark, role), (title.as_str(), name), ("   ", Role::Dim)],
        );
    }
    painter.text(
        x,
        line.y,
        line.right().saturating_sub(x),
        keys.trim_start(),
        Role::Faint,
    );
}
