//! A bare password that a later deployment may put back.
//!
//! `deploy.py` of neo4j-partners/aws-starter keeps the password as a bare text in a secret that only a parameter of the stack names,
//! and puts the password of its `.env` file back whenever it deploys the stack.

use super::{live_backend::LiveBackend, secret_name};

/// The starter's name for its stack; another environment's stack has the environment's name behind it.
const STARTER_STACK: &str = "neo4j-mcp-server";

impl LiveBackend {
    /// Finds the lines of files that hold the password too.
    pub(super) async fn look_up_copies(&mut self) {
        let Some(stack) = &self.deployment.stack else {
            return;
        };
        let facts = self.services.aws.stacks.facts(&self.deployment).await;
        let is_of_stack = facts.is_ok_and(|facts| {
            facts
                .secret_arn
                .is_some_and(|arn| secret_name(&arn) == secret_name(&self.secret))
        });
        if is_of_stack {
            self.by_hand = vec![env_line(stack)];
        }
    }
}

/// Returns the line of the deployment's environment file that holds the password.
fn env_line(stack: &str) -> String {
    let environment = stack
        .strip_prefix(STARTER_STACK)
        .and_then(|rest| rest.strip_prefix('-'));
    let file = environment.map_or_else(
        || ".env".to_owned(),
        |environment| format!(".env.{environment}"),
    );
    format!(
        "{file} beside deploy.py of stack {stack}: put the new password into its line NEO4J_PASSWORD=, or the next `deploy.py` puts the old one back"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_file_has_the_name_of_the_stacks_environment() {
        assert!(env_line("neo4j-mcp-server").starts_with(".env beside"));
        assert!(env_line("neo4j-mcp-server-live").starts_with(".env.live beside"));
        assert!(env_line("other").starts_with(".env beside"));
    }
}
