//! `doctor`: exit codes, bundles, and no false alarm on a chain that works. `fault_table` plays the whole table of faults.

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
        (&report["healthy"], &report["verdict"]["hop"]),
        (&json!(true), &json!("credentials"))
    );
    assert!(!report["verdict"]["fix"].as_str().unwrap().is_empty());
    assert_eq!(state(&report, "credentials"), "warning");
    let answer = console.run(&["doctor", "-d", "a"]).exits(0);
    assert!(
        answer.out.starts_with("a  works  ") && answer.out.contains("warning"),
        "a warning is not all well: {answer:#?}"
    );
}

/// The first report of `doctor` in a world with these faults.
fn report_with(faults: &str, deployment: &str) -> Value {
    let world = start(faults);
    let console = Console::with(&world.config);
    let answer = console.run(&["doctor", "-o", "json", "-d", deployment]);
    answer.json_lines().remove(0)
}

#[test]
fn a_log_that_was_not_read_proves_nothing() {
    let broken = r#"{"deployment":"a","hop":"interceptor","fault":"broken"}"#;
    let denied_secret = r#"{"deployment":"b","hop":"secret","fault":"access-denied"}"#;
    for (deployment, fault) in [("a", broken), ("b", denied_secret)] {
        for kind in ["access-denied", "internal-error"] {
            let logs = format!(r#"{{"service":"logs","operation":"*","fault":"{kind}"}}"#);
            let report = report_with(&format!("[{fault},{logs}]"), deployment);
            let said = |member: &str| report["verdict"][member].as_str().unwrap();
            assert_eq!(said("hop"), "interceptor", "{report:#}");
            assert!(
                said("evidence").contains("the cause is not known"),
                "{report:#}"
            );
            assert!(!said("fix").contains("add-permission"), "{report:#}");
            let (words, command) = if kind == "access-denied" {
                ("may not be read", "logs:FilterLogEvents")
            } else {
                ("could not be read", "agentcore-console doctor -d")
            };
            assert!(said("evidence").contains(words), "{report:#}");
            assert!(said("command").contains(command), "{report:#}");
        }
    }
}

#[test]
fn the_fix_of_a_service_that_fails_is_no_change_of_policy_or_configuration() {
    let fault = |hop, kind: &str, deployment: &str| {
        format!(r#"[{{"deployment":"{deployment}","hop":"{hop}","fault":"{kind}"}}]"#)
    };
    let report = report_with(&fault("secret", "internal-error", "d"), "d");
    let fix = report["verdict"]["fix"].as_str().unwrap();
    assert_eq!(report["verdict"]["hop"], "secret", "{report:#}");
    assert!(
        fix.starts_with("try again") && !fix.contains("policy"),
        "{fix}"
    );
    for kind in ["internal-error", "cut-before", "cut-after"] {
        let report = report_with(&fault("token", kind, "a"), "a");
        let fix = report["verdict"]["fix"].as_str().unwrap();
        assert_eq!(report["verdict"]["hop"], "token", "{report:#}");
        assert!(
            fix.starts_with("try again") && !fix.contains("client_secret"),
            "{fix}"
        );
    }
    let report = report_with(&fault("policy", "denied", "a"), "a");
    assert_eq!(report["verdict"]["hop"], "policy", "{report:#}");
    assert!(!report.to_string().contains("targets sync"), "{report:#}");
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
        .run(&[
            "doctor", "-d", "a", "-d", "b", "-o", "json", "--bundle", file,
        ])
        .exits(0)
        .says("written to");
    let text = std::fs::read_to_string(&path).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    for member in ["status", "doctor", "logs", "configuration", "versions"] {
        assert!(!bundle[member].is_null(), "{member}");
    }
    // What was read is there, and what was not says why.
    for (member, deployment) in [("calls", "a"), ("changes", "b")] {
        let read = &bundle[member][deployment];
        assert!(
            read.as_array().is_some_and(|read| !read.is_empty()) || read["not_read"].is_string(),
            "{member}: {read}"
        );
    }
    assert!(bundle["transitions"]["not_read"].is_string());
    let runtimes = bundle["versions"]["runtimes"]["a"].as_array().unwrap();
    assert!(
        runtimes.iter().any(|runtime| runtime["version"].is_string()
            && runtime["endpoints"]
                .as_array()
                .is_some_and(|all| !all.is_empty())),
        "{runtimes:#?}"
    );
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

#[test]
fn the_rate_limit_that_a_verdict_names_is_one_that_aws_lists() {
    for deployment in ["a", "b", "e"] {
        let fault =
            format!(r#"[{{"deployment":"{deployment}","hop":"limits","fault":"limited"}}]"#);
        let report = report_with(&fault, deployment);
        assert_eq!(report["verdict"]["hop"], "limits", "{report:#}");
        let evidence = report["verdict"]["evidence"].as_str().unwrap();
        assert!(
            evidence.contains("rl-callers") && !evidence.contains('{'),
            "{evidence}"
        );
        let hops = report["hops"].as_array().unwrap();
        let limits = hops.iter().find(|found| found["hop"] == "limits").unwrap();
        let listed = json!({"label": "answered", "text": "rl-callers"});
        let details = limits["details"].as_array().unwrap();
        assert!(details.contains(&listed), "{limits:#}");
    }
}

#[test]
fn what_is_slow_is_warned_of_at_its_own_hop_alone() {
    let slow = |deployment: &str, hop: &str| {
        let fault = format!(r#"[{{"deployment":"{deployment}","hop":"{hop}","fault":"slow"}}]"#);
        report_with(&fault, deployment)
    };
    let report = slow("a", "token");
    assert_eq!(state(&report, "token"), "warning", "{report:#}");
    assert_eq!(state(&report, "target"), "ok", "{report:#}");
    let report = slow("d", "secret");
    assert_eq!(state(&report, "secret"), "warning", "{report:#}");
    assert_eq!(state(&report, "runtime"), "ok", "{report:#}");
}

#[test]
fn a_bundle_replaces_no_file_makes_no_folder_and_is_no_archive() {
    let console = Console::new();
    let folder = console.folder();
    let bundle = |name: &str| {
        let path = folder.join(name);
        let file = path.to_str().unwrap();
        console.run(&["doctor", "-d", "a", "--bundle", file])
    };
    std::fs::write(folder.join("kept.json"), "mine").unwrap();
    bundle("kept.json").exits(2).says("kept.json");
    assert_eq!(
        std::fs::read_to_string(folder.join("kept.json")).unwrap(),
        "mine"
    );
    for archive in ["b.tar.gz", "b.zip"] {
        bundle(archive).exits(2).says(".json");
        assert!(!folder.join(archive).exists());
    }
    bundle("none/b.json").exits(2).says("does not exist");
    assert!(!folder.join("none").exists());
    // What mktemp has made is empty.
    std::fs::write(folder.join("fresh"), "").unwrap();
    bundle("fresh").exits(0).says("written to");
}

pub(crate) fn state<'a>(report: &'a Value, hop: &str) -> &'a str {
    report["hops"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["hop"] == hop)
        .and_then(|finding| finding["state"].as_str())
        .unwrap()
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

#[test]
fn a_gateway_that_may_not_be_read_is_not_known_and_blames_nobody() {
    let denied = json!([{"service": "bedrock-agentcore-control", "operation": "GetGateway", "fault": "access-denied"}]);
    let world = start(&denied.to_string());
    // The endpoint's address stands in the configuration: the chain works.
    let report = Console::with(&world.config)
        .run(&["doctor", "-d", "b", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(report["healthy"], true, "{report:#}");
    let state = |hop: &str| {
        let hops = report["hops"].as_array().unwrap();
        let found = hops.iter().find(|found| found["hop"] == hop).unwrap();
        found["state"].as_str().unwrap().to_owned()
    };
    for hop in [
        "gateway",
        "discovery",
        "metadata",
        "policy",
        "limits",
        "interceptor",
    ] {
        assert_eq!(state(hop), "unknown", "{hop}");
    }
    // Without a configuration nobody knows where the endpoint is.
    let report = Console::with_credentials_for(&world)
        .run(&["doctor", "-d", "Neo4jAgentCoreGatewayStack", "-o", "json"])
        .exits(1)
        .json();
    assert_eq!(report["verdict"]["hop"], "permissions", "{report:#}");
    let evidence = report["verdict"]["evidence"].as_str().unwrap();
    assert!(evidence.contains("GetGateway"), "{evidence}");
}
