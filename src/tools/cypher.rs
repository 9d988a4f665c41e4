//! The Cypher tools of the Neo4j MCP servers, by whatever name, and what their error texts say.

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use super::schema;
use crate::model::Tool;

/// What a statement is sent through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A tool that only reads.
    Read,
    /// A tool that may write.
    Write,
}

/// Own names of such tools (behind target and namespace), the official server's first.
const READERS: [&str; 5] = [
    "read-cypher",
    "read_neo4j_cypher",
    "read_cypher",
    "run_cypher",
    "run-cypher",
];
const WRITERS: [&str; 5] = [
    "write-cypher",
    "write_neo4j_cypher",
    "write_cypher",
    "run_cypher",
    "run-cypher",
];

/// The tools that take a statement with this access, best first.
pub fn tools(all: &[Tool], access: Access) -> Vec<&Tool> {
    let names = match access {
        Access::Read => READERS,
        Access::Write => WRITERS,
    };
    let mut found: Vec<(usize, &Tool)> = all
        .iter()
        .filter_map(|tool| Some((rank(tool.parts().1, &names)?, tool)))
        .collect();
    let best = found.iter().map(|(rank, _)| *rank).min();
    found.retain(|(rank, _)| Some(*rank) == best);
    found.into_iter().map(|(_, tool)| tool).collect()
}

/// A namespace may stand before the name: `movies-read_neo4j_cypher`.
fn rank(own: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|name| {
        own == *name
            || own
                .strip_suffix(name)
                .is_some_and(|space| space.ends_with(['-', '_', '.']))
    })
}

/// The arguments of a call, under the names that the tool's schema uses. Parameters are left out where there are none.
pub fn arguments(
    tool: &Tool,
    statement: &str,
    parameters: Map<String, Value>,
) -> Map<String, Value> {
    let schema = schema::read(&tool.input_schema);
    let named = |names: [&'static str; 3]| {
        names
            .into_iter()
            .find(|name| schema.property(name).is_some())
            .unwrap_or(names[0])
    };
    let mut arguments = Map::new();
    arguments.insert(
        named(["query", "cypher", "statement"]).to_owned(),
        Value::String(statement.to_owned()),
    );
    if !parameters.is_empty() {
        arguments.insert(
            named(["params", "parameters", "args"]).to_owned(),
            Value::Object(parameters),
        );
    }
    arguments
}

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
        .split(|each: char| !each.is_ascii_digit())
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

/// Whether the server counted with its own EXPLAIN: it quotes the line so, or says that it asked for the type.
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
    use crate::model::ToolAnnotations;
    use serde_json::json;

    fn tool(name: &str, properties: &Value) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": properties}),
            annotations: ToolAnnotations::default(),
            raw: Value::Null,
        }
    }

    #[test]
    fn cypher_tools_are_found_by_suffix_and_alias() {
        let all = [
            tool("neo4j-mcp___get-schema", &json!({})),
            tool(
                "neo4j-mcp___read-cypher",
                &json!({"query": {}, "params": {}}),
            ),
            tool("neo4j-mcp___write-cypher", &json!({"query": {}})),
            tool("labs___movies-read_neo4j_cypher", &json!({"query": {}})),
        ];
        let names = |access| {
            tools(&all, access)
                .iter()
                .map(|each| each.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Access::Read), ["neo4j-mcp___read-cypher"]);
        assert_eq!(names(Access::Write), ["neo4j-mcp___write-cypher"]);
        assert_eq!(tools(&all[3..], Access::Read).len(), 1);
        assert!(tools(&all[..1], Access::Read).is_empty());
        assert!(tools(&[tool("proofread-cyphers", &json!({}))], Access::Read).is_empty());
    }

    #[test]
    fn arguments_use_the_names_of_the_schema() {
        let parameters = json!({"year": 1990}).as_object().unwrap().clone();
        let official = tool("read-cypher", &json!({"query": {}, "params": {}}));
        assert_eq!(
            Value::Object(arguments(&official, "RETURN 1", parameters.clone())),
            json!({"query": "RETURN 1", "params": {"year": 1990}})
        );
        assert_eq!(
            Value::Object(arguments(&official, "RETURN 1", Map::new())),
            json!({"query": "RETURN 1"})
        );
        let other = tool("run_cypher", &json!({"cypher": {}, "parameters": {}}));
        assert_eq!(
            Value::Object(arguments(&other, "RETURN 1", parameters)),
            json!({"cypher": "RETURN 1", "parameters": {"year": 1990}})
        );
    }

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
