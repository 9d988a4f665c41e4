//! The arguments of a call under edit: a field a property, the statement of a Cypher tool over several lines, its
//! parameters as they appear in it; or all of it as raw JSON.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;
use serde_json::{Map, Value};

use crate::{
    model::Tool,
    tools::{
        arguments,
        cypher::{CypherTool, parameters},
        schema::{self, Arguments, Property, Type},
    },
};

/// Fields of a server's question that are shown.
const FIELDS: usize = 100;

/// A form for one tool.
#[derive(Clone, Debug)]
pub(super) struct Form {
    schema: Arguments,
    /// Where the statement goes, in the form of a tool that takes Cypher.
    cypher: Option<CypherTool>,
    /// Fields in their order.
    pub(super) fields: Vec<Field>,
    /// The field under edit.
    pub(super) focus: usize,
    /// All arguments as JSON, where that is edited instead.
    pub(super) raw: Option<TextArea<'static>>,
}

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

impl Field {
    fn is_empty(&self) -> bool {
        self.text.lines().iter().all(|line| line.trim().is_empty())
    }

    /// The value, checked against its schema; `None` where it is left out.
    ///
    /// # Errors
    /// A sentence for the person who fills in the field.
    fn value(&self) -> Result<Option<Value>, String> {
        let (FieldTarget::Argument(property) | FieldTarget::Statement(property)) = &self.target
        else {
            return Ok(Some(arguments::json_or_text(&self.text.lines().join("\n"))));
        };
        if self.is_empty() {
            return if property.required {
                Err("required".to_owned())
            } else {
                Ok(None)
            };
        }
        let text = self.text.lines().join("\n");
        let value = arguments::read(property, from_typed(property, &text))?;
        arguments::check_limits(property, &value)?;
        Ok(Some(value))
    }

    /// The values that can be chosen, with their titles; none for a field that is typed.
    pub(super) fn options(&self) -> Vec<(String, String)> {
        let (FieldTarget::Argument(property) | FieldTarget::Statement(property)) = &self.target
        else {
            return Vec::new();
        };
        if property.is_list() {
            return Vec::new();
        }
        if property.types == [Type::Boolean] {
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
    fn choose(&mut self, key: KeyEvent) -> bool {
        let options = self.options();
        if options.is_empty() {
            return false;
        }
        let current = self.text.lines().join("");
        let at = options.iter().position(|(value, _)| *value == current);
        let last = options.len() - 1;
        let next = match key.code {
            KeyCode::Right | KeyCode::Char(' ') => {
                Some(at.map_or(0, |at| if at == last { 0 } else { at + 1 }))
            }
            KeyCode::Left => Some(at.map_or(last, |at| at.checked_sub(1).unwrap_or(last))),
            KeyCode::Char(letter)
                if key.modifiers.is_empty() || key.modifiers == KeyModifiers::SHIFT =>
            {
                let starts = |title: &str| {
                    title
                        .to_lowercase()
                        .starts_with(&letter.to_lowercase().to_string())
                };
                options.iter().position(|(_, title)| starts(title))
            }
            KeyCode::Backspace | KeyCode::Delete => {
                self.text = area("");
                return true;
            }
            _ => return false,
        };
        if let Some((value, _)) = next.and_then(|next| options.get(next)) {
            self.text = area(value);
        }
        true
    }
}

/// A value as a form shows it: a list of texts with commas between them.
fn typed(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => plain(other),
    }
}

/// A number may have blanks around it; a text keeps them.
fn from_typed<'a>(property: &Property, text: &'a str) -> &'a str {
    if property.types.contains(&Type::String) {
        text
    } else {
        text.trim()
    }
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
}

impl Form {
    /// An empty form, with the schema's defaults.
    pub(super) fn new(tool: &Tool) -> Self {
        let schema = schema::read(&tool.input_schema);
        let cypher = CypherTool::of(tool).filter(|cypher| cypher.within.is_none());
        let is_statement = |name: &str| {
            cypher
                .as_ref()
                .is_some_and(|cypher| cypher.statement == name)
        };
        let holds_parameters = |name: &str| {
            let argument = cypher
                .as_ref()
                .and_then(|cypher| cypher.parameters.as_ref());
            argument.is_some_and(|argument| argument.name == name)
        };
        let fields = schema
            .properties
            .iter()
            .filter(|property| !holds_parameters(&property.name))
            .map(|property| {
                let target = if is_statement(&property.name) {
                    FieldTarget::Statement(property.clone())
                } else {
                    FieldTarget::Argument(property.clone())
                };
                Field {
                    name: property.name.clone(),
                    target,
                    text: area(&property.default.as_ref().map_or_else(String::new, plain)),
                }
            })
            .collect();
        Self {
            schema,
            cypher,
            fields,
            focus: 0,
            raw: None,
        }
    }

    /// The form of a server's question: a field for each property of its schema.
    pub(super) fn for_question(schema: &Value) -> Self {
        let schema = schema::read(schema);
        let fields = schema
            .properties
            .iter()
            .take(FIELDS)
            .map(|property| Field {
                name: property.name.clone(),
                text: area(&property.default.as_ref().map_or_else(String::new, typed)),
                target: FieldTarget::Argument(property.clone()),
            })
            .collect();
        Self {
            schema,
            cypher: None,
            fields,
            focus: 0,
            raw: None,
        }
    }

    /// The answer to a server's question.
    ///
    /// # Errors
    /// What is wrong, with the field that it is wrong in.
    pub(super) fn answer(&self) -> Result<Map<String, Value>, Vec<(usize, String)>> {
        let (mut answer, mut problems) = (Map::new(), Vec::new());
        for (at, field) in self.fields.iter().enumerate() {
            match field.value() {
                Ok(Some(value)) => {
                    answer.insert(field.name.clone(), value);
                }
                Ok(None) => {}
                Err(problem) => problems.push((at, problem)),
            }
        }
        if problems.is_empty() {
            Ok(answer)
        } else {
            Err(problems)
        }
    }

    /// What is wrong with what stands in a field now, while it is typed; nothing while it is empty.
    pub(super) fn problem_while_typing(&self, at: usize) -> Option<String> {
        let field = self.fields.get(at)?;
        if field.is_empty() {
            return None;
        }
        field.value().err()
    }

    /// Fills the form with the arguments of an earlier call.
    pub(super) fn fill(&mut self, given: &Map<String, Value>) {
        for field in &mut self.fields {
            if let Some(value) = given.get(&field.name) {
                field.text = area(&plain(value));
            }
        }
        self.follow_statement();
        let object = self.parameters_of(given);
        for field in self
            .fields
            .iter_mut()
            .filter(|field| field.target == FieldTarget::Parameter)
        {
            if let Some(value) = object.get(&field.name) {
                field.text = area(&plain(value));
            }
        }
    }

    /// The parameters among the arguments of a call.
    fn parameters_of(&self, given: &Map<String, Value>) -> Map<String, Value> {
        let argument = self
            .cypher
            .as_ref()
            .and_then(|cypher| cypher.parameters.as_ref());
        match argument.and_then(|argument| given.get(&argument.name)) {
            Some(Value::Object(members)) => members.clone(),
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {
                Map::new()
            }
        }
    }

    /// The statement, where the tool takes one.
    pub(super) fn statement(&self) -> Option<String> {
        self.fields
            .iter()
            .find(|field| matches!(field.target, FieldTarget::Statement(_)))
            .map(|field| field.text.lines().join("\n"))
    }

    /// FieldTarget to the next field (or the one before); `false` where there is none.
    pub(super) fn go(&mut self, backwards: bool) -> bool {
        let next = if backwards {
            self.focus.checked_sub(1)
        } else {
            Some(self.focus + 1)
        };
        match next.filter(|next| *next < self.fields.len() && self.raw.is_none()) {
            Some(next) => {
                self.focus = next;
                true
            }
            None => false,
        }
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if let Some(raw) = &mut self.raw {
            raw.input(key);
            return;
        }
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        let one_line = !matches!(field.target, FieldTarget::Statement(_));
        if one_line && matches!(key.code, KeyCode::Enter | KeyCode::Down | KeyCode::Up) {
            let _ = self.go(key.code == KeyCode::Up);
            return;
        }
        if field.choose(key) {
            return;
        }
        // ctrl-u and ctrl-r are undo and redo to the text area; a line editor's user means "all of it".
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('u') {
            field.text = area("");
        } else {
            field.text.input(key);
        }
        self.follow_statement();
    }

    /// Takes pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if let Some(raw) = &mut self.raw {
            raw.insert_str(&text);
            return;
        }
        if let Some(field) = self.fields.get_mut(self.focus) {
            field
                .text
                .insert_str(if matches!(field.target, FieldTarget::Statement(_)) {
                    text
                } else {
                    text.replace('\n', " ")
                });
        }
        self.follow_statement();
    }

    /// Fields for the parameters that the statement names now; what was typed for one stays as long as it is named.
    fn follow_statement(&mut self) {
        let Some(statement) = self.statement() else {
            return;
        };
        let wanted = parameters(&statement);
        let mut old: Vec<Field> = Vec::new();
        let mut kept: Vec<Field> = Vec::new();
        for field in std::mem::take(&mut self.fields) {
            if field.target == FieldTarget::Parameter {
                old.push(field);
            } else {
                kept.push(field);
            }
        }
        for name in wanted {
            let known = old
                .iter()
                .position(|field| field.name == name)
                .map(|at| old.swap_remove(at));
            kept.push(known.unwrap_or_else(|| Field {
                name,
                target: FieldTarget::Parameter,
                text: area(""),
            }));
        }
        self.fields = kept;
        self.focus = self.focus.min(self.fields.len().saturating_sub(1));
    }

    /// From fields to JSON, or back where the JSON can be read.
    ///
    /// # Errors
    /// What is wrong with the fields or with the JSON.
    pub(super) fn toggle_raw(&mut self) -> Result<(), Vec<String>> {
        let arguments = self.arguments()?;
        if self.raw.take().is_some() {
            self.fill(&arguments);
        } else {
            self.raw = Some(area(
                &serde_json::to_string_pretty(&arguments).unwrap_or_default(),
            ));
        }
        Ok(())
    }

    /// The arguments to send: a parameter that was left empty is named, for what would be sent is an empty text.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(super) fn ready(&self) -> Result<Map<String, Value>, Vec<String>> {
        let is_empty = |field: &&Field| {
            field.target == FieldTarget::Parameter
                && field.text.lines().iter().all(|line| line.trim().is_empty())
        };
        let empty = self
            .fields
            .iter()
            .filter(|_| self.raw.is_none())
            .filter(is_empty);
        let told: Vec<String> = empty
            .map(|field| {
                format!(
                    "parameter {} is empty; \"\" sends an empty text",
                    field.name
                )
            })
            .collect();
        if told.is_empty() {
            self.arguments()
        } else {
            Err(told)
        }
    }

    /// The arguments as the schema wants them.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(super) fn arguments(&self) -> Result<Map<String, Value>, Vec<String>> {
        if let Some(raw) = &self.raw {
            let text = raw.lines().join("\n");
            return match serde_json::from_str(if text.trim().is_empty() { "{}" } else { &text }) {
                Ok(Value::Object(object)) => Ok(object),
                Ok(_) => Err(vec!["the arguments are a JSON object".to_owned()]),
                Err(error) => Err(vec![format!("the JSON cannot be read: {error}")]),
            };
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        let mut parameters = Map::new();
        for field in &self.fields {
            let text = field.text.lines().join("\n");
            match &field.target {
                FieldTarget::Parameter => {
                    parameters.insert(field.name.clone(), arguments::json_or_text(&text));
                }
                FieldTarget::Argument(property) | FieldTarget::Statement(property) => {
                    if !text.trim().is_empty() {
                        pairs.push((field.name.clone(), text));
                    } else if property.required {
                        missing.push(format!("{} is required", field.name));
                    }
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut merged = arguments::merge(Map::new(), &pairs, &self.schema)?;
        if let Some(cypher) = self.cypher.as_ref().filter(|_| !parameters.is_empty()) {
            let (name, value) = cypher.place(parameters)?;
            merged.insert(name, value);
        }
        Ok(merged)
    }
}

fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.move_cursor(ratatui_textarea::CursorMove::Bottom);
    area.move_cursor(ratatui_textarea::CursorMove::End);
    area
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cypher_tool() -> Tool {
        Tool {
            name: "t___read-cypher".into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": {"query": {"type": "string"}, "params": {"type": "object"}}, "required": ["query"]}),
            annotations: crate::model::ToolAnnotations::default(),
            raw: Value::Null,
        }
    }

    fn type_text(form: &mut Form, text: &str) {
        for letter in text.chars() {
            form.press(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
    }

    #[test]
    fn parameters_appear_with_the_statement_and_keep_their_types() {
        let mut form = Form::new(&cypher_tool());
        type_text(&mut form, "RETURN $year, $name");
        assert_eq!(
            form.fields
                .iter()
                .map(|field| field.name.as_str())
                .collect::<Vec<_>>(),
            ["query", "year", "name"]
        );
        assert!(form.go(false));
        type_text(&mut form, "1990");
        assert_eq!(
            form.ready().unwrap_err(),
            ["parameter name is empty; \"\" sends an empty text"]
        );
        assert!(form.go(false));
        type_text(&mut form, "Neo");
        assert_eq!(form.ready(), form.arguments());
        assert!(!form.go(false));
        assert_eq!(
            Value::Object(form.arguments().unwrap()),
            json!({"query": "RETURN $year, $name", "params": {"year": 1990, "name": "Neo"}})
        );
    }

    #[test]
    fn raw_json_and_fields_say_the_same() {
        let mut form = Form::new(&cypher_tool());
        form.fill(
            json!({"query": "RETURN $x", "params": {"x": [1, 2]}})
                .as_object()
                .unwrap(),
        );
        let before = form.arguments().unwrap();
        form.toggle_raw().unwrap();
        assert_eq!(form.arguments().unwrap(), before);
        form.toggle_raw().unwrap();
        assert_eq!(form.arguments().unwrap(), before);
    }

    #[test]
    fn a_query_that_is_no_cypher_is_a_field_like_any_other() {
        let form = Form::new(&Tool {
            name: "github___search_repositories".into(),
            ..cypher_tool()
        });
        assert!(
            form.fields
                .iter()
                .all(|field| matches!(field.target, FieldTarget::Argument(_))),
            "{:?}",
            form.fields
        );
        assert_eq!(form.fields.len(), 2, "its params are a field too");
    }

    #[test]
    fn what_is_missing_is_said_before_anything_is_sent() {
        assert_eq!(
            Form::new(&cypher_tool()).arguments().unwrap_err(),
            ["query is required"]
        );
    }
}
