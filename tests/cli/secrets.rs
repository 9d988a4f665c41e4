//! `secrets`: what is said of them, and rotations as scripts run them. On a stack of their own, since passwords change.

use std::{sync::LazyLock, time::Instant};

use agentcore_console::{
    model::{Deployment, LoginAnswer, Neo4jAddress, SecretContent, SecretText, VersionRef},
    rotation::secret_document::SecretDocument,
    services::{ServiceOptions, Services},
};
use serde_json::{Value, json};

use crate::world::{Console, World, start};

mod all;
mod refusals;
mod two_users;

static OWN: LazyLock<World> = LazyLock::new(|| start("[]"));

fn fault(operation: &str, fault: &str) -> String {
    json!([{"service": "secretsmanager", "operation": operation, "fault": fault}]).to_string()
}

/// A secret of one deployment, and the AWS operations on it that a foreign tool would use.
struct Foreign {
    services: Services,
    deployment: Deployment,
    id: String,
    name: String,
    runtime: tokio::runtime::Runtime,
}

impl Foreign {
    fn of(world: &World, deployment: &str) -> Self {
        let (config, problems) = agentcore_console::config::parse(&world.config, &|| None);
        assert!(problems.is_empty(), "{problems:?}");
        let deployment = config
            .deployments
            .into_iter()
            .find(|each| each.name.as_str() == deployment)
            .unwrap();
        let id = deployment.secrets.first().unwrap().clone();
        let name = agentcore_console::services::rotation::secret_name(&id).to_owned();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self {
            services: Services::new(ServiceOptions::default()),
            deployment,
            id,
            name,
            runtime,
        }
    }

    fn text(&self, stage: &str) -> String {
        let reference = VersionRef::Stage(stage.to_owned());
        let asked = self
            .services
            .aws
            .secrets
            .secret_value(&self.deployment, &self.id, &reference);
        let SecretContent::Text(text) = self.runtime.block_on(asked).unwrap().content else {
            panic!("binary")
        };
        text.reveal().to_owned()
    }

    fn put(&self, token: &str, text: &str, stage: &str) {
        let text = SecretText::from(text);
        let stages = [stage.to_owned()];
        let put = self.services.aws.secrets.put_secret_version(
            &self.deployment,
            &self.id,
            token,
            &text,
            &stages,
        );
        self.runtime.block_on(put).unwrap();
    }

    fn create(&self, name: &str, text: &str) {
        let text = SecretText::from(text);
        let secrets = &self.services.aws.secrets;
        let made = secrets.create_secret(&self.deployment, name, "of a test", &text);
        self.runtime.block_on(made).unwrap();
    }

    fn stages(&self) -> Vec<(String, Vec<String>)> {
        let asked = self
            .services
            .aws
            .secrets
            .secret_stages(&self.deployment, &self.id);
        self.runtime
            .block_on(asked)
            .unwrap()
            .stages
            .into_iter()
            .filter(|(_, stages)| !stages.is_empty())
            .collect()
    }

    fn holder(&self, stage: &str) -> Option<String> {
        self.stages()
            .into_iter()
            .find(|(_, stages)| stages.iter().any(|one| one == stage))
            .map(|(version, _)| version)
    }
}

fn outcome(lines: &[Value]) -> (&str, Option<&str>) {
    let last = lines.last().unwrap();
    (
        last["outcome"].as_str().unwrap(),
        last["version_id"].as_str(),
    )
}

#[test]
fn secrets_are_listed_and_shown_without_a_value() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "c"));
    let password = SecretDocument::parse(&secret.text("AWSCURRENT"))
        .unwrap()
        .password()
        .to_owned();
    let listed = console.run(&["secrets", "-o", "json"]).exits(0);
    let found = listed.json();
    assert_eq!(found["secrets"].as_array().unwrap().len(), 6);
    let shown = console
        .run(&["secrets", "show", &secret.name, "-o", "json"])
        .exits(0);
    let value = shown.json();
    assert_eq!(value["id"], secret.name.as_str());
    assert_eq!(value["versions"][0]["stages"], json!(["AWSCURRENT"]));
    assert!(
        value["versions"][0]["created_at"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert!(value["rotation"].is_object());
    let table = console.run(&["secrets", "show", &secret.name]).exits(0);
    for text in [&listed.out, &shown.out, &table.out] {
        assert!(!text.contains(&password));
    }
    console
        .run(&["secrets", "show", "neo4j-mpc-server/neo4j"])
        .exits(2)
        .without_data()
        .says("neo4j-mcp-server/neo4j");
}

#[test]
fn a_rotation_prints_its_steps_and_its_outcome_and_can_be_rolled_back() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "a"));
    let before = secret.text("AWSCURRENT");
    let old = secret.holder("AWSCURRENT").unwrap();
    console
        .run(&["secrets", "rotate", &secret.name])
        .exits(2)
        .without_data()
        .says("--yes");
    console
        .run(&["secrets", "rotate", &secret.name, "--yes", "--read-only"])
        .exits(4)
        .without_data();
    let rehearsed = console
        .run(&["secrets", "rotate", &secret.name, "--dry-run"])
        .exits(0);
    assert!(
        rehearsed.out.contains("ALTER CURRENT USER") && rehearsed.out.contains("neo4j_mcp_server"),
        "{}",
        rehearsed.out
    );
    assert_eq!(secret.holder("AWSCURRENT").unwrap(), old);

    let lines = console
        .run(&["secrets", "rotate", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    let steps: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["step"].as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "check",
            "prepare",
            "claim",
            "set",
            "verify",
            "promote",
            "clean",
            "consumers"
        ]
    );
    assert!(lines[..8].iter().all(|line| line["state"] == "done"
        && line["at"].is_string()
        && line["evidence"].is_string()));
    let (word, version) = outcome(&lines);
    assert_eq!(
        (word, version.map(str::to_owned)),
        ("rotated", secret.holder("AWSCURRENT"))
    );
    assert_eq!(secret.holder("AWSPREVIOUS"), Some(old.clone()));
    assert_eq!(
        secret.stages().len(),
        2,
        "no label is left behind: {:?}",
        secret.stages()
    );
    // Nothing but the password has changed.
    let after = secret.text("AWSCURRENT");
    let password = |text: &str| SecretDocument::parse(text).unwrap().password().to_owned();
    assert_eq!(after, before.replace(&password(&before), &password(&after)));
    assert_ne!(password(&after), password(&before));
    assert!(
        lines
            .iter()
            .all(|line| !line.to_string().contains(&password(&after)))
    );

    let lines = console
        .run(&["secrets", "resume", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(outcome(&lines).0, "nothing-to-do");
    let lines = console
        .run(&["secrets", "rollback", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(outcome(&lines), ("rotated", Some(old.as_str())));
    assert_eq!(secret.text("AWSCURRENT"), before);
}

#[test]
fn a_foreign_pending_version_is_named_and_finished_only_where_the_database_accepts_it() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "b"));
    let current = secret.text("AWSCURRENT");
    let other = SecretDocument::parse(&current)
        .unwrap()
        .with_password("another-password-9")
        .unwrap()
        .to_string();
    let (wrong, right) = (
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
    );
    secret.put(wrong, &other, "AWSPENDING");
    let lines = console
        .run(&["secrets", "rotate", &secret.name, "--yes", "-o", "json"])
        .exits(1)
        .json_lines();
    assert_eq!(outcome(&lines), ("refused", Some(wrong)));
    let lines = console
        .run(&["secrets", "resume", &secret.name, "--yes", "-o", "json"])
        .exits(1)
        .json_lines();
    assert_eq!(outcome(&lines), ("refused", Some(wrong)));
    assert!(
        lines.last().unwrap()["reason"]
            .as_str()
            .unwrap()
            .contains("another program")
    );
    assert_eq!(
        secret.holder("AWSPENDING").as_deref(),
        Some(wrong),
        "nothing was changed"
    );
    // The same AWSPENDING on a value that the database accepts.
    secret.put(right, &current, "AWSPENDING");
    let lines = console
        .run(&["secrets", "resume", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(outcome(&lines), ("resumed", Some(right)));
    assert_eq!(
        (
            secret.holder("AWSCURRENT").as_deref(),
            secret.holder("AWSPENDING")
        ),
        (Some(right), None)
    );
}

#[test]
fn a_secret_with_a_rotation_function_is_rotated_by_it() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "d"));
    let lines = console
        .run(&["secrets", "rotate", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    let (word, version) = outcome(&lines);
    assert_eq!(
        (word, version.map(str::to_owned)),
        ("rotated", secret.holder("AWSCURRENT"))
    );
    assert_eq!(secret.holder("AWSPENDING"), None);
    assert!(lines.iter().any(|line| {
        line["evidence"]
            .as_str()
            .is_some_and(|text| text.contains("rotation function"))
    }));
}
#[test]
fn every_form_of_a_secret_is_rotated_and_kept() {
    let world = start("[]");
    let mut secret = Foreign::of(&world, "b");
    let document = SecretDocument::parse(&secret.text("AWSCURRENT")).unwrap();
    let uri = document.address().unwrap().to_owned();
    let mut password = document.password().to_owned();
    let config = world.config.replacen(
        "[deployments.b]\n",
        &format!("[deployments.b]\nneo4j_uri = \"{uri}\"\nneo4j_user = \"neo4j\"\n"),
        1,
    );
    let console = Console::with(&config);
    for (number, form) in [
        "PASSWORD".to_owned(),
        "neo4j/PASSWORD\n".to_owned(),
        json!({"password": "PASSWORD"}).to_string(),
        format!("{{ \"uri\":\"{uri}\",\n \"auth\" : \"neo4j/PASSWORD\"}}"),
        json!({"NEO4J_URI": uri, "NEO4J_AUTH": "neo4j/PASSWORD"}).to_string(),
        json!({"neo4jUri": uri, "neo4jUsername": "neo4j", "neo4jPassword": "PASSWORD"}).to_string(),
    ]
    .into_iter()
    .enumerate()
    {
        let text = form.replace("PASSWORD", &password);
        let id = format!("neo4j-mcp-gateway/form-{number}");
        secret.create(&id, &text);
        secret.id.clone_from(&id);
        console
            .run(&["secrets", "rotate", &id, "-d", "b", "--dry-run"])
            .exits(0);
        let lines = console
            .run(&["secrets", "rotate", &id, "-d", "b", "--yes", "-o", "json"])
            .exits(0)
            .json_lines();
        assert_eq!(outcome(&lines).0, "rotated", "{form}: {lines:#?}");
        let after = secret.text("AWSCURRENT");
        let (head, tail) = form.split_once("PASSWORD").unwrap();
        password = after
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .unwrap_or_else(|| panic!("{form}: another form"))
            .to_owned();
        assert!(!text.contains(&password), "{form}: the same password");
    }
}
