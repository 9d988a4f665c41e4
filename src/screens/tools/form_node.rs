//! The parts of a form as a tree: fields, objects, lists of objects, and choices between alternatives.

use serde_json::{Map, Value};

use super::{
    field::Field,
    form_object::ObjectNode,
    form_reading::{FieldProblem, FormReading},
};
use crate::tools::{
    arguments::{self, REQUIRED},
    saved::{has_secret, is_secret},
    schema::{Property, Type},
};

/// Items of one list that are shown as fields; a longer one is edited as JSON.
const ITEMS: usize = 100;

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
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Field(field) => field.is_empty() || field.is_constant(),
            Self::Object(object) => object.is_empty(),
            Self::List(list) => list.items.is_empty(),
            Self::Choice(choice) => choice.form.is_empty(),
        }
    }

    /// Returns whether it is as the empty form shows it: nothing is typed beside the defaults of the schema.
    pub(super) fn is_untouched(&self) -> bool {
        match self {
            Self::Field(field) => field.is_untouched(),
            Self::Object(object) => object.is_untouched(),
            Self::List(list) => list.is_untouched(),
            Self::Choice(choice) => choice.chosen == 0 && choice.form.is_untouched(),
        }
    }

    /// Returns whether a list, object or choice is not sent, since nothing is typed into it. An optional object holds defaults before
    /// anything is typed; they are sent with a member that is typed, and not alone.
    pub(super) fn is_left_out(&self) -> bool {
        if matches!(self, Self::Field(_)) || self.is_required() {
            return false;
        }
        let has_own_default = match self {
            Self::Object(object) => object.property.default.is_some(),
            Self::Choice(choice) => choice.property.default.is_some(),
            Self::Field(_) | Self::List(_) => true,
        };
        let is_plain_object = self.object().is_some() && !has_own_default;
        self.is_empty() || (is_plain_object && self.is_untouched())
    }

    /// Returns the object whose members its parts are, if it is one or a choice of one.
    pub(super) fn object(&self) -> Option<&ObjectNode> {
        match self {
            Self::Object(object) => Some(object),
            Self::Choice(choice) => match choice.form.as_ref() {
                Self::Object(object) => Some(object),
                Self::Field(_) | Self::List(_) | Self::Choice(_) => None,
            },
            Self::Field(_) | Self::List(_) => None,
        }
    }

    /// Returns the same for changing it.
    pub(super) fn object_mut(&mut self) -> Option<&mut ObjectNode> {
        match self {
            Self::Object(object) => Some(object),
            Self::Choice(choice) => match choice.form.as_mut() {
                Self::Object(object) => Some(object),
                Self::Field(_) | Self::List(_) | Self::Choice(_) => None,
            },
            Self::Field(_) | Self::List(_) => None,
        }
    }

    /// Returns its field, if it is one.
    pub(super) const fn field(&self) -> Option<&Field> {
        match self {
            Self::Field(field) => Some(field),
            Self::Object(_) | Self::List(_) | Self::Choice(_) => None,
        }
    }

    /// Returns its parts, from the first. Further members of an object come after those of its schema.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Field(_) => Vec::new(),
            Self::Object(object) => object.children().collect(),
            Self::List(list) => list.items.iter().collect(),
            Self::Choice(choice) => match choice.form.as_ref() {
                Self::Object(object) => object.children().collect(),
                form @ (Self::Field(_) | Self::List(_) | Self::Choice(_)) => vec![form],
            },
        }
    }

    /// Returns the same for changing one.
    pub(super) fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match self {
            Self::Field(_) => None,
            Self::Object(object) => object.child_mut(at),
            Self::List(list) => list.items.get_mut(at),
            Self::Choice(choice) => match choice.form.as_mut() {
                Self::Object(object) => object.child_mut(at),
                form @ (Self::Field(_) | Self::List(_) | Self::Choice(_)) => Some(form),
            },
        }
    }

    /// Its value; `None` if it is left out. What is wrong is noted.
    pub(super) fn value(&self, reading: &mut FormReading) -> Option<Value> {
        if self.is_left_out() {
            return None;
        }
        match self {
            // A constant of an optional object is not sent alone.
            Self::Field(field) if !self.is_required() && self.is_empty() => {
                let constant = field.is_constant().then(|| field.value().ok());
                constant.flatten().flatten()
            }
            Self::Field(field) => match field.value() {
                Ok(value) => value,
                Err(text) => {
                    reading.note(text);
                    field.as_typed().filter(|_| reading.keeps_wrong)
                }
            },
            Self::Object(object) => Some(Value::Object(object.value(reading))),
            Self::List(list) => Some(list.value(reading)),
            Self::Choice(choice) => choice.value(reading),
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
    pub(super) fn clear(&mut self) {
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
                // That a default was taken out is something that the user did.
                let is_changed = !field.is_empty() || field.starts_filled();
                let is_kept = is_changed && !is_secret(&field.name) && !has_secret(&text);
                is_kept.then_some(Value::String(text))
            }
            Self::Object(object) => object.draft(),
            Self::List(list) => {
                let items: Vec<Value> = list
                    .items
                    .iter()
                    .map(|item| item.draft().unwrap_or(Value::Null))
                    .collect();
                let is_changed = !items.is_empty() || list.property.default.is_some();
                is_changed.then_some(Value::Array(items))
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
            (Self::Object(object), draft) => object.restore(draft),
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
            (Self::Field(_) | Self::List(_) | Self::Choice(_), _) => {}
        }
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

    /// Returns whether it holds the items of its default, or none without one.
    fn is_untouched(&self) -> bool {
        let default = self.property.default.as_ref().and_then(Value::as_array);
        let none = Vec::new();
        let wanted = default.unwrap_or(&none);
        self.items.is_empty()
            || self.value(&mut FormReading::keeping_wrong()) == Value::Array(wanted.clone())
    }

    fn value(&self, reading: &mut FormReading) -> Value {
        let mut items = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            reading.enter(at, (at + 1).to_string());
            items.extend(item.value(reading));
            reading.leave();
        }
        let value = Value::Array(items);
        if let Err(text) = arguments::check_limits(&self.property, &value) {
            reading.note(text);
        }
        value
    }

    fn fill(&mut self, values: &[Value]) -> bool {
        if values.len() > ITEMS {
            return false;
        }
        let mut items = Vec::new();
        for value in values {
            let mut item = FormNode::empty(&self.item);
            if !item.fill(value) {
                return false;
            }
            items.push(item);
        }
        self.items = items;
        true
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

    fn value(&self, reading: &mut FormReading) -> Option<Value> {
        if matches!(*self.form, FormNode::Object(_)) {
            return self.form.value(reading);
        }
        reading.enter_form();
        let value = self.form.value(reading);
        reading.leave_form();
        value
    }

    /// Chooses the first alternative that stands for the value without anything left over, else the first that takes it.
    fn fill(&mut self, value: &Value) -> bool {
        let filled = |variant: &Property| {
            let mut form = FormNode::empty(variant);
            let fits = form.fill(value);
            let mut reading = FormReading::default();
            form.value(&mut reading);
            let is_right = |problem: &FieldProblem| problem.text == REQUIRED;
            let has_further = form
                .object()
                .is_some_and(|object| !object.further.is_empty());
            let is_whole = !has_further && reading.problems.iter().all(is_right);
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
