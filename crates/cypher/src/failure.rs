//! Why a statement failed, in Neo4j's own words: status code, text and, where the text has one, the place in the
//! statement. All codes and texts were taken from a Neo4j 5.26. What to answer over HTTP is decided elsewhere.

use std::fmt;

/// A failure with its Neo4j status code.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// For example `Neo.ClientError.Statement.SyntaxError`.
    pub code: &'static str,
    /// The text as Neo4j words it, the quoted line and the caret included.
    pub message: String,
    /// Whether it was found before the first row was made. Neo4j answers the two differently.
    pub phase: Phase,
}

/// When a failure was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// While the statement was read and checked.
    Compile,
    /// While rows were made.
    Run,
    /// When all rows were made and the changes were to be kept.
    Commit,
}

pub const SYNTAX: &str = "Neo.ClientError.Statement.SyntaxError";
pub const TYPE: &str = "Neo.ClientError.Statement.TypeError";
pub const ARGUMENT: &str = "Neo.ClientError.Statement.ArgumentError";
pub const ARITHMETIC: &str = "Neo.ClientError.Statement.ArithmeticError";
pub const SEMANTIC: &str = "Neo.ClientError.Statement.SemanticError";
pub const PARAMETER_MISSING: &str = "Neo.ClientError.Statement.ParameterMissing";
pub const ENTITY_NOT_FOUND: &str = "Neo.ClientError.Statement.EntityNotFound";
pub const CONSTRAINT: &str = "Neo.ClientError.Schema.ConstraintValidationFailed";
pub const PROCEDURE_NOT_FOUND: &str = "Neo.ClientError.Procedure.ProcedureNotFound";
pub const OUT_OF_MEMORY: &str = "Neo.TransientError.General.MemoryPoolOutOfMemoryError";
pub const TIMED_OUT: &str = "Neo.ClientError.Transaction.TransactionTimedOut";

impl Failure {
    /// Found while the statement was read, without a place.
    pub fn compile(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            phase: Phase::Compile,
        }
    }

    /// Found while rows were made.
    pub fn run(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            phase: Phase::Run,
        }
    }

    /// Found while the statement was read: the text is followed by the place, the line and a caret, as Neo4j does it.
    pub fn at(code: &'static str, message: &str, statement: &str, offset: usize) -> Self {
        let place = Place::of(statement, offset);
        Self::compile(code, format!("{message} {place}"))
    }

    /// [`Failure::at`] with the code that nearly all of these have.
    pub fn syntax(message: &str, statement: &str, offset: usize) -> Self {
        Self::at(SYNTAX, message, statement, offset)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.message)
    }
}

/// Where something stands in a statement. Neo4j counts UTF-16 code units.
struct Place<'a> {
    line: usize,
    column: usize,
    offset: usize,
    text: &'a str,
}

impl<'a> Place<'a> {
    fn of(statement: &'a str, offset: usize) -> Self {
        let (mut line, mut column, mut units) = (1, 1, 0);
        let mut line_start = 0;
        for (index, character) in statement.char_indices() {
            if units >= offset {
                break;
            }
            units += character.len_utf16();
            if character == '\n' {
                line += 1;
                column = 1;
                line_start = index + 1;
            } else {
                column += character.len_utf16();
            }
        }
        let text = statement.get(line_start..).unwrap_or_default();
        let text = text
            .split('\n')
            .next()
            .unwrap_or_default()
            .trim_end_matches('\r');
        Self {
            line,
            column,
            offset,
            text,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            offset,
            text,
        } = self;
        write!(
            f,
            "(line {line}, column {column} (offset: {offset}))\n\"{text}\"\n{:column$}^",
            ""
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_printed_as_neo4j_prints_it() {
        let failure = Failure::syntax("Variable `foo` not defined", "MATCH (n)\nRETURN foo", 17);
        assert_eq!(
            failure.message,
            "Variable `foo` not defined (line 2, column 8 (offset: 17))\n\"RETURN foo\"\n        ^"
        );
        let failure = Failure::syntax("Invalid input ''", "RETURN 1 +", 10);
        assert_eq!(
            failure.message,
            "Invalid input '' (line 1, column 11 (offset: 10))\n\"RETURN 1 +\"\n           ^"
        );
    }
}
