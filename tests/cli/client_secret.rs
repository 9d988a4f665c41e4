//! `client-secret`: what is said of the secret of a machine sign-in, and its rotation as scripts run it.

use serde_json::{Value, json};

use crate::world::{Console, start};

fn client(arguments: &[&'static str]) -> Vec<&'static str> {
    let all = [&["client-secret"], arguments, &["-d", "a", "-o", "json"]];
    all.concat()
}

#[test]
fn a_client_secret_is_rotated_everywhere_and_no_value_is_shown() {
    let world = start("[]");
    let console = Console::with(&world.config);
    let before = console.run(&client(&["show"])).exits(0).json();
    assert_eq!(before["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(before["providers"].as_array().unwrap().len(), 1);

    console.run(&client(&["rotate", "--dry-run"])).exits(0);
    assert_eq!(console.run(&client(&["show"])).json(), before);

    let rotated = console.run(&client(&["rotate", "--yes"])).exits(0);
    let last: Value = rotated.json_lines().pop().unwrap();
    assert_eq!(
        (&last["outcome"], &last["warnings"]),
        (&"rotated".into(), &json!([]))
    );
    let config = std::fs::read_to_string(console.config()).unwrap();
    let new = config
        .lines()
        .find_map(|line| line.strip_prefix("client_secret = \""))
        .and_then(|line| line.strip_suffix('"'))
        .unwrap();
    assert!(
        !world.config.contains(new),
        "the configuration holds the new secret"
    );
    assert!(!rotated.out.contains(new) && !rotated.err.contains(new));
    let after = console.run(&client(&["show"])).exits(0).json();
    assert_eq!(after["secrets"].as_array().unwrap().len(), 1);
    assert_ne!(after["secrets"], before["secrets"]);
    console.run(&["tools", "list", "-d", "a"]).exits(0);
    let resumed = console.run(&client(&["resume", "--yes"])).exits(0);
    assert_eq!(
        resumed.json_lines().pop().unwrap()["outcome"],
        "nothing-to-do"
    );
    console.run(&["client-secret", "show"]).exits(2);
}

#[test]
fn a_denied_provider_is_refused_before_the_first_write() {
    let fault = json!([{"service": "bedrock-agentcore-control", "operation": "UpdateOauth2CredentialProvider", "fault": "access-denied"}]);
    let world = start(&fault.to_string());
    let console = Console::with(&world.config);
    let before = console.run(&client(&["show"])).exits(0).json();
    for arguments in [&["rotate", "--dry-run"], &["rotate", "--yes"]] {
        let refused = console.run(&client(arguments)).exits(1);
        assert_eq!(refused.json_lines().pop().unwrap()["outcome"], "refused");
    }
    assert_eq!(console.run(&client(&["show"])).json(), before);
}
