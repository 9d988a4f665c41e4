//! Tools that show the plan of a statement: those of `neo4j-mcp-canary`, and tools of the same names.

use crate::model::Tool;

use super::CypherTool;

/// What is asked about the plan of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanRequest {
    /// What the planner intends; the statement is not run.
    Explain,
    /// What each operator did; the statement is run.
    Profile,
}

impl PlanRequest {
    /// Returns the word of Cypher before the statement.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Explain => "EXPLAIN",
            Self::Profile => "PROFILE",
        }
    }

    /// Returns the ends of the names of the tools that answer it.
    const fn tool_names(self) -> [&'static str; 3] {
        match self {
            Self::Explain => ["explain-cypher", "explain_neo4j_cypher", "explain_cypher"],
            Self::Profile => ["profile-cypher", "profile_neo4j_cypher", "profile_cypher"],
        }
    }

    /// Returns what a statement asks by its first word, and the statement behind that.
    pub fn of(statement: &str) -> Option<(Self, &str)> {
        let text = statement
            .trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
        [Self::Explain, Self::Profile]
            .into_iter()
            .find_map(|request| {
                let (word, rest) = text.split_at_checked(request.keyword().len())?;
                let is_word = word.eq_ignore_ascii_case(request.keyword());
                (is_word && rest.starts_with(char::is_whitespace))
                    .then(|| (request, rest.trim_start()))
            })
    }

    /// Returns the tool that answers it, at the target of another tool.
    pub fn tool<'a>(self, all: &'a [Tool], beside: &Tool) -> Option<&'a Tool> {
        let target = beside.parts().0;
        all.iter().find(|tool| {
            let (own_target, own) = tool.parts();
            own_target == target
                && self.tool_names().iter().any(|name| own.ends_with(name))
                && CypherTool::of(tool).is_some()
        })
    }

    /// Returns the statement with the word before it, if it does not ask for a plan already.
    pub fn statement(self, statement: &str) -> String {
        match Self::of(statement) {
            Some((_, rest)) => format!("{} {rest}", self.keyword()),
            None => format!("{} {statement}", self.keyword()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tool(name: &str) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            input_schema: json!({"type": "object", "properties": {"query": {"type": "string"}}}),
            annotations: crate::model::ToolAnnotations::default(),
            raw: Value::Null,
        }
    }

    #[test]
    fn the_first_word_says_what_is_asked() {
        assert_eq!(
            PlanRequest::of("\n explain MATCH (n) RETURN n"),
            Some((PlanRequest::Explain, "MATCH (n) RETURN n"))
        );
        assert_eq!(
            PlanRequest::of("PROFILE\nRETURN 1"),
            Some((PlanRequest::Profile, "RETURN 1"))
        );
        for other in ["EXPLAINED", "RETURN 'EXPLAIN x'", "", "EXPLAIN"] {
            assert_eq!(PlanRequest::of(other), None, "{other}");
        }
        assert_eq!(
            PlanRequest::Profile.statement("EXPLAIN RETURN 1"),
            "PROFILE RETURN 1"
        );
        assert_eq!(
            PlanRequest::Profile.statement("RETURN 1"),
            "PROFILE RETURN 1"
        );
    }

    #[test]
    fn the_tool_of_the_same_target_answers() {
        let tools = [
            "a___explain-cypher",
            "b___read-cypher",
            "b___profile-cypher",
        ]
        .map(tool);
        let found = PlanRequest::Profile.tool(&tools, &tools[1]);
        assert_eq!(
            found.map(|tool| tool.name.as_str()),
            Some("b___profile-cypher")
        );
        assert_eq!(PlanRequest::Explain.tool(&tools, &tools[1]), None);
    }
}
