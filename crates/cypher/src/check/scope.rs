//! The variables that are visible at one place of a statement.

use std::collections::HashMap;
use std::rc::Rc;

/// The type of an expression, as far as it is known without the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StaticType {
    Node,
    Relationship,
    Path,
    Integer,
    Float,
    String,
    Boolean,
    List,
    Map,
    /// Not known before execution.
    Any,
}

impl StaticType {
    /// Returns the name of the type in Neo4j's error messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Relationship => "Relationship",
            Self::Path => "Path",
            Self::Integer => "Integer",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::List => "List<T>",
            Self::Map => "Map",
            Self::Any => "Any",
        }
    }
}

/// The variables in scope, in the order of their declaration.
///
/// A copy is cheap: it shares the variables that were declared before it was made.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// The layers that were shared between copies; later layers hide earlier ones.
    layers: Vec<Rc<ScopeLayer>>,
}

#[derive(Debug, Default)]
struct ScopeLayer {
    names: Vec<(String, StaticType)>,
    index: HashMap<String, StaticType>,
}

impl ScopeLayer {
    fn push(&mut self, name: &str, kind: StaticType) {
        self.names.push((name.to_owned(), kind));
        self.index.insert(name.to_owned(), kind);
    }
}

impl Scope {
    /// Returns the type of a variable, or `None` if it is not declared.
    pub(super) fn find(&self, name: &str) -> Option<StaticType> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| layer.index.get(name))
            .copied()
    }

    /// Returns a copy in which `name` is declared, hiding an outer variable of that name.
    pub(super) fn with(&self, name: &str, kind: StaticType) -> Self {
        let mut scope = self.clone();
        scope.push(name, kind);
        scope
    }

    /// Declares a variable unless it is declared already.
    pub(super) fn declare(&mut self, name: &str, kind: StaticType) {
        if self.find(name).is_none() {
            self.push(name, kind);
        }
    }

    fn push(&mut self, name: &str, kind: StaticType) {
        if let Some(layer) = self.layers.last_mut().and_then(Rc::get_mut) {
            layer.push(name, kind);
        } else {
            let mut layer = ScopeLayer::default();
            layer.push(name, kind);
            self.layers.push(Rc::new(layer));
        }
    }

    /// Declares all variables of `other`, which hide those of the same name.
    pub(super) fn extend(&mut self, other: &Self) {
        self.layers.extend(other.layers.iter().cloned());
    }

    /// Returns whether no variable is declared.
    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Iterates over the variables in the order of their declaration.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, StaticType)> {
        self.layers
            .iter()
            .flat_map(|layer| &layer.names)
            .map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Returns the names of the variables in the order of their declaration.
    pub(super) fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| name.to_owned()).collect()
    }
}

impl FromIterator<(String, StaticType)> for Scope {
    fn from_iter<T: IntoIterator<Item = (String, StaticType)>>(variables: T) -> Self {
        let mut scope = Self::default();
        for (name, kind) in variables {
            scope.declare(&name, kind);
        }
        scope
    }
}
