//! Fields of JSON lines as columns of the list of lines.

use super::{Logs, line_cells::LineColumns};
use crate::{
    logs::{LineFields, field_list, seen_fields, store::Body},
    theme::Role,
    widgets::{Painter, cut_middle, text_width},
};

/// The narrowest and the widest column of a field.
const WIDTHS: (u16, u16) = (12, 20);
/// Columns that the message keeps at least.
const LEAST_MESSAGE: u16 = 20;
/// Lines around the cursor in which fields are looked for.
const SEEN_LINES: usize = 200;

/// Where a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldColumn {
    name: String,
    x: u16,
    width: u16,
}

/// Places the columns of fields before the message as far as there is room, and moves the message behind them.
pub(super) fn place_fields(names: &[String], columns: &mut LineColumns) -> Vec<FieldColumn> {
    let mut placed = Vec::new();
    for name in names {
        let width = u16::try_from(text_width(name)).unwrap_or(u16::MAX);
        let width = width.clamp(WIDTHS.0, WIDTHS.1);
        if columns.message_room() < width + 2 + LEAST_MESSAGE {
            break;
        }
        placed.push(FieldColumn {
            name: name.clone(),
            x: columns.message,
            width,
        });
        columns.message += width + 2;
    }
    placed
}

/// Draws the titles of fields, and how many found no room.
pub(super) fn draw_titles(
    fields: &[FieldColumn],
    all: usize,
    columns: LineColumns,
    y: u16,
    painter: &mut Painter<'_>,
) {
    for field in fields {
        let title = cut_middle(&field.name, usize::from(field.width));
        painter.text(field.x, y, field.width, &title, Role::Dim);
    }
    let hidden = all.saturating_sub(fields.len());
    let words = if hidden == 0 {
        "message".to_owned()
    } else {
        format!("message   {hidden} more in a wider window")
    };
    painter.text(
        columns.message,
        y,
        columns.message_room(),
        &words,
        Role::Dim,
    );
}

/// Draws the fields of a line.
pub(super) fn draw_fields(
    fields: &[FieldColumn],
    text: &str,
    role: Role,
    y: u16,
    painter: &mut Painter<'_>,
) {
    if fields.is_empty() {
        return;
    }
    let Some(line) = LineFields::parse(text) else {
        return;
    };
    for field in fields {
        if let Some(value) = line.get(&field.name) {
            let value = cut_middle(&value, usize::from(field.width));
            painter.text(field.x, y, field.width, &value, role);
        }
    }
}

impl Logs {
    /// Shows these fields as columns; none: the lines as they are.
    pub(super) fn set_fields(&mut self, text: &str) {
        self.fields = field_list(text);
    }

    /// Returns the names of fields that may follow what is typed: those of the lines around the cursor that are not chosen yet and
    /// begin with the last name.
    pub(super) fn field_proposals(&self, typed: &str) -> Vec<String> {
        let (chosen, begun) = split_last(typed);
        let chosen = field_list(chosen);
        let from = self.list.cursor().saturating_sub(SEEN_LINES / 2);
        let until = (from + SEEN_LINES).min(self.store.len());
        let texts: Vec<String> = (self.store.rows(from..until).into_iter())
            .filter_map(|entry| match entry.body {
                Body::Event { text, .. } => Some(text),
                Body::Notice(_) => None,
            })
            .collect();
        seen_fields(texts.iter().map(String::as_str))
            .into_iter()
            .filter(|name| name.starts_with(begun) && !chosen.contains(name))
            .collect()
    }
}

/// Returns what is typed up to the last name, and that name.
pub(super) fn split_last(typed: &str) -> (&str, &str) {
    let end = typed.rfind([',', ' ']).map_or(0, |at| at + 1);
    typed.split_at_checked(end).unwrap_or((typed, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_take_their_room_from_the_message_but_not_all_of_it() {
        let names = [
            "status",
            "attributes.http.response.status_code",
            "a",
            "b",
            "c",
        ]
        .map(str::to_owned);
        for width in 40..200 {
            let mut columns = LineColumns::of(0, width, false);
            let before = columns.message;
            let placed = place_fields(&names, &mut columns);
            let taken: u16 = placed.iter().map(|field| field.width + 2).sum();
            assert_eq!(columns.message, before + taken);
            assert!(placed.is_empty() || columns.message_room() >= LEAST_MESSAGE);
            if width == 120 {
                assert!(placed.len() >= 3, "{placed:?}");
            }
        }
        assert_eq!(split_last("a,b"), ("a,", "b"));
        assert_eq!(split_last("a"), ("", "a"));
    }
}
