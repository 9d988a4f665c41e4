//! `secrets`: what is said of them, and rotations as scripts run them. On a stack of their own, since passwords change.

use std::{sync::LazyLock, time::Instant};

use agentcore_console::{
    model::{Deployment, LoginAnswer, Neo4jAddress, SecretContent, SecretText, VersionRef},
    rotation::secret_document::SecretDocument,
    services::{ServiceOptions, Services},
};
use serde_json::{Value, json};

use crate::world::{Console, World, start};

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
fn two_users_take_turns_and_the_one_that_readers_know_keeps_its_password() {
    let secret = Foreign {
        id: "neo4j-reports/credentials".into(),
        name: "neo4j-reports/credentials".into(),
        ..Foreign::of(&OWN, "a")
    };
    // No configuration names it: it is found where it is.
    let config = OWN
        .config
        .lines()
        .filter(|line| !line.contains("neo4j-reports/credentials"))
        .collect::<Vec<_>>()
        .join("\n");
    let console = Console::with(&config);
    let login = |stage: &str| {
        let shape = SecretDocument::parse(&secret.text(stage)).unwrap();
        let address = Neo4jAddress {
            uri: shape.address().unwrap().to_owned(),
            database: "neo4j".into(),
        };
        let password = SecretText::from(shape.password());
        let answer = secret.runtime.block_on(secret.services.neo4j.login(
            &address,
            shape.user(),
            &password,
        ));
        (
            shape.user().to_owned(),
            matches!(answer, LoginAnswer::Accepted { .. }),
        )
    };
    let plan = console
        .run(&["secrets", "rotate", &secret.name, "--dry-run"])
        .exits(0);
    assert!(
        plan.out.contains("Outage: none") && plan.out.contains("reports_clone is new"),
        "{}",
        plan.out
    );
    // The first turn also gives user and password to the runtime that has copies of them in its environment.
    let lines = console
        .run(&["secrets", "rotate", &secret.name, "--yes", "-o", "json"])
        .exits(0)
        .json_lines();
    let consumers = lines
        .iter()
        .find(|line| line["step"] == "consumers")
        .unwrap()["evidence"]
        .as_str()
        .unwrap();
    assert!(
        consumers.contains("has the new value in NEO4J_PASSWORD and NEO4J_USERNAME"),
        "{consumers}"
    );
    let answered = console.run(&[
        "tools",
        "call",
        "read-cypher",
        "--via",
        "neo4j_reports",
        "--arg",
        "query=RETURN 1 AS one",
    ]);
    answered
        .exits(0)
        .out
        .contains("one")
        .then_some(())
        .expect("the runtime logs in with its new copy");
    assert_eq!(login("AWSCURRENT"), ("reports_clone".to_owned(), true));
    for (current, previous) in [("reports", "reports_clone"), ("reports_clone", "reports")] {
        let rotate = [
            "secrets",
            "rotate",
            &secret.name,
            "--yes",
            "--keep-readers",
            "-o",
            "json",
        ];
        let lines = console.run(&rotate).exits(0).json_lines();
        assert_eq!(outcome(&lines).0, "rotated");
        assert_eq!(login("AWSCURRENT"), (current.to_owned(), true));
        assert_eq!(
            login("AWSPREVIOUS"),
            (previous.to_owned(), true),
            "nobody is cut off"
        );
    }
    let kept = ["--yes", "--keep-readers", "-o", "json"];
    let run = |words: &[&str]| console.run(&[words, &kept].concat()).exits(0).json_lines();
    let lines = run(&["secrets", "rollback", &secret.name]);
    assert_eq!(
        (outcome(&lines).0, login("AWSCURRENT")),
        ("rotated", ("reports".to_owned(), true))
    );
    let lines = run(&["secrets", "rotate", &secret.name, "--single-user"]);
    assert_eq!(
        (outcome(&lines).0, login("AWSCURRENT")),
        ("rotated", ("reports".to_owned(), true))
    );
    assert!(
        !login("AWSPREVIOUS").1,
        "the one user's password was changed"
    );
    // The other user is there, and no version of this secret names it any more: it might be somebody else's.
    let refused = console
        .run(&["secrets", "rotate", &secret.name, "--yes", "-o", "json"])
        .exits(1)
        .json_lines();
    let reason = refused.last().unwrap()["reason"].as_str().unwrap();
    assert!(
        reason.contains("no version of this secret names it"),
        "{reason}"
    );
    let lines = run(&[
        "secrets",
        "rotate",
        &secret.name,
        "--single-user",
        "--random",
        "secrets-manager",
        "--length",
        "40",
    ]);
    assert_eq!(outcome(&lines).0, "rotated");
    let drawn = SecretDocument::parse(&secret.text("AWSCURRENT"))
        .unwrap()
        .password()
        .to_owned();
    assert!(
        drawn.len() == 40
            && drawn
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one)),
        "{}",
        drawn.len()
    );
    assert_eq!(login("AWSCURRENT"), ("reports".to_owned(), true));
}

#[test]
fn a_plan_names_the_services_and_functions_of_the_stack_too() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "b"));
    let plan = console
        .run(&["secrets", "rotate", &secret.name, "--dry-run"])
        .exits(0);
    assert!(plan.out.contains("ECS service neo4j-mcp"), "{}", plan.out);
    let interceptors = plan
        .out
        .matches("Neo4jAgentCoreGatewayStack-AuthInterceptor")
        .count();
    assert_eq!(
        interceptors, 1,
        "known as the gateway's interceptor already: {}",
        plan.out
    );
}

#[test]
fn an_administrator_who_is_not_there_is_told_before_anything_is_written() {
    let (console, secret) = (Console::with(&OWN.config), Foreign::of(&OWN, "b"));
    let before = secret.stages();
    let rotate = [
        "secrets",
        "rotate",
        &secret.name,
        "--yes",
        "--admin-secret",
        "no-such/secret",
        "-o",
        "json",
    ];
    let lines = console.run(&rotate).exits(1).json_lines();
    assert_eq!(outcome(&lines).0, "refused");
    let reason = lines.last().unwrap()["reason"].as_str().unwrap();
    assert!(
        reason.contains("no-such/secret cannot be read") && reason.contains("--single-user"),
        "{reason}"
    );
    assert_eq!(secret.stages(), before);
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
fn a_missing_permission_is_a_refusal_before_the_first_write_and_a_failure_after_it() {
    for (operation, word) in [
        ("GetSecretValue", "refused"),
        ("PutSecretValue", "failed"),
        ("UpdateSecretVersionStage", "failed"),
    ] {
        let world = start(&fault(operation, "access-denied"));
        let (console, secret) = (Console::with(&world.config), "neo4j-mcp-server/neo4j");
        let lines = console
            .run(&["secrets", "rotate", secret, "--yes", "-o", "json"])
            .exits(1)
            .json_lines();
        assert_eq!(outcome(&lines).0, word, "{operation}");
        let reason = lines.last().unwrap()["reason"].as_str().unwrap().to_owned();
        assert!(
            reason.contains("not permitted") && reason.contains("was not changed"),
            "{operation}: {reason}"
        );
        console.unread(&["secrets", "rotate", secret, "--yes", "-o", "json"], 1);
    }
}

#[test]
fn a_list_of_which_nothing_could_be_read_exits_as_the_failure_says() {
    let world = start(&fault("ListSecretVersionIds", "access-denied"));
    let console = Console::with(&world.config);
    let answer = console
        .run(&["secrets", "-o", "json"])
        .exits(4)
        .says("error: a, b, c, d: ")
        .json();
    let count = |name: &str| answer[name].as_array().unwrap().len();
    assert!(
        count("secrets") >= 4 && count("secrets") == count("problems"),
        "{answer:#}"
    );
}

#[test]
fn wrong_credentials_are_another_matter_than_expired_ones() {
    let secret = OWN.ready["secret_access_key"].as_str().unwrap();
    let rehearse = |config: &str| {
        let answer = Console::with(config)
            .run(&["secrets", "rotate", "neo4j-mcp-server/neo4j", "--dry-run"])
            .exits(1)
            .out;
        assert!(!answer.contains(".."), "{answer}");
        answer
    };
    let wrong = rehearse(&OWN.config.replace(secret, "another"));
    assert!(
        wrong.contains("does not accept our credentials")
            && wrong.contains("access_key_id, secret_access_key"),
        "{wrong}"
    );
    let world = start(&fault("DescribeSecret", "expired-token"));
    let expired = rehearse(&world.config);
    assert!(
        expired.contains("have expired") && !expired.contains("does not accept"),
        "{expired}"
    );
}

#[test]
fn a_dead_network_is_given_up_with_exit_5_and_an_outcome() {
    let dead = OWN.config.replace(
        OWN.ready["endpoint"].as_str().unwrap(),
        "http://127.0.0.1:9",
    );
    let began = Instant::now();
    let answer = Console::with(&dead)
        .run(&[
            "secrets",
            "rotate",
            "neo4j-mcp-server/neo4j",
            "--yes",
            "-o",
            "json",
        ])
        .exits(5);
    assert_eq!(outcome(&answer.json_lines()).0, "failed");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn an_unknown_secret_is_said_before_anybody_is_asked() {
    let console = Console::with(&OWN.config);
    for word in ["rotate", "resume", "rollback"] {
        let answer = console
            .run(&["secrets", word, "neo4j-mpc-server/neo4j"])
            .exits(2)
            .without_data();
        let answer = answer.says("did you mean \"neo4j-mcp-server/neo4j\"?");
        assert!(!answer.err.contains("--yes"), "{answer:#?}");
    }
}

#[test]
fn impossible_passwords_are_refused_before_anything_is_asked() {
    let console = Console::with(&OWN.config);
    let rotate = |option: &str, value: &str| {
        console.run(&[
            "secrets",
            "rotate",
            "neo4j-mcp-server/neo4j",
            "--yes",
            option,
            value,
        ])
    };
    rotate("--length", "5")
        .exits(2)
        .without_data()
        .says("length 5");
    rotate("--neo4j-uri", "file:///etc/passwd")
        .exits(2)
        .without_data()
        .says("bolt://");
    rotate("--alphabet", "abcdefghijk$")
        .exits(2)
        .without_data()
        .says("$");
}

#[test]
fn all_secrets_of_a_deployment_are_rotated_one_after_the_other_with_evidence_and_no_value() {
    let world = start("[]");
    let console = Console::with(&world.config);
    let arguments = ["secrets", "rotate", "--all", "--yes", "-o", "json"];
    // Which deployment is not guessed.
    console.run(&arguments).exits(2);
    let on = |more: &[&'static str]| [&arguments[..], &["-d", "b"], more].concat();
    let rehearsed = console.run(&on(&["--dry-run"])).exits(0).json();
    assert_eq!(rehearsed["outcome"], "dry-run");
    let secret = Foreign::of(&world, "b");
    let before = secret.text("AWSCURRENT");
    let path = console.folder().join("evidence.json");
    let all = on(&[]);
    let with_report = [&all[..], &["--report", path.to_str().unwrap()]].concat();
    let rotated = console.run(&with_report).exits(0);
    let report = rotated.json();
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(written, report);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(report["outcome"], "rotated", "{report:#}");
    let kinds: Vec<&str> = report["rotations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rotation| rotation["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["neo4j-password", "client-secret"]);
    assert!(report["who"].as_str().unwrap().starts_with("arn:"));
    for rotation in report["rotations"].as_array().unwrap() {
        assert!(rotation["version_id"].is_string());
        assert!(rotation["steps"].as_array().unwrap().len() > 5);
    }
    let after = secret.text("AWSCURRENT");
    let password = |text: &str| SecretDocument::parse(text).unwrap().password().to_owned();
    assert_ne!(password(&before), password(&after));
    for value in [password(&before), password(&after)] {
        assert!(!rotated.out.contains(&value) && !rotated.err.contains(&value));
    }
}

#[test]
fn rotating_all_stops_at_the_first_doubt() {
    let world = start(&fault("PutSecretValue", "access-denied"));
    let console = Console::with(&world.config);
    let arguments = [
        "secrets", "rotate", "--all", "--yes", "-d", "b", "-o", "json",
    ];
    let report = console.run(&arguments).exits(1).json();
    assert_eq!(report["outcome"], "stopped");
    assert_eq!(report["rotations"].as_array().unwrap().len(), 1);
    assert_eq!(report["not_begun"], json!(["client secret"]));
}
