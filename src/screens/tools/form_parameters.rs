//! The parameters of the statement in the form of a Cypher tool.

use serde_json::{Map, Value};

use super::{field::Field, form::Form};
use crate::tools::{
    arguments,
    cypher::{CypherTool, parameters},
};

/// How the names of parameters may have changed with the statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterNames {
    /// The statement was edited: one name in the place of another is the same parameter.
    Edited,
    /// It is another statement.
    Others,
}

impl Form {
    /// Fills the form with the arguments of an earlier call. Parameters that the call does not name stay as they are; those that the
    /// statement does not name are kept as a further member.
    pub(super) fn fill(&mut self, given: &Map<String, Value>) {
        let mut own = given.clone();
        let argument = self.parameters_argument();
        let object = argument
            .as_ref()
            .and_then(|argument| own.shift_remove(argument));
        self.root.clear();
        self.root.fill(&own);
        self.follow_statement(ParameterNames::Others);
        if let (Some(argument), Some(object)) = (&argument, &object) {
            let mut left = members_of(object);
            for field in &mut self.parameters {
                if let Some(value) = left
                    .as_mut()
                    .and_then(|left| left.shift_remove(&field.name))
                {
                    field.fill(&value);
                }
            }
            match left {
                Some(left) if left.is_empty() && !self.parameters.is_empty() => {}
                Some(left) if !left.is_empty() => {
                    self.root.add_further(argument, &Value::Object(left));
                }
                Some(_) | None => self.root.add_further(argument, object),
            }
        }
        self.focus_first();
    }

    /// Returns the argument that holds the parameters of the statement.
    fn parameters_argument(&self) -> Option<String> {
        let cypher = self.cypher.as_ref()?;
        Some(cypher.parameters.as_ref()?.name.clone())
    }

    /// Makes fields for the parameters that the statement names now. What was typed for one stays, also while it is not named; one
    /// that was given before it was named gets its value.
    pub(super) fn follow_statement(&mut self, change: ParameterNames) {
        let Some(statement) = self.statement() else {
            return;
        };
        let names = parameters(&statement);
        let is_named = |field: &Field| names.contains(&field.name);
        let (mut old, mut gone): (Vec<Field>, Vec<Field>) = std::mem::take(&mut self.parameters)
            .into_iter()
            .partition(is_named);
        let is_renamed =
            change == ParameterNames::Edited && gone.len() == 1 && names.len() == old.len() + 1;
        let mut renamed = gone.pop_if(|field| is_renamed && !field.is_empty());
        // The old name was erased whole before the first letter of the new one was typed.
        let erased = self
            .erased
            .take()
            .filter(|_| change == ParameterNames::Edited);
        let is_nameless = has_nameless_parameter(&statement);
        match (erased, gone.as_slice()) {
            (Some(erased), []) if names.len() == old.len() + 1 => {
                let at = self.unnamed.iter().position(|field| field.name == erased);
                renamed = renamed.or(at.map(|at| self.unnamed.swap_remove(at)));
            }
            (Some(erased), []) if is_nameless => self.erased = Some(erased),
            (_, [field]) if is_nameless && change == ParameterNames::Edited => {
                self.erased = Some(field.name.clone());
            }
            (Some(_) | None, _) => {}
        }
        let typed = gone.into_iter().filter(|field| !field.is_empty());
        for field in typed {
            self.unnamed.retain(|other| other.name != field.name);
            self.unnamed.push(field);
        }
        let mut fields = Vec::new();
        for name in names {
            let known = old.iter().position(|field| field.name == name);
            fields.push(match (known, renamed.take_if(|_| known.is_none())) {
                (Some(at), _) => old.swap_remove(at),
                (None, Some(field)) => Field { name, ..field },
                (None, None) => self.new_parameter(name),
            });
        }
        self.parameters = fields;
        self.focus = self.focus.min(self.rows().len().saturating_sub(1));
    }

    /// Returns the field of a parameter, with its value among those that the statement has not named so far.
    fn new_parameter(&mut self, name: String) -> Field {
        if let Some(at) = self.unnamed.iter().position(|field| field.name == name) {
            return self.unnamed.swap_remove(at);
        }
        let mut field = Field::of_parameter(name);
        if let Some(argument) = self.parameters_argument()
            && let Some(Value::Object(mut given)) = self.root.further_value(&argument)
            && let Some(value) = given.shift_remove(&field.name)
        {
            field.fill(&value);
            if given.is_empty() {
                self.root.forget_further(&argument);
            } else {
                self.root.add_further(&argument, &Value::Object(given));
            }
        }
        field
    }

    /// Puts these parameters beside others that are given with the arguments already.
    ///
    /// # Errors
    /// The tool takes no parameters.
    pub(super) fn with_parameters<'a>(
        &self,
        mut arguments: Map<String, Value>,
        fields: impl Iterator<Item = &'a Field>,
    ) -> Result<Map<String, Value>, Vec<String>> {
        let typed: Map<String, Value> = fields
            .map(|field| {
                let value = arguments::json_or_text(&field.typed());
                (field.name.clone(), value)
            })
            .collect();
        let Some(cypher) = self.cypher.as_ref() else {
            return Ok(arguments);
        };
        let argument = self.parameters_argument();
        let given = argument.as_ref().and_then(|name| arguments.get(name));
        let mut all = given.and_then(members_of).unwrap_or_default();
        // A text of parameters that are kept as an object is written anew.
        let is_placed_already = !is_text_of(cypher) || all.is_empty();
        if typed.is_empty() && is_placed_already {
            return Ok(arguments);
        }
        all.extend(typed);
        let (name, value) = cypher.place(all)?;
        arguments.insert(name, value);
        Ok(arguments)
    }
}

/// Returns whether a statement holds a dollar sign without a name behind it.
fn has_nameless_parameter(statement: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '`');
    let mut behind = statement.split('$').skip(1);
    behind.any(|rest| !rest.starts_with(is_of_name))
}

/// Returns whether the tool wants the parameters as a JSON text.
fn is_text_of(cypher: &CypherTool) -> bool {
    cypher
        .parameters
        .as_ref()
        .is_some_and(|argument| argument.is_text)
}

/// Returns the parameters in an argument: an object, or one as a JSON text.
pub(super) fn members_of(argument: &Value) -> Option<Map<String, Value>> {
    match argument {
        Value::Object(members) => Some(members.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}
