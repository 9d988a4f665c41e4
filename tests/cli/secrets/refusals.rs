//! What is refused, given up or not begun, and with which exit code.

use super::*;

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
