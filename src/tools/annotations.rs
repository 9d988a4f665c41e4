//! What a server says of a tool's effects (MCP's tool annotations), in words, and what it leaves out.

use crate::model::ToolAnnotations;

/// Returns the hints that are given, in words.
pub fn in_words(annotations: &ToolAnnotations) -> Vec<&'static str> {
    let word = |hint: Option<bool>, yes: &'static str, no: &'static str| {
        hint.map(|hint| if hint { yes } else { no })
    };
    [
        word(annotations.read_only, "read-only", "not read-only"),
        word(annotations.destructive, "destructive", "not destructive"),
        word(annotations.idempotent, "idempotent", "not idempotent"),
        word(annotations.open_world, "open world", "closed world"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the names of the hints that are not given and would say something: whether a tool that only reads is destructive or
/// idempotent says nothing.
pub fn missing(annotations: &ToolAnnotations) -> Vec<&'static str> {
    let only_reads = annotations.read_only == Some(true);
    [
        ("readOnlyHint", annotations.read_only.is_none()),
        (
            "destructiveHint",
            !only_reads && annotations.destructive.is_none(),
        ),
        (
            "idempotentHint",
            !only_reads && annotations.idempotent.is_none(),
        ),
        ("openWorldHint", annotations.open_world.is_none()),
    ]
    .into_iter()
    .filter_map(|(name, is_missing)| is_missing.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_named_whether_they_are_given_or_missing() {
        let none = ToolAnnotations::default();
        assert!(in_words(&none).is_empty());
        assert_eq!(
            missing(&none),
            [
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint"
            ]
        );
        let reads = ToolAnnotations {
            read_only: Some(true),
            ..none
        };
        assert_eq!(missing(&reads), ["openWorldHint"]);
        let writes = ToolAnnotations {
            read_only: Some(false),
            destructive: Some(true),
            idempotent: Some(false),
            open_world: Some(false),
        };
        assert_eq!(
            in_words(&writes),
            [
                "not read-only",
                "destructive",
                "not idempotent",
                "closed world"
            ]
        );
        assert!(missing(&writes).is_empty());
    }
}
