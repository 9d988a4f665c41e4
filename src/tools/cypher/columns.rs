//! The columns of a statement's result, by the text of the statement.

use super::lexer::{Lexeme, LexemeKind, significant};

/// The column names of a statement's last RETURN (or of a final YIELD), as Neo4j names them: the alias, else the
/// expression as it is written. `None` if they do not follow from the text (`RETURN *`).
pub fn returned_columns(statement: &str) -> Option<Vec<String>> {
    let words = top_level(statement);
    let clause = words
        .iter()
        .rposition(|word| word.is_keyword("RETURN"))
        .or_else(|| words.iter().rposition(|word| word.is_keyword("YIELD")))?;
    let mut at = clause + 1;
    if words
        .get(at)
        .is_some_and(|word| word.is_keyword("DISTINCT"))
    {
        at += 1;
    }
    let rest = words.get(at..)?;
    let end = rest
        .iter()
        .position(|word| {
            ["ORDER", "SKIP", "OFFSET", "LIMIT", "UNION", "WHERE"]
                .iter()
                .any(|end| word.is_keyword(end))
                || word.text == ";"
        })
        .unwrap_or(rest.len());
    let mut columns = Vec::new();
    for item in rest.get(..end)?.split(|word| word.text == ",") {
        columns.push(column(statement, item)?);
    }
    Some(columns)
}

fn column(statement: &str, item: &[Lexeme<'_>]) -> Option<String> {
    let (first, last) = (item.first()?, item.last()?);
    if first.text == "*" {
        return None;
    }
    if let [.., before, alias] = item
        && before.is_keyword("AS")
    {
        return Some(alias.name());
    }
    if item.len() == 1 && first.kind == LexemeKind::QuotedName {
        return Some(first.name());
    }
    statement.get(first.start..last.end()).map(str::to_owned)
}

/// Returns the lexemes that stand outside of all brackets; a bracketed part is one of them.
fn top_level(statement: &str) -> Vec<Lexeme<'_>> {
    let mut found: Vec<Lexeme<'_>> = Vec::new();
    let (mut depth, mut opened) = (0_usize, 0);
    for lexeme in significant(statement) {
        let opens = ['(', '[', '{'].iter().any(|sign| lexeme.is_symbol(*sign));
        let closes = [')', ']', '}'].iter().any(|sign| lexeme.is_symbol(*sign));
        if opens {
            if depth == 0 {
                opened = lexeme.start;
            }
            depth += 1;
        } else if closes && depth > 0 {
            depth -= 1;
            if depth == 0 {
                found.push(Lexeme {
                    kind: LexemeKind::Symbol,
                    text: statement.get(opened..lexeme.end()).unwrap_or_default(),
                    start: opened,
                });
            }
        } else if depth == 0 {
            found.push(lexeme);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns_of(statement: &str) -> Option<Vec<String>> {
        returned_columns(statement)
    }

    #[test]
    fn columns_follow_the_return() {
        for (statement, expected) in [
            (
                "MATCH (m:Movie) RETURN m.title AS title, m.released",
                vec!["title", "m.released"],
            ),
            (
                "match (n) return distinct n.name as name, count(*) order by name limit 5",
                vec!["name", "count(*)"],
            ),
            ("RETURN 1 AS b, 2 AS a", vec!["b", "a"]),
            ("MATCH (n) RETURN DISTINCT n.name", vec!["n.name"]),
            (
                "RETURN 'a, RETURN x' AS `odd, name`, {a: 1, b: [1,2]} AS map",
                vec!["odd, name", "map"],
            ),
            (
                "CALL { MATCH (n) RETURN n LIMIT 1 } RETURN n.x, size([x IN [1] | x])",
                vec!["n.x", "size([x IN [1] | x])"],
            ),
            ("RETURN 1 AS x // RETURN 2 AS y", vec!["x"]),
            ("RETURN 1 AS x /* , 2 AS y */ , 3 AS z;", vec!["x", "z"]),
            ("CALL db.labels() YIELD label", vec!["label"]),
            (
                "RETURN coalesce(n.a, 'x') + 1",
                vec!["coalesce(n.a, 'x') + 1"],
            ),
            ("RETURN 1 AS a UNION RETURN 2 AS a", vec!["a"]),
            ("RETURN n.größe AS größe", vec!["größe"]),
            (
                "MATCH (r) RETURN r.returned AS returned SKIP 1",
                vec!["returned"],
            ),
        ] {
            assert_eq!(columns_of(statement).unwrap(), expected, "{statement}");
        }
        for statement in [
            "MATCH (n) RETURN *",
            "CREATE (n)",
            "",
            "RETURN",
            "RETURN a,",
        ] {
            assert_eq!(columns_of(statement), None, "{statement}");
        }
    }

    proptest! {
        #[test]
        fn no_statement_breaks_it(statement in "\\PC{0,60}|(RETURN|AS|,|`|'|\"|\\{|\\}|\\(|\\)|//|/\\*|\\\\| |x|ö){0,24}") {
            let _ = returned_columns(&statement);
        }
    }
}
