//! `logs`: what was written by AWS operations comes out merged, filtered and without credentials.

use std::io::{BufRead as _, BufReader, Read as _};

use serde_json::{Value, json};

use crate::world::{Console, WORLD, now, put_logs};

fn messages(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[test]
fn every_event_comes_once_with_the_members_that_are_promised() {
    let group = "/test/members";
    let sent = now();
    put_logs(
        group,
        "stream-1",
        sent,
        &[
            (-3000, "level=warn first password=canary"),
            (-2000, "second"),
            (-2000, "second"),
        ],
    );
    let answer = Console::new().run(&["logs", group, "-o", "json"]).exits(0);
    let lines = answer.json_lines();
    assert_eq!(
        messages(&lines),
        ["level=warn first password=***", "second", "second"],
        "a group of all five deployments is read once"
    );
    let first = &lines[0];
    for name in [
        "timestamp",
        "ingestion_time",
        "source",
        "stream",
        "id",
        "message",
        "level",
    ] {
        assert!(first.get(name).is_some(), "{name}: {first}");
    }
    assert_eq!(
        (
            &first["timestamp"],
            &first["source"],
            &first["stream"],
            &first["level"]
        ),
        (
            &json!(sent - 3000),
            &json!(group),
            &json!("stream-1"),
            &json!("warn")
        )
    );
    assert!(first["ingestion_time"].is_i64() && first["id"].is_string());
}

#[test]
fn groups_are_merged_by_time_and_filtered() {
    let (one, two) = ("/test/merge-1", "/test/merge-2");
    let base = now();
    put_logs(
        one,
        "s",
        base,
        &[
            (-5000, "level=info a trace_id=t1"),
            (-3000, "level=error c"),
        ],
    );
    put_logs(
        two,
        "s",
        base,
        &[
            (-4000, "level=debug b"),
            (-2000, "level=error d trace_id=t1"),
        ],
    );
    let console = Console::new();
    let run = |more: &[&str]| {
        let arguments: Vec<&str> = ["logs", one, two, "-o", "json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let lines = console.run(&arguments).exits(0).json_lines();
        lines
            .iter()
            .map(|line| {
                line["message"]
                    .as_str()
                    .unwrap()
                    .split(' ')
                    .nth(1)
                    .unwrap()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(run(&[]), ["a", "b", "c", "d"]);
    assert_eq!(run(&["--level", "error"]), ["c", "d"]);
    assert_eq!(run(&["--level", "info"]), ["a", "c", "d"]);
    assert_eq!(run(&["--grep", "trace|b$"]), ["a", "b", "d"]);
    assert_eq!(run(&["--grep", "^level=debug"]), ["b"]);
    assert_eq!(run(&["--id", "t1"]), ["a", "d"]);
    assert_eq!(
        run(&[
            "--since",
            &agentcore_console::model::Moment::from_millis(base - 3500).iso()
        ]),
        ["c", "d"]
    );
}

#[test]
fn text_shows_the_sentence_within_a_structured_line_and_json_the_whole() {
    let group = "/test/structured";
    let runtime =
        r#"{"level":"WARN","message":"slow query","traceId":"691bd2f0aa11","requestId":"r1"}"#;
    let otel = r#"{"severityNumber":17,"body":"boom","attributes":{"otelTraceID":"t7","session.id":"s1"}}"#;
    put_logs(
        group,
        "s",
        now(),
        &[
            (-3000, runtime),
            (-2000, otel),
            (-1000, "[ERROR] plain as it is"),
        ],
    );
    let console = Console::new();
    let text = console.run(&["logs", group]).exits(0).out;
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.split_once("  ").unwrap().1)
        .collect();
    assert_eq!(
        lines,
        [
            "WARN   slow query  trace=691bd2f0aa11 request=r1",
            "ERROR  boom  trace=t7 session=s1",
            "ERROR  plain as it is"
        ]
    );
    assert_eq!(
        messages(
            &console
                .run(&["logs", group, "-o", "json"])
                .exits(0)
                .json_lines()
        )[..2],
        [runtime, otel]
    );
    assert_eq!(
        console
            .run(&["logs", group, "--grep", "^boom$"])
            .exits(0)
            .out
            .lines()
            .count(),
        1
    );
}

#[test]
fn hostile_lines_reach_no_terminal_in_either_form() {
    let group = "/test/hostile";
    put_logs(
        group,
        "s",
        now(),
        &[(
            -1000,
            "x\u{1b}]52;c;aGk=\u{7}\u{9b}2J\u{202e}y\u{200b}\u{e0041}",
        )],
    );
    let console = Console::new();
    for format in ["json", "text"] {
        let out = console.run(&["logs", group, "-o", format]).exits(0).out;
        let bad: Vec<char> = out
            .chars()
            .filter(|each| *each != '\n' && agentcore_console::model::sanitize::is_dangerous(*each))
            .collect();
        assert_eq!(bad, [] as [char; 0], "{out}");
    }
    let lines = console
        .run(&["logs", group, "-o", "json"])
        .exits(0)
        .json_lines();
    assert!(
        messages(&lines)[0].contains("\u{1b}]52;c;aGk="),
        "JSON says the same"
    );
}

#[test]
fn a_gateway_or_runtime_names_its_groups() {
    let a = WORLD.deployment("a");
    let group = a["log_groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group.as_str().unwrap().contains("/runtimes/"))
        .unwrap()
        .as_str()
        .unwrap();
    put_logs(group, "named", now(), &[(-1000, "here I am")]);
    let runtime = a["runtime_arn"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let lines = Console::new()
        .run(&["logs", runtime, "-o", "json", "--grep", "here I am"])
        .exits(0)
        .json_lines();
    assert_eq!(messages(&lines), ["here I am"]);
    // The runtime's ARN and the deployment's title are names too.
    for name in [
        a["runtime_arn"].as_str().unwrap(),
        a["title"].as_str().unwrap(),
    ] {
        let lines = Console::new()
            .run(&["logs", name, "-o", "json", "--grep", "here I am"])
            .exits(0)
            .json_lines();
        assert_eq!(messages(&lines), ["here I am"], "{name}");
    }
}

#[test]
fn unknown_names_and_times_exit_2() {
    let console = Console::new();
    put_logs("/test/known", "s", now(), &[(-1000, "x")]);
    console
        .run(&["logs", "neo4j-mcp-gww", "-d", "b"])
        .exits(2)
        .says("did you mean \"neo4j-mcp-gw\"?")
        .without_data();
    console
        .run(&["logs", "/test/knwon"])
        .exits(2)
        .says("did you mean \"/test/known\"?")
        .without_data();
    let stranger = console
        .run(&["logs", "arn:aws:bedrock-agentcore:r:1:runtime/none"])
        .exits(2)
        .without_data();
    assert!(!stranger.err.contains("did you mean"), "{}", stranger.err);
    console
        .run(&["status", "-d", "movies-gatewy"])
        .exits(2)
        .says("did you mean \"movies-gateway\"?");
    console
        .run(&["logs", "nope"])
        .exits(2)
        .says("known: a, b, c, d, e")
        .without_data();
    console
        .run(&["logs", "/test/known", "--since", "whenever"])
        .exits(2)
        .says("no time")
        .without_data();
    console
        .run(&["logs", "/test/known", "--since", "1m", "--until", "2m"])
        .exits(2)
        .says("before")
        .without_data();
    let told = console
        .run(&["logs", "/test/known", "--grep", "a("])
        .exits(2)
        .says("--grep: unclosed group\n")
        .without_data();
    assert!(
        told.err.contains("    a(\n") && !told.err.contains('⏎'),
        "{told:#?}"
    );
}

/// A tail of a new group that holds one line, and its output.
fn following(
    console: &Console,
    group: &str,
) -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    put_logs(group, "s", now(), &[(-2000, "before")]);
    let mut child = console
        .command(&["logs", group, "-f", "-o", "json", "-d", "a"])
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[test]
fn following_shows_what_was_and_what_comes_and_ends_on_a_signal() {
    let (console, group) = (Console::new(), "/test/follow");
    let (mut child, out) = following(&console, group);
    let mut lines = out.lines();
    let next = |lines: &mut dyn Iterator<Item = std::io::Result<String>>| loop {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        if line.get("notice").is_none() {
            break line["message"].as_str().unwrap().to_owned();
        }
    };
    assert_eq!(next(&mut lines), "before");
    put_logs(group, "s", now(), &[(0, "after")]);
    assert_eq!(next(&mut lines), "after");
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::INT,
    )
    .unwrap();
    let last: Value = serde_json::from_str(&lines.last().unwrap().unwrap()).unwrap();
    assert_eq!(
        last,
        json!({"notice": "end", "kept": 2, "late": 0, "open_gaps": 0}),
        "it ends with the counts"
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_a_tail_too() {
    let (console, group) = (Console::new(), "/test/follow-pipe");
    let (mut child, out) = following(&console, group);
    let mut lines = out;
    lines.read_line(&mut String::new()).unwrap();
    drop(lines);
    put_logs(group, "s", now(), &[(0, "after")]);
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let group = "/test/pipe";
    let many: Vec<(i64, &str)> = (0..2000)
        .map(|at| {
            (
                -5000 + at,
                "a line that is long enough to fill the pipe of an operating system",
            )
        })
        .collect();
    put_logs(group, "s", now(), &many);
    let console = Console::new();
    let mut child = console
        .command(&["logs", group, "-o", "json"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn the_filter_of_the_console_filters_lines_and_patterns_and_says_what_is_wrong() {
    let group = "/test/filter-expression";
    let lines = [
        (-3000, r#"{"message":"one","http":{"status_code":502}}"#),
        (-2000, r#"{"message":"two","http":{"status_code":200}}"#),
        (
            -1000,
            r#"{"message":"three","http":{"status_code":503},"path":"/health"}"#,
        ),
    ];
    put_logs(group, "s", now(), &lines);
    let console = Console::new();
    let expression = "http.status_code>=500 -health";
    let found = console
        .run(&["logs", group, "--filter", expression, "-o", "json"])
        .exits(0)
        .json_lines();
    assert_eq!(messages(&found), [lines[0].1]);
    let inverse = console
        .run(&[
            "logs",
            group,
            "--filter",
            "-http.status_code>=500",
            "-o",
            "json",
        ])
        .exits(0)
        .json_lines();
    assert_eq!(messages(&inverse), [lines[1].1]);
    let patterns = console
        .run(&[
            "logs", "patterns", group, "--filter", expression, "-o", "json",
        ])
        .exits(0)
        .json_lines();
    assert_eq!(patterns.len(), 1);
    assert_eq!(patterns[0]["pattern"], "one");
    console
        .run(&["logs", group, "--filter", "leve>=warn"])
        .exits(2)
        .says("leve>=warn is none of level>=");
    console
        .run(&["logs", group, "--filter", "call=abc"])
        .exits(2)
        .says("trace abc");
}

#[test]
fn fields_of_json_lines_are_columns() {
    let group = "/test/fields";
    put_logs(
        group,
        "s",
        now(),
        &[
            (
                -2000,
                r#"{"name":"GET /a","attributes":{"http.status_code":502},"level":"ERROR"}"#,
            ),
            (-1000, "plain"),
        ],
    );
    let console = Console::new();
    let csv = console
        .run(&[
            "logs",
            group,
            "--fields",
            "name,http.status_code",
            "-o",
            "csv",
        ])
        .exits(0)
        .out;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0], "timestamp,source,name,http.status_code");
    assert!(rows[1].ends_with(",/test/fields,GET /a,502"), "{csv}");
    assert!(rows[2].ends_with(",/test/fields,,"), "{csv}");
    let table = console
        .run(&["logs", group, "--fields", "http.status_code,message"])
        .exits(0)
        .out;
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .ends_with("HTTP.STATUS_CODE  MESSAGE")
    );
    assert!(table.lines().last().unwrap().ends_with("plain"), "{table}");
    console
        .run(&["logs", group, "--fields", "a", "-o", "json"])
        .exits(2)
        .says("-o table or -o csv");
}

#[test]
fn a_query_of_a_deployment_does_not_count_the_spans_of_strangers() {
    let span = |owner: &str| {
        json!({"traceId": "t-77", "spanId": "s-1", "name": "marker-77", "resource": {"attributes": {
            "aws.resource.arn": format!("arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/{owner}")}}})
        .to_string()
    };
    let stranger = span("gw-of-nobody-1");
    put_logs("aws/spans", "marker", now(), &[(-2000, stranger.as_str())]);
    let console = Console::new();
    let count = |name: &str| {
        let query = "filter @message like /marker-77/ | stats count(*) as n";
        let answer = console
            .run(&["logs", "query", query, name, "--since", "10m", "-o", "json"])
            .exits(0);
        let rows = answer.json_lines();
        let number = rows[0]["n"].as_str().unwrap_or("0").to_owned();
        (number, answer.err)
    };
    let (of_all, _) = count("aws/spans");
    assert_eq!(of_all, "1");
    let (of_a, told) = count("a");
    assert_eq!(of_a, "0", "{told}");
    assert!(told.contains("of aws/spans, only spans of"), "{told}");
}
