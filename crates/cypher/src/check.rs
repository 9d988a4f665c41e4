//! Semantic checks before execution: the columns of a statement, its parameters, whether it reads or
//! writes, and every error that Neo4j reports at compile time and that does not depend on the data.

mod clauses;
mod expressions;
mod patterns;
mod projections;
mod scope;
mod types;

use std::collections::BTreeSet;

use crate::codes::PARAMETER_MISSING;
use crate::error::CypherError;
use crate::procedures;
use crate::syntax::{
    ClauseKind, CypherQuery, CypherStatement, ExecutionMode, ShowTarget, StatementBody,
    TextOrParameter, UserCommand,
};
use crate::value::Map;
use scope::{Scope, StaticType};

/// What a statement does, in the categories of Neo4j's query types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementEffect {
    /// It only reads data.
    Read,
    /// It may change data.
    Write,
    /// It changes indexes or constraints.
    Schema,
    /// It is an administration command: users, databases.
    System,
}

/// The result of the check.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) columns: Vec<String>,
    pub(crate) effect: StatementEffect,
}

/// Checks a statement that was parsed from `text`.
///
/// # Errors
///
/// The first error that Neo4j would report at compile time.
pub(crate) fn check(
    statement: &CypherStatement,
    text: &str,
    parameters: &Map,
) -> Result<Checked, CypherError> {
    let mut checker = Checker {
        text,
        used: BTreeSet::new(),
    };
    let (columns, effect) = match &statement.body {
        StatementBody::Query(query) => {
            let columns = checker.query(query, &Scope::default())?;
            (
                columns,
                if writes(query) {
                    StatementEffect::Write
                } else {
                    StatementEffect::Read
                },
            )
        }
        StatementBody::Schema(_) => (Vec::new(), StatementEffect::Schema),
        StatementBody::Show(show) => {
            let effect = match show.what {
                ShowTarget::Databases
                | ShowTarget::Users
                | ShowTarget::UsersWithAuth
                | ShowTarget::CurrentUser => StatementEffect::System,
                ShowTarget::Indexes
                | ShowTarget::Constraints
                | ShowTarget::Procedures
                | ShowTarget::Functions
                | ShowTarget::Transactions
                | ShowTarget::Settings => StatementEffect::Read,
            };
            (checker.show(show)?, effect)
        }
        StatementBody::Users(command) => {
            checker.record_parameters(command);
            (Vec::new(), StatementEffect::System)
        }
        StatementBody::Unsupported(_) => (Vec::new(), StatementEffect::System),
    };
    let missing: Vec<_> = checker
        .used
        .iter()
        .filter(|name| !parameters.contains_key(*name))
        .cloned()
        .collect();
    if !missing.is_empty() && statement.mode != ExecutionMode::Explain {
        return Err(CypherError::compile(
            PARAMETER_MISSING,
            format!("Expected parameter(s): {}", missing.join(", ")),
        ));
    }
    Ok(Checked { columns, effect })
}

/// Returns whether any clause of the query changes data.
pub(crate) fn writes(query: &CypherQuery) -> bool {
    query
        .parts
        .iter()
        .flatten()
        .any(|clause| match &clause.kind {
            ClauseKind::Update(_) => true,
            ClauseKind::Subquery { query, .. } => writes(query),
            ClauseKind::Call(call) => {
                procedures::find(&call.name).is_some_and(|procedure| procedure.writes)
            }
            ClauseKind::Match { .. }
            | ClauseKind::Unwind { .. }
            | ClauseKind::With(_)
            | ClauseKind::Return(_)
            | ClauseKind::Finish => false,
        })
}

struct Checker<'a> {
    text: &'a str,
    /// The parameters that the statement refers to.
    used: BTreeSet<String>,
}

type CheckResult<T = ()> = Result<T, CypherError>;

impl Checker<'_> {
    fn fail<T>(&self, message: &str, at: usize) -> CheckResult<T> {
        Err(CypherError::syntax(message, self.text, at))
    }

    /// Records the parameters of a user administration command.
    fn record_parameters(&mut self, command: &UserCommand) {
        for text in command.texts() {
            if let TextOrParameter::Parameter(name) = text {
                self.used.insert(name.clone());
            }
        }
    }
}
