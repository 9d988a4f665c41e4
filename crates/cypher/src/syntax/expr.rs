//! Expressions of the syntax tree.

use crate::syntax::{CypherQuery, LabelExpression, PathPattern};
use crate::value::Value;

/// An expression and its offset. Equality ignores the offset.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExprKind {
    Literal(Value),
    Variable(String),
    Parameter(String),
    Property(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    List(Vec<Expr>),
    Map(Vec<(String, Expr)>),
    MapProjection(Box<Expr>, Vec<MapElement>),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    /// A comparison chain such as `1 < x <= 3`.
    Comparison(Box<Expr>, Vec<(BinaryOperator, Expr)>),
    IsNull(Box<Expr>, bool),
    IsType(Box<Expr>, String, bool),
    HasLabels(Box<Expr>, LabelExpression),
    Function {
        name: String,
        distinct: bool,
        arguments: Vec<Expr>,
    },
    CountStar,
    Case {
        subject: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Comprehension {
        name: String,
        list: Box<Expr>,
        predicate: Option<Box<Expr>>,
        result: Option<Box<Expr>>,
    },
    PatternComprehension {
        pattern: Box<PathPattern>,
        predicate: Option<Box<Expr>>,
        result: Box<Expr>,
    },
    Quantified {
        quantifier: Quantifier,
        name: String,
        list: Box<Expr>,
        predicate: Box<Expr>,
    },
    Reduce {
        accumulator: String,
        start: Box<Expr>,
        name: String,
        list: Box<Expr>,
        step: Box<Expr>,
    },
    /// A pattern as a predicate, or as the argument of `exists(…)` or `shortestPath(…)`.
    Pattern(Box<PathPattern>),
    Subquery(SubqueryKind, Box<CypherQuery>),
}

/// `EXISTS { … }`, `COUNT { … }` and `COLLECT { … }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubqueryKind {
    Exists,
    Count,
    Collect,
}

/// One element of a map projection `n {.key, .*, key: value, variable}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MapElement {
    Property(String),
    Everything,
    Entry(String, Expr),
    Variable(String, usize),
}

/// The list predicates `all`, `any`, `none` and `single`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
    None,
    Single,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    Xor,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Concatenate,
    In,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

impl Expr {
    /// Calls `visit` for each direct child. The contents of subqueries and patterns are not visited.
    pub(crate) fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Variable(_)
            | ExprKind::Parameter(_)
            | ExprKind::CountStar
            | ExprKind::Pattern(_)
            | ExprKind::Subquery(..) => {}
            ExprKind::Property(inner, _)
            | ExprKind::Negate(inner)
            | ExprKind::Not(inner)
            | ExprKind::IsNull(inner, _)
            | ExprKind::IsType(inner, ..)
            | ExprKind::HasLabels(inner, _) => visit(inner),
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => {
                visit(left);
                visit(right);
            }
            ExprKind::Slice(list, from, to) => {
                visit(list);
                from.iter().chain(to).for_each(|part| visit(part));
            }
            ExprKind::List(items) => items.iter().for_each(visit),
            ExprKind::Function { arguments, .. } => arguments.iter().for_each(visit),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, value)| visit(value)),
            ExprKind::MapProjection(subject, elements) => {
                visit(subject);
                for element in elements {
                    if let MapElement::Entry(_, value) = element {
                        visit(value);
                    }
                }
            }
            ExprKind::Comparison(first, rest) => {
                visit(first);
                for (_, operand) in rest {
                    visit(operand);
                }
            }
            ExprKind::Case { .. }
            | ExprKind::Comprehension { .. }
            | ExprKind::PatternComprehension { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Reduce { .. } => self.compound_children(visit),
        }
    }

    /// [`Expr::children`] of the expressions that evaluate others repeatedly or conditionally.
    fn compound_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Case {
                subject,
                branches,
                otherwise,
            } => {
                if let Some(part) = subject {
                    visit(part);
                }
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                if let Some(part) = otherwise {
                    visit(part);
                }
            }
            ExprKind::Comprehension {
                list,
                predicate,
                result,
                ..
            } => {
                visit(list);
                predicate.iter().chain(result).for_each(|part| visit(part));
            }
            ExprKind::PatternComprehension {
                predicate, result, ..
            } => {
                if let Some(part) = predicate {
                    visit(part);
                }
                visit(result);
            }
            ExprKind::Quantified {
                list, predicate, ..
            } => {
                visit(list);
                visit(predicate);
            }
            ExprKind::Reduce {
                start, list, step, ..
            } => {
                visit(start);
                visit(list);
                visit(step);
            }
            _ => {}
        }
    }

    /// Returns whether the expression contains an aggregate function.
    pub(crate) fn aggregates(&self) -> bool {
        if self.is_aggregate() {
            return true;
        }
        let mut found = false;
        self.children(&mut |child| found |= child.aggregates());
        found
    }

    /// Returns whether the expression is itself a call of an aggregate function.
    pub(crate) fn is_aggregate(&self) -> bool {
        match &self.kind {
            ExprKind::CountStar => true,
            ExprKind::Function { name, .. } => is_aggregate_function(name),
            _ => false,
        }
    }
}

/// Returns whether `name` is an aggregate function. Function names are case-insensitive.
pub(crate) fn is_aggregate_function(name: &str) -> bool {
    [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "collect",
        "stdev",
        "stdevp",
        "percentiledisc",
        "percentilecont",
    ]
    .iter()
    .any(|known| known.eq_ignore_ascii_case(name))
}
