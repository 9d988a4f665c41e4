//! Graph patterns and label expressions of the syntax tree.

use crate::syntax::{Expr, Name};

/// One comma-separated path pattern of `MATCH`, `CREATE` or `MERGE`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PathPattern {
    pub(crate) at: usize,
    pub(crate) path: Option<Name>,
    pub(crate) shortest: Shortest,
    pub(crate) first: NodePattern,
    pub(crate) rest: Vec<(RelationshipPattern, NodePattern)>,
}

impl PathPattern {
    /// Iterates over the variables of the nodes and relationships.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        let rest = self
            .rest
            .iter()
            .flat_map(|(relationship, node)| [&relationship.name, &node.name]);
        std::iter::once(&self.first.name).chain(rest).flatten()
    }
}

/// Whether a pattern matches all paths or only the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortest {
    /// All paths.
    No,
    /// `shortestPath(…)`.
    One,
    /// `allShortestPaths(…)`.
    All,
}

/// A node pattern such as `(n:Label {key: value} WHERE …)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodePattern {
    pub(crate) at: usize,
    pub(crate) name: Option<Name>,
    pub(crate) labels: Option<LabelExpression>,
    pub(crate) properties: Option<Box<Expr>>,
    pub(crate) predicate: Option<Box<Expr>>,
}

/// A relationship pattern such as `-[r:TYPE*1..3]->`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RelationshipPattern {
    pub(crate) at: usize,
    pub(crate) name: Option<Name>,
    pub(crate) types: Option<LabelExpression>,
    pub(crate) properties: Option<Box<Expr>>,
    pub(crate) predicate: Option<Box<Expr>>,
    pub(crate) direction: Direction,
    /// Smallest and largest length of a variable-length relationship.
    pub(crate) hops: Option<(usize, Option<usize>)>,
}

/// The direction in which a relationship pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Outgoing,
    Incoming,
    Both,
}

/// A label or type expression: `:A&B`, `:A|B`, `:!A`, `:%`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LabelExpression {
    Name(String, usize),
    Any,
    Not(Box<LabelExpression>),
    And(Box<LabelExpression>, Box<LabelExpression>),
    Or(Box<LabelExpression>, Box<LabelExpression>),
}

impl LabelExpression {
    /// Returns whether an entity matches: `has` tests one label (or the type), `any` says whether it has one
    /// at all.
    pub(crate) fn matches(&self, has: &dyn Fn(&str) -> bool, any: bool) -> bool {
        match self {
            Self::Name(name, _) => has(name),
            Self::Any => any,
            Self::Not(inner) => !inner.matches(has, any),
            Self::And(left, right) => left.matches(has, any) && right.matches(has, any),
            Self::Or(left, right) => left.matches(has, any) || right.matches(has, any),
        }
    }

    /// Appends all names of the expression, with their offsets.
    pub(crate) fn names<'a>(&'a self, into: &mut Vec<(&'a str, usize)>) {
        match self {
            Self::Name(name, at) => into.push((name, *at)),
            Self::Any => {}
            Self::Not(inner) => inner.names(into),
            Self::And(left, right) | Self::Or(left, right) => {
                left.names(into);
                right.names(into);
            }
        }
    }

    /// Returns the names if the expression requires all of them (`:A:B`), the only form that
    /// `CREATE` and `MERGE` accept.
    pub(crate) fn conjunction(&self) -> Option<Vec<String>> {
        match self {
            Self::Name(name, _) => Some(vec![name.clone()]),
            Self::And(left, right) => {
                let mut names = left.conjunction()?;
                names.extend(right.conjunction()?);
                Some(names)
            }
            Self::Any | Self::Not(_) | Self::Or(..) => None,
        }
    }
}
