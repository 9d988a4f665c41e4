//! The arguments of a call under edit: fields for the properties of the schema, nested ones included, the statement of a
//! Cypher tool over several lines, its parameters as they appear in it; or all of it as raw JSON.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;
use serde_json::{Map, Value};

use super::{
    field::{Field, FieldTarget, area, next_option, previous_option},
    form_node::{ChoiceNode, FieldProblem, FormNode, ListNode, ObjectNode},
    form_rows::{FormRow, RowPath, rows, sentence},
};
use crate::{
    model::Tool,
    tools::{
        arguments,
        cypher::{CypherTool, parameters},
        saved::{has_secret, without_secrets},
        schema::{self, ArgumentsSchema, Property},
    },
};

/// A form for one tool.
#[derive(Clone, Debug)]
pub(super) struct Form {
    schema: ArgumentsSchema,
    /// Where the statement goes, in the form of a tool that takes Cypher.
    cypher: Option<CypherTool>,
    root: ObjectNode,
    /// The parameters of the statement.
    parameters: Vec<Field>,
    /// The row under edit.
    pub(super) focus: usize,
    /// All arguments as JSON, where that is edited instead.
    pub(super) raw: Option<TextArea<'static>>,
}

impl Form {
    /// Returns an empty form, with the schema's defaults.
    pub(super) fn new(tool: &Tool) -> Self {
        let schema = schema::read(&tool.input_schema);
        let cypher = CypherTool::of(tool).filter(|cypher| cypher.within.is_none());
        let parameters = cypher
            .as_ref()
            .and_then(|cypher| cypher.parameters.as_ref())
            .map(|argument| argument.name.as_str());
        let properties = schema.properties.iter();
        let properties = properties.filter(|property| Some(property.name.as_str()) != parameters);
        let mut root = root_of(properties.cloned().collect());
        let statement = cypher.as_ref().map(|cypher| cypher.statement.as_str());
        for node in &mut root.members {
            if let FormNode::Field(field) = node
                && Some(field.name.as_str()) == statement
                && let FieldTarget::Argument(property) = &field.target
            {
                field.target = FieldTarget::Statement(property.clone());
            }
        }
        Self::with(schema, cypher, root)
    }

    /// Returns the form of a server's question: a field for each property of its schema.
    pub(super) fn for_question(schema: &Value) -> Self {
        let schema = schema::read(schema);
        let root = root_of(schema.properties.clone());
        Self::with(schema, None, root)
    }

    const fn with(schema: ArgumentsSchema, cypher: Option<CypherTool>, root: ObjectNode) -> Self {
        Self {
            schema,
            cypher,
            root,
            parameters: Vec::new(),
            focus: 0,
            raw: None,
        }
    }

    /// Returns whether there is anything to type into.
    pub(super) fn takes_text(&self) -> bool {
        self.raw.is_some() || !self.rows().is_empty()
    }

    /// Its rows, from the first.
    pub(super) fn rows(&self) -> Vec<FormRow<'_>> {
        rows(&self.root, &self.parameters)
    }

    /// Returns the answer to a server's question.
    ///
    /// # Errors
    /// What is wrong, with the row that it is wrong in.
    pub(super) fn answer(&self) -> Result<Map<String, Value>, Vec<(usize, String)>> {
        let (answer, problems) = self.value();
        if problems.is_empty() {
            return Ok(answer);
        }
        let rows = self.rows();
        let row_of = |problem: &FieldProblem| {
            let path = RowPath::Node(problem.path.clone());
            rows.iter().position(|row| row.path == path).unwrap_or(0)
        };
        Err(problems
            .into_iter()
            .map(|problem| (row_of(&problem), problem.text))
            .collect())
    }

    /// Returns the answer as far as it is right, for showing what would be sent.
    pub(super) fn value_so_far(&self) -> Map<String, Value> {
        self.value().0
    }

    /// Returns what is wrong with what stands in a row now, while it is typed; nothing while it is empty.
    pub(super) fn problem_while_typing(&self, at: usize) -> Option<String> {
        let rows = self.rows();
        let field = rows.get(at)?.field()?;
        if field.is_empty() {
            return None;
        }
        field.value().err()
    }

    /// Fills the form with the arguments of an earlier call. Parameters that the call does not name stay as they are.
    pub(super) fn fill(&mut self, given: &Map<String, Value>) {
        let mut own = given.clone();
        if let Some(argument) = self.parameters_argument() {
            own.shift_remove(&argument);
        }
        self.root.clear();
        self.root.fill(&own);
        self.follow_statement();
        let object = self.parameters_of(given);
        for field in &mut self.parameters {
            if let Some(value) = object.get(&field.name) {
                field.fill(value);
            }
        }
        self.focus = 0;
    }

    fn parameters_argument(&self) -> Option<String> {
        let cypher = self.cypher.as_ref()?;
        Some(cypher.parameters.as_ref()?.name.clone())
    }

    /// Returns the parameters among the arguments of a call.
    fn parameters_of(&self, given: &Map<String, Value>) -> Map<String, Value> {
        let argument = self.parameters_argument();
        match argument.and_then(|argument| given.get(&argument)) {
            Some(Value::Object(members)) => members.clone(),
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {
                Map::new()
            }
        }
    }

    /// Returns the statement, where the tool takes one.
    pub(super) fn statement(&self) -> Option<String> {
        let fields = self.root.members.iter().filter_map(|node| match node {
            FormNode::Field(field) => Some(field.as_ref()),
            FormNode::Object(_) | FormNode::List(_) | FormNode::Choice(_) => None,
        });
        fields
            .into_iter()
            .find(|field| field.is_statement())
            .map(Field::typed)
    }

    /// Returns the text under edit, if it is the statement.
    pub(super) fn focused_statement_mut(&mut self) -> Option<&mut TextArea<'static>> {
        if self.raw.is_some() {
            return None;
        }
        let field = self
            .focused_field_mut()
            .filter(|field| field.is_statement());
        field.map(|field| &mut field.text)
    }

    /// Returns the statement under edit with the byte offset of the cursor.
    pub(super) fn focused_statement(&self) -> Option<(String, usize)> {
        let rows = self.rows();
        let field = rows.get(self.focus)?.field()?;
        if self.raw.is_some() || !field.is_statement() {
            return None;
        }
        let cursor = field.text.cursor();
        let (line, column) = (cursor.0, cursor.1);
        let lines = field.text.lines();
        let before: usize = lines.iter().take(line).map(|text| text.len() + 1).sum();
        let own = lines.get(line)?;
        let within = own
            .char_indices()
            .nth(column)
            .map_or(own.len(), |(at, _)| at);
        Some((field.typed(), before + within))
    }

    /// Moves the focus to the next row that takes keys (or the one before); `false` where there is none.
    pub(super) fn go(&mut self, backwards: bool) -> bool {
        if self.raw.is_some() {
            return false;
        }
        let rows = self.rows();
        let takes_keys = |at: &usize| rows.get(*at).is_some_and(FormRow::takes_keys);
        let next = if backwards {
            (0..self.focus).rev().find(takes_keys)
        } else {
            (self.focus + 1..rows.len()).find(takes_keys)
        };
        if let Some(next) = next {
            self.focus = next;
        }
        next.is_some()
    }

    fn node_mut(&mut self, path: &[usize]) -> Option<&mut FormNode> {
        let (first, rest) = path.split_first()?;
        let first = self.root.members.get_mut(*first)?;
        rest.iter().try_fold(first, |node, at| node.child_mut(*at))
    }

    fn focused_path(&self) -> Option<RowPath> {
        Some(self.rows().get(self.focus)?.path.clone())
    }

    fn focused_field_mut(&mut self) -> Option<&mut Field> {
        match self.focused_path()? {
            RowPath::Parameter(at) => self.parameters.get_mut(at),
            RowPath::Node(path) => match self.node_mut(&path)? {
                FormNode::Field(field) => Some(field),
                FormNode::Object(_) | FormNode::List(_) | FormNode::Choice(_) => None,
            },
        }
    }

    /// Replaces what stands in the field under edit.
    pub(super) fn set_focused(&mut self, text: &str) {
        if let Some(field) = self.focused_field_mut() {
            field.set(text);
        }
    }

    /// Handles a key.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if let Some(raw) = &mut self.raw {
            raw.input(key);
            return;
        }
        let is_statement = self.focused_statement_mut().is_some();
        if !is_statement && matches!(key.code, KeyCode::Enter | KeyCode::Down | KeyCode::Up) {
            let _ = self.go(key.code == KeyCode::Up);
            return;
        }
        let Some(path) = self.focused_path() else {
            return;
        };
        if let RowPath::Node(path) = &path
            && self.press_branch(path, key)
        {
            return;
        }
        if let Some(field) = self.focused_field_mut()
            && !field.choose(key)
        {
            // ctrl-u and ctrl-r are undo and redo to the text area; a line editor's user means "all of it".
            if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('u') {
                field.set("");
            } else {
                field.text.input(key);
            }
        }
        self.follow_statement();
    }

    /// Handles a key of a list, of one of its items, or of a choice. Returns `false` if the row is none of these.
    fn press_branch(&mut self, path: &[usize], key: KeyEvent) -> bool {
        let adds = matches!(key.code, KeyCode::Right | KeyCode::Char(' ' | '+'));
        let removes = matches!(
            key.code,
            KeyCode::Left | KeyCode::Backspace | KeyCode::Delete | KeyCode::Char('-')
        );
        match self.node_mut(path) {
            Some(FormNode::List(list)) => change_list(list, adds, removes),
            Some(FormNode::Choice(choice)) => change_choice(choice, adds, removes),
            Some(FormNode::Object(_)) => {
                if let (Some((at, parent)), true) = (path.split_last(), removes)
                    && let Some(FormNode::List(list)) = self.node_mut(parent)
                {
                    list.remove(Some(*at));
                }
            }
            Some(FormNode::Field(_)) | None => return false,
        }
        self.forget(path);
        self.focus = self.focus.min(self.rows().len().saturating_sub(1));
        true
    }

    /// Drops the value that an earlier call gave to a part: what is chosen now takes its place.
    fn forget(&mut self, path: &[usize]) {
        let Some((part, parent)) = path.split_last() else {
            return;
        };
        if parent.is_empty() {
            self.root.forget(*part);
        } else if let Some(parent) = self.node_mut(parent) {
            parent.forget(*part);
        }
    }

    /// Inserts pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if let Some(raw) = &mut self.raw {
            raw.insert_str(&text);
            return;
        }
        if let Some(field) = self.focused_field_mut() {
            if field.is_statement() {
                field.text.insert_str(text);
            } else {
                field.text.insert_str(text.replace('\n', " "));
            }
        }
        self.follow_statement();
    }

    /// Fields for the parameters that the statement names now; what was typed for one stays as long as it is named.
    pub(super) fn follow_statement(&mut self) {
        let Some(statement) = self.statement() else {
            return;
        };
        let mut old = std::mem::take(&mut self.parameters);
        self.parameters = parameters(&statement)
            .into_iter()
            .map(|name| {
                let known = old.iter().position(|field| field.name == name);
                known.map_or_else(|| Field::of_parameter(name), |at| old.swap_remove(at))
            })
            .collect();
        self.focus = self.focus.min(self.rows().len().saturating_sub(1));
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

    /// Returns the arguments to send: a parameter that was left empty is named, for what would be sent is an empty text.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(super) fn ready(&self) -> Result<Map<String, Value>, Vec<String>> {
        let empty = self.parameters.iter().filter(|field| field.is_empty());
        let told: Vec<String> = empty
            .filter(|_| self.raw.is_none())
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

    fn value(&self) -> (Map<String, Value>, Vec<FieldProblem>) {
        let mut problems = Vec::new();
        let value = self
            .root
            .value(&mut Vec::new(), &mut Vec::new(), &mut problems);
        (value, problems)
    }

    /// Returns the arguments as the schema wants them.
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
        let (value, problems) = self.value();
        if !problems.is_empty() {
            return Err(problems.iter().map(sentence).collect());
        }
        let mut merged = arguments::merge(value, &[], &self.schema)?;
        if let Some(cypher) = self.cypher.as_ref().filter(|_| !self.parameters.is_empty()) {
            let given = self.parameters.iter().map(|field| {
                let value = arguments::json_or_text(&field.typed());
                (field.name.clone(), value)
            });
            let (name, value) = cypher.place(given.collect())?;
            merged.insert(name, value);
        }
        Ok(merged)
    }

    /// Returns what is typed, to be kept over runs; without what looks like a secret. `None` if nothing is typed.
    pub(super) fn draft(&self) -> Option<Value> {
        if let Some(raw) = &self.raw {
            let text = raw.lines().join("\n");
            let parsed: Map<String, Value> = serde_json::from_str(&text).ok()?;
            let is_kept = without_secrets(&parsed) == parsed && !has_secret(&text);
            return is_kept.then(|| serde_json::json!({ "raw": text }));
        }
        let fields = FormNode::Object(self.root.clone()).draft();
        let parameters: Map<String, Value> = self
            .parameters
            .iter()
            .filter_map(|field| {
                let draft = FormNode::Field(Box::new(field.clone())).draft()?;
                Some((field.name.clone(), draft))
            })
            .collect();
        (fields.is_some() || !parameters.is_empty())
            .then(|| serde_json::json!({"fields": fields, "parameters": parameters}))
    }

    /// Puts back what was typed in an earlier run.
    pub(super) fn restore(&mut self, draft: &Value) {
        if let Some(raw) = draft.get("raw").and_then(Value::as_str) {
            self.raw = Some(area(raw));
            return;
        }
        let mut root = FormNode::Object(self.root.clone());
        if let Some(fields) = draft.get("fields") {
            root.restore(fields);
        }
        if let FormNode::Object(root) = root {
            self.root = root;
        }
        self.follow_statement();
        for field in &mut self.parameters {
            let text = draft.get("parameters").and_then(|all| all.get(&field.name));
            if let Some(text) = text.and_then(Value::as_str) {
                field.set(text);
            }
        }
    }
}

fn root_of(members: Vec<Property>) -> ObjectNode {
    ObjectNode::new(&Property {
        required: true,
        members,
        ..Property::default()
    })
}

fn change_list(list: &mut ListNode, adds: bool, removes: bool) {
    if adds {
        list.add();
    } else if removes {
        list.remove(None);
    }
}

fn change_choice(choice: &mut ChoiceNode, forwards: bool, backwards: bool) {
    let count = choice.property.variants.len();
    if forwards {
        choice.choose(next_option(Some(choice.chosen), count));
    } else if backwards {
        choice.choose(previous_option(Some(choice.chosen), count));
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
