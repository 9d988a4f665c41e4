//! The plan of a statement as a tree of operators.
//!
//! `neo4j-mcp-canary` 0.9 answers `explain-cypher` and `profile-cypher` with `{"operator","arguments","identifiers",
//! "children"}`; the arguments are those of Neo4j's plan descriptions, such as `EstimatedRows`.

use serde_json::Value;

/// Operators of a plan that are read.
const MOST: usize = 1_000;
/// Levels of a plan that are read.
const DEPTH: usize = 200;

/// An operator of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanOperator {
    /// Levels between the root and the operator.
    pub depth: usize,
    /// Its name, such as `NodeByLabelScan`.
    pub name: String,
    /// What it works on, in Neo4j's words.
    pub details: String,
    /// The variables that it knows.
    pub identifiers: Vec<String>,
    /// The number of rows that the planner expects.
    pub estimated_rows: Option<f64>,
    /// The number of rows that it produced, if the statement was profiled.
    pub rows: Option<u64>,
    /// Accesses to the database, if the statement was profiled.
    pub db_hits: Option<u64>,
}

impl PlanOperator {
    /// Returns its name below the operator that takes its rows.
    pub fn indented_name(&self) -> String {
        let branch = if self.depth == 0 { "" } else { "└ " };
        format!("{}{branch}{}", " ".repeat(self.depth), self.name)
    }

    /// Returns what it works on, else the variables that it knows.
    pub fn details_or_identifiers(&self) -> String {
        if self.details.is_empty() {
            self.identifiers.join(" ")
        } else {
            self.details.clone()
        }
    }
}

/// Reads the operators of a plan from its root. `None` if the value is no plan.
pub fn parse(value: &Value) -> Option<Vec<PlanOperator>> {
    let mut found = Vec::new();
    read(plan_of(value)?, 0, &mut found);
    Some(found)
}

/// Returns the root of a plan, within an envelope of one member too.
fn plan_of(value: &Value) -> Option<&Value> {
    if name_of(value).is_some() && value.get("children").is_none_or(Value::is_array) {
        let is_plan = value.get("children").is_some() || value.get("identifiers").is_some();
        return is_plan.then_some(value);
    }
    let members = value.as_object()?;
    ["plan", "profile", "result"]
        .iter()
        .find_map(|name| plan_of(members.get(*name)?))
}

fn name_of(value: &Value) -> Option<&str> {
    ["operator", "operatorType", "operatorName"]
        .iter()
        .find_map(|name| value.get(*name).and_then(Value::as_str))
}

fn read(value: &Value, depth: usize, found: &mut Vec<PlanOperator>) {
    let Some(name) = name_of(value).filter(|_| depth < DEPTH && found.len() < MOST) else {
        return;
    };
    let argument = |name: &str| {
        let arguments = value.get("arguments");
        arguments
            .and_then(|arguments| arguments.get(name))
            .or_else(|| value.get(name))
    };
    let count = |names: [&str; 3]| names.into_iter().find_map(argument).and_then(Value::as_u64);
    let identifiers = value.get("identifiers").and_then(Value::as_array);
    found.push(PlanOperator {
        depth,
        // Neo4j 5 appends the name of the database: `AllNodesScan@neo4j`.
        name: name.split('@').next().unwrap_or(name).to_owned(),
        details: argument("Details")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        identifiers: identifiers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        estimated_rows: argument("EstimatedRows").and_then(Value::as_f64),
        rows: count(["Rows", "rows", "records"]),
        db_hits: count(["DbHits", "dbHits", "db_hits"]),
    });
    let children = value.get("children").and_then(Value::as_array);
    for child in children.into_iter().flatten() {
        read(child, depth + 1, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_of_the_canary_is_read_from_its_root() {
        let plan = json!({"operator": "ProduceResults@neo4j", "identifiers": ["p"], "arguments": {"EstimatedRows": 140.0},
            "children": [{"operator": "NodeByLabelScan@neo4j", "identifiers": ["p"], "children": [],
                "arguments": {"EstimatedRows": 38.0, "Details": "p:Person", "DbHits": 39, "Rows": 38}}]});
        let operators = parse(&json!({ "result": plan })).unwrap();
        let shown: Vec<_> = operators
            .iter()
            .map(|operator| (operator.depth, operator.name.as_str(), operator.db_hits))
            .collect();
        assert_eq!(
            shown,
            [
                (0, "ProduceResults", None),
                (1, "NodeByLabelScan", Some(39))
            ]
        );
        assert_eq!(operators[1].details, "p:Person");
    }

    #[test]
    fn other_json_is_no_plan() {
        for other in [json!({"operator": "and"}), json!([]), json!({"a": 1})] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }
}
