//! Arguments that name an index of the graph: of the vector and full-text tools of `neo4j-mcp-canary`, and of tools that are named
//! alike. What may stand there is read from the schema of the graph.

use super::graph_schema::{GraphSchema, IndexSchema};
use crate::model::Tool;

/// Names of arguments that hold the name of an index, without signs and capitals.
const INDEX_NAMES: [&str; 4] = ["index", "indexname", "vectorindex", "fulltextindex"];
/// Kinds of indexes by a part of the name of the tool that queries them.
const KINDS: [(&str, &str); 3] = [
    ("vector", "VECTOR"),
    ("fulltext", "FULLTEXT"),
    ("full-text", "FULLTEXT"),
];

/// Which indexes an argument may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexArgument {
    /// Those of one kind, such as `VECTOR`.
    Kind(&'static str),
    /// All.
    Any,
}

/// Returns which indexes an argument of a tool may name; `None` if it names none.
pub fn index_argument(tool: &Tool, argument: &str) -> Option<IndexArgument> {
    let own = tool.parts().1.to_lowercase().replace('_', "-");
    let letters = argument.chars().filter(|letter| letter.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    let is_named = INDEX_NAMES.contains(&plain.as_str());
    let is_dropped = plain == "name" && own.ends_with("drop-index");
    // A tool that creates an index takes a new name.
    if !(is_named || is_dropped) || own.contains("create") {
        return None;
    }
    let kind = KINDS.iter().find(|(part, _)| own.contains(part));
    Some(kind.map_or(IndexArgument::Any, |(_, kind)| IndexArgument::Kind(kind)))
}

/// Returns whether a tool has such an argument.
pub fn takes_index(tool: &Tool) -> bool {
    let properties = tool.input_schema.get("properties");
    let mut names = properties
        .and_then(serde_json::Value::as_object)
        .into_iter()
        .flat_map(|properties| properties.keys());
    names.any(|name| index_argument(tool, name).is_some())
}

/// Returns the indexes whose names contain what is typed, those that begin with it first.
pub fn matching_indexes<'a>(
    schema: &'a GraphSchema,
    wanted: IndexArgument,
    typed: &str,
) -> Vec<&'a IndexSchema> {
    let typed = typed.trim().to_lowercase();
    let is_wanted = |index: &&IndexSchema| {
        let is_kind = match wanted {
            IndexArgument::Kind(kind) => index.kind.eq_ignore_ascii_case(kind),
            IndexArgument::Any => true,
        };
        is_kind && !index.name.is_empty() && index.name.to_lowercase().contains(&typed)
    };
    let mut found: Vec<&IndexSchema> = schema.indexes.iter().filter(is_wanted).collect();
    found.sort_by_key(|index| !index.name.to_lowercase().starts_with(&typed));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, argument: &str) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": {argument: {"type": "string"}}}),
            annotations: crate::model::ToolAnnotations::default(),
            raw: serde_json::Value::Null,
        }
    }

    #[test]
    fn arguments_that_name_an_index_are_known_by_their_names_and_tools() {
        let vector = Some(IndexArgument::Kind("VECTOR"));
        for (name, argument, wanted) in [
            ("graph___vector-search", "index_name", vector),
            ("vector_search", "indexName", vector),
            (
                "fulltext-search",
                "index",
                Some(IndexArgument::Kind("FULLTEXT")),
            ),
            ("drop-index", "name", Some(IndexArgument::Any)),
            ("vector-search", "query", None),
            ("create-vector-index", "indexName", None),
            ("search", "name", None),
        ] {
            let tool = tool(name, argument);
            assert_eq!(index_argument(&tool, argument), wanted, "{name} {argument}");
            assert_eq!(takes_index(&tool), wanted.is_some(), "{name} {argument}");
        }
    }

    #[test]
    fn indexes_of_the_kind_are_proposed_those_that_begin_as_typed_first() {
        let index = |name: &str, kind: &str| IndexSchema {
            name: name.into(),
            kind: kind.into(),
            ..IndexSchema::default()
        };
        let schema = GraphSchema {
            indexes: vec![
                index("old_movies", "VECTOR"),
                index("movies", "VECTOR"),
                index("titles", "FULLTEXT"),
                index("", "VECTOR"),
            ],
            ..GraphSchema::default()
        };
        let names = |wanted, typed| {
            let found = matching_indexes(&schema, wanted, typed);
            found
                .iter()
                .map(|index| index.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(IndexArgument::Kind("VECTOR"), "Mov"),
            ["movies", "old_movies"]
        );
        assert_eq!(names(IndexArgument::Any, "t"), ["titles"]);
    }
}
