//! The rows of a form: its tree from top to bottom.

use super::{
    field::Field,
    form_node::{ChoiceNode, FormNode, ListNode},
    form_object::ObjectNode,
    form_reading::FieldProblem,
};
use crate::tools::arguments::REQUIRED;

/// Where a row stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowPath {
    /// Places in the tree from the root.
    Node(Vec<usize>),
    /// The place among the parameters of the statement.
    Parameter(usize),
}

/// A row of a form.
#[derive(Clone, Debug)]
pub(super) struct FormRow<'a> {
    /// Where it stands.
    pub(super) path: RowPath,
    /// Levels of objects and lists around it.
    pub(super) depth: u16,
    /// Its name, or its number within a list.
    pub(super) label: String,
    /// Whether it is an item of a list.
    pub(super) is_item: bool,
    /// What it shows.
    pub(super) content: RowContent<'a>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowContent<'a> {
    /// A field.
    Field(&'a Field),
    /// The head of an object.
    Object(&'a ObjectNode),
    /// The head of a list.
    List(&'a ListNode),
    /// A choice between alternatives.
    Choice(&'a ChoiceNode),
}

impl<'a> FormRow<'a> {
    /// Returns the field of the row, if it is one.
    pub(super) const fn field(&self) -> Option<&'a Field> {
        match self.content {
            RowContent::Field(field) => Some(field),
            RowContent::Object(_) | RowContent::List(_) | RowContent::Choice(_) => None,
        }
    }

    /// Returns whether it is the head of a list without items.
    pub(super) const fn is_empty_list(&self) -> bool {
        match self.content {
            RowContent::List(list) => list.items.is_empty(),
            RowContent::Field(_) | RowContent::Object(_) | RowContent::Choice(_) => false,
        }
    }

    /// Returns whether the row can have the focus.
    pub(super) const fn takes_keys(&self) -> bool {
        match self.content {
            RowContent::Field(_) | RowContent::List(_) | RowContent::Choice(_) => true,
            RowContent::Object(_) => self.is_item,
        }
    }
}

/// Returns the rows of a form with this root and these parameters.
pub(super) fn rows<'a>(root: &'a ObjectNode, parameters: &'a [Field]) -> Vec<FormRow<'a>> {
    let mut found = Vec::new();
    for (at, node) in root.children().enumerate() {
        let label = node.name().to_owned();
        add(node, label, &mut vec![at], 0, false, &mut found);
    }
    found.extend(parameters.iter().enumerate().map(|(at, field)| FormRow {
        path: RowPath::Parameter(at),
        depth: 0,
        label: format!("${}", field.name),
        is_item: false,
        content: RowContent::Field(field),
    }));
    found
}

fn add<'a>(
    node: &'a FormNode,
    label: String,
    path: &mut Vec<usize>,
    depth: u16,
    is_item: bool,
    found: &mut Vec<FormRow<'a>>,
) {
    let content = match node {
        FormNode::Field(field) => RowContent::Field(field),
        FormNode::Object(object) => RowContent::Object(object),
        FormNode::List(list) => RowContent::List(list),
        FormNode::Choice(choice) => RowContent::Choice(choice),
    };
    found.push(FormRow {
        path: RowPath::Node(path.clone()),
        depth,
        label,
        is_item,
        content,
    });
    let is_list = matches!(node, FormNode::List(_));
    // The name of an alternative stands in the row of the choice already.
    let is_alternative = match node {
        FormNode::Choice(choice) => !matches!(*choice.form, FormNode::Object(_)),
        FormNode::Field(_) | FormNode::Object(_) | FormNode::List(_) => false,
    };
    for (at, child) in node.children().into_iter().enumerate() {
        let label = if is_list {
            (at + 1).to_string()
        } else if is_alternative || child.name().is_empty() {
            "value".to_owned()
        } else {
            child.name().to_owned()
        };
        path.push(at);
        add(child, label, path, depth + 1, is_list, found);
        path.pop();
    }
}

/// Returns what is wrong with a field, as a sentence that names it.
pub(super) fn sentence(problem: &FieldProblem) -> String {
    let FieldProblem { name, text, .. } = problem;
    if text == REQUIRED {
        return format!("{name} is required");
    }
    let own = name.rsplit('.').next().unwrap_or(name);
    match text
        .strip_prefix(own)
        .and_then(|rest| rest.strip_prefix(':'))
    {
        Some(rest) => format!("{name}:{rest}"),
        None => format!("{name}: {text}"),
    }
}
