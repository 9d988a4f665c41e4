//! Runs one scenario: prepares a graph, executes the query and compares rows, errors and side effects.

use std::collections::{BTreeMap, BTreeSet};

use cypher::{
    CypherError, ErrorPhase, Graph, Map, QueryResult, StandaloneHost, Value, prepare,
    run as execute,
};

use crate::gherkin::{Scenario, Step};
use crate::values::{canonical, of_result};

/// The graph and the outcome of the query under test.
struct World {
    graph: Graph,
    parameters: Map,
    /// What the graph held before the query.
    before: Contents,
    outcome: Option<Result<QueryResult, CypherError>>,
}

/// What side effects are counted in.
#[derive(Default)]
struct Contents {
    nodes: BTreeSet<u64>,
    relationships: BTreeSet<u64>,
    labels: BTreeSet<String>,
    properties: BTreeSet<String>,
}

/// Runs a scenario.
///
/// # Errors
///
/// The first step that does not hold.
pub(crate) fn run(scenario: &Scenario) -> Result<(), String> {
    let mut world = World {
        graph: Graph::new("tck".to_owned()),
        parameters: Map::new(),
        before: Contents::default(),
        outcome: None,
    };
    for step in &scenario.steps {
        world
            .step(step)
            .map_err(|problem| format!("{}: {problem}", step.text))?;
    }
    Ok(())
}

impl World {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        let text = step.text.as_str();
        match text {
            "any graph" | "an empty graph" => Ok(()),
            "having executed:" => match self.execute(&step.document) {
                Ok(result) if result.error.is_none() => Ok(()),
                Ok(result) => Err(format!("{:?}", result.error)),
                Err(error) => Err(error.to_string()),
            },
            "parameters are:" => step.table.iter().try_for_each(|row| {
                let [name, value] = row.as_slice() else {
                    return Err("not a name and a value".to_owned());
                };
                let value = self.evaluate(value)?;
                self.parameters.insert(name.clone(), value);
                Ok(())
            }),
            "executing query:" | "executing control query:" => {
                self.before = contents(&self.graph);
                self.outcome = Some(self.execute(&step.document));
                Ok(())
            }
            "no side effects" => self.side_effects(&[]),
            "the side effects should be:" => self.side_effects(&step.table),
            "the result should be empty" => self.rows(&[], text),
            _ if text.starts_with("the result should be") => self.rows(&step.table, text),
            _ if text.contains("should be raised at") => self.error(text),
            _ => Err("this step is not supported".to_owned()),
        }
    }

    fn execute(&mut self, text: &str) -> Result<QueryResult, CypherError> {
        let prepared = prepare(text, &self.parameters)?;
        let now = jiff::Zoned::default();
        Ok(execute(
            &prepared,
            &self.parameters,
            &mut self.graph,
            &StandaloneHost,
            now,
        ))
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value, String> {
        let result = self
            .execute(&format!("RETURN {expression} AS value"))
            .map_err(|error| error.to_string())?;
        let value = result.rows.first().and_then(|row| row.first());
        value.cloned().ok_or_else(|| "no value".to_owned())
    }

    fn rows(&self, table: &[Vec<String>], text: &str) -> Result<(), String> {
        let result = match self.outcome.as_ref() {
            Some(Ok(result)) => result,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("no query was executed".to_owned()),
        };
        if let Some(error) = &result.error {
            return Err(error.to_string());
        }
        let unordered_lists = text.contains("ignoring element order");
        let (columns, expected) = match table.split_first() {
            Some((columns, rows)) => (columns.clone(), rows),
            None => (Vec::new(), &[][..]),
        };
        if !table.is_empty() && columns != result.columns {
            return Err(format!("columns {:?}", result.columns));
        }
        let canonical = |cell: &String| canonical(cell, unordered_lists);
        let mut expected: Vec<Option<Vec<String>>> = expected
            .iter()
            .map(|row| row.iter().map(canonical).collect())
            .collect();
        let mut actual: Vec<Option<Vec<String>>> = result
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|value| canonical(&of_result(result, value)))
                    .collect()
            })
            .collect();
        if expected.contains(&None) {
            return Err("an expected value cannot be read".to_owned());
        }
        if !text.contains("in order") {
            expected.sort();
            actual.sort();
        }
        if expected == actual {
            return Ok(());
        }
        Err(format!("expected {expected:?}, but got {actual:?}"))
    }

    fn error(&self, text: &str) -> Result<(), String> {
        let words: Vec<&str> = text.split(' ').collect();
        let kind = words.get(1).copied().unwrap_or_default();
        let found = match self.outcome.as_ref() {
            Some(Err(error)) => error,
            Some(Ok(result)) => result.error.as_ref().ok_or("no error was raised")?,
            None => return Err("no query was executed".to_owned()),
        };
        let right_time = if text.contains("at compile time") {
            found.phase == ErrorPhase::Compile
        } else if text.contains("at runtime") {
            found.phase != ErrorPhase::Compile
        } else {
            true
        };
        // The kit's names are those of Neo4j 3; some errors have other codes in Neo4j 5.
        let same = match kind {
            "ConstraintVerificationFailed" => found.code.ends_with("ConstraintValidationFailed"),
            // A type error at compile time is a syntax error in Neo4j 5.
            "TypeError" if found.message.starts_with("Type mismatch") => true,
            kind => found.code.ends_with(kind),
        };
        if same && right_time {
            return Ok(());
        }
        Err(format!("{found} ({:?})", found.phase))
    }

    fn side_effects(&self, table: &[Vec<String>]) -> Result<(), String> {
        let after = contents(&self.graph);
        let mut actual = BTreeMap::new();
        let mut count = |name: &str, added: usize, removed: usize| {
            if added > 0 {
                actual.insert(format!("+{name}"), added);
            }
            if removed > 0 {
                actual.insert(format!("-{name}"), removed);
            }
        };
        let (before, after) = (&self.before, &after);
        count(
            "nodes",
            after.nodes.difference(&before.nodes).count(),
            before.nodes.difference(&after.nodes).count(),
        );
        count(
            "relationships",
            after
                .relationships
                .difference(&before.relationships)
                .count(),
            before
                .relationships
                .difference(&after.relationships)
                .count(),
        );
        count(
            "labels",
            after.labels.difference(&before.labels).count(),
            before.labels.difference(&after.labels).count(),
        );
        count(
            "properties",
            after.properties.difference(&before.properties).count(),
            before.properties.difference(&after.properties).count(),
        );
        let expected: BTreeMap<String, usize> = table
            .iter()
            .filter_map(|row| Some((row.first()?.clone(), row.get(1)?.parse().ok()?)))
            .collect();
        if expected == actual {
            return Ok(());
        }
        Err(format!("expected {expected:?}, but got {actual:?}"))
    }
}

fn contents(graph: &Graph) -> Contents {
    let mut contents = Contents::default();
    for id in graph.node_ids() {
        contents.nodes.insert(id);
        let node = graph.node(id).unwrap();
        contents.labels.extend(node.labels.iter().cloned());
        for (key, value) in &node.properties {
            contents
                .properties
                .insert(format!("node {id} {key} {value:?}"));
        }
    }
    for id in graph.relationship_ids() {
        contents.relationships.insert(id);
        for (key, value) in &graph.relationship(id).unwrap().properties {
            contents
                .properties
                .insert(format!("relationship {id} {key} {value:?}"));
        }
    }
    contents
}
