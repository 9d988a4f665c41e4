//! `doctor`: exit codes, and what is said of many deployments that are broken by one thing.

use serde_json::{Value, json};

use crate::world::{Console, WORLD, start};

#[test]
fn a_chain_that_works_exits_0_and_says_so_of_every_hop() {
    let console = Console::new();
    let lines = console
        .run(&["doctor", "-d", "a,b", "-o", "json"])
        .exits(0)
        .json_lines();
    let names: Vec<(&Value, &Value)> = lines
        .iter()
        .map(|line| (&line["deployment"], &line["healthy"]))
        .collect();
    assert_eq!(
        names,
        [(&json!("a"), &json!(true)), (&json!("b"), &json!(true))]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["verdict"].is_null() && line["hops"].as_array().unwrap().len() > 10)
    );
    let shown = console.run(&["doctor", "-d", "a"]).exits(0);
    assert!(
        shown.err.is_empty()
            && shown.out.starts_with("a  well  ")
            && shown.out.contains(" 1 version,"),
        "{shown:#?}"
    );
}

#[test]
fn one_reason_for_many_deployments_is_summed_up_once() {
    let secret = WORLD.ready["secret_access_key"].as_str().unwrap();
    let console = Console::with(&WORLD.config.replace(secret, "another"));
    let answer = console.run(&["doctor", "-d", "a,b"]).exits(1);
    assert_eq!(answer.err.matches("error: ").count(), 1, "{answer:#?}");
    assert!(
        answer.err.starts_with("error: a, b: credentials: ")
            && answer.err.contains("hint: check access_key_id"),
        "{answer:#?}"
    );
    assert!(
        answer.out.contains("the same as at credentials"),
        "{answer:#?}"
    );
    let alone = console.run(&["doctor", "-d", "a"]).exits(1);
    assert_eq!(alone.err, "", "one deployment says it all itself");
}

#[test]
fn the_hop_that_fails_is_named_with_what_to_do() {
    let world = start(r#"[{"deployment":"a","hop":"token","fault":"invalid-client"}]"#);
    let report = Console::with(&world.config)
        .run(&["doctor", "-d", "a", "-o", "json"])
        .exits(1)
        .json();
    assert_eq!(
        (&report["healthy"], &report["verdict"]["hop"]),
        (&json!(false), &json!("token"))
    );
    assert!(report["verdict"]["fix"].is_string() && report["verdict"]["source"].is_string());
}
