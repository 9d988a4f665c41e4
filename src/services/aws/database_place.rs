//! Where a deployment's database is and who logs in there, for a secret that does not say it: a bare password, or an object
//! without an address.

use serde_json::Value;

use super::AwsResources;
use crate::model::{Deployment, Kind, Resource, StackFacts};

/// Names of the runtime's variables for the address, the user and the database (neo4j/mcp, mcp-neo4j-cypher).
const URI: [&str; 3] = ["NEO4J_URI", "NEO4J_MCP_URI", "NEO4J_URL"];
const USER: [&str; 3] = ["NEO4J_USERNAME", "NEO4J_MCP_USERNAME", "NEO4J_USER"];
const DATABASE: [&str; 2] = ["NEO4J_DATABASE", "NEO4J_MCP_DATABASE"];

/// What is known of a deployment's database without its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DatabasePlace {
    /// The address.
    pub(crate) uri: Option<String>,
    /// The user.
    pub(crate) user: Option<String>,
    /// The database's name.
    pub(crate) database: Option<String>,
}

impl DatabasePlace {
    /// Returns what the configuration and the parameters and outputs of the deployment's stack say.
    pub(crate) fn of_stack(deployment: &Deployment, stack: &StackFacts) -> Self {
        Self {
            uri: deployment
                .neo4j_uri
                .clone()
                .or_else(|| stack.neo4j_uri.clone()),
            user: deployment
                .neo4j_user
                .clone()
                .or_else(|| stack.neo4j_user.clone()),
            database: stack.neo4j_database.clone(),
        }
    }

    /// Fills what is missing from the environments of runtimes, as far as these agree.
    fn fill(&mut self, runtimes: &[Resource]) {
        let filled = [
            (&mut self.uri, URI.as_slice()),
            (&mut self.user, &USER),
            (&mut self.database, &DATABASE),
        ];
        for (place, names) in filled {
            if place.is_none() {
                *place = agreed(runtimes, names);
            }
        }
    }
}

/// Returns the only value that the runtimes have for a variable.
fn agreed(runtimes: &[Resource], names: &[&str]) -> Option<String> {
    let variable = |runtime: &Resource| {
        let environment = runtime.raw.get("environmentVariables")?.clone();
        let found = names.iter().find_map(|name| environment.get(*name));
        found
            .and_then(Value::as_str)
            .filter(|value| !value.is_empty() && *value != "***")
            .map(str::to_owned)
    };
    let mut values: Vec<String> = runtimes.iter().filter_map(variable).collect();
    values.sort_unstable();
    values.dedup();
    match values.len() {
        1 => values.pop(),
        _ => None,
    }
}

impl AwsResources {
    /// Returns where the deployment's database is, from its configuration, its stack and the environment of its runtimes. What
    /// cannot be read stays open.
    pub(crate) async fn database_place(&self, deployment: &Deployment) -> DatabasePlace {
        let stack = self.stacks.facts(deployment).await.unwrap_or_default();
        let mut place = DatabasePlace::of_stack(deployment, &stack);
        if place.uri.is_none() || place.user.is_none() {
            let runtimes = self.list(deployment, Kind::Runtime).await;
            place.fill(&runtimes.unwrap_or_default());
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn runtime(environment: &Value) -> Resource {
        Resource {
            name: "r".into(),
            status: "READY".into(),
            raw: json!({"environmentVariables": environment}).into(),
            ..Resource::new("d", Kind::Runtime, "r")
        }
    }

    #[test]
    fn the_environment_of_the_runtimes_fills_what_the_stack_leaves_open() {
        let stack = StackFacts {
            neo4j_user: Some("ops".into()),
            ..StackFacts::default()
        };
        let mut place = DatabasePlace::of_stack(&Deployment::new("d", "us-west-2"), &stack);
        place.fill(&[
            runtime(&json!({"NEO4J_URI": "neo4j+s://x", "NEO4J_USERNAME": "other", "NEO4J_DATABASE": "a"})),
            runtime(&json!({"NEO4J_URI": "neo4j+s://x", "NEO4J_DATABASE": "b"})),
        ]);
        assert_eq!(
            place,
            DatabasePlace {
                uri: Some("neo4j+s://x".into()),
                user: Some("ops".into()),
                database: None,
            }
        );
    }
}
