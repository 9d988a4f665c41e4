//! Where the focus goes when a call has ended: to its result, or to the argument that was wrong.

use ratatui_textarea::CursorMove;

use super::{CallResult, Pane, Tools, field::Field, form::Form, form_rows::FormRow};
use crate::tools::cypher;

/// Words with which servers speak of an argument that is wrong.
const BLAMES: [&str; 8] = [
    "argument",
    "parameter",
    "validation",
    "required",
    "missing",
    "invalid",
    "must be",
    "expected",
];

impl Tools {
    /// Moves the focus from the editor to the result that has just come, so that the next letters are keys of the result. It stays
    /// in the editor where the text has been edited since, and goes to the field that the error names.
    pub(super) fn focus_result(&mut self) {
        let Some(result) = &self.result else { return };
        if self.pane != Pane::Form || self.is_edited_since(result) {
            return;
        }
        let form = self.form().filter(|form| form.raw.is_none());
        let fault = form.and_then(|form| fault(form, result));
        let Some(fault) = fault else {
            self.pane = Pane::Result;
            self.returns_to_editor = true;
            return;
        };
        if let Some(form) = self.form_mut() {
            form.focus = fault.row;
            if let (Some(at), Some(text)) = (fault.at, form.focused_statement_mut()) {
                text.move_cursor(CursorMove::Jump(at.0, at.1));
            }
        }
    }

    /// Takes back the focus that went to a result by itself. Returns `false` if it did not.
    pub(super) fn return_to_editor(&mut self) -> bool {
        let returns = self.pane == Pane::Result && self.returns_to_editor;
        self.returns_to_editor = false;
        if returns {
            self.pane = Pane::Form;
        }
        returns
    }
}

/// The argument that an error is about.
struct ArgumentFault {
    /// Its row in the form.
    row: usize,
    /// Line and column of a statement, from 0.
    at: Option<(u16, u16)>,
}

/// Returns the argument that the error of a call is about, if it says so.
fn fault(form: &Form, result: &CallResult) -> Option<ArgumentFault> {
    let (text, is_about_arguments) = match &result.answer {
        Ok(outcome) if outcome.is_error => (outcome.text(), false),
        Ok(_) => return None,
        Err(failure) => {
            let is_refused = failure.code.as_deref() == Some("-32602");
            (failure.cause.clone(), is_refused)
        }
    };
    let rows = form.rows();
    let own = result.statement.as_deref();
    if let Some(error) = own.and_then(|statement| cypher::syntax_error(&text, statement)) {
        let is_statement = |row: &FormRow<'_>| row.field().is_some_and(Field::is_statement);
        let place = |number: usize| u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
        return Some(ArgumentFault {
            row: rows.iter().position(is_statement)?,
            at: Some((place(error.line), place(error.column))),
        });
    }
    let small = text.to_lowercase();
    if !is_about_arguments && !BLAMES.iter().any(|word| small.contains(word)) {
        return None;
    }
    let named = rows.iter().enumerate().filter(|(_, row)| row.takes_keys());
    let named = named.filter_map(|(at, row)| {
        let name = row.label.trim_start_matches('$');
        Some((position_of_word(&text, name)?, at))
    });
    let (_, row) = named.min()?;
    Some(ArgumentFault { row, at: None })
}

/// Returns where a name stands in a text as a word of its own.
fn position_of_word(text: &str, name: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let behind = text
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        !name.is_empty() && !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_only() {
        assert_eq!(position_of_word("limits and \"limit\"", "limit"), Some(12));
        assert_eq!(position_of_word("page_limit, limits", "limit"), None);
        assert_eq!(position_of_word("anything", ""), None);
    }
}
