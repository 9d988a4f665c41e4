//! What a tool may do, as far as anybody can tell: annotations are hints of an untrusted party, names are habits.

use crate::model::Tool;

/// Own names (behind target and namespace) of tools that are known to read only.
const READERS: [&str; 7] = [
    "read-cypher",
    "read_neo4j_cypher",
    "read_cypher",
    "get-schema",
    "get_neo4j_schema",
    "list-gds-procedures",
    "x_amz_bedrock_agentcore_search",
];

/// Whether read-only mode lets the tool pass: it says that it reads, or is known to; and nothing says that it writes.
pub fn only_reads(tool: &Tool) -> bool {
    let (_, own) = tool.parts();
    let known = READERS.iter().any(|name| {
        own.strip_suffix(name)
            .is_some_and(|space| space.is_empty() || space.ends_with(['-', '_', '.']))
    });
    !tool.is_guarded() && (known || tool.annotations.read_only == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolAnnotations;

    #[test]
    fn what_may_write_does_not_pass() {
        let passes = |name: &str, read_only: Option<bool>, destructive: Option<bool>| {
            only_reads(&Tool {
                name: name.into(),
                title: None,
                description: None,
                input_schema: serde_json::Value::Null,
                annotations: ToolAnnotations {
                    read_only,
                    destructive,
                    ..ToolAnnotations::default()
                },
                raw: serde_json::Value::Null,
            })
        };
        assert!(
            passes("t___read-cypher", None, None)
                && passes("movies-read_neo4j_cypher", None, None)
                && passes("echo", Some(true), None)
        );
        assert!(
            !passes("echo", None, None)
                && !passes("run_cypher", None, None)
                && !passes("spread-cypher", None, None)
        );
        assert!(
            !passes("t___write-cypher", Some(true), None)
                && !passes("t___read-cypher", Some(true), Some(true))
        );
    }
}
