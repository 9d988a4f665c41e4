//! `tools record`, `tools replay` and `tools history`: what is kept of calls, compared and exported.

use std::fs;

use emulator::Options;
use serde_json::{Value, json};

use crate::world::{Console, start_with};

const CHECKS: &str = r#"
[[check]]
name = "films of 1999"
cypher = "MATCH (m:Movie {released: 1999}) RETURN m.title AS title ORDER BY title"

[[check]]
name = "a mistake"
cypher = "MATCH (m:Movie RETURN m"

[[check]]
name = "a secret"
cypher = "RETURN $password AS echoed"
params = { password = "canary-secret" }
"#;

/// A console with a stack of its own, and the calls to record.
fn recorded() -> (Console, String) {
    let world = start_with(Options::default());
    let console = Console::with(&world.config);
    let checks = console.file("checks.toml", CHECKS);
    let file = console.folder().join("before.jsonl");
    let file = file.to_str().unwrap().to_owned();
    let arguments = [
        "tools",
        "record",
        &file,
        "--calls",
        checks.to_str().unwrap(),
        "-d",
        "a",
        "-o",
        "json",
    ];
    let recorded = console.run(&arguments).exits(0);
    let outcomes: Vec<Value> = recorded
        .json_lines()
        .into_iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes.len(), 3, "{recorded:#?}");
    assert_eq!(outcomes[1], "error");
    console.run(&arguments).exits(2).says("before.jsonl");
    (console, file)
}

#[test]
fn a_recording_is_the_same_until_the_data_changes_and_holds_no_secret() {
    let (console, file) = recorded();
    assert!(!fs::read_to_string(&file).unwrap().contains("canary-secret"));
    let replay = ["tools", "replay", &file, "-d", "a", "-o", "json"];
    let lines = console.run(&replay).exits(1).json_lines();
    let states: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["state"].as_str())
        .collect();
    // A call whose secret was left out is not made without it: that is no proof that all is the same.
    assert_eq!(states, ["same", "same", "skipped"], "{lines:?}");

    let write = "CREATE (:Movie {title: 'A new film', released: 1999})";
    let arguments = ["tools", "cypher", write, "--write", "--yes", "-d", "a"];
    console.run(&arguments).exits(0);
    let lines = console.run(&replay).exits(1).json_lines();
    assert_eq!(
        (&lines[0]["state"], &lines[0]["added"], &lines[0]["removed"]),
        (&json!("different"), &json!(1), &json!(0)),
        "{lines:?}"
    );
    assert_eq!(lines[0]["evidence"], json!(["+ [\"A new film\"]"]));
    let last = lines.last().unwrap();
    assert_eq!(
        (
            &last["same"],
            &last["different"],
            &last["skipped"],
            &last["tools_changed"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!(0)),
        "{last}"
    );
}

#[test]
fn a_recording_is_compared_with_another_deployment_by_the_own_names_of_tools() {
    let (console, file) = recorded();
    let arguments = ["tools", "replay", &file, "-d", "c", "-o", "json"];
    let lines = console.run(&arguments).exits(1).json_lines();
    let films = lines.iter().find(|line| {
        line["title"]
            .as_str()
            .is_some_and(|title| title.contains("released: 1999"))
    });
    assert_eq!(films.unwrap()["state"], "same", "{lines:?}");
    let alone = ["tools", "replay", &file, "-d", "a", "--tools-only"];
    console
        .run(&alone)
        .exits(0)
        .says("0 tools listed differently");
}

#[test]
fn calls_are_exported_as_har_and_otlp_without_secrets() {
    let (console, file) = recorded();
    let har = console
        .run(&["tools", "history", "--from", &file, "--har", "-"])
        .exits(0)
        .json();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        assert_eq!(entry["response"]["status"], 200, "{entry}");
        let timings = entry["timings"].as_object().unwrap();
        let sum: u64 = timings.values().filter_map(Value::as_u64).sum();
        assert_eq!(Some(sum), entry["time"].as_u64(), "{entry}");
    }
    let path = console.folder().join("spans.json");
    let path = path.to_str().unwrap();
    let export = [
        "tools", "history", "matrix", "--from", &file, "--otlp", path,
    ];
    console.run(&export).exits(0);
    console.run(&export).exits(2).says("spans.json");
    let all = ["tools", "history", "--from", &file, "--otlp", "-"];
    let otlp = console.run(&all).exits(0).json();
    let spans = otlp["resourceSpans"][0]["scopeSpans"][0]["spans"]
        .as_array()
        .unwrap();
    assert_eq!(spans.len(), 3);
    assert!(
        spans
            .iter()
            .all(|span| span["traceId"].as_str().is_some_and(|id| id.len() == 32))
    );
    for text in [har.to_string(), otlp.to_string()] {
        assert!(text.contains("MATCH (m:Movie"), "{text}");
        assert!(!text.contains("canary-secret"), "{text}");
    }
}

#[test]
fn the_history_of_the_console_is_searched_and_is_empty_at_first() {
    let console = Console::new();
    let empty = console.run(&["tools", "history"]).exits(0).without_data();
    empty.says("no call is kept");
    let folder = console.folder().join(".local/state/agentcore-console");
    fs::create_dir_all(&folder).unwrap();
    let line = |at: i64, statement: &str| {
        json!({"id": format!("{at}-a"), "at": at, "deployment": "a", "tool": "t___read-cypher",
            "arguments": {"query": statement}, "outcome": {"rows": 2}, "bytes": 7, "elapsed_ms": 9})
        .to_string()
    };
    let lines = [line(1_000, "RETURN 1"), line(2_000, "RETURN 'x'")].join("\n");
    fs::write(folder.join("history.jsonl"), lines + "\n").unwrap();
    let found = console
        .run(&["tools", "history", "return", "'x'", "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (
            &found[0]["rows"],
            &found[0]["at"],
            &found[0]["elapsed_ms"]["total"]
        ),
        (&json!(2), &json!("1970-01-01T00:00:02.000Z"), &json!(9))
    );
    console
        .run(&["tools", "history", "--har", "-"])
        .exits(0)
        .says("2 calls not in the archive");
}

#[test]
fn calls_of_commands_are_kept_in_the_history_without_secrets() {
    let console = Console::new();
    console
        .run(&[
            "tools",
            "cypher",
            "RETURN $x AS x, $password AS p",
            "--param",
            "x=7",
            "--param",
            "password=canary-secret",
            "-d",
            "b",
        ])
        .exits(0);
    console
        .run(&["tools", "cypher", "RETURN fro()", "-d", "b"])
        .exits(1);
    console
        .run(&["tools", "call", "get-schema", "-d", "b"])
        .exits(0);
    let folder = console.folder().join(".local/state/agentcore-console");
    let file = fs::read_to_string(folder.join("history.jsonl")).unwrap();
    assert!(!file.contains("canary-secret"), "{file}");
    let found = console
        .run(&["tools", "history", "-d", "b", "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0]["tool"].as_str().unwrap().ends_with("get-schema"));
    assert!(
        found[1]["outcome"].to_string().contains("error"),
        "{found:?}"
    );
    assert_eq!(found[2]["rows"], json!(1));
    assert_eq!(found[2]["arguments"]["params"], json!({"x": 7}));
    assert!(found.iter().all(|call| call["deployment"] == "b"));
    // A call of another deployment is not among them.
    let other = console.run(&["tools", "history", "-d", "a", "-o", "json"]);
    assert_eq!(other.exits(0).json_lines().len(), 0);
}

#[test]
fn a_file_that_is_no_recording_is_refused() {
    let console = Console::new();
    let file = console.file("other.jsonl", "{\"x\": 1}\n");
    let file = file.to_str().unwrap();
    console
        .run(&["tools", "replay", file, "-d", "a"])
        .exits(2)
        .says("does not describe a recording");
}
