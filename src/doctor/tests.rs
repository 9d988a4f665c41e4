//! Judgements over evidence that is written by hand; the whole fault table is played in `tests/cli/fault_table.rs`.

use serde_json::{Value, json};

use super::*;
use crate::model::{
    CallOutcome, Change, Claims, ConnectionInfo, Elapsed, Failure, FailureKind, Identity, Kind,
    LoginAnswer, Moment, Neo4jFailure, Resource, RotationState, SecretDetail, SecretVersion,
    StackFacts, Tool, ToolAnnotations,
};

const NOW: Moment = Moment::from_millis(1_795_269_600_000);

fn answered<T>(value: T) -> Probe<T> {
    Probe::Answered {
        value,
        elapsed_ms: 7,
    }
}

fn slowly<T>(value: T) -> Probe<T> {
    Probe::Answered {
        value,
        elapsed_ms: 3_010,
    }
}

fn lost<T>(failure: Failure) -> Probe<T> {
    Probe::Failed {
        failure,
        elapsed_ms: 7,
    }
}

fn resource(kind: Kind, name: &str, status: &str, reason: Option<&str>) -> Resource {
    Resource {
        name: name.into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
        log_groups: vec!["/aws/lambda/swap".into()],
        raw: json!({"authorizerConfiguration": {"customJWTAuthorizer": {
            "discoveryUrl": "https://issuer/pool/.well-known/openid-configuration",
            "allowedClients": ["machine"], "allowedScopes": ["mcp/invoke"]}}})
        .into(),
        ..Resource::new("prod", kind, name)
    }
}

fn claims(client: &str, scope: &str) -> Claims {
    Claims {
        token_type: "Bearer".into(),
        expires_at: Some(NOW.plus(3_600_000)),
        claims: json!({"client_id": client, "scope": scope, "iss": "https://issuer/pool",
            "exp": NOW.plus(3_600_000).millis() / 1000, "iat": NOW.millis() / 1000}),
    }
}

fn called(is_error: bool, text: &str) -> ProbeCall {
    ProbeCall {
        tool: "t___read-cypher".into(),
        runs_cypher: true,
        text: text.into(),
        outcome: CallOutcome {
            is_error,
            table: None,
            content: vec![json!({"type": "text", "text": text})],
            structured_content: None,
            raw: Value::Null,
            elapsed: Elapsed::default(),
            request_id: None,
            trace_id: None,
            json: None,
        },
    }
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        title: None,
        description: None,
        input_schema: Value::Null,
        annotations: ToolAnnotations::default(),
        raw: Value::Null,
    }
}

fn secret() -> SecretDetail {
    SecretDetail {
        arn: "arn:secret".into(),
        name: "neo4j-mcp/credentials".into(),
        description: None,
        kms_key: None,
        versions: vec![SecretVersion {
            version_id: "v1".into(),
            stages: vec!["AWSCURRENT".into()],
            created_at: None,
        }],
        rotation: RotationState::default(),
        last_changed: None,
        deleted: None,
        tags: std::collections::BTreeMap::new(),
    }
}

fn none<T>() -> Probe<T> {
    Probe::NotMade("not in this chain".into())
}

fn one_provider() -> Probe<Vec<ProviderStatus>> {
    answered(vec![ProviderStatus {
        name: "oauth".into(),
        status: None,
        reason: None,
    }])
}

fn healthy() -> Evidence {
    Evidence {
        deployment: "prod".into(),
        now: NOW,
        endpoint: Some("https://g/mcp".into()),
        sent_headers: Vec::new(),
        identity: answered(Identity {
            account: "1".into(),
            arn: "arn:aws:iam::1:user/ops".into(),
            expires_at: None,
            clock_skew_ms: 0,
        }),
        stack: answered(StackFacts {
            outputs: vec![("GatewayUrl".into(), "https://g/mcp".into())],
            ..StackFacts::default()
        }),
        token: answered(claims("machine", "mcp/invoke")),
        discovery: answered(IssuerDocument {
            issuer: "https://issuer/pool".into(),
            keys: Some(2),
        }),
        metadata: answered(json!({"authorization_servers": ["https://issuer/pool"]})),
        gateways: answered(vec![resource(Kind::Gateway, "gw", "READY", None)]),
        limits: none(),
        targets: answered(vec![resource(Kind::Target, "t", "READY", None)]),
        providers: none(),
        runtimes: none(),
        endpoints: none(),
        connection: answered(ConnectionInfo {
            url: "https://g/mcp".into(),
            sign_in: "m2m",
            protocol: "2025-11-25".into(),
            server: "agentcore-gateway 1.0.0".into(),
            instructions: None,
            token_expires_at: None,
            caller: None,
        }),
        tools: answered(vec![tool("t___read-cypher")]),
        called_tool: Some("t___read-cypher".into()),
        call: answered(called(false, "[]")),
        direct: none(),
        external: none(),
        secret: answered(secret()),
        secret_value: answered(()),
        login: answered(Ok(LoginAnswer::Accepted)),
        previous: none(),
        gateway_log: none(),
        interceptor_log: none(),
        runtime_log: none(),
    }
}

fn line(text: &str, relation: LineRelation) -> HopLine {
    HopLine {
        text: text.into(),
        relation,
    }
}

/// Lines that name no request.
fn by_time(texts: &[&str]) -> Probe<Vec<HopLine>> {
    let lines = texts.iter().map(|text| line(text, LineRelation::ByTime));
    answered(lines.collect())
}

/// Lines that belong to [`REQUEST`] where they hold it, and to others where they hold another.
fn of_requests(texts: &[&str]) -> Probe<Vec<HopLine>> {
    let relation = |text: &str| match text.contains("request-") {
        _ if text.contains(REQUEST) => LineRelation::Named,
        true => LineRelation::Other,
        false => LineRelation::ByTime,
    };
    let lines = texts.iter().map(|text| line(text, relation(text)));
    answered(lines.collect())
}

/// The id of the request that fails.
const REQUEST: &str = "request-1";

fn failure(kind: FailureKind, cause: &str) -> Failure {
    Failure::new(kind, "doing", cause)
}

#[track_caller]
fn names(hop: Hop, words: &str, evidence: &Evidence) {
    let report = judge(evidence);
    let verdict = report
        .verdict
        .unwrap_or_else(|| panic!("{hop} is not named"));
    assert_eq!(verdict.hop, hop, "{verdict:?}");
    assert!(verdict.evidence.contains(words), "{verdict:?}");
    assert!(
        !verdict.fix.is_empty() && !verdict.source.is_empty(),
        "{verdict:?}"
    );
    assert!(!report.healthy);
    let finding = report.hops.iter().find(|finding| finding.hop == hop);
    assert_eq!(finding.map(|finding| finding.state), Some(HopState::Failed));
}

#[test]
fn a_working_chain_has_no_verdict_and_a_finding_for_every_hop() {
    let report = judge(&healthy());
    assert!(report.healthy, "{report:?}");
    assert_eq!(report.verdict, None);
    assert_eq!(report.hops.len(), Hop::ALL.len());
    assert_eq!(
        (
            report.count(HopState::Failed),
            report.count(HopState::Warning)
        ),
        (0, 0),
        "{report:?}"
    );
}

#[test]
fn a_chain_without_a_call_is_never_healthy() {
    let evidence = Evidence {
        call: Probe::NotMade("no tool of this endpoint can be called without writing".into()),
        tools: answered(vec![tool("search")]),
        ..healthy()
    };
    assert!(!judge(&evidence).healthy);
    names(Hop::Target, "no tools of target t", &evidence);
}

#[test]
fn a_stack_that_alone_names_the_endpoint_is_named_when_it_cannot_be_read() {
    for (kind, words) in [
        (FailureKind::NotFound, "The stack does not exist"),
        (FailureKind::Denied, "cannot be read"),
    ] {
        let missing = || failure(kind, "Stack with id mcp does not answer");
        let evidence = Evidence {
            endpoint: None,
            stack: lost(missing()),
            connection: lost(missing()),
            tools: none(),
            call: none(),
            ..healthy()
        };
        names(Hop::Stack, words, &evidence);
    }
}

#[test]
fn credentials_that_end_within_ten_minutes_are_a_warning() {
    for (minutes, state) in [(9, HopState::Warning), (11, HopState::Ok)] {
        let mut evidence = healthy();
        if let Probe::Answered { value, .. } = &mut evidence.identity {
            value.expires_at = Some(NOW.plus(minutes * 60_000));
        }
        let report = judge(&evidence);
        let finding = report.finding(Hop::Credentials);
        assert_eq!(
            finding.map(|finding| finding.state),
            Some(state),
            "{minutes}"
        );
    }
}

#[test]
fn readings_that_fail_do_not_break_a_working_chain() {
    let refused = || failure(FailureKind::SignIn, "the security token has expired");
    let report = judge(&Evidence {
        identity: lost(refused()),
        stack: lost(failure(FailureKind::Throttled, "Rate exceeded")),
        gateways: lost(refused()),
        secret: lost(failure(FailureKind::Server, "HTTP 500")),
        login: answered(Err(Neo4jFailure::Unreachable(failure(
            FailureKind::Network,
            "private subnet",
        )))),
        ..healthy()
    });
    assert!(
        report.healthy && report.break_cause().is_none(),
        "{report:?}"
    );
    assert_eq!(report.count(HopState::Failed), 0, "{report:?}");
    let state = |hop| report.finding(hop).map(|finding| finding.state);
    assert_eq!(state(Hop::Credentials), Some(HopState::Warning));
    assert_eq!(state(Hop::Secret), Some(HopState::Unknown));
}

#[test]
fn the_token_is_named_before_the_endpoint_that_refuses_it() {
    let refused = || failure(FailureKind::SignIn, "Invalid Bearer token").status(401);
    let dated = |exp: i64, iat: i64| Claims {
        claims: json!({"client_id": "machine", "scope": "mcp/invoke", "iss": "https://issuer/pool",
            "exp": NOW.plus(exp).millis() / 1000, "iat": NOW.plus(iat).millis() / 1000}),
        ..claims("machine", "mcp/invoke")
    };
    let with = |token| Evidence {
        token,
        connection: lost(refused()),
        tools: none(),
        call: none(),
        ..healthy()
    };
    names(
        Hop::Token,
        "invalid_client",
        &with(lost(failure(FailureKind::SignIn, "invalid_client"))),
    );
    // `expires_in` says an hour, the claim says a minute ago.
    names(
        Hop::Token,
        "ended",
        &with(answered(dated(-60_000, -3_660_000))),
    );
    names(
        Hop::Token,
        "ahead of this machine's clock",
        &with(answered(dated(4_800_000, 1_200_000))),
    );
    names(
        Hop::Authoriser,
        "other is not in allowedClients",
        &with(answered(claims("other", "mcp/invoke"))),
    );
    names(
        Hop::Authoriser,
        "holds none of mcp/invoke",
        &with(answered(claims("machine", "read"))),
    );
    names(
        Hop::Authoriser,
        "signature",
        &with(answered(claims("machine", "mcp/invoke"))),
    );
}

#[test]
fn a_hop_whose_turn_is_still_to_come_is_not_said_to_be_missing_from_the_chain() {
    let state = |why: &str| {
        let evidence = Evidence {
            token: Probe::NotMade(why.to_owned()),
            ..healthy()
        };
        judge(&evidence)
            .finding(Hop::Token)
            .map(|finding| finding.state)
    };
    assert_eq!(state(PENDING), Some(HopState::Unknown));
    assert_eq!(state("the sign-in has no token"), Some(HopState::Skipped));
}

#[test]
fn an_opaque_answer_of_the_gateway_is_attributed_to_the_provider_by_its_log() {
    let with = |line: &str| Evidence {
        call: lost(failure(
            FailureKind::Server,
            "An internal error occurred. Please retry later.",
        )),
        gateway_log: by_time(&[line]),
        providers: one_provider(),
        ..healthy()
    };
    let body = r#"{"body":{"responseBody":"{\"text\":\"Failed to obtain a token from the credential provider: invalid_client\"}"}}"#;
    names(
        Hop::Provider,
        "target t: Failed to obtain a token from the credential provider: invalid_client",
        &with(body),
    );
    names(Hop::Target, "gets no answer", &with("{\"body\":{}}"));
}

#[test]
fn a_500_of_the_gateway_is_attributed_by_the_logs() {
    let with = |gateway: Vec<&str>, function: Vec<&str>| Evidence {
        connection: lost(
            failure(FailureKind::Server, "HTTP 500")
                .status(500)
                .request_id(REQUEST),
        ),
        tools: none(),
        call: none(),
        gateway_log: of_requests(&gateway),
        interceptor_log: of_requests(&function),
        ..healthy()
    };
    let began = "{\"request_id\":\"request-1\",\"log\":\"Started processing request\"}";
    names(
        Hop::Interceptor,
        "may not invoke the interceptor swap",
        &with(vec![began], vec![]),
    );
    // Lines of other calls of the same seconds do not prove that the function ran for this one.
    let others = ["START RequestId: 77", "END RequestId: 77"];
    names(
        Hop::Interceptor,
        "no line of the function's log names this request",
        &with(
            vec!["{\"request_id\":\"request-0\"}", began],
            others.to_vec(),
        ),
    );
    names(
        Hop::Gateway,
        "fails by itself",
        &with(
            vec![began],
            vec!["START RequestId: 9", "event of request-1"],
        ),
    );
    names(
        Hop::Interceptor,
        "TypeError",
        &with(vec![began], vec!["START", "[ERROR] TypeError"]),
    );
    names(
        Hop::Secret,
        "The interceptor may not read the secret",
        &with(
            vec![began],
            vec![
                "START",
                "[ERROR] AccessDeniedException when calling GetSecretValue",
            ],
        ),
    );
    names(
        Hop::Gateway,
        "before it processes the request",
        &with(vec!["{\"request_id\":\"request-2\"}"], vec![]),
    );
}

#[test]
fn what_fails_behind_the_gateway_is_told_apart_by_the_direct_call() {
    let with = |text: &str, direct| Evidence {
        call: answered(called(true, text)),
        direct,
        providers: one_provider(),
        ..healthy()
    };
    let works = || answered(vec![tool("read-cypher")]);
    names(
        Hop::Provider,
        "invalid_client",
        &with("CredentialProviderException: invalid_client", works()),
    );
    names(
        Hop::Target,
        "Connection refused",
        &with("TargetConnectionException: Connection refused", works()),
    );
    names(
        Hop::Target,
        "internal error",
        &with("An internal error occurred. Please retry later.", works()),
    );
    names(
        Hop::Runtime,
        "does not answer",
        &with(
            "TargetConnectionException: Connection refused",
            lost(failure(FailureKind::Network, "connection closed")),
        ),
    );
    names(
        Hop::Runtime,
        "60s",
        &with(
            "An internal error occurred. Please retry later.",
            lost(
                failure(
                    FailureKind::Server,
                    "Runtime initialization time exceeded. Please make sure that initialization completes in 60s.",
                )
                .status(424),
            ),
        ),
    );
}

#[test]
fn the_password_is_judged_by_a_login_with_the_current_one() {
    let with = |login| Evidence {
        call: answered(called(true, "Neo.ClientError.Security.Unauthorized")),
        login: answered(login),
        ..healthy()
    };
    names(
        Hop::Neo4j,
        "does not accept",
        &with(Ok(LoginAnswer::WrongPassword)),
    );
    names(
        Hop::Neo4j,
        "locked the user out",
        &with(Ok(LoginAnswer::RateLimited)),
    );
    names(
        Hop::Secret,
        "another password",
        &with(Ok(LoginAnswer::Accepted)),
    );
}

#[test]
fn a_slow_hop_is_a_warning_there_and_nowhere_else() {
    let slow_hops = |evidence: &Evidence| -> Vec<Hop> {
        let report = judge(evidence);
        assert!(report.healthy);
        report
            .hops
            .iter()
            .filter(|finding| finding.state == HopState::Warning)
            .map(|finding| finding.hop)
            .collect()
    };
    let call = || slowly(called(false, "[]"));
    let evidence = Evidence {
        call: call(),
        login: slowly(Ok(LoginAnswer::Accepted)),
        ..healthy()
    };
    assert_eq!(slow_hops(&evidence), [Hop::Neo4j]);
    let evidence = Evidence {
        call: call(),
        ..healthy()
    };
    assert_eq!(slow_hops(&evidence), [Hop::Target]);
    let info = healthy()
        .connection
        .value()
        .cloned()
        .expect("it is connected");
    let evidence = Evidence {
        connection: slowly(info),
        call: call(),
        interceptor_log: by_time(&["REPORT RequestId: 1\tDuration: 3001.00 ms\tBilled"]),
        ..healthy()
    };
    assert_eq!(slow_hops(&evidence), [Hop::Interceptor]);
}

#[test]
fn an_interceptor_is_called_invoked_only_by_lines_of_the_failed_request() {
    let with = |lines: &[&str]| {
        let evidence = Evidence {
            connection: lost(
                failure(FailureKind::Server, "HTTP 504")
                    .status(504)
                    .request_id(REQUEST),
            ),
            tools: none(),
            call: none(),
            interceptor_log: of_requests(lines),
            ..healthy()
        };
        let report = judge(&evidence);
        let finding = report.finding(Hop::Interceptor).cloned().unwrap();
        (finding.state, finding.evidence)
    };
    let (state, evidence) = with(&["START RequestId: 77", "END RequestId: 77"]);
    assert_eq!(state, HopState::Unknown, "{evidence}");
    let (state, evidence) = with(&[]);
    assert_eq!(state, HopState::Unknown, "{evidence}");
    let (state, evidence) = with(&["START RequestId: 77", "FULL EVENT: request-1"]);
    assert_eq!(state, HopState::Ok, "{evidence}");
}

#[test]
fn a_call_that_asks_for_consent_proves_the_chain_and_is_a_warning() {
    let asked = failure(FailureKind::Refused, "more information").consent_url("https://consent");
    let report = judge(&Evidence {
        call: lost(asked),
        ..healthy()
    });
    assert!(report.healthy && report.verdict.is_none());
    let state = report.finding(Hop::Cypher).map(|finding| finding.state);
    assert_eq!(state, Some(HopState::Warning));
    assert!(report.consent().is_some() && !report.was_answered());
    let answered = judge(&healthy());
    assert!(answered.consent().is_none() && answered.was_answered());
}

#[test]
fn every_hop_has_a_name_of_its_own_and_a_precedence_of_its_own() {
    let mut names: Vec<&str> = Hop::ALL.iter().map(|hop| hop.as_str()).collect();
    let mut ranks: Vec<u8> = Hop::ALL.iter().map(|hop| hop.spec().precedence).collect();
    names.sort_unstable();
    names.dedup();
    ranks.sort_unstable();
    ranks.dedup();
    assert_eq!((names.len(), ranks.len()), (Hop::ALL.len(), Hop::ALL.len()));
}

#[test]
fn a_password_that_was_put_back_is_told_from_a_wrong_one() {
    let mut evidence = healthy();
    evidence.login = answered(Ok(LoginAnswer::WrongPassword));
    evidence.previous = answered(PreviousPassword {
        is_accepted: true,
        overwritten: Some(Change {
            at: NOW,
            who: "arn:aws:iam::1:user/deployer".into(),
            action: "PutSecretValue".into(),
            kind: "secret",
            ids: vec!["neo4j-mcp/credentials".into()],
            outcome: "done".into(),
            request_id: None,
            is_own: false,
        }),
    });
    let report = judge(&evidence);
    let neo4j = report.hops.iter().find(|finding| finding.hop == Hop::Neo4j);
    let neo4j = neo4j.unwrap();
    assert!(report.healthy);
    assert_eq!(neo4j.state, HopState::Warning);
    assert!(
        neo4j.evidence.contains("put back")
            && neo4j
                .evidence
                .contains("PutSecretValue by arn:aws:iam::1:user/deployer"),
        "{neo4j:?}"
    );
    let words = "Neo4jError: Neo.ClientError.Security.Unauthorized (authentication failure)";
    evidence.call = answered(called(true, words));
    names(Hop::Neo4j, "put back", &evidence);
    evidence.previous = answered(PreviousPassword {
        is_accepted: false,
        overwritten: None,
    });
    names(
        Hop::Neo4j,
        "does not accept the password of AWSCURRENT",
        &evidence,
    );
}

#[test]
fn what_is_not_examined_yet_is_not_called_absent() {
    let evidence = Evidence {
        discovery: Probe::NotMade(PENDING.to_owned()),
        metadata: Probe::NotMade("no issuer".to_owned()),
        ..healthy()
    };
    let report = judge(&evidence);
    let state = |hop| report.finding(hop).map(|finding| finding.state);
    assert_eq!(state(Hop::Discovery), Some(HopState::Unknown));
    assert_eq!(state(Hop::Metadata), Some(HopState::Skipped));
}

#[test]
fn a_refused_password_names_the_secret_in_the_verdict_and_in_the_fix() {
    let evidence = Evidence {
        call: answered(called(true, "Neo.ClientError.Security.Unauthorized: no")),
        login: answered(Ok(LoginAnswer::WrongPassword)),
        ..healthy()
    };
    let verdict = judge(&evidence).verdict.unwrap();
    let name = secret().name;
    assert_eq!(verdict.hop, Hop::Neo4j);
    assert!(verdict.evidence.contains(&name), "{}", verdict.evidence);
    assert!(
        verdict.fix.contains(&format!("secrets resume {name}")),
        "{}",
        verdict.fix
    );
}

/// Targets of one gateway: the first waits for consent, the second has its tools written down, the third was not synchronised.
fn three_targets() -> Probe<Vec<Resource>> {
    let target = |id: &str, name: &str, status: &str| {
        let mut target = resource(Kind::Target, name, status, None);
        target.key.id = format!("gw-1/{id}");
        target
    };
    let mut written = target("T2", "written", "READY");
    written.raw = json!({"targetConfiguration": {"mcp": {"mcpServer": {
        "endpoint": "https://written/mcp", "mcpToolSchema": {"inlinePayload": "[]"}}}}})
    .into();
    answered(vec![
        target("T1", "pending", "CREATE_PENDING_AUTH"),
        written,
        target("T3", "stale", "SYNCHRONIZE_UNSUCCESSFUL"),
    ])
}

#[test]
fn evidence_and_fix_name_the_target_that_was_called() {
    let with = |tool: &str| Evidence {
        targets: three_targets(),
        called_tool: Some(tool.into()),
        call: lost(failure(
            FailureKind::Refused,
            &format!("Unknown tool: {tool}"),
        )),
        ..healthy()
    };
    let verdict = |tool| judge(&with(tool)).verdict.expect("it fails");
    let written = verdict("written___get_me");
    assert_eq!(written.hop, Hop::Target);
    assert!(written.evidence.contains("target written"), "{written:?}");
    assert!(
        written
            .fix
            .contains("update-gateway-target --gateway-identifier gw-1 --target-id T2"),
        "tools that are written down are not synchronised: {written:?}"
    );
    let stale = verdict("stale___get_me");
    assert!(
        stale
            .evidence
            .starts_with("stale is SYNCHRONIZE_UNSUCCESSFUL")
            && stale.fix.contains("targets sync stale --wait -d prod")
            && stale.fix.contains("the consent that pending waits for"),
        "{stale:?}"
    );
}

#[test]
fn a_broken_resource_that_was_not_called_is_not_the_cause() {
    let mut other = resource(Kind::Gateway, "other", "FAILED", Some("gone"));
    other.mcp_url = Some("https://other/mcp".into());
    let mut called = resource(Kind::Gateway, "called", "READY", None);
    called.mcp_url = Some("https://g/mcp".into());
    let evidence = Evidence {
        gateways: answered(vec![other, called]),
        connection: lost(failure(FailureKind::Throttled, "Too Many Requests").status(429)),
        tools: none(),
        call: none(),
        ..healthy()
    };
    names(
        Hop::Gateway,
        "The gateway called asks to slow down",
        &evidence,
    );
    let mut runtime = resource(Kind::Runtime, "other", "UPDATE_FAILED", Some("gone"));
    runtime.key.id = "other-1".into();
    let mut own = resource(Kind::Runtime, "own", "READY", None);
    own.key.id = "own-1".into();
    let evidence = Evidence {
        endpoint: Some("https://h/runtimes/arn%3Aaws%3Aruntime%2Fown-1/invocations".into()),
        gateways: none(),
        targets: none(),
        runtimes: answered(vec![runtime, own]),
        called_tool: Some("read-cypher".into()),
        call: lost(failure(FailureKind::Server, "Tool execution error").code("-32010")),
        runtime_log: by_time(&["panic: nil"]),
        ..healthy()
    };
    names(
        Hop::Runtime,
        "The program in the container fails",
        &evidence,
    );
    let fix = judge(&evidence).verdict.map(|verdict| verdict.fix);
    assert!(fix.is_some_and(|fix| fix.contains("logs own --since")));
}

#[test]
fn an_error_line_of_the_same_second_that_is_another_requests_blames_nobody() {
    let foreign = "[ERROR] request-7 TypeError";
    let with = |gateway: &[&str], function: &[&str]| Evidence {
        connection: lost(
            failure(FailureKind::Server, "HTTP 500")
                .status(500)
                .request_id(REQUEST),
        ),
        tools: none(),
        call: none(),
        gateway_log: of_requests(gateway),
        interceptor_log: of_requests(function),
        ..healthy()
    };
    // The gateway never began with the request: neither another's error nor one without ids is its interceptor's.
    let others = ["{\"request_id\":\"request-7\"}"];
    for function in [[foreign], ["[ERROR] TypeError"]] {
        names(Hop::Gateway, "fails by itself", &with(&others, &function));
    }
    let began = ["{\"request_id\":\"request-1\"}"];
    names(
        Hop::Interceptor,
        "may not invoke the interceptor",
        &with(&began, &[foreign]),
    );
    let by_time = with(&began, &["[ERROR] TypeError"]);
    names(Hop::Interceptor, "TypeError (by time: ", &by_time);
    let named = with(&began, &["[ERROR] request-1 KeyError", "[ERROR] TypeError"]);
    names(Hop::Interceptor, "KeyError", &named);
    let sentence = judge(&named).verdict.unwrap().evidence;
    assert!(!sentence.contains("by time"), "{sentence}");
    let denied = "[ERROR] request-7 AccessDeniedException when calling GetSecretValue";
    names(
        Hop::Interceptor,
        "may not invoke the interceptor",
        &with(&began, &[denied]),
    );
}

/// What a running examination knows one step after the other, up to all of it.
fn steps_to(last: &Evidence) -> Vec<Evidence> {
    fn not_yet<T>() -> Probe<T> {
        Probe::NotMade(PENDING.to_owned())
    }
    let walked = Evidence {
        gateway_log: not_yet(),
        interceptor_log: not_yet(),
        runtime_log: not_yet(),
        ..last.clone()
    };
    let signed_in = Evidence {
        connection: not_yet(),
        tools: not_yet(),
        called_tool: None,
        call: not_yet(),
        direct: not_yet(),
        external: not_yet(),
        secret: not_yet(),
        secret_value: not_yet(),
        login: not_yet(),
        previous: not_yet(),
        providers: not_yet(),
        ..walked.clone()
    };
    let read = Evidence {
        token: not_yet(),
        discovery: not_yet(),
        metadata: not_yet(),
        ..signed_in.clone()
    };
    vec![read, signed_in, walked, last.clone()]
}

#[test]
fn a_cause_is_named_when_its_evidence_is_complete_and_never_taken_back() {
    let opaque = |gateway: &[&str], function: &[&str]| Evidence {
        connection: lost(
            failure(FailureKind::Server, "HTTP 500")
                .status(500)
                .request_id(REQUEST),
        ),
        tools: none(),
        called_tool: None,
        call: none(),
        gateway_log: of_requests(gateway),
        interceptor_log: of_requests(function),
        ..healthy()
    };
    let began = ["{\"request_id\":\"request-1\"}"];
    let refused = Evidence {
        token: lost(failure(FailureKind::SignIn, "invalid_client")),
        connection: lost(failure(FailureKind::SignIn, "invalid_client")),
        tools: none(),
        called_tool: None,
        call: none(),
        gateway_log: by_time(&[]),
        ..healthy()
    };
    for (evidence, cause, known_after) in [
        (Box::new(opaque(&began, &[])), Hop::Interceptor, 3),
        (
            Box::new(opaque(&began, &["[ERROR] TypeError"])),
            Hop::Interceptor,
            3,
        ),
        (
            Box::new(opaque(&["{\"request_id\":\"request-2\"}"], &[])),
            Hop::Gateway,
            3,
        ),
        (Box::new(refused), Hop::Token, 2),
    ] {
        let reports: Vec<DoctorReport> = steps_to(&evidence).iter().map(judge).collect();
        let verdicts: Vec<Option<Hop>> = reports
            .iter()
            .map(|report| report.verdict.as_ref().map(|verdict| verdict.hop))
            .collect();
        let expected: Vec<Option<Hop>> = (0..reports.len())
            .map(|step| (step >= known_after).then_some(cause))
            .collect();
        assert_eq!(verdicts, expected, "{cause}");
        for hop in Hop::ALL {
            let states: Vec<HopState> = reports
                .iter()
                .filter_map(|report| report.finding(hop))
                .map(|finding| finding.state)
                .collect();
            let first_failed = states.iter().position(|state| *state == HopState::Failed);
            let after = states.iter().skip(first_failed.unwrap_or(states.len()));
            assert!(
                after.clone().all(|state| *state == HopState::Failed),
                "{hop} turned round: {states:?}"
            );
        }
        let walked = &reports[2];
        if known_after == 3 {
            for hop in [Hop::Gateway, Hop::Interceptor, Hop::Secret] {
                let finding = walked.finding(hop).unwrap();
                assert!(finding.is_pending(), "{finding:?}");
            }
        }
    }
}

/// Returns chains that lack hops, with a name for each.
fn chains_that_lack_hops() -> Vec<(&'static str, Evidence)> {
    let without_gateway = Evidence {
        endpoint: Some("https://r/runtimes/x/invocations".into()),
        gateways: answered(Vec::new()),
        targets: none(),
        ..healthy()
    };
    let without_secret = Evidence {
        secret: none(),
        secret_value: none(),
        login: none(),
        ..healthy()
    };
    let without_provider = Evidence {
        providers: answered(Vec::new()),
        ..healthy()
    };
    let without_token = Evidence {
        token: none(),
        discovery: none(),
        metadata: none(),
        ..healthy()
    };
    vec![
        ("all", healthy()),
        ("gateway", without_gateway),
        ("secret", without_secret),
        ("provider", without_provider),
        ("token", without_token),
    ]
}

#[test]
fn no_verdict_names_a_hop_that_is_not_in_the_chain() {
    let texts = [
        "OAuth credential provider: throttled",
        "CredentialProviderException: no token",
        "policy evaluation denied",
        "Neo.ClientError.Security.Unauthorized: authentication failure",
        "Failed to connect to the target: credential provider",
        "GetSecretValue: AccessDeniedException",
        "HTTP 500: ExecutionFailed",
    ];
    let mut named = 0;
    for (lacks, chain) in chains_that_lack_hops() {
        for text in texts {
            let target = resource(Kind::Target, "t", "SYNCHRONIZE_UNSUCCESSFUL", Some(text));
            let line = format!("ERROR {text}");
            let said = || by_time(&[&line]);
            let by_call = Evidence {
                call: answered(called(true, text)),
                ..chain.clone()
            };
            let by_log = Evidence {
                gateway_log: said(),
                runtime_log: said(),
                ..by_call.clone()
            };
            let refused = Evidence {
                connection: lost(failure(FailureKind::Denied, text).status(401)),
                tools: none(),
                call: none(),
                ..chain.clone()
            };
            let by_status = Evidence {
                targets: answered(vec![target]),
                ..by_log.clone()
            };
            for evidence in [
                Box::new(by_call),
                Box::new(by_log),
                Box::new(refused),
                Box::new(by_status),
            ] {
                let Some(verdict) = judge(&evidence).verdict else {
                    continue;
                };
                named += 1;
                let own = (verdict.hop.spec().judge)(&evidence);
                assert_ne!(
                    own.state,
                    HopState::Skipped,
                    "without {lacks}, {text}: {} is named, {}",
                    verdict.hop,
                    own.evidence
                );
            }
        }
    }
    assert!(named > 50, "{named} verdicts");
}

#[test]
fn a_target_that_speaks_of_a_credential_provider_it_has_not_is_the_cause_itself() {
    let reason = "OAuth credential provider: throttled";
    let target = |status| resource(Kind::Target, "external-mcp", status, Some(reason));
    let evidence = Evidence {
        call: answered(called(true, "Failed to connect to the target")),
        targets: answered(vec![target("SYNCHRONIZE_UNSUCCESSFUL")]),
        providers: answered(Vec::new()),
        ..healthy()
    };
    names(Hop::Target, reason, &evidence);
    let said = "CredentialProviderException: no token";
    let by_answer = Evidence {
        call: answered(called(true, said)),
        targets: answered(vec![target("READY")]),
        ..evidence
    };
    names(Hop::Target, said, &by_answer);
}

#[test]
fn a_database_that_could_not_be_asked_is_not_called_absent() {
    let why = "the secret's value could not be read: AccessDeniedException";
    let state = |evidence: &Evidence| {
        let finding = judge(evidence).finding(Hop::Neo4j).cloned().unwrap();
        (finding.state, finding.evidence)
    };
    let unread = Evidence {
        secret_value: lost(failure(FailureKind::Denied, "AccessDeniedException")),
        login: Probe::NotMade(why.to_owned()),
        ..healthy()
    };
    assert_eq!(state(&unread), (HopState::Unknown, why.to_owned()));
    let absent = Evidence {
        secret: none(),
        secret_value: none(),
        login: none(),
        ..healthy()
    };
    assert_eq!(state(&absent).0, HopState::Skipped);
}

/// A log that may not be read, and one that could not be read.
fn unread_logs() -> [(Failure, &'static str); 2] {
    [
        (
            failure(FailureKind::Denied, "not authorized"),
            "may not be read",
        ),
        (
            failure(FailureKind::Throttled, "Rate exceeded"),
            "could not be read",
        ),
    ]
}

#[track_caller]
fn is_not_known(hop: Hop, words: &str, evidence: &Evidence) {
    let verdict = judge(evidence).verdict.expect("it fails");
    assert_eq!(verdict.hop, hop, "{verdict:?}");
    let said = &verdict.evidence;
    assert!(
        said.contains(words) && said.contains("the cause is not known"),
        "{verdict:?}"
    );
    let command = verdict.command.expect("a command");
    let wanted = if words.starts_with("may") {
        "logs:FilterLogEvents"
    } else {
        "agentcore-console doctor -d prod"
    };
    assert!(
        command.contains(wanted) && verdict.fix.contains(&command),
        "{command}"
    );
}

#[test]
fn silence_of_a_log_that_was_not_read_is_no_evidence() {
    let server_error = failure(FailureKind::Server, "Internal error")
        .status(500)
        .request_id(REQUEST);
    for (unread, words) in unread_logs() {
        let interceptor = Evidence {
            connection: lost(server_error.clone()),
            tools: none(),
            call: none(),
            gateway_log: of_requests(&["{\"request_id\":\"request-1\"}"]),
            interceptor_log: lost(unread.clone()),
            ..healthy()
        };
        is_not_known(Hop::Interceptor, words, &interceptor);
        let runtime = Evidence {
            runtimes: answered(vec![resource(Kind::Runtime, "own", "READY", None)]),
            direct: lost(failure(FailureKind::Server, "failed").code("-32010")),
            call: answered(called(true, "An internal error occurred.")),
            runtime_log: lost(unread.clone()),
            ..healthy()
        };
        is_not_known(Hop::Runtime, words, &runtime);
        let target = Evidence {
            call: answered(called(true, "An internal error occurred.")),
            gateway_log: lost(unread),
            ..healthy()
        };
        is_not_known(Hop::Target, words, &target);
    }
}

#[test]
fn a_function_without_a_log_group_was_never_invoked() {
    let evidence = Evidence {
        connection: lost(
            failure(FailureKind::Server, "Internal error")
                .status(500)
                .request_id(REQUEST),
        ),
        tools: none(),
        call: none(),
        gateway_log: of_requests(&["{\"request_id\":\"request-1\"}"]),
        interceptor_log: lost(failure(FailureKind::NotFound, "no such group")),
        ..healthy()
    };
    names(Hop::Interceptor, "has no log group", &evidence);
}

#[test]
fn a_delay_before_an_unread_interceptor_is_not_put_on_the_gateway_alone() {
    for (unread, words) in unread_logs() {
        let evidence = Evidence {
            connection: slowly(healthy().connection.value().expect("connected").clone()),
            interceptor_log: lost(unread),
            ..healthy()
        };
        let report = judge(&evidence);
        let finding = report.finding(Hop::Gateway).expect("a gateway");
        assert_eq!(finding.state, HopState::Warning, "{finding:?}");
        let said = &finding.evidence;
        assert!(
            said.contains("or its interceptor") && said.contains(words),
            "{said}"
        );
        assert_eq!(report.verdict, None, "what only takes long has no fix");
    }
}

#[test]
fn a_warning_that_needs_a_fix_is_the_verdict_of_a_chain_that_works() {
    let elsewhere = json!({"authorization_servers": ["https://another"]});
    let report = judge(&Evidence {
        metadata: answered(elsewhere),
        ..healthy()
    });
    let verdict = report.verdict.as_ref().expect("something is to be done");
    assert!(report.healthy, "{report:?}");
    assert_eq!(verdict.hop, Hop::Metadata);
    assert!(verdict.fix.contains("discoveryUrl"), "{verdict:?}");
    assert_eq!(report.break_cause(), None, "nothing is broken");
    assert_eq!(report.count(HopState::Failed), 0);
}

#[test]
fn a_clock_that_is_off_is_told_with_its_difference_and_direction() {
    for (skew, words) in [(200_000, "3m behind"), (-200_000, "3m ahead of")] {
        let mut evidence = healthy();
        if let Probe::Answered { value, .. } = &mut evidence.identity {
            value.clock_skew_ms = skew;
        }
        let verdict = judge(&evidence).verdict.expect("the clock is to be set");
        assert_eq!(verdict.hop, Hop::Credentials);
        assert!(verdict.evidence.contains(words), "{verdict:?}");
    }
}
