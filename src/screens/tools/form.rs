//! The arguments of a call under edit: fields for the properties of the schema, nested ones included, the statement of a
//! Cypher tool over several lines, its parameters as they appear in it; or all of it as raw JSON.

use ratatui_textarea::TextArea;
use serde_json::{Map, Value};

use super::{
    field::{Field, FieldTarget, area},
    form_node::FormNode,
    form_object::ObjectNode,
    form_parameters::ParameterNames,
    form_reading::{FieldProblem, FormReading},
    form_rows::{FormRow, RowPath, rows, sentence},
};
use crate::{
    model::Tool,
    tools::{
        arguments::{self, REQUIRED},
        cypher::CypherTool,
        saved::{has_secret, without_secrets},
        schema::{self, ArgumentsSchema, Property},
    },
};

/// A form for one tool.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) schema: ArgumentsSchema,
    /// Where the statement goes, in the form of a tool that takes Cypher.
    pub(super) cypher: Option<CypherTool>,
    pub(super) root: ObjectNode,
    /// The parameters of the statement.
    pub(super) parameters: Vec<Field>,
    /// Parameters that the statement does not name now, with what was typed for them.
    pub(super) unnamed: Vec<Field>,
    /// The parameter whose name was just erased from the statement, up to its dollar sign.
    pub(super) erased: Option<String>,
    /// The row under edit.
    pub(super) focus: usize,
    /// All arguments as JSON, where that is edited instead.
    pub(super) raw: Option<TextArea<'static>>,
}

/// What keeps the arguments of a form from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormProblem {
    /// The row that it is wrong in; `None` if that is no single row.
    pub(super) row: Option<usize>,
    /// What is wrong, in a few words beside the field.
    pub(super) text: String,
    /// The same as a sentence that names the field.
    pub(super) sentence: String,
}

impl FormProblem {
    /// Returns what is wrong with the form as a whole.
    fn of_form(sentence: String) -> Self {
        Self {
            row: None,
            text: sentence.clone(),
            sentence,
        }
    }
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
        let mut root = root_of(&schema);
        root.members.retain(|node| Some(node.name()) != parameters);
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
        let root = root_of(&schema);
        Self::with(schema, None, root)
    }

    fn with(schema: ArgumentsSchema, cypher: Option<CypherTool>, root: ObjectNode) -> Self {
        let mut form = Self {
            schema,
            cypher,
            root,
            parameters: Vec::new(),
            unnamed: Vec::new(),
            erased: None,
            focus: 0,
            raw: None,
        };
        form.focus_first();
        form
    }

    /// Goes to the first row that takes keys: the head of an object takes none.
    pub(super) fn focus_first(&mut self) {
        let first = self.rows().iter().position(FormRow::takes_keys);
        self.focus = first.unwrap_or(0);
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
        let located = self.with_rows(&problems).into_iter();
        Err(located
            .map(|problem| (problem.row.unwrap_or(0), problem.text))
            .collect())
    }

    /// Returns the answer as far as it is right, for showing what would be sent.
    pub(super) fn value_so_far(&self) -> Map<String, Value> {
        self.value().0
    }

    /// Returns what is wrong with what is typed so far. What is still empty is not wrong yet.
    pub(super) fn problems_while_typing(&self) -> Vec<FormProblem> {
        let mut problems = self.with_rows(&self.value().1);
        let rows = self.rows();
        problems.retain(|problem| {
            let row = problem.row.and_then(|row| rows.get(row));
            problem.text != REQUIRED && row.is_some_and(|row| !row.is_empty_list())
        });
        problems
    }

    /// Returns the statement, where the tool takes one.
    pub(super) fn statement(&self) -> Option<String> {
        let fields = self.root.members.iter().filter_map(FormNode::field);
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

    /// From fields to JSON, or back where the JSON can be read. What is wrong or missing in the fields does not keep anybody from
    /// seeing them as JSON.
    ///
    /// # Errors
    /// What is wrong with the JSON.
    pub(super) fn toggle_raw(&mut self) -> Result<(), Vec<FormProblem>> {
        if self.raw.is_some() {
            let arguments = self.checked()?;
            self.raw = None;
            self.parameters.iter_mut().for_each(|field| field.set(""));
            self.fill(&arguments);
        } else {
            let arguments = Value::Object(self.as_typed());
            self.raw = Some(area(
                &serde_json::to_string_pretty(&arguments).unwrap_or_default(),
            ));
        }
        Ok(())
    }

    /// Returns what is typed, right or wrong, as the arguments of a call.
    fn as_typed(&self) -> Map<String, Value> {
        let mut reading = FormReading::keeping_wrong();
        let typed = self.root.value(&mut reading);
        let is_typed = |field: &&Field| !field.is_empty();
        let parameters = self.parameters.iter().filter(is_typed);
        self.with_parameters(typed.clone(), parameters)
            .unwrap_or(typed)
    }

    /// Returns the arguments to send: a parameter that was left empty is named, for what would be sent is an empty text.
    ///
    /// # Errors
    /// All that is wrong.
    pub(super) fn ready(&self) -> Result<Map<String, Value>, Vec<FormProblem>> {
        let first = self.rows().len() - self.parameters.len();
        let empty = self.parameters.iter().enumerate();
        let told: Vec<FormProblem> = empty
            .filter(|(_, field)| self.raw.is_none() && field.is_empty())
            .map(|(at, field)| FormProblem {
                row: Some(first + at),
                text: "empty; \"\" sends an empty text".to_owned(),
                sentence: format!(
                    "parameter {} is empty; \"\" sends an empty text",
                    field.name
                ),
            })
            .collect();
        if told.is_empty() {
            self.checked()
        } else {
            Err(told)
        }
    }

    fn value(&self) -> (Map<String, Value>, Vec<FieldProblem>) {
        let mut reading = FormReading::default();
        let value = self.root.value(&mut reading);
        (value, reading.problems)
    }

    /// Returns the arguments as the schema wants them.
    ///
    /// # Errors
    /// All that is wrong, a sentence each.
    pub(super) fn arguments(&self) -> Result<Map<String, Value>, Vec<String>> {
        self.checked().map_err(|problems| {
            problems
                .into_iter()
                .map(|problem| problem.sentence)
                .collect()
        })
    }

    /// Returns the arguments as the schema wants them.
    ///
    /// # Errors
    /// All that is wrong, with the row that it is wrong in.
    pub(super) fn checked(&self) -> Result<Map<String, Value>, Vec<FormProblem>> {
        let of_form = |sentences: Vec<String>| {
            let problems = sentences.into_iter().map(FormProblem::of_form);
            problems.collect::<Vec<_>>()
        };
        if let Some(raw) = &self.raw {
            return read_object(&raw.lines().join("\n"))
                .map_err(|sentence| of_form(vec![sentence]));
        }
        let (value, problems) = self.value();
        if !problems.is_empty() {
            return Err(self.with_rows(&problems));
        }
        self.with_parameters(value, self.parameters.iter())
            .and_then(|merged| arguments::merge(merged, &[], &self.schema))
            .map_err(of_form)
    }

    /// Returns what is wrong with the rows in which it stands.
    fn with_rows(&self, problems: &[FieldProblem]) -> Vec<FormProblem> {
        let rows = self.rows();
        let row_of = |problem: &FieldProblem| {
            let path = RowPath::Node(problem.path.clone());
            rows.iter().position(|row| row.path == path)
        };
        let located = problems.iter().map(|problem| FormProblem {
            row: row_of(problem),
            text: problem.text.clone(),
            sentence: sentence(problem),
        });
        located.collect()
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
        self.follow_statement(ParameterNames::Others);
        for field in &mut self.parameters {
            let text = draft.get("parameters").and_then(|all| all.get(&field.name));
            if let Some(text) = text.and_then(Value::as_str) {
                field.set(text);
            }
        }
    }
}

fn root_of(schema: &ArgumentsSchema) -> ObjectNode {
    ObjectNode::new(&Property {
        required: true,
        members: schema.properties.clone(),
        further: schema.further,
        ..Property::default()
    })
}

/// Reads all arguments as JSON.
fn read_object(text: &str) -> Result<Map<String, Value>, String> {
    if let Some(number) = arguments::inexact_number(text) {
        return Err(format!(
            "{number} cannot be kept exactly as a number: write it as a text, in quotes"
        ));
    }
    match serde_json::from_str(if text.trim().is_empty() { "{}" } else { text }) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("the arguments are a JSON object".to_owned()),
        Err(error) => Err(format!("the JSON cannot be read: {error}")),
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
