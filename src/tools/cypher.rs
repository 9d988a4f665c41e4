//! Cypher tools of MCP servers: which tool runs Cypher, whether a call of it may write, and under which names its statement
//! and parameters go. The only place that knows.

mod columns;
mod complete;
pub mod lexer;
mod planner;
mod script;
mod syntax_error;
mod vocabulary;
mod writes;

use serde_json::{Map, Value};

use super::{
    arguments,
    schema::{self, FurtherMembers, Property, Type},
};
use crate::model::Tool;

pub use self::{
    columns::returned_columns,
    complete::{CypherProposal, CypherProposals, ProposalKind, complete, quoted},
    planner::PlanRequest,
    script::{client_command, parameters, statements},
    syntax_error::{SyntaxError, syntax_error},
    writes::is_write,
};

/// What a statement is sent through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A tool that only reads.
    Read,
    /// A tool that may write.
    Write,
}

/// What the name of a Cypher tool says that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CypherAccess {
    /// It reads.
    Read,
    /// It writes.
    Write,
    /// It runs any statement.
    Any,
    /// It takes Cypher without running it, or does not say what it does with it.
    Unknown,
}

/// Names of arguments that hold a statement, the commonest first.
const STATEMENTS: [&str; 6] = [
    "query",
    "cypher",
    "statement",
    "cypher_query",
    "cypherQuery",
    "cypher_statement",
];
/// Names of arguments that hold the parameters of a statement.
const PARAMETERS: [&str; 5] = [
    "params",
    "parameters",
    "args",
    "query_params",
    "query_parameters",
];
/// Characters of a description in which the word Cypher is looked for.
const DESCRIPTION: usize = 2_000;
/// Names of the tools that read, those of the official servers first.
const READERS: [&str; 3] = ["read-cypher", "read_neo4j_cypher", "read_cypher"];
/// Names of the tools that write.
const WRITERS: [&str; 3] = ["write-cypher", "write_neo4j_cypher", "write_cypher"];

/// Returns what a tool does with Cypher; `None` where it takes none. Looks at names and a little text only.
pub fn access(tool: &Tool) -> Option<CypherAccess> {
    let words = words(tool.parts().1);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let by_name = has(&["cypher"]) || (has(&["neo4j"]) && has(&["query"]));
    if !by_name && !takes_cypher(tool) {
        return None;
    }
    Some(if has(&["write", "update", "modify", "mutate"]) {
        CypherAccess::Write
    } else if has(&["read"]) {
        CypherAccess::Read
    } else if has(&["run", "execute", "exec", "query"]) || words == ["cypher"] {
        CypherAccess::Any
    } else {
        CypherAccess::Unknown
    })
}

/// Returns whether an argument is Cypher by its own name, or by a text that says so.
fn takes_cypher(tool: &Tool) -> bool {
    let Some(properties) = tool
        .input_schema
        .get("properties")
        .and_then(Value::as_object)
    else {
        return false;
    };
    let mentions = |text: Option<&Value>| {
        let text = text.and_then(Value::as_str).unwrap_or_default();
        let start = text
            .get(..text.floor_char_boundary(DESCRIPTION))
            .unwrap_or(text);
        start.to_ascii_lowercase().contains("cypher")
    };
    STATEMENTS.iter().any(|name| {
        properties.get(*name).is_some_and(|property| {
            name.to_ascii_lowercase().contains("cypher")
                || mentions(property.get("description"))
                || mentions(
                    tool.description
                        .as_ref()
                        .map(|text| Value::from(text.as_str()))
                        .as_ref(),
                )
        })
    })
}

/// Returns the words of a name, in lower case: parted by signs and by capital letters.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut word, mut was_lower) = (Vec::new(), String::new(), false);
    for letter in name.chars() {
        let starts = letter.is_uppercase() && was_lower;
        if (starts || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Returns the tools that take a statement with this access, all of the best rank: a tool of an official server before one that is
/// only named alike, and one that runs any statement last.
pub fn tools(all: &[Tool], access: Access) -> Vec<&Tool> {
    let mut found: Vec<(usize, &Tool)> = all
        .iter()
        .filter_map(|tool| Some((rank(tool, access)?, tool)))
        .collect();
    let best = found.iter().map(|(rank, _)| *rank).min();
    found.retain(|(rank, _)| Some(*rank) == best);
    found.into_iter().map(|(_, tool)| tool).collect()
}

/// Returns a tool that reads Cypher with the arguments of a call that runs `statement`: the way to see whether the whole chain
/// works. The first of several that are alike.
pub fn probe<'a>(all: &'a [Tool], statement: &str) -> Option<(&'a Tool, Map<String, Value>)> {
    tools(all, Access::Read).into_iter().find_map(|tool| {
        let arguments = CypherTool::of(tool)?
            .arguments(tool, statement, Map::new(), &[])
            .ok()?;
        Some((tool, arguments))
    })
}

fn rank(tool: &Tool, wanted: Access) -> Option<usize> {
    let names = match wanted {
        Access::Read => READERS,
        Access::Write => WRITERS,
    };
    match (access(tool)?, wanted) {
        (CypherAccess::Read, Access::Read) | (CypherAccess::Write, Access::Write) => Some(
            names
                .iter()
                .position(|name| has_name(tool.parts().1, name))
                .unwrap_or(names.len()),
        ),
        (CypherAccess::Any, Access::Read | Access::Write) => Some(names.len() + 1),
        (CypherAccess::Read, Access::Write)
        | (CypherAccess::Write, Access::Read)
        | (CypherAccess::Unknown, Access::Read | Access::Write) => None,
    }
}

/// A namespace may stand before the name: `movies-read_neo4j_cypher`.
fn has_name(own: &str, name: &str) -> bool {
    own.strip_suffix(name)
        .is_some_and(|space| space.is_empty() || space.ends_with(['-', '_', '.', '/']))
}

/// Returns the statement among the arguments of a call, by the name of its argument; within one object too.
pub fn statement(arguments: &Map<String, Value>) -> Option<&str> {
    statement_among(arguments).or_else(|| {
        arguments
            .values()
            .filter_map(Value::as_object)
            .find_map(statement_among)
    })
}

fn statement_among(members: &Map<String, Value>) -> Option<&str> {
    STATEMENTS
        .iter()
        .find_map(|name| members.get(*name).and_then(Value::as_str))
}

/// Returns whether a call would run Cypher that may write. `false` for a tool that takes no Cypher.
pub fn call_writes(tool: &Tool, arguments: &Map<String, Value>) -> bool {
    access(tool).is_some() && {
        let own = CypherTool::of(tool).and_then(|cypher| cypher.statement_of(arguments));
        own.is_some_and(is_write) || any_statement_writes(arguments)
    }
}

/// Every text under a statement's name counts, not only the one that the tool is thought to run.
fn any_statement_writes(arguments: &Map<String, Value>) -> bool {
    arguments.iter().any(|(name, value)| match value {
        Value::String(text) => STATEMENTS.contains(&name.as_str()) && is_write(text),
        Value::Object(members) => any_statement_writes(members),
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_object)
            .any(any_statement_writes),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    })
}

/// A tool that takes Cypher, and where the statement and its parameters go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CypherTool {
    /// The argument that holds the statement.
    pub statement: String,
    /// The argument that holds the parameters, where the tool takes any.
    pub parameters: Option<ParametersArgument>,
    /// The object that both are members of, where they are no arguments themselves.
    pub within: Option<String>,
    /// Whether the tool takes arguments that its schema does not name.
    open: bool,
}

/// The argument that holds parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParametersArgument {
    /// Its name.
    pub name: String,
    /// Whether it wants the parameters as a JSON text.
    pub is_text: bool,
}

impl CypherTool {
    /// Reads the tool's schema; `None` where the tool takes no Cypher.
    pub fn of(tool: &Tool) -> Option<Self> {
        access(tool)?;
        let schema = schema::read(&tool.input_schema);
        let own = Self::among(
            &schema.properties,
            None,
            schema.further == FurtherMembers::Allowed,
        );
        let nested = || {
            schema.properties.iter().find_map(|property| {
                Self::among(&property.members, Some(property.name.clone()), false)
            })
        };
        // A tool that is named after Cypher and takes one text takes it there, whatever it is called.
        let only_text = || {
            let mut texts = schema.properties.iter().filter(|property| {
                property.required && property.types == [Type::String] && property.choices.is_empty()
            });
            let only = texts.next().filter(|_| texts.next().is_none())?;
            Some(Self::with(
                only,
                &schema.properties,
                None,
                schema.further == FurtherMembers::Allowed,
            ))
        };
        own.or_else(nested).or_else(only_text).or_else(|| {
            schema.properties.is_empty().then(|| Self {
                statement: STATEMENTS[0].to_owned(),
                parameters: Some(ParametersArgument {
                    name: PARAMETERS[0].to_owned(),
                    is_text: false,
                }),
                within: None,
                open: schema.further == FurtherMembers::Allowed,
            })
        })
    }

    fn among(properties: &[Property], within: Option<String>, open: bool) -> Option<Self> {
        let statement = find(properties, &STATEMENTS)
            .filter(|found| found.types.is_empty() || found.types.contains(&Type::String))?;
        Some(Self::with(statement, properties, within, open))
    }

    fn with(
        statement: &Property,
        properties: &[Property],
        within: Option<String>,
        open: bool,
    ) -> Self {
        let parameters = find(properties, &PARAMETERS).map(|found| ParametersArgument {
            name: found.name.clone(),
            is_text: found.types.contains(&Type::String) && !found.types.contains(&Type::Object),
        });
        Self {
            statement: statement.name.clone(),
            parameters,
            within,
            open,
        }
    }

    /// Returns the statement among the arguments of a call of this tool.
    pub fn statement_of<'a>(&self, arguments: &'a Map<String, Value>) -> Option<&'a str> {
        let members = match &self.within {
            Some(object) => arguments.get(object)?.as_object()?,
            None => arguments,
        };
        members.get(&self.statement)?.as_str()
    }

    /// Returns the arguments of a call that runs `statement`. `others` are further arguments of the tool, as `NAME=VALUE` texts.
    ///
    /// # Errors
    /// All that does not fit the tool's schema, a sentence each.
    pub fn arguments(
        &self,
        tool: &Tool,
        statement: &str,
        parameters: Map<String, Value>,
        others: &[(String, String)],
    ) -> Result<Map<String, Value>, Vec<String>> {
        let mut own = Map::new();
        own.insert(self.statement.clone(), Value::from(statement));
        if !parameters.is_empty() {
            let (name, value) = self.place(parameters)?;
            own.insert(name, value);
        }
        let given = match &self.within {
            Some(object) => Map::from_iter([(object.clone(), Value::Object(own))]),
            None => own,
        };
        let schema = schema::read(&tool.input_schema);
        arguments::merge(given, others, &schema)
    }

    /// Returns where the parameters go, and in which form.
    ///
    /// # Errors
    /// The tool takes no parameters.
    pub fn place(&self, parameters: Map<String, Value>) -> Result<(String, Value), Vec<String>> {
        match &self.parameters {
            Some(argument) if argument.is_text => Ok((
                argument.name.clone(),
                Value::String(Value::Object(parameters).to_string()),
            )),
            Some(argument) => Ok((argument.name.clone(), Value::Object(parameters))),
            None if self.open => Ok((PARAMETERS[0].to_owned(), Value::Object(parameters))),
            None => Err(vec![
                "the tool takes no parameters: write the values into the statement".to_owned(),
            ]),
        }
    }
}

fn find<'a>(properties: &'a [Property], names: &[&str]) -> Option<&'a Property> {
    names
        .iter()
        .find_map(|name| properties.iter().find(|property| property.name == *name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ToolAnnotations;

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

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
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
                .map(|tool| tool.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Access::Read), ["neo4j-mcp___read-cypher"]);
        assert_eq!(names(Access::Write), ["neo4j-mcp___write-cypher"]);
        assert_eq!(tools(&all[3..], Access::Read).len(), 1);
        assert!(tools(&all[..1], Access::Read).is_empty());
        assert!(tools(&[tool("proofread-cypher", &json!({}))], Access::Read).is_empty());
    }

    #[test]
    fn access_follows_the_words_of_the_name() {
        use CypherAccess::{Any, Read, Unknown, Write};
        for (name, properties, expected) in [
            ("UPPER___Read-Cypher", json!({"query": {}}), Some(Read)),
            ("neo4j mcp/read-cypher", json!({"query": {}}), Some(Read)),
            ("readCypher", json!({"query": {}}), Some(Read)),
            ("execute_cypher", json!({"cypher_query": {}}), Some(Any)),
            ("query_neo4j", json!({"query": {}}), Some(Any)),
            ("run-cypher", json!({"query": {}}), Some(Any)),
            ("cypher", json!({"query": {}}), Some(Any)),
            ("update_neo4j_by_cypher", json!({"query": {}}), Some(Write)),
            (
                "lookup",
                json!({"cypher": {"type": "string"}}),
                Some(Unknown),
            ),
            (
                "lookup",
                json!({"query": {"description": "A Cypher statement"}}),
                Some(Unknown),
            ),
            ("search_repositories", json!({"query": {}}), None),
            ("get-schema", json!({}), None),
        ] {
            assert_eq!(access(&tool(name, &properties)), expected, "{name}");
        }
    }

    #[test]
    fn statement_and_parameters_go_where_the_schema_wants_them() {
        let text = json!({"type": "string"});
        let map = json!({"type": "object"});
        for (properties, expected) in [
            (
                json!({"query": text, "params": map}),
                json!({"query": "RETURN 1", "params": {"a": 1}}),
            ),
            (
                json!({"cypher": text, "parameters": map}),
                json!({"cypher": "RETURN 1", "parameters": {"a": 1}}),
            ),
            (
                json!({"query": text, "params": text}),
                json!({"query": "RETURN 1", "params": "{\"a\":1}"}),
            ),
            (
                json!({"input": {"type": "object", "properties": {"query": text, "params": map}}}),
                json!({"input": {"query": "RETURN 1", "params": {"a": 1}}}),
            ),
        ] {
            let tool = tool("run_cypher", &properties);
            let cypher = CypherTool::of(&tool).unwrap();
            let sent = cypher
                .arguments(&tool, "RETURN 1", object(&json!({"a": 1})), &[])
                .unwrap();
            assert_eq!(statement(&sent), Some("RETURN 1"));
            assert_eq!(cypher.statement_of(&sent), Some("RETURN 1"));
            assert_eq!(Value::Object(sent), expected);
        }
        let odd = Tool {
            input_schema: json!({"properties": {"text": text}, "required": ["text"]}),
            ..tool("run_cypher", &json!({}))
        };
        assert_eq!(CypherTool::of(&odd).unwrap().statement, "text");
    }

    #[test]
    fn what_the_tool_does_not_take_or_misses_is_said() {
        let wrong = |schema: Value, parameters: Value, others: &[(&str, &str)]| {
            let tool = Tool {
                input_schema: schema,
                ..tool("read-cypher", &json!({}))
            };
            let others: Vec<(String, String)> = others
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            CypherTool::of(&tool).unwrap().arguments(
                &tool,
                "RETURN 1",
                object(&parameters),
                &others,
            )
        };
        let plain = json!({"properties": {"query": {"type": "string"}}});
        assert!(
            wrong(plain.clone(), json!({"a": 1}), &[]).unwrap_err()[0]
                .contains("takes no parameters")
        );
        assert!(wrong(plain, json!({}), &[]).is_ok());
        let database = json!({"properties": {"query": {"type": "string"}, "database": {"type": "string"}}, "required": ["query", "database"]});
        assert_eq!(
            wrong(database.clone(), json!({}), &[]).unwrap_err(),
            ["missing \"database\" (string)"]
        );
        assert!(wrong(database, json!({}), &[("database", "movies")]).is_ok());
    }

    #[test]
    fn a_call_writes_where_any_of_its_statements_does() {
        let runs = tool("run_cypher", &json!({"cypher": {}, "query": {}}));
        assert!(call_writes(
            &runs,
            &object(&json!({"query": "RETURN 1", "cypher": "CREATE (n)"}))
        ));
        assert!(!call_writes(
            &runs,
            &object(&json!({"query": "RETURN 'CREATE (n)'"}))
        ));
        assert!(call_writes(
            &runs,
            &object(&json!({"batch": [{"query": "DROP INDEX x"}]}))
        ));
        let search = tool("search_repositories", &json!({"query": {}}));
        assert!(!call_writes(
            &search,
            &object(&json!({"query": "create app"}))
        ));
    }
}
