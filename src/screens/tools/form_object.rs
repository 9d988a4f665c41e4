//! An object of a form: the members of its schema as fields, and further ones that were given to it.

use serde_json::{Map, Value};

use super::{field::Field, form_node::FormNode, form_reading::FormReading};
use crate::tools::{
    saved::{has_secret, without_secrets},
    schema::{FurtherMembers, Property},
};

/// Fields of one object that are shown.
const FIELDS: usize = 100;
/// What is wrong with a further member of an object that takes none.
const REFUSED: &str = "the schema refuses it (additionalProperties: false); ctrl-u removes it";

/// An object.
#[derive(Clone, Debug)]
pub(super) struct ObjectNode {
    /// Its schema.
    pub(super) property: Property,
    /// Its members that are fields.
    pub(super) members: Vec<FormNode>,
    /// Members that the schema does not name, or whose field cannot stand for their value: each is a field with JSON.
    pub(super) further: Vec<FormNode>,
}

impl ObjectNode {
    /// Returns an empty object.
    pub(super) fn new(property: &Property) -> Self {
        Self {
            members: property
                .members
                .iter()
                .take(FIELDS)
                .map(FormNode::new)
                .collect(),
            property: property.clone(),
            further: Vec::new(),
        }
    }

    /// Returns its members and further members, from the first.
    pub(super) fn children(&self) -> impl Iterator<Item = &FormNode> {
        self.members.iter().chain(&self.further)
    }

    /// Returns the same for changing one.
    pub(super) fn child_mut(&mut self, at: usize) -> Option<&mut FormNode> {
        match at.checked_sub(self.members.len()) {
            Some(further) => self.further.get_mut(further),
            None => self.members.get_mut(at),
        }
    }

    /// Returns whether the user has typed nothing into it.
    pub(super) fn is_empty(&self) -> bool {
        self.further.is_empty() && self.members.iter().all(FormNode::is_empty)
    }

    /// Returns whether nothing is typed beside the defaults of the schema.
    pub(super) fn is_untouched(&self) -> bool {
        self.further.is_empty() && self.members.iter().all(FormNode::is_untouched)
    }

    /// Empties all fields, defaults and constants included.
    pub(super) fn clear(&mut self) {
        self.further.clear();
        self.members.iter_mut().for_each(FormNode::clear);
    }

    /// Puts members into their fields; others become further members.
    pub(super) fn fill(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            let node = self.members.iter_mut().find(|node| node.name() == name);
            let fits = node.is_some_and(|node| node.fill(value) && !node.is_left_out());
            if !fits {
                self.add_further(name, value);
            }
        }
    }

    /// Adds a further member, in the place of one with the same name.
    pub(super) fn add_further(&mut self, name: &str, value: &Value) {
        self.forget_further(name);
        let field = Field::further(name.to_owned(), value.clone());
        self.further.push(FormNode::Field(Box::new(field)));
    }

    /// Returns the value of a further member.
    pub(super) fn further_value(&self, name: &str) -> Option<Value> {
        let node = self.further.iter().find(|node| node.name() == name)?;
        node.field()?.value().ok()?
    }

    /// Removes a further member.
    pub(super) fn forget_further(&mut self, name: &str) {
        self.further.retain(|node| node.name() != name);
    }

    /// Removes the further member that stands for a member of the schema, if there is one.
    pub(super) fn forget(&mut self, member: usize) {
        if let Some(name) = self.members.get(member).map(|node| node.name().to_owned()) {
            self.forget_further(&name);
        }
    }

    /// Removes the further member at this place among all members. Returns whether there is one.
    pub(super) fn remove_further(&mut self, at: usize) -> bool {
        let at = at.checked_sub(self.members.len());
        let at = at.filter(|at| *at < self.further.len());
        at.map(|at| self.further.remove(at)).is_some()
    }

    /// Its members with their values, in the order of the schema.
    pub(super) fn value(&self, reading: &mut FormReading) -> Map<String, Value> {
        let mut found = Map::new();
        let stands_for = |node: &FormNode| {
            node.is_empty() && self.further.iter().any(|more| more.name() == node.name())
        };
        for (at, node) in self.members.iter().enumerate() {
            if stands_for(node) {
                continue;
            }
            reading.enter(at, node.name().to_owned());
            if let Some(value) = node.value(reading) {
                found.insert(node.name().to_owned(), value);
            }
            reading.leave();
        }
        for (at, node) in self.further.iter().enumerate() {
            if found.contains_key(node.name()) {
                continue;
            }
            reading.enter(self.members.len() + at, node.name().to_owned());
            let is_refused = self.refuses(node.name());
            if let Some(value) = node.value(reading) {
                if is_refused {
                    reading.note(REFUSED.to_owned());
                }
                if !is_refused || reading.keeps_wrong {
                    found.insert(node.name().to_owned(), value);
                }
            }
            reading.leave();
        }
        found
    }

    /// Returns whether the schema takes no member of this name.
    fn refuses(&self, name: &str) -> bool {
        let mut known = self.property.members.iter();
        self.property.further == FurtherMembers::Refused
            && !known.any(|property| property.name == name)
    }

    /// Returns what is typed, to be kept: the texts of the fields; where there are further members, a list of these texts and the
    /// values of those.
    pub(super) fn draft(&self) -> Option<Value> {
        let members: Map<String, Value> = self
            .members
            .iter()
            .filter_map(|node| Some((node.name().to_owned(), node.draft()?)))
            .collect();
        let further: Map<String, Value> = self
            .further
            .iter()
            .filter_map(|node| {
                let value = node.field()?.value().ok()??;
                let own = Map::from_iter([(node.name().to_owned(), value)]);
                let is_kept = without_secrets(&own) == own
                    && !has_secret(&Value::from(own.clone()).to_string());
                own.into_iter().next().filter(|_| is_kept)
            })
            .collect();
        match (members.is_empty(), further.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Value::Object(members)),
            (true | false, false) => Some(Value::Array(vec![members.into(), further.into()])),
        }
    }

    /// Puts back what was typed. What does not fit the schema any more is left out.
    pub(super) fn restore(&mut self, draft: &Value) {
        let (members, further) = match draft {
            Value::Object(members) => (Some(members), None),
            Value::Array(parts) => (
                parts.first().and_then(Value::as_object),
                parts.get(1).and_then(Value::as_object),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (None, None),
        };
        for node in &mut self.members {
            if let Some(draft) = members.and_then(|members| members.get(node.name())) {
                node.restore(draft);
            }
        }
        for (name, value) in further.into_iter().flatten() {
            self.add_further(name, value);
        }
    }
}
