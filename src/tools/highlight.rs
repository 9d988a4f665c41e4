//! Cypher as coloured pieces: enough of its lexis for reading, not its grammar.

/// What a piece of a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// `MATCH`, `RETURN`, `AS`.
    Keyword,
    /// A label or relationship type behind a colon.
    Label,
    /// A string literal.
    Text,
    /// A number.
    Number,
    /// `$name`.
    Parameter,
    /// A comment.
    Comment,
    /// Everything else.
    Plain,
}

const KEYWORDS: [&str; 52] = [
    "ALL",
    "AND",
    "AS",
    "ASC",
    "ASCENDING",
    "BY",
    "CALL",
    "CASE",
    "CONTAINS",
    "CREATE",
    "DELETE",
    "DESC",
    "DESCENDING",
    "DETACH",
    "DISTINCT",
    "ELSE",
    "END",
    "ENDS",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FOREACH",
    "FROM",
    "IN",
    "IS",
    "LIMIT",
    "LOAD",
    "MATCH",
    "MERGE",
    "NOT",
    "NULL",
    "ON",
    "OPTIONAL",
    "OR",
    "ORDER",
    "PROFILE",
    "REMOVE",
    "RETURN",
    "SET",
    "SHOW",
    "SKIP",
    "STARTS",
    "THEN",
    "TRUE",
    "UNION",
    "UNWIND",
    "USE",
    "WHEN",
    "WHERE",
    "WITH",
    "XOR",
    "YIELD",
];

/// Returns the pieces of one line. Strings and comments that run over lines are taken as ending with the line.
pub fn highlight(line: &str) -> Vec<(&str, Token)> {
    let mut pieces: Vec<(&str, Token)> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (length, token) = next(
            rest,
            first,
            pieces.last().is_some_and(|(text, _)| text.ends_with(':')),
        );
        let (piece, remaining) = rest.split_at(length.max(first.len_utf8()).min(rest.len()));
        pieces.push((piece, token));
        rest = remaining;
    }
    pieces
}

fn next(rest: &str, first: char, after_colon: bool) -> (usize, Token) {
    match first {
        '/' if rest.starts_with("//") => (rest.len(), Token::Comment),
        '"' | '\'' => (quoted(rest, first), Token::Text),
        '`' => (
            quoted(rest, first),
            if after_colon {
                Token::Label
            } else {
                Token::Plain
            },
        ),
        '$' => (
            1 + word(rest.get(1..).unwrap_or_default()),
            Token::Parameter,
        ),
        '0'..='9' => (
            rest.find(|character: char| !(character.is_ascii_alphanumeric() || character == '.'))
                .unwrap_or(rest.len()),
            Token::Number,
        ),
        _ if first.is_alphabetic() || first == '_' => {
            let length = word(rest);
            let text = rest.get(..length).unwrap_or(rest);
            let token = if after_colon {
                Token::Label
            } else if KEYWORDS
                .binary_search(&text.to_ascii_uppercase().as_str())
                .is_ok()
            {
                Token::Keyword
            } else {
                Token::Plain
            };
            (length, token)
        }
        _ => (first.len_utf8(), Token::Plain),
    }
}

fn word(text: &str) -> usize {
    text.find(|character: char| !(character.is_alphanumeric() || character == '_'))
        .unwrap_or(text.len())
}

/// Up to the closing quote, a backslash taking the next character with it.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, each) in text.char_indices().skip(1) {
        match (escaped, each) {
            (true, _) => escaped = false,
            (false, '\\') => escaped = true,
            (false, each) if each == quote => return at + each.len_utf8(),
            (false, _) => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_line_and_know_what_they_are() {
        let line = "MATCH (p:Person)-[:ACTED_IN]->(m) WHERE m.released > $year AND p.name = 'O\\'Hara $x' RETURN 1.5 // all $y";
        let pieces = highlight(line);
        assert_eq!(
            pieces.iter().map(|(text, _)| *text).collect::<String>(),
            line
        );
        for (text, token) in [
            ("MATCH", Token::Keyword),
            ("Person", Token::Label),
            ("ACTED_IN", Token::Label),
            ("$year", Token::Parameter),
            ("'O\\'Hara $x'", Token::Text),
            ("1.5", Token::Number),
            ("// all $y", Token::Comment),
            ("released", Token::Plain),
        ] {
            assert!(pieces.contains(&(text, token)), "{text} in {pieces:?}");
        }
    }

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
    }
}
