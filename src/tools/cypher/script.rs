//! Scripts: texts of several statements, as files of seed data and the Neo4j Browser hold them.

use super::lexer::{lexemes, significant};

/// Returns the statements of a text, in their order, without the semicolons between them. Pieces of comments alone are left out.
pub fn statements(text: &str) -> Vec<&str> {
    let text = text.trim_start_matches('\u{feff}');
    let (mut found, mut start) = (Vec::new(), 0);
    let ends = lexemes(text)
        .filter(|lexeme| lexeme.is_symbol(';'))
        .map(|lexeme| (lexeme.start, lexeme.end()))
        .chain([(text.len(), text.len())]);
    for (end, next) in ends {
        let statement = text.get(start..end).unwrap_or_default();
        if !significant(statement).is_empty() {
            found.push(statement.trim());
        }
        start = next;
    }
    found
}

/// Commands of cypher-shell and the Neo4j Browser that are found in scripts.
const CLIENT_COMMANDS: [&str; 10] = [
    ":auto",
    ":begin",
    ":commit",
    ":exit",
    ":param",
    ":params",
    ":play",
    ":rollback",
    ":source",
    ":use",
];

/// Returns the first command of cypher-shell or the Neo4j Browser (`:param`, `:use`) in a text. Neo4j itself does not know them.
pub fn client_command(text: &str) -> Option<&'static str> {
    statements(text)
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.split_whitespace().next())
        .find_map(|word| {
            CLIENT_COMMANDS
                .into_iter()
                .find(|command| word.eq_ignore_ascii_case(command))
        })
}

/// Returns the parameters that a statement uses, each once, in their order.
pub fn parameters(statement: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for lexeme in lexemes(statement) {
        if lexeme.kind == super::lexer::LexemeKind::Parameter {
            let name = lexeme.name();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_part_statements_only_where_they_stand_outside_of_strings_and_comments() {
        let script = "\u{feff}CREATE (n {x: 'a;b'}); // first;\r\n/* ; */ MATCH (`;`)\nRETURN 1;\n;\n// the end";
        assert_eq!(
            statements(script),
            [
                "CREATE (n {x: 'a;b'})",
                "// first;\r\n/* ; */ MATCH (`;`)\nRETURN 1"
            ]
        );
        assert_eq!(statements("RETURN 1"), ["RETURN 1"]);
        assert!(statements(" ;; // nothing").is_empty());
    }

    #[test]
    fn commands_of_other_clients_are_named() {
        assert_eq!(client_command(":param x => 1;\nRETURN $x"), Some(":param"));
        assert_eq!(client_command("RETURN 1\n:use movies"), Some(":use"));
        assert_eq!(client_command("MATCH (n\n:Use) RETURN n"), None);
        assert_eq!(client_command("RETURN 1"), None);
    }

    #[test]
    fn parameters_are_found_over_all_lines() {
        assert_eq!(
            parameters("RETURN $a, '$b' // $c\n+ $`d e` + $a"),
            ["a", "d e"]
        );
    }
}
