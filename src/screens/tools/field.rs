//! A field of a form: a text under edit, or a choice, with the value that it stands for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};
use serde_json::Value;

use crate::tools::{
    arguments::{self, plain},
    schema::{Property, Type},
};

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// Where its value goes.
    pub(super) target: FieldTarget,
    /// The text under edit.
    pub(super) text: TextArea<'static>,
}

/// Where a field's value goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldTarget {
    /// Into the argument of that name.
    Argument(Property),
    /// The statement: an argument over several lines.
    Statement(Property),
    /// Into the object of parameters.
    Parameter,
    /// Into a member that the schema does not name: the value that was given, and the text that stands for it.
    Further(Box<(Value, String)>),
}

impl Field {
    /// Returns an argument with its default, else with the only value that it takes.
    pub(super) fn of_argument(property: &Property) -> Self {
        let only = match property.choices.as_slice() {
            [only] if property.required => Some(&only.value),
            _ => None,
        };
        let text = property.default.as_ref().or(only);
        Self {
            name: property.name.clone(),
            text: area(&text.map_or_else(String::new, |value| typed(property, value))),
            target: FieldTarget::Argument(property.clone()),
        }
    }

    /// Returns a parameter of the statement.
    pub(super) fn of_parameter(name: String) -> Self {
        Self {
            name,
            target: FieldTarget::Parameter,
            text: area(""),
        }
    }

    /// Returns a member that the schema does not name, or whose field cannot stand for the value.
    pub(super) fn further(name: String, value: Value) -> Self {
        let text = typed_in_a_line(&value);
        Self {
            name,
            text: area(&text),
            target: FieldTarget::Further(Box::new((value, text))),
        }
    }

    /// Returns whether it is a member that the schema does not name.
    pub(super) const fn is_further(&self) -> bool {
        matches!(self.target, FieldTarget::Further(_))
    }

    /// Returns the schema of the argument; `None` for a parameter or a further member.
    pub(super) const fn property(&self) -> Option<&Property> {
        match &self.target {
            FieldTarget::Argument(property) | FieldTarget::Statement(property) => Some(property),
            FieldTarget::Parameter | FieldTarget::Further(_) => None,
        }
    }

    /// Returns whether it is the statement of a Cypher tool.
    pub(super) const fn is_statement(&self) -> bool {
        matches!(self.target, FieldTarget::Statement(_))
    }

    /// Returns whether nothing is typed.
    pub(super) fn is_empty(&self) -> bool {
        self.text.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Returns whether its schema leaves no choice, so that what stands in it says nothing about the user.
    pub(super) fn is_constant(&self) -> bool {
        self.property()
            .is_some_and(|property| property.choices.len() == 1)
    }

    /// Returns whether nothing is typed, or what the form begins with stands in it.
    pub(super) fn is_untouched(&self) -> bool {
        let begins_with = |property| Self::of_argument(property).typed();
        self.is_empty()
            || self
                .property()
                .is_some_and(|property| self.typed() == begins_with(property))
    }

    /// Returns whether the form begins with something in it: a default, or the only value that it takes.
    pub(super) fn starts_filled(&self) -> bool {
        self.property()
            .is_some_and(|property| !Self::of_argument(property).is_empty())
    }

    /// Returns what is typed.
    pub(super) fn typed(&self) -> String {
        self.text.lines().join("\n")
    }

    /// Replaces what is typed.
    pub(super) fn set(&mut self, text: &str) {
        self.text = area(text);
    }

    /// Returns the value, checked against its schema; `None` if it is left out.
    ///
    /// # Errors
    /// Returns a sentence for the person who fills in the field.
    pub(super) fn value(&self) -> Result<Option<Value>, String> {
        let text = self.typed();
        match &self.target {
            FieldTarget::Argument(property) | FieldTarget::Statement(property) => {
                arguments::value_of_text(property, &text)
            }
            FieldTarget::Further(given) if text == given.1 => Ok(Some(given.0.clone())),
            FieldTarget::Further(_) if self.is_empty() => Ok(None),
            FieldTarget::Further(_) | FieldTarget::Parameter => {
                Ok(Some(arguments::json_or_text(&text)))
            }
        }
    }

    /// Returns what is typed as JSON, whatever the schema says of it; `None` if nothing is typed.
    pub(super) fn as_typed(&self) -> Option<Value> {
        (!self.is_empty()).then(|| arguments::json_or_text(&self.typed()))
    }

    /// Puts a value into the field. One that the schema does not take stays there, with what is wrong with it. Returns `false`, and
    /// leaves the field empty, if the field cannot stand for the value.
    pub(super) fn fill(&mut self, value: &Value) -> bool {
        let text = self
            .property()
            .map_or_else(|| typed_freely(value), |property| typed(property, value));
        self.set(&text);
        let is_same = self.value() == Ok(Some(value.clone()));
        let is_kept =
            !self.is_constant() && self.value().is_err() && self.as_typed().as_ref() == Some(value);
        if !is_same && !is_kept {
            // A list of texts may hold commas: then it is JSON.
            self.set(&value.to_string());
            if self.value() != Ok(Some(value.clone())) {
                self.set("");
                return false;
            }
        }
        true
    }

    /// Returns the type of what is typed, for a parameter; the types of the schema otherwise.
    pub(super) fn type_in_words(&self) -> String {
        let Some(property) = self.property() else {
            return if self.is_empty() {
                String::new()
            } else {
                kind_of(&arguments::json_or_text(&self.typed())).to_owned()
            };
        };
        let types: Vec<&str> = property.types.iter().map(|kind| kind.as_str()).collect();
        let items: Vec<&str> = property.items.iter().map(|kind| kind.as_str()).collect();
        if property.is_list() && !items.is_empty() {
            format!("list of {}", items.join("|"))
        } else {
            types.join("|")
        }
    }

    /// Returns the values that can be chosen, with their titles; none for a field that is typed.
    pub(super) fn options(&self) -> Vec<(String, String)> {
        let Some(property) = self.property().filter(|property| !property.is_list()) else {
            return Vec::new();
        };
        if property.types == [Type::Boolean] && property.choices.is_empty() {
            return vec![
                ("true".to_owned(), "yes".to_owned()),
                ("false".to_owned(), "no".to_owned()),
            ];
        }
        property
            .choices
            .iter()
            .map(|choice| {
                let value = plain(&choice.value);
                (value.clone(), choice.title.clone().unwrap_or(value))
            })
            .collect()
    }

    /// Handles a key of a field whose value is chosen; `false` where the key is not one of these.
    pub(super) fn choose(&mut self, key: KeyEvent) -> bool {
        let options = self.options();
        if options.is_empty() {
            return false;
        }
        let current = self.typed();
        let at = options.iter().position(|(value, _)| *value == current);
        let next = match key.code {
            KeyCode::Right | KeyCode::Char(' ') => Some(next_option(at, options.len())),
            KeyCode::Left => Some(previous_option(at, options.len())),
            KeyCode::Char(letter)
                if key.modifiers.is_empty() || key.modifiers == KeyModifiers::SHIFT =>
            {
                let wanted = letter.to_lowercase().to_string();
                let starts = |title: &str| title.to_lowercase().starts_with(&wanted);
                options.iter().position(|(_, title)| starts(title))
            }
            KeyCode::Backspace | KeyCode::Delete => {
                self.set("");
                return true;
            }
            _ => return false,
        };
        if let Some((value, _)) = next.and_then(|next| options.get(next)) {
            self.set(value);
        }
        true
    }
}

/// Returns the option after the chosen one; the first after the last and if none is chosen.
pub(super) const fn next_option(chosen: Option<usize>, count: usize) -> usize {
    match chosen {
        Some(at) if at + 1 < count => at + 1,
        Some(_) | None => 0,
    }
}

/// Returns the option before the chosen one; the last before the first and if none is chosen.
pub(super) const fn previous_option(chosen: Option<usize>, count: usize) -> usize {
    match chosen {
        Some(at) if at > 0 => at - 1,
        Some(_) | None => count.saturating_sub(1),
    }
}

/// Returns a value as a field of this property shows it: a list of texts with commas between them.
fn typed(property: &Property, value: &Value) -> String {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        Value::String(_) if property.types.is_empty() && property.choices.is_empty() => {
            typed_freely(value)
        }
        other => plain(other),
    }
}

/// Returns a value as it is typed where any value may stand: a text that would be read as JSON is quoted.
fn typed_freely(value: &Value) -> String {
    match value {
        Value::String(text) if arguments::json_or_text(text) == *value => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the same in one line, and not empty.
fn typed_in_a_line(value: &Value) -> String {
    let text = typed_freely(value);
    if text.trim().is_empty() || text.contains('\n') {
        value.to_string()
    } else {
        text
    }
}

/// Returns the type of a value in the words of Cypher's manual, in lower case.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}

/// Returns a text under edit with the cursor at its end.
pub(super) fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}
