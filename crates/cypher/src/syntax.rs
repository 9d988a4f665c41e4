//! The syntax tree of a statement: plain data that the parser produces and all later stages read.
//!
//! Every `at` is the offset of the element in the statement, in UTF-16 code units, as Neo4j counts
//! positions in its error messages.

mod command;
mod expr;
mod pattern;

pub(crate) use command::{ConstraintKind, SchemaCommand, SchemaSubject, ShowCommand, ShowTarget};
pub use command::{TextOrParameter, UserChanges, UserCommand};
pub(crate) use expr::{
    ArithmeticOperator, BinaryOperator, CaseExpr, CypherComparison, Expr, ExprKind,
    ListComprehension, ListPredicate, LogicalOperator, MapElement, PatternComprehension,
    Quantifier, ReduceExpr, SubqueryKind, TextOperator, is_aggregate_function,
};
pub(crate) use pattern::{
    Direction, LabelExpression, NodePattern, PathPattern, RelationshipPattern, Shortest,
};

/// Whether a statement is executed, explained or profiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExecutionMode {
    /// Execute the statement.
    #[default]
    Run,
    /// `EXPLAIN`: plan the statement without executing it.
    Explain,
    /// `PROFILE`: execute the statement and report the plan with its row counts.
    Profile,
}

/// A complete statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CypherStatement {
    pub(crate) mode: ExecutionMode,
    pub(crate) body: StatementBody,
}

/// The kinds of statements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StatementBody {
    Query(CypherQuery),
    Schema(SchemaCommand),
    Show(ShowCommand),
    Users(UserCommand),
    /// An administration command that Neo4j's community edition does not support, as written.
    Unsupported(String),
}

/// One or more single queries combined by `UNION`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CypherQuery {
    pub(crate) parts: Vec<Vec<Clause>>,
    /// Whether the last `UNION` is a `UNION ALL`, which keeps duplicate rows.
    pub(crate) all: bool,
    /// Offset of each `UNION`.
    pub(crate) unions: Vec<usize>,
}

/// A clause and its offset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clause {
    pub(crate) at: usize,
    pub(crate) kind: ClauseKind,
}

/// The clauses of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClauseKind {
    Match {
        optional: bool,
        patterns: Vec<PathPattern>,
        predicate: Option<Expr>,
    },
    Unwind {
        list: Expr,
        name: Name,
    },
    With(Projection),
    Return(Projection),
    Update(UpdatingClause),
    Call(ProcedureCall),
    Subquery {
        optional: bool,
        imports: Option<Vec<Name>>,
        query: CypherQuery,
    },
    Finish,
}

/// The clauses that change the graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum UpdatingClause {
    Create(Vec<PathPattern>),
    Merge {
        pattern: PathPattern,
        on_create: Vec<SetItem>,
        on_match: Vec<SetItem>,
    },
    Set(Vec<SetItem>),
    Remove(Vec<RemoveItem>),
    Delete {
        detach: bool,
        expressions: Vec<Expr>,
    },
    Foreach {
        name: Name,
        list: Expr,
        clauses: Vec<Clause>,
    },
}

impl UpdatingClause {
    /// Returns the keyword of the clause.
    pub(crate) fn keyword(&self) -> &'static str {
        match self {
            Self::Create(_) => "CREATE",
            Self::Merge { .. } => "MERGE",
            Self::Set(_) => "SET",
            Self::Remove(_) => "REMOVE",
            Self::Delete { .. } => "DELETE",
            Self::Foreach { .. } => "FOREACH",
        }
    }
}

/// A name and its offset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

/// `CALL procedure(arguments) YIELD …`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProcedureCall {
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) arguments: Option<Vec<Expr>>,
    /// `None` without `YIELD`; empty for `YIELD *`.
    pub(crate) yields: Option<Vec<Yield>>,
    pub(crate) predicate: Option<Expr>,
}

/// One column of a `YIELD`, with the name that it is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Yield {
    pub(crate) column: String,
    pub(crate) name: Name,
}

/// The projection of a `WITH` or `RETURN` clause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    pub(crate) distinct: bool,
    /// Whether `*` projects all variables in scope before the items.
    pub(crate) everything: bool,
    pub(crate) items: Vec<ProjectionItem>,
    pub(crate) order: Vec<SortItem>,
    pub(crate) skip: Option<Expr>,
    pub(crate) limit: Option<Expr>,
    pub(crate) predicate: Option<Expr>,
}

/// One projected expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProjectionItem {
    pub(crate) expression: Expr,
    /// The alias, or the expression as written.
    pub(crate) name: String,
    pub(crate) aliased: bool,
}

impl ProjectionItem {
    /// Projects a variable under its own name.
    pub(crate) fn variable(name: String) -> Self {
        Self {
            expression: Expr {
                at: usize::MAX,
                kind: ExprKind::Variable(name.clone()),
            },
            name,
            aliased: true,
        }
    }
}

/// One expression of `ORDER BY`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SortItem {
    pub(crate) expression: Expr,
    pub(crate) descending: bool,
}

/// One item of `SET`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SetItem {
    /// `target.key = value`.
    Property {
        target: Expr,
        key: String,
        value: Expr,
    },
    /// `target[key] = value`.
    Dynamic {
        target: Expr,
        key: Expr,
        value: Expr,
    },
    /// `name = value`.
    Replace { name: Name, value: Expr },
    /// `name += value`.
    Merge { name: Name, value: Expr },
    /// `name:A:B`.
    Labels { name: Name, labels: Vec<String> },
}

/// One item of `REMOVE`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RemoveItem {
    Property { target: Expr, key: String },
    Labels { name: Name, labels: Vec<String> },
}
