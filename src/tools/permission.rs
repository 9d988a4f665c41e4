//! Which calls need a person's consent, and which read-only mode lets pass. Annotations are hints of an untrusted party and
//! names are habits, so the Cypher of a call is looked at itself.

use serde_json::{Map, Value};

use super::cypher::{self, CypherAccess};
use crate::model::Tool;

/// What a tool is known to do, judged without the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolEffect {
    /// It only reads, by its name or by what its server says.
    Reads,
    /// It writes, or its server says that it may destroy.
    Writes,
    /// It does not say.
    Unknown,
}

impl ToolEffect {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Unknown => "unknown",
        }
    }
}

/// Own names (behind target and namespace) of tools other than Cypher's that are known to read only.
const READERS: [&str; 9] = [
    "get-schema",
    "get_neo4j_schema",
    "get_schema",
    "list-gds-procedures",
    "x_amz_bedrock_agentcore_search",
    // Those of neo4j-mcp-canary.
    "fulltext-search",
    "vector-search",
    "check-embedding-dimensions",
    "list-constraints-and-indexes",
];
/// Own names of tools that change a database without taking Cypher: those of neo4j-mcp-canary. Their servers say that they
/// destroy nothing, which is true of the data and not of what queries cost.
const WRITERS: [&str; 7] = [
    "create-index",
    "create-vector-index",
    "create-fulltext-index",
    "create-constraint",
    "drop-index",
    "drop-constraint",
    "set-vector-property",
];

/// Returns what a tool is known to do.
pub fn effect(tool: &Tool) -> ToolEffect {
    let access = cypher::access(tool);
    let (_, own) = tool.parts();
    let is_named = |names: &[&str]| {
        names.iter().any(|name| {
            own.strip_suffix(name)
                .is_some_and(|space| space.is_empty() || space.ends_with(['-', '_', '.']))
        })
    };
    let writes = tool.annotations.destructive == Some(true)
        || access == Some(CypherAccess::Write)
        || (is_named(&WRITERS) && tool.annotations.read_only != Some(true));
    if writes {
        return ToolEffect::Writes;
    }
    if is_named(&READERS)
        || access == Some(CypherAccess::Read)
        || tool.annotations.read_only == Some(true)
    {
        ToolEffect::Reads
    } else {
        ToolEffect::Unknown
    }
}

/// Returns whether a call may write: what an audit calls a write. A tool whose server says that it does not only read is one, too.
pub fn is_write(tool: &Tool, arguments: &Map<String, Value>) -> bool {
    match effect(tool) {
        ToolEffect::Writes => true,
        ToolEffect::Reads => cypher::call_writes(tool, arguments),
        ToolEffect::Unknown => {
            tool.annotations.read_only == Some(false) || cypher::call_writes(tool, arguments)
        }
    }
}

/// Returns whether a call is asked about before it is made: the tool writes, or it is one that runs any Cypher and this one writes.
/// A tool that is named after reading refuses Cypher that writes by itself.
pub fn needs_confirmation(tool: &Tool, arguments: &Map<String, Value>) -> bool {
    effect(tool) == ToolEffect::Writes
        || (cypher::access(tool) != Some(CypherAccess::Read)
            && cypher::call_writes(tool, arguments))
}

/// Returns why read-only mode refuses a call, as the end of a sentence; `None` where the call only reads.
pub fn read_only_refusal(tool: &Tool, arguments: &Map<String, Value>) -> Option<&'static str> {
    if cypher::call_writes(tool, arguments) {
        return Some("its Cypher writes");
    }
    let runs_reading_cypher = cypher::access(tool) == Some(CypherAccess::Any)
        && cypher::CypherTool::of(tool)
            .is_some_and(|cypher| cypher.statement_of(arguments).is_some());
    match effect(tool) {
        ToolEffect::Reads => None,
        ToolEffect::Unknown if runs_reading_cypher => None,
        ToolEffect::Writes => Some("the tool writes"),
        ToolEffect::Unknown => Some("the tool is not known to read only"),
    }
}

/// The same before the arguments are known: whether every call of the tool would be refused.
pub fn read_only_refuses_tool(tool: &Tool) -> Option<&'static str> {
    match effect(tool) {
        ToolEffect::Writes => Some("the tool writes"),
        ToolEffect::Unknown if cypher::access(tool) != Some(CypherAccess::Any) => {
            Some("the tool is not known to read only")
        }
        ToolEffect::Unknown | ToolEffect::Reads => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ToolAnnotations;

    fn tool(name: &str, read_only: Option<bool>, destructive: Option<bool>) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: json!({"properties": {"query": {"type": "string"}}}),
            annotations: ToolAnnotations {
                read_only,
                destructive,
                ..ToolAnnotations::default()
            },
            raw: Value::Null,
        }
    }

    fn query(text: &str) -> Map<String, Value> {
        Map::from_iter([("query".to_owned(), Value::from(text))])
    }

    #[test]
    fn index_and_vector_tools_are_told_apart_by_their_names() {
        let of = |name: &str, read_only, destructive| effect(&tool(name, read_only, destructive));
        for name in [
            "create-index",
            "graph___set-vector-property",
            "drop-constraint",
        ] {
            assert_eq!(
                of(name, Some(false), Some(false)),
                ToolEffect::Writes,
                "{name}"
            );
        }
        for name in [
            "vector-search",
            "graph___fulltext-search",
            "list-constraints-and-indexes",
        ] {
            assert_eq!(of(name, None, None), ToolEffect::Reads, "{name}");
        }
        assert_eq!(of("recreate-index", None, None), ToolEffect::Unknown);
        let other = tool("rename_label", Some(false), Some(false));
        assert!(is_write(&other, &Map::new()), "the audit has it");
        assert!(!needs_confirmation(&other, &Map::new()));
    }

    #[test]
    fn read_only_mode_looks_at_name_annotations_and_cypher() {
        let passes = |name: &str, read_only, destructive, text: &str| {
            read_only_refusal(&tool(name, read_only, destructive), &query(text)).is_none()
        };
        for name in [
            "t___read-cypher",
            "movies-read_neo4j_cypher",
            "run_cypher",
            "execute-cypher",
        ] {
            assert!(passes(name, None, None, "RETURN 1"), "{name}");
            assert!(
                passes(name, Some(true), None, "RETURN 'CREATE (n)'"),
                "{name}"
            );
            assert!(!passes(name, Some(true), None, "CREATE (n)"), "{name}");
            assert!(!passes(name, None, Some(true), "RETURN 1"), "{name}");
        }
        assert!(passes("echo", Some(true), None, "create app"));
        assert!(!passes("echo", None, None, "x"));
        assert!(!passes("write-cypher", Some(true), None, "RETURN 1"));
        assert!(!passes("spread-cyphers", None, None, "RETURN 1"));
    }

    #[test]
    fn every_tool_that_writes_cypher_is_asked_about() {
        let asks =
            |name: &str, text: &str| needs_confirmation(&tool(name, None, None), &query(text));
        for name in [
            "write-cypher",
            "t___write_neo4j_cypher",
            "write_cypher",
            "movies-write-cypher",
        ] {
            assert!(asks(name, "RETURN 1"), "{name}");
        }
        for name in ["run_cypher", "run-cypher", "execute_cypher", "query_neo4j"] {
            assert!(asks(name, "MATCH (n) DELETE n"), "{name}");
            assert!(!asks(name, "MATCH (n) RETURN n"), "{name}");
        }
        assert!(!asks("read-cypher", "CREATE (n)"), "its server refuses");
        assert!(needs_confirmation(
            &tool("wipe", Some(true), Some(true)),
            &Map::new()
        ));
    }
}
