//! Errors of statements, with the codes and messages of a Neo4j 5.26. A message that refers to a position in the statement
//! quotes the line and marks the position, as Neo4j does.

use std::fmt;

use crate::codes::SYNTAX;

/// The error of a statement, with its Neo4j status code.
#[derive(Debug, Clone, PartialEq)]
pub struct CypherError {
    /// For example `Neo.ClientError.Statement.SyntaxError`.
    pub code: &'static str,
    /// The message as Neo4j words it, including the quoted line and the caret.
    pub message: String,
    /// The phase in which the error occurred. Neo4j responds differently to each.
    pub phase: ErrorPhase,
}

/// The phase of a statement in which an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorPhase {
    /// The statement was parsed and checked.
    Compile,
    /// Rows were produced.
    Run,
    /// All rows were produced and the changes were to be committed.
    Commit,
}

impl CypherError {
    /// Creates an error of the compile phase.
    pub fn compile(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            phase: ErrorPhase::Compile,
        }
    }

    /// Creates an error of the run phase.
    pub fn run(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            phase: ErrorPhase::Run,
        }
    }

    /// Creates an error of the compile phase whose message quotes the line at `offset` (in UTF-16
    /// code units) and marks the position.
    pub(crate) fn at(code: &'static str, message: &str, statement: &str, offset: usize) -> Self {
        let position = SourcePosition::of(statement, offset);
        Self::compile(code, format!("{message} {position}"))
    }

    /// [`CypherError::at`] with the code of a syntax error.
    pub(crate) fn syntax(message: &str, statement: &str, offset: usize) -> Self {
        Self::at(SYNTAX, message, statement, offset)
    }
}

impl fmt::Display for CypherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code, self.message)
    }
}

/// A position in a statement. Neo4j counts UTF-16 code units.
struct SourcePosition<'a> {
    line: usize,
    column: usize,
    offset: usize,
    text: &'a str,
}

impl<'a> SourcePosition<'a> {
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

impl fmt::Display for SourcePosition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            offset,
            text,
        } = self;
        // Not `{:column$}`, whose width is limited to 65,535.
        let indent = " ".repeat(*column);
        write!(
            f,
            "(line {line}, column {column} (offset: {offset}))\n\"{text}\"\n{indent}^"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_is_formatted_as_in_neo4j() {
        let error = CypherError::syntax("Variable `foo` not defined", "MATCH (n)\nRETURN foo", 17);
        assert_eq!(
            error.message,
            "Variable `foo` not defined (line 2, column 8 (offset: 17))\n\"RETURN foo\"\n        ^"
        );
        let error = CypherError::syntax("Invalid input ''", "RETURN 1 +", 10);
        assert_eq!(
            error.message,
            "Invalid input '' (line 1, column 11 (offset: 10))\n\"RETURN 1 +\"\n           ^"
        );
    }
}
