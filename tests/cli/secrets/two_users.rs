//! Two users in alternation, and what the plan says of them.

use super::*;

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
        (shape.user().to_owned(), answer == Ok(LoginAnswer::Accepted))
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
