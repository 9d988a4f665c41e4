//! `doctor`: exit codes, the whole table of hop faults, and no false alarm on a chain that works.

use std::sync::Mutex;

use emulator::faults::{FaultKind, FaultPoint};
use serde_json::{Value, json};

use crate::world::{Console, WORLD, start};

#[test]
fn a_chain_that_works_exits_0_and_says_so_of_every_hop() {
    let console = Console::new();
    let lines = console.run(&["doctor", "-o", "json"]).exits(0).json_lines();
    assert_eq!(lines.len(), 5);
    for line in &lines {
        assert_eq!(
            (&line["healthy"], &line["verdict"]),
            (&json!(true), &Value::Null),
            "{line:#}"
        );
        let hops = line["hops"].as_array().unwrap();
        assert_eq!(hops.len(), 21);
        assert!(hops.iter().all(|hop| hop["state"] != "failed"), "{line:#}");
    }
    let shown = console.run(&["doctor", "-d", "a"]).exits(0);
    assert!(
        shown.err.is_empty()
            && shown.out.starts_with("a  well  ")
            && shown.out.contains("RETURN 1 came back"),
        "{shown:#?}"
    );
}

#[test]
fn refused_aws_credentials_are_a_warning_while_the_chain_works() {
    let secret = WORLD.ready["secret_access_key"].as_str().unwrap();
    let console = Console::with(&WORLD.config.replace(secret, "another"));
    let report = console
        .run(&["doctor", "-d", "a", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        (&report["healthy"], &report["verdict"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(state(&report, "credentials"), "warning");
    let answer = console.run(&["doctor", "-d", "a"]).exits(0);
    assert!(
        answer.out.starts_with("a  works  "),
        "a warning is not all well: {answer:#?}"
    );
}

#[test]
fn one_reason_for_many_deployments_is_summed_up_once() {
    let world = start(
        r#"[{"deployment":"a","hop":"token","fault":"invalid-client"},
            {"deployment":"b","hop":"token","fault":"invalid-client"}]"#,
    );
    let console = Console::with(&world.config);
    let answer = console.run(&["doctor", "-d", "a,b"]).exits(1);
    assert_eq!(answer.err.matches("error: ").count(), 1, "{answer:#?}");
    assert!(
        answer.err.starts_with("error: a, b: token: "),
        "{answer:#?}"
    );
    let alone = console.run(&["doctor", "-d", "a"]).exits(1);
    assert_eq!(alone.err, "", "one deployment says it all itself");
}

#[test]
fn a_bundle_holds_status_reports_logs_and_configuration_without_secrets() {
    let console = Console::new();
    let path = console.folder().join("ticket.json");
    let file = path.to_str().unwrap();
    console
        .run(&["doctor", "-d", "a", "-o", "json", "--bundle", file])
        .exits(0)
        .says("written to");
    let text = std::fs::read_to_string(&path).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    for member in ["status", "doctor", "logs", "configuration"] {
        assert!(!bundle[member].is_null(), "{member}");
    }
    let a = WORLD.deployment("a");
    for secret in [&a["client_secret"], &WORLD.ready["secret_access_key"]] {
        assert!(!text.contains(secret.as_str().unwrap()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

fn state<'a>(report: &'a Value, hop: &str) -> &'a str {
    report["hops"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["hop"] == hop)
        .and_then(|finding| finding["state"].as_str())
        .unwrap()
}

/// The hops that may be named for a fault.
fn expected(point: FaultPoint, kind: FaultKind) -> Vec<&'static str> {
    match (point, kind) {
        (
            FaultPoint::Token,
            FaultKind::WrongAudience
            | FaultKind::WrongToken
            | FaultKind::ExpiredToken
            | FaultKind::ClockSkew,
        ) => vec!["token", "authoriser"],
        (FaultPoint::CredentialProvider, _) => vec!["provider"],
        (FaultPoint::Secret, FaultKind::Stale) => vec!["secret", "neo4j"],
        (point, _) => vec![point.name()],
    }
}

/// What is wrong with the report for this fault; `None` if it is right.
fn mistake(report: &Value, point: FaultPoint, kind: FaultKind) -> Option<String> {
    let hops = expected(point, kind);
    let named = report["verdict"]["hop"].as_str();
    let warns = || hops.iter().any(|hop| state(report, hop) == "warning");
    let healthy = report["healthy"] == true;
    let is_right = match kind {
        FaultKind::Slow => healthy && warns(),
        // Whether a token that is dated ahead is refused is the endpoint's choice.
        FaultKind::ClockSkew if healthy => warns(),
        _ => !healthy && named.is_some_and(|named| hops.contains(&named)),
    };
    (!is_right).then(|| {
        format!(
            "{}/{} at {}: healthy {healthy}, {}",
            point.name(),
            kind.name(),
            report["deployment"],
            report["verdict"]
        )
    })
}

/// Plays one fault at every deployment that has the hop, except those at which nothing of it can be seen from outside.
fn play(point: FaultPoint, kind: FaultKind) -> Vec<String> {
    let deployments: Vec<&str> = WORLD.ready["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|deployment| {
            let hops = deployment["hops"].as_array();
            hops.is_none_or(|hops| hops.iter().any(|hop| hop == point.name()))
        })
        .filter_map(|deployment| deployment["name"].as_str())
        .filter(|name| has_hop(name, point))
        .collect();
    let faults: Vec<Value> = deployments
        .iter()
        .map(|name| json!({"deployment": name, "hop": point.name(), "fault": kind.name()}))
        .collect();
    let world = start(&Value::from(faults).to_string());
    let answer =
        Console::with(&world.config).run(&["doctor", "-o", "json", "-d", &deployments.join(",")]);
    let reports = answer.json_lines();
    assert_eq!(reports.len(), deployments.len(), "{answer:#?}");
    reports
        .iter()
        .filter_map(|report| mistake(report, point, kind))
        .collect()
}

/// The links of each deployment's chain. E's target and provider are behind the consent of a person.
fn has_hop(deployment: &str, point: FaultPoint) -> bool {
    let having = match point {
        FaultPoint::Token | FaultPoint::Gateway => "abe",
        FaultPoint::Interceptor | FaultPoint::Target => "ab",
        FaultPoint::CredentialProvider => "a",
        FaultPoint::Runtime => "acd",
        FaultPoint::Secret | FaultPoint::Neo4j => "abcd",
        FaultPoint::Logs => "",
    };
    having.contains(deployment)
}

#[test]
fn every_hop_fault_of_the_table_is_named() {
    let mut cells: Vec<(FaultPoint, FaultKind)> = FaultKind::ALL
        .iter()
        .flat_map(|kind| kind.hops().iter().map(move |point| (*point, *kind)))
        .filter(|(point, _)| *point != FaultPoint::Logs)
        .collect();
    cells.reverse();
    let (cells, mistakes) = (Mutex::new(cells), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some((point, kind)) = cells.lock().unwrap().pop() else {
                        return;
                    };
                    let found = play(point, kind);
                    mistakes.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mistakes = mistakes.into_inner().unwrap();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn faults_of_the_operators_own_readings_break_no_chain() {
    let read = [
        ("sts", "GetCallerIdentity"),
        ("cloudformation", "DescribeStacks"),
        ("bedrock-agentcore-control", "GetGateway"),
        ("bedrock-agentcore-control", "GetAgentRuntime"),
        ("secretsmanager", "DescribeSecret"),
        ("logs", "FilterLogEvents"),
    ];
    let faults: Vec<Value> = read
        .into_iter()
        .map(|(service, operation)| {
            json!({"service": service, "operation": operation, "fault": "access-denied"})
        })
        .collect();
    let world = start(&Value::from(faults).to_string());
    let answer = Console::with(&world.config)
        .run(&["doctor", "-o", "json"])
        .exits(0);
    for report in answer.json_lines() {
        assert_eq!(
            (&report["healthy"], &report["verdict"]),
            (&json!(true), &Value::Null),
            "{report:#}"
        );
        assert!(
            ["warning", "unknown"].contains(&state(&report, "permissions")),
            "{report:#}"
        );
    }
}
