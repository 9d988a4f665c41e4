//! The parts of a form as a tree: fields, objects, lists of objects, and choices between alternatives.

use serde_json::{Map, Value};

use super::field::Field;
use crate::tools::{
    arguments,
    saved::{has_secret, is_secret},
    schema::{Property, Type},
};

/// Items of one list that are shown as fields; a longer one is edited as JSON.
const ITEMS: usize = 100;
/// Fields of one object that are shown.
const FIELDS: usize = 100;

/// A part of a form.
#[derive(Clone, Debug)]
pub(super) enum FormNode {
    /// A field.
    Field(Box<Field>),
    /// An object, whose members are fields.
    Object(ObjectNode),
    /// A list of objects.
    List(Box<ListNode>),
    /// A choice between alternatives.
    Choice(ChoiceNode),
}

/// An object.
#[derive(Clone, Debug)]
pub(super) struct ObjectNode {
    /// Its schema.
    pub(super) property: Property,
    /// Its members that are fields.
    pub(super) members: Vec<FormNode>,
    /// Members for which there is no field, or that their field cannot stand for.
    pub(super) rest: Map<String, Value>,
}

/// A list of objects.
#[derive(Clone, Debug)]
pub(super) struct ListNode {
    /// Its schema.
    pub(super) property: Property,
    /// The schema of an item.
    item: Property,
    /// Its items.
    pub(super) items: Vec<FormNode>,
}

/// A choice between alternatives.
#[derive(Clone, Debug)]
pub(super) struct ChoiceNode {
    /// Its schema.
    pub(super) property: Property,
    /// The alternative that is chosen.
    pub(super) chosen: usize,
    /// The form of that alternative.
    pub(super) form: Box<FormNode>,
}

/// What is wrong with a field: its path in the tree, its name and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldProblem {
    /// Places in the tree from the root.
    pub(super) path: Vec<usize>,
    /// Names from the root, joined by dots.
    pub(super) name: String,
    /// The sentence.
    pub(super) text: String,
}

impl FormNode {
    /// Returns the empty form of a property, with the defaults of its schema.
    pub(super) fn new(property: &Property) -> Self {
        if property
            .default
            .as_ref()
            .is_some_and(|value| value.is_object() || value.is_array())
            && let Some(node) = Self::filled(property)
        {
            return node;
        }
        Self::empty(property)
    }

    /// Returns the form of a property whose default is an object or a list.
    fn filled(property: &Property) -> Option<Self> {
        let mut node = Self::empty(property);
        node.fill(property.default.as_ref()?).then_some(node)
    }

    fn empty(property: &Property) -> Self {
        if let Some(item) = property.item() {
            return Self::List(Box::new(ListNode {
                property: property.clone(),
                item,
                items: Vec::new(),
            }));
        }
        if let Some(first) = property.variants.first() {
            return Self::Choice(ChoiceNode {
                property: property.clone(),
                chosen: 0,
                form: Box::new(Self::empty(first)),
            });
        }
        let is_object = !property.members.is_empty()
            && property
                .types
                .iter()
                .all(|kind| matches!(kind, Type::Object | Type::Null));
        if is_object {
            return Self::Object(ObjectNode::new(property));
        }
        Self::Field(Box::new(Field::of_argument(property)))
    }

    /// Returns the name of the property.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Field(field) => &field.name,
            Self::Object(object) => &object.property.name,
            Self::List(list) => &list.property.name,
            Self::Choice(choice) => &choice.property.name,
        }
    }

    /// Returns whether a call must give it.
    fn is_required(&self) -> bool {
        match self {
            Self::Field(field) => field.property().is_none_or(|property| property.required),
            Self::Object(object) => object.property.required,
            Self::List(list) => list.property.required,
            Self::Choice(choice) => choice.property.required,
        }
    }

    /// Returns whether the user has typed nothing into it.
    fn is_empty(&self) -> bool {
        match self {
            Self::Field(field) => field.is_empty() || field.is_constant(),
            Self::Object(object) => {
                object.rest.is_empty() && object.members.iter().all(Self::is_empty)
            }
            Self::List(list) => list.items.is_empty(),
            Self::Choice(choice) => choice.form.is_empty(),
        }
    }

    /// Returns whether a list, object or choice is not sent, since nothing is typed into it.
    fn is_left_out(&self) -> bool {
        !matches!(self, Self::Field(_)) && !self.is_required() && self.is_empty()
    }

    /// Forgets the value of a part that was kept as it is.
    pub(super) fn forget(&mut self, part: usize) {
        let node = match self {
            Self::Choice(choice) => choice.form.as_mut(),
            node @ (Self::Field(_) | Self::Object(_) | Self::List(_)) => node,
        };
        if let Self::Object(object) = node {
            object.forget(part);
        }
    }

    /// Its parts, from the first.
    pub(super) fn children(&self) -> &[Self] {
        match self {
            Self::Field(_) => &[],
            Self::Object(object) => &object.members,
            Self::List(list) => &list.items,
            Self::Choice(choice) => match choice.form.as_ref() {
                Self::Object(object) => &object.members,
                form @ (Self::Field(_) | Self::List(_) | Self::Choice(_)) => {
                    std::slice::from_ref(form)
                }
            },
        }
    }

    /// Returns the same for changing one.
    pub(super) fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match self {
            Self::Field(_) => None,
            Self::Object(object) => object.members.get_mut(at),
            Self::List(list) => list.items.get_mut(at),
            Self::Choice(choice) => match choice.form.as_mut() {
                Self::Object(object) => object.members.get_mut(at),
                form @ (Self::Field(_) | Self::List(_) | Self::Choice(_)) => Some(form),
            },
        }
    }

    /// Its value; `None` if it is left out. What is wrong is added to `problems`.
    pub(super) fn value(
        &self,
        path: &mut Vec<usize>,
        names: &mut Vec<String>,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<Value> {
        if !self.is_required() && self.is_empty() {
            return match self {
                // A constant of an optional object is not sent alone.
                Self::Field(field) if field.is_constant() => field.value().ok().flatten(),
                Self::Field(_) | Self::Object(_) | Self::List(_) | Self::Choice(_) => None,
            };
        }
        match self {
            Self::Field(field) => match field.value() {
                Ok(value) => value,
                Err(text) => {
                    problems.push(FieldProblem {
                        path: path.clone(),
                        name: names.join("."),
                        text,
                    });
                    None
                }
            },
            Self::Object(object) => Some(Value::Object(object.value(path, names, problems))),
            Self::List(list) => Some(list.value(path, names, problems)),
            Self::Choice(choice) => choice.value(path, names, problems),
        }
    }

    /// Puts a value into it. Returns `false` if it cannot stand for the value.
    pub(super) fn fill(&mut self, value: &Value) -> bool {
        match (self, value) {
            (Self::Field(field), value) => field.fill(value),
            (Self::Object(object), Value::Object(members)) => {
                object.clear();
                object.fill(members);
                true
            }
            (Self::List(list), Value::Array(items)) => list.fill(items),
            (Self::Choice(choice), value) => choice.fill(value),
            (Self::Object(_) | Self::List(_), _) => false,
        }
    }

    /// Empties all fields, defaults and constants included.
    fn clear(&mut self) {
        match self {
            Self::Field(field) => field.set(""),
            Self::Object(object) => object.clear(),
            Self::List(list) => list.items.clear(),
            Self::Choice(choice) => choice.form.clear(),
        }
    }

    /// Returns what is typed, to be kept; without what looks like a secret. `None` if nothing is typed.
    pub(super) fn draft(&self) -> Option<Value> {
        match self {
            Self::Field(field) => {
                let text = field.typed();
                let is_kept = !field.is_empty() && !is_secret(&field.name) && !has_secret(&text);
                is_kept.then_some(Value::String(text))
            }
            Self::Object(object) => object.draft(),
            Self::List(list) => {
                let items: Vec<Value> = list
                    .items
                    .iter()
                    .map(|item| item.draft().unwrap_or(Value::Null))
                    .collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            Self::Choice(choice) => {
                let form = choice.form.draft();
                let variant = ("variant".to_owned(), Value::from(choice.chosen));
                form.map(|form| Value::Object(Map::from_iter([variant, ("form".to_owned(), form)])))
            }
        }
    }

    /// Puts back what was typed. What does not fit the schema any more is left out.
    pub(super) fn restore(&mut self, draft: &Value) {
        match (self, draft) {
            (Self::Field(field), Value::String(text)) => field.set(text),
            (Self::Object(object), Value::Object(members)) => {
                for node in &mut object.members {
                    if let Some(draft) = members.get(node.name()) {
                        node.restore(draft);
                    }
                }
            }
            (Self::List(list), Value::Array(items)) => {
                list.items.clear();
                for draft in items.iter().take(ITEMS) {
                    list.add();
                    if let Some(item) = list.items.last_mut() {
                        item.restore(draft);
                    }
                }
            }
            (Self::Choice(choice), Value::Object(members)) => {
                let variant = members.get("variant").and_then(Value::as_u64);
                choice.choose(variant.and_then(|at| usize::try_from(at).ok()).unwrap_or(0));
                if let Some(form) = members.get("form") {
                    choice.form.restore(form);
                }
            }
            (Self::Field(_) | Self::Object(_) | Self::List(_) | Self::Choice(_), _) => {}
        }
    }
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
            rest: Map::new(),
        }
    }

    /// Empties all fields, defaults and constants included.
    pub(super) fn clear(&mut self) {
        self.rest.clear();
        self.members.iter_mut().for_each(FormNode::clear);
    }

    /// Puts members into their fields; others are kept as they are.
    pub(super) fn fill(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            let node = self.members.iter_mut().find(|node| node.name() == name);
            let fits = node.is_some_and(|node| node.fill(value) && !node.is_left_out());
            if !fits {
                self.rest.insert(name.clone(), value.clone());
            }
        }
    }

    /// Forgets the value of a member that was kept as it is.
    pub(super) fn forget(&mut self, member: usize) {
        if let Some(node) = self.members.get(member) {
            self.rest.shift_remove(node.name());
        }
    }

    /// Its members with their values, in the order of the schema.
    pub(super) fn value(
        &self,
        path: &mut Vec<usize>,
        names: &mut Vec<String>,
        problems: &mut Vec<FieldProblem>,
    ) -> Map<String, Value> {
        let mut found = Map::new();
        for (at, node) in self.members.iter().enumerate() {
            let own = self.rest.get(node.name());
            if let Some(value) = own.filter(|_| node.is_empty()) {
                found.insert(node.name().to_owned(), value.clone());
                continue;
            }
            path.push(at);
            names.push(node.name().to_owned());
            if let Some(value) = node.value(path, names, problems) {
                found.insert(node.name().to_owned(), value);
            }
            names.pop();
            path.pop();
        }
        for (name, value) in &self.rest {
            if !found.contains_key(name) {
                found.insert(name.clone(), value.clone());
            }
        }
        found
    }

    fn draft(&self) -> Option<Value> {
        let members: Map<String, Value> = self
            .members
            .iter()
            .filter_map(|node| Some((node.name().to_owned(), node.draft()?)))
            .collect();
        (!members.is_empty()).then_some(Value::Object(members))
    }
}

impl ListNode {
    /// Adds an empty item.
    pub(super) fn add(&mut self) {
        if self.items.len() < ITEMS {
            self.items.push(FormNode::new(&self.item));
        }
    }

    /// Removes an item; the last one without a place.
    pub(super) fn remove(&mut self, at: Option<usize>) {
        match at {
            Some(at) if at < self.items.len() => {
                self.items.remove(at);
            }
            Some(_) => {}
            None => {
                self.items.pop();
            }
        }
    }

    fn value(
        &self,
        path: &mut Vec<usize>,
        names: &mut Vec<String>,
        problems: &mut Vec<FieldProblem>,
    ) -> Value {
        let mut items = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            path.push(at);
            names.push((at + 1).to_string());
            items.extend(item.value(path, names, problems));
            names.pop();
            path.pop();
        }
        let value = Value::Array(items);
        if let Err(text) = arguments::check_limits(&self.property, &value) {
            problems.push(FieldProblem {
                path: path.clone(),
                name: names.join("."),
                text,
            });
        }
        value
    }

    fn fill(&mut self, values: &[Value]) -> bool {
        let mut items = Vec::new();
        for value in values.iter().take(ITEMS) {
            let mut item = FormNode::empty(&self.item);
            if !item.fill(value) {
                return false;
            }
            items.push(item);
        }
        self.items = items;
        values.len() <= ITEMS
    }
}

impl ChoiceNode {
    /// Chooses an alternative. What was typed for the others is dropped.
    pub(super) fn choose(&mut self, at: usize) {
        if let Some(variant) = self.property.variants.get(at) {
            self.chosen = at;
            *self.form = FormNode::new(variant);
        }
    }

    fn value(
        &self,
        path: &mut Vec<usize>,
        names: &mut Vec<String>,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<Value> {
        if matches!(*self.form, FormNode::Object(_)) {
            return self.form.value(path, names, problems);
        }
        path.push(0);
        let value = self.form.value(path, names, problems);
        path.pop();
        value
    }

    /// Chooses the first alternative that stands for the value without anything left over, else the first that takes it.
    fn fill(&mut self, value: &Value) -> bool {
        let filled = |variant: &Property| {
            let mut form = FormNode::empty(variant);
            let fits = form.fill(value);
            let is_whole = match &form {
                FormNode::Object(object) => object.rest.is_empty(),
                FormNode::Field(_) | FormNode::List(_) | FormNode::Choice(_) => true,
            };
            (form, fits, fits && is_whole)
        };
        let forms: Vec<_> = self.property.variants.iter().map(filled).collect();
        let best = forms
            .iter()
            .position(|(_, _, is_whole)| *is_whole)
            .or_else(|| forms.iter().position(|(_, fits, _)| *fits));
        let Some(best) = best else { return false };
        if let Some((form, ..)) = forms.into_iter().nth(best) {
            self.chosen = best;
            *self.form = form;
        }
        true
    }
}
