//! Prepared statements: parsed, checked, and ready to run.

use crate::check::{self, StatementEffect};
use crate::error::CypherError;
use crate::parser;
use crate::syntax::{
    ClauseKind, CypherStatement, ExecutionMode, ShowTarget, StatementBody, UserCommand,
};
use crate::value::Map;

/// A statement that was parsed and checked by [`prepare`].
#[derive(Debug, Clone)]
pub struct PreparedStatement {
    pub(crate) statement: CypherStatement,
    /// The names of the columns. Empty for a statement that returns no rows.
    pub columns: Vec<String>,
    /// What the statement does.
    pub effect: StatementEffect,
}

/// Parses and checks a statement.
///
/// The time is linear in the length of the text, and nesting is limited, so that text from an
/// untrusted source can be prepared.
///
/// # Errors
///
/// The error that Neo4j reports at compile time: syntax, undefined variables, unknown functions and
/// procedures, types that cannot match, and missing parameters.
pub fn prepare(text: &str, parameters: &Map) -> Result<PreparedStatement, CypherError> {
    let statement = parser::parse(text)?;
    let checked = check::check(&statement, text, parameters)?;
    Ok(PreparedStatement {
        statement,
        columns: checked.columns,
        effect: checked.effect,
    })
}

impl PreparedStatement {
    /// Returns whether the statement is executed, explained or profiled.
    pub fn mode(&self) -> ExecutionMode {
        self.statement.mode
    }

    /// Returns the user administration command, if the statement is one.
    pub fn user_command(&self) -> Option<&UserCommand> {
        match &self.statement.body {
            StatementBody::Users(command) => Some(command),
            StatementBody::Query(_)
            | StatementBody::Schema(_)
            | StatementBody::Show(_)
            | StatementBody::Unsupported(_) => None,
        }
    }

    /// Returns the text of an administration command that the community edition does not support.
    pub fn unsupported(&self) -> Option<&str> {
        match &self.statement.body {
            StatementBody::Unsupported(text) => Some(text),
            StatementBody::Query(_)
            | StatementBody::Schema(_)
            | StatementBody::Show(_)
            | StatementBody::Users(_) => None,
        }
    }

    /// Returns whether the statement is a `SHOW` command that the `system` database refuses.
    pub fn is_user_database_show(&self) -> bool {
        matches!(&self.statement.body, StatementBody::Show(show) if matches!(show.what, ShowTarget::Indexes | ShowTarget::Constraints))
    }

    /// Returns whether the statement is a query without procedure calls.
    pub fn is_plain_return(&self) -> bool {
        let StatementBody::Query(query) = &self.statement.body else {
            return false;
        };
        !query
            .parts
            .iter()
            .flatten()
            .any(|clause| matches!(clause.kind, ClauseKind::Call(_)))
    }

    /// Returns the first clause of a query that the `system` database refuses.
    pub fn refused_by_system(&self) -> Option<&'static str> {
        let StatementBody::Query(query) = &self.statement.body else {
            return None;
        };
        query
            .parts
            .iter()
            .flatten()
            .find_map(|clause| match &clause.kind {
                ClauseKind::Call(_) | ClauseKind::Return(_) => None,
                ClauseKind::Match { .. } => Some("MATCH"),
                ClauseKind::Unwind { .. } => Some("UNWIND"),
                ClauseKind::With(_) => Some("WITH"),
                ClauseKind::Update(update) => Some(update.keyword()),
                ClauseKind::Subquery { .. } => Some("CALL"),
                ClauseKind::Finish => Some("FINISH"),
            })
    }
}
