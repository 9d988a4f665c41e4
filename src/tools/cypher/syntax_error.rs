//! Syntax errors of Neo4j, put back onto the statement as the user wrote it.

use unicode_width::UnicodeWidthStr as _;

/// A syntax error, put back onto the statement as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the database says, without its own picture of the statement.
    pub message: String,
    /// Line of the statement, from 1.
    pub line: usize,
    /// Column of that line, from 1, in characters.
    pub column: usize,
    /// That line.
    pub source: String,
    /// Blanks that put a caret under the token, in terminal columns.
    pub indent: usize,
}

/// What official servers put before a statement to learn its type, and what shifts columns in the first line.
const PREFIX: &str = "EXPLAIN ";

/// What stands before the sentence for people in the texts of the official server.
const CODE: &str = "Neo.ClientError.Statement.SyntaxError (";

/// Reads `… (line 1, column 17 (offset: 16))` out of an error text.
pub fn syntax_error(text: &str, statement: &str) -> Option<SyntaxError> {
    let at = text.find("(line ")?;
    let mut numbers = text
        .get(at..)?
        .split(|character: char| !character.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let line: usize = numbers.next()?.parse().ok()?;
    let mut column: usize = numbers.next()?.parse().ok()?;
    if line == 1 && is_explained(text, statement) {
        column = column.checked_sub(PREFIX.len())?.max(1);
    }
    let source = statement.lines().nth(line.checked_sub(1)?).unwrap_or("");
    let before: String = source.chars().take(column.saturating_sub(1)).collect();
    let said = text
        .get(..at)
        .unwrap_or("")
        .trim()
        .trim_end_matches(['"', ':'])
        .trim_end();
    let message = said
        .split_once(CODE)
        .map_or(said, |(_, message)| message)
        .to_owned();
    Some(SyntaxError {
        message,
        line,
        column,
        source: source.to_owned(),
        indent: before.width(),
    })
}

/// Returns whether the server counted with its own EXPLAIN: it quotes the line so, or says that it asked for the type.
fn is_explained(text: &str, statement: &str) -> bool {
    let own = statement
        .trim_start()
        .get(..PREFIX.len() - 1)
        .is_some_and(|word| word.eq_ignore_ascii_case(PREFIX.trim_end()));
    let quoted = text.contains(&format!("\"{PREFIX}")) || text.contains(&format!("\\\"{PREFIX}"));
    let doubled = text.contains(&format!("{PREFIX}{PREFIX}"));
    if own {
        doubled
    } else {
        quoted || text.contains("GetQueryType")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_users_own_token() {
        let statement = "MATCH (n) RETRUN n";
        let text = "error during GetQueryType: Neo4jError: Neo.ClientError.Statement.SyntaxError (Invalid input 'RETRUN': expected \
                    'RETURN' (line 1, column 19 (offset: 18))\n\"EXPLAIN MATCH (n) RETRUN n\"\n                   ^)";
        let error = syntax_error(text, statement).unwrap();
        assert_eq!(
            (
                error.line,
                error.column,
                error.indent,
                error.source.as_str()
            ),
            (1, 11, 10, statement)
        );
        assert_eq!(
            statement.get(error.indent..error.indent + 6),
            Some("RETRUN")
        );
        assert_eq!(error.message, "Invalid input 'RETRUN': expected 'RETURN'");
    }

    #[test]
    fn later_lines_are_not_shifted_and_wide_characters_count_twice() {
        let statement = "MATCH (n)\nWHERE n.名 = 1 RETRUN n";
        let error = syntax_error(
            "error during GetQueryType: x (line 2, column 15 (offset: 24))",
            statement,
        )
        .unwrap();
        assert_eq!((error.line, error.column, error.indent), (2, 15, 15));
        let plain =
            syntax_error("Invalid input (line 1, column 3 (offset: 2))", "RE TURN").unwrap();
        assert_eq!(plain.column, 3);
        assert_eq!(syntax_error("no place in it", "RETURN 1"), None);
    }

    #[test]
    fn a_users_own_explain_is_not_taken_away() {
        let error = syntax_error(
            "x (line 1, column 9 (offset: 8))\n\"EXPLAIN RETRUN 1\"",
            "EXPLAIN RETRUN 1",
        )
        .unwrap();
        assert_eq!(error.column, 9);
        let twice = syntax_error(
            "GetQueryType x (line 1, column 17 (offset: 16))\n\"EXPLAIN EXPLAIN RETRUN 1\"",
            "EXPLAIN RETRUN 1",
        )
        .unwrap();
        assert_eq!(twice.column, 9);
    }
}
