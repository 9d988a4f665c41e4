//! The shape of a Cypher statement: plain data that the parser makes and everything behind it reads.

use crate::value::Value;

/// How a statement is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Run,
    Explain,
    Profile,
}

/// A whole statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub mode: Mode,
    pub body: Body,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Query(Query),
    Schema(SchemaCommand),
    Show(Show),
    Users(UserCommand),
    /// Known to Neo4j but not to its community edition; the text as written.
    Unsupported(String),
}

/// Single queries joined by UNION.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub parts: Vec<Vec<Clause>>,
    /// UNION ALL keeps duplicates.
    pub all: bool,
    /// Where each UNION stands.
    pub unions: Vec<usize>,
}

/// A clause with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    pub at: usize,
    pub kind: ClauseKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ClauseKind {
    Match {
        optional: bool,
        patterns: Vec<Pattern>,
        predicate: Option<Expression>,
    },
    Unwind {
        list: Expression,
        name: Name,
    },
    With(Projection),
    Return(Projection),
    Create(Vec<Pattern>),
    Merge {
        pattern: Pattern,
        on_create: Vec<SetItem>,
        on_match: Vec<SetItem>,
    },
    Set(Vec<SetItem>),
    Remove(Vec<RemoveItem>),
    Delete {
        detach: bool,
        expressions: Vec<Expression>,
    },
    Foreach {
        name: Name,
        list: Expression,
        clauses: Vec<Clause>,
    },
    Call(ProcedureCall),
    Subquery {
        optional: bool,
        imports: Option<Vec<Name>>,
        query: Query,
    },
    Finish,
}

/// A declared or used name with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub text: String,
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ProcedureCall {
    pub name: String,
    pub at: usize,
    pub arguments: Option<Vec<Expression>>,
    /// None without YIELD; an empty list for `YIELD *`.
    pub yields: Option<Vec<Yield>>,
    pub predicate: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Yield {
    pub column: String,
    pub name: Name,
}

/// WITH or RETURN.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    pub distinct: bool,
    /// `*`: everything that is in scope, before the items.
    pub everything: bool,
    pub items: Vec<Item>,
    pub order: Vec<SortItem>,
    pub skip: Option<Expression>,
    pub limit: Option<Expression>,
    pub predicate: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub expression: Expression,
    /// The alias, or the text as written.
    pub name: String,
    pub aliased: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SortItem {
    pub expression: Expression,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetItem {
    Property {
        target: Expression,
        key: String,
        value: Expression,
    },
    Dynamic {
        target: Expression,
        key: Expression,
        value: Expression,
    },
    Replace {
        name: Name,
        value: Expression,
    },
    Merge {
        name: Name,
        value: Expression,
    },
    Labels {
        name: Name,
        labels: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum RemoveItem {
    Property { target: Expression, key: String },
    Labels { name: Name, labels: Vec<String> },
}

/// One comma-separated part of MATCH, CREATE or MERGE.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub at: usize,
    pub path: Option<Name>,
    pub shortest: Shortest,
    pub first: NodePattern,
    pub rest: Vec<(RelationshipPattern, NodePattern)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortest {
    No,
    One,
    All,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NodePattern {
    pub at: usize,
    pub name: Option<Name>,
    pub labels: Option<LabelExpression>,
    pub properties: Option<Box<Expression>>,
    pub predicate: Option<Box<Expression>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RelationshipPattern {
    pub at: usize,
    pub name: Option<Name>,
    pub types: Option<LabelExpression>,
    pub properties: Option<Box<Expression>>,
    pub predicate: Option<Box<Expression>>,
    pub direction: Direction,
    /// Least and most hops of a variable-length relationship.
    pub hops: Option<(usize, Option<usize>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Outgoing,
    Incoming,
    Both,
}

/// `:A&B`, `:A|B`, `:!A`, `:%`.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelExpression {
    Name(String, usize),
    Any,
    Not(Box<LabelExpression>),
    And(Box<LabelExpression>, Box<LabelExpression>),
    Or(Box<LabelExpression>, Box<LabelExpression>),
}

impl LabelExpression {
    /// Whether something with these labels (or this type) matches.
    pub fn matches(&self, has: &dyn Fn(&str) -> bool, any: bool) -> bool {
        match self {
            Self::Name(name, _) => has(name),
            Self::Any => any,
            Self::Not(inner) => !inner.matches(has, any),
            Self::And(left, right) => left.matches(has, any) && right.matches(has, any),
            Self::Or(left, right) => left.matches(has, any) || right.matches(has, any),
        }
    }

    /// All names in it.
    pub fn names<'a>(&'a self, into: &mut Vec<(&'a str, usize)>) {
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

    /// The names when all are demanded (`:A:B`), which is all that CREATE and MERGE take.
    pub fn conjunction(&self) -> Option<Vec<String>> {
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

/// An expression with its place. Two are equal when they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Expression {
    pub at: usize,
    pub kind: Kind,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Literal(Value),
    Variable(String),
    Parameter(String),
    Property(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    Slice(
        Box<Expression>,
        Option<Box<Expression>>,
        Option<Box<Expression>>,
    ),
    List(Vec<Expression>),
    Map(Vec<(String, Expression)>),
    MapProjection(Box<Expression>, Vec<MapElement>),
    Negate(Box<Expression>),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `1 < x <= 3`: the operands and the operators between them.
    Comparison(Box<Expression>, Vec<(Operator, Expression)>),
    IsNull(Box<Expression>, bool),
    IsType(Box<Expression>, String, bool),
    HasLabels(Box<Expression>, LabelExpression),
    Function {
        name: String,
        distinct: bool,
        arguments: Vec<Expression>,
    },
    CountStar,
    Case {
        subject: Option<Box<Expression>>,
        branches: Vec<(Expression, Expression)>,
        otherwise: Option<Box<Expression>>,
    },
    Comprehension {
        name: String,
        list: Box<Expression>,
        predicate: Option<Box<Expression>>,
        result: Option<Box<Expression>>,
    },
    PatternComprehension {
        pattern: Box<Pattern>,
        predicate: Option<Box<Expression>>,
        result: Box<Expression>,
    },
    Quantified {
        quantifier: Quantifier,
        name: String,
        list: Box<Expression>,
        predicate: Box<Expression>,
    },
    Reduce {
        accumulator: String,
        start: Box<Expression>,
        name: String,
        list: Box<Expression>,
        step: Box<Expression>,
    },
    /// A pattern as a predicate, or inside `exists(…)`, `size(…)`, `shortestPath(…)`.
    Pattern(Box<Pattern>),
    Subquery(SubqueryKind, Box<Query>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubqueryKind {
    Exists,
    Count,
    Collect,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MapElement {
    Property(String),
    Everything,
    Entry(String, Expression),
    Variable(String, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    All,
    Any,
    None,
    Single,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
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

/// CREATE and DROP of indexes and constraints.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaCommand {
    CreateIndex {
        name: Option<String>,
        unless_exists: bool,
        kind: String,
        subject: SchemaSubject,
    },
    CreateConstraint {
        name: Option<String>,
        unless_exists: bool,
        kind: ConstraintKind,
        subject: SchemaSubject,
    },
    DropIndex {
        name: String,
        if_exists: bool,
    },
    DropConstraint {
        name: String,
        if_exists: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct SchemaSubject {
    pub relationship: bool,
    pub labels: Vec<String>,
    pub properties: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    Unique,
    Exists,
    Key,
    Typed,
}

/// SHOW … with its optional YIELD, WHERE and RETURN.
#[derive(Debug, Clone, PartialEq)]
pub struct Show {
    pub what: Shown,
    pub at: usize,
    pub yields: Option<Vec<Yield>>,
    pub predicate: Option<Expression>,
    /// ORDER BY, SKIP and LIMIT behind YIELD, and a RETURN.
    pub projections: Vec<Projection>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Indexes,
    Constraints,
    Databases,
    Procedures,
    Functions,
    Users,
    /// SHOW USERS WITH AUTH.
    UsersWithAuth,
    CurrentUser,
    Transactions,
    Settings,
}

/// The commands about users. Passwords are expressions: a text or a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum UserCommand {
    AlterCurrent {
        old: Expression,
        new: Expression,
    },
    Alter {
        name: Expression,
        if_exists: bool,
        changes: UserChanges,
    },
    Create {
        name: Expression,
        unless_exists: bool,
        replace: bool,
        changes: UserChanges,
    },
    Drop {
        name: Expression,
        if_exists: bool,
    },
    Rename {
        from: Expression,
        if_exists: bool,
        to: Expression,
    },
}

/// What a command wants a user to be; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserChanges {
    pub password: Option<Expression>,
    pub change_required: Option<bool>,
    /// A clause that the community edition reads and then refuses, as its refusal spells it.
    pub unavailable: Option<&'static str>,
}

impl Expression {
    /// Calls `visit` for every direct part of this expression. Subqueries and patterns are not entered.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match &self.kind {
            Kind::Literal(_)
            | Kind::Variable(_)
            | Kind::Parameter(_)
            | Kind::CountStar
            | Kind::Pattern(_)
            | Kind::Subquery(..) => {}
            Kind::Property(inner, _)
            | Kind::Negate(inner)
            | Kind::Not(inner)
            | Kind::IsNull(inner, _)
            | Kind::IsType(inner, ..)
            | Kind::HasLabels(inner, _) => visit(inner),
            Kind::Index(left, right) | Kind::Binary(_, left, right) => {
                visit(left);
                visit(right);
            }
            Kind::Slice(list, from, to) => {
                visit(list);
                from.iter().chain(to).for_each(|part| visit(part));
            }
            Kind::List(items) => items.iter().for_each(visit),
            Kind::Function { arguments, .. } => arguments.iter().for_each(visit),
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| visit(value)),
            Kind::MapProjection(subject, elements) => {
                visit(subject);
                for element in elements {
                    if let MapElement::Entry(_, value) = element {
                        visit(value);
                    }
                }
            }
            Kind::Comparison(first, rest) => {
                visit(first);
                for (_, operand) in rest {
                    visit(operand);
                }
            }
            Kind::Case {
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
            Kind::Comprehension {
                list,
                predicate,
                result,
                ..
            } => {
                visit(list);
                predicate.iter().chain(result).for_each(|part| visit(part));
            }
            Kind::PatternComprehension {
                predicate, result, ..
            } => {
                if let Some(part) = predicate {
                    visit(part);
                }
                visit(result);
            }
            Kind::Quantified {
                list, predicate, ..
            } => {
                visit(list);
                visit(predicate);
            }
            Kind::Reduce {
                start, list, step, ..
            } => {
                visit(start);
                visit(list);
                visit(step);
            }
        }
    }

    /// Whether an aggregate function stands anywhere in it.
    pub fn aggregates(&self) -> bool {
        if self.is_aggregate() {
            return true;
        }
        let mut found = false;
        self.children(&mut |child| found |= child.aggregates());
        found
    }

    /// Whether it is itself an aggregate function.
    pub fn is_aggregate(&self) -> bool {
        match &self.kind {
            Kind::CountStar => true,
            Kind::Function { name, .. } => is_aggregate_function(name),
            _ => false,
        }
    }
}

/// Function names are compared without case.
pub fn is_aggregate_function(name: &str) -> bool {
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
