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
    Comparison(Box<Expr>, Vec<(CypherComparison, Expr)>),
    IsNull(Box<Expr>, bool),
    IsType(Box<Expr>, String, bool),
    HasLabels(Box<Expr>, LabelExpression),
    Function {
        name: String,
        distinct: bool,
        arguments: Vec<Expr>,
    },
    CountStar,
    Case(Box<CaseExpr>),
    Comprehension(Box<ListComprehension>),
    PatternComprehension(Box<PatternComprehension>),
    Quantified(Box<ListPredicate>),
    Reduce(Box<ReduceExpr>),
    /// A pattern as a predicate, or as the argument of `exists(…)` or `shortestPath(…)`.
    Pattern(Box<PathPattern>),
    Subquery(SubqueryKind, Box<CypherQuery>),
}

/// `CASE subject WHEN condition THEN result ELSE otherwise END`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CaseExpr {
    /// `None` if each condition is a predicate.
    pub(crate) subject: Option<Expr>,
    /// The conditions and their results.
    pub(crate) branches: Vec<(Expr, Expr)>,
    pub(crate) otherwise: Option<Expr>,
}

/// `[name IN list WHERE predicate | result]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListComprehension {
    pub(crate) name: String,
    pub(crate) list: Expr,
    pub(crate) predicate: Option<Expr>,
    pub(crate) result: Option<Expr>,
}

/// `[pattern WHERE predicate | result]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PatternComprehension {
    pub(crate) pattern: PathPattern,
    pub(crate) predicate: Option<Expr>,
    pub(crate) result: Expr,
}

/// `quantifier(name IN list WHERE predicate)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListPredicate {
    pub(crate) quantifier: Quantifier,
    pub(crate) name: String,
    pub(crate) list: Expr,
    pub(crate) predicate: Expr,
}

/// `reduce(accumulator = start, name IN list | step)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReduceExpr {
    pub(crate) accumulator: String,
    pub(crate) start: Expr,
    pub(crate) name: String,
    pub(crate) list: Expr,
    pub(crate) step: Expr,
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

/// Operators with two operands, apart from those of a comparison chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Logical(LogicalOperator),
    Arithmetic(ArithmeticOperator),
    Text(TextOperator),
    In,
}

/// Operators on truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogicalOperator {
    Or,
    Xor,
    And,
}

/// Operators of a comparison chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CypherComparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Operators on numbers. Some of them also take texts, lists and temporal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Concatenate,
}

/// Predicates on two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextOperator {
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
            ExprKind::Case(case) => case.children(visit),
            ExprKind::Comprehension(comprehension) => {
                visit(&comprehension.list);
                let parts = comprehension.predicate.iter().chain(&comprehension.result);
                parts.for_each(visit);
            }
            ExprKind::PatternComprehension(comprehension) => {
                comprehension.predicate.iter().for_each(&mut *visit);
                visit(&comprehension.result);
            }
            ExprKind::Quantified(quantified) => {
                visit(&quantified.list);
                visit(&quantified.predicate);
            }
            ExprKind::Reduce(reduce) => {
                let parts = [&reduce.start, &reduce.list, &reduce.step];
                parts.into_iter().for_each(visit);
            }
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
        self.aggregate_name().is_some()
    }

    /// Returns the name of the aggregate function that the expression calls, as written.
    pub(crate) fn aggregate_name(&self) -> Option<&str> {
        if let ExprKind::Function { name, .. } = &self.kind {
            return is_aggregate_function(name).then_some(name);
        }
        matches!(self.kind, ExprKind::CountStar).then_some("count")
    }
}

impl CaseExpr {
    fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        self.subject.iter().for_each(&mut *visit);
        for (condition, result) in &self.branches {
            visit(condition);
            visit(result);
        }
        self.otherwise.iter().for_each(visit);
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
